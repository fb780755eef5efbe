//! A local redirect, carried out: the request that stands in for the one that a script passed on
//! (RFC 3875, section 6.2.2).

use http::request::Parts;
use http::{Method, StatusCode, Uri};

use crate::server::answer::{self, Answer};
use crate::server::body::Received;
use crate::server::path::Decoded;
use crate::server::request::{Peer, Request};

/// Redirects that one request may lead through.
const MOST: u8 = 5;

/// A redirect that the server carries out itself: in the extensions of an answer, a path and a query.
#[derive(Debug, Clone)]
pub(crate) struct LocalRedirect(pub(crate) String);

/// How many redirects have led to a request.
#[derive(Debug, Clone, Copy)]
struct Hops(u8);

/// A request without its body, kept for when a script passes it on.
pub(crate) struct Asked {
    head: Parts,
    peer: Peer,
    document: bool,
}

impl Asked {
    pub(crate) fn of(request: &Request) -> Self {
        Self { head: request.head.clone(), peer: request.peer, document: request.document }
    }

    /// The same client's request for `to`, and its path for routing.
    pub(crate) fn again(self, to: &LocalRedirect) -> Result<(Request, Decoded), Answer> {
        let Self { mut head, peer, document } = self;
        let hops = head.extensions.get::<Hops>().map_or(0, |hops| hops.0);
        if hops == MOST {
            let text = format!("scripts passed the request on {MOST} times, the last to {}\n", to.0);
            return Err(answer::text(StatusCode::INTERNAL_SERVER_ERROR, text));
        }
        head.extensions.insert(Hops(hops + 1));
        let wrong = || answer::text(StatusCode::INTERNAL_SERVER_ERROR, "a script passed the request on to no path\n");
        let mut uri = head.uri.into_parts();
        uri.path_and_query = Some(to.0.parse().map_err(|_| wrong())?);
        head.uri = Uri::from_parts(uri).map_err(|_| wrong())?;
        let path = Decoded::new(head.uri.path()).map_err(|_| wrong())?;
        if head.method != Method::HEAD {
            head.method = Method::GET;
        }
        // What is said of a body goes with it.
        let of_body = |name: &str| name.starts_with("content-") || matches!(name, "transfer-encoding" | "expect");
        let gone: Vec<_> = head.headers.keys().filter(|name| of_body(name.as_str())).cloned().collect();
        for name in gone {
            head.headers.remove(name);
        }
        let body = Received::full("");
        let request = Request { head, body, peer, path: path.shown.clone(), params: Vec::new(), document };
        Ok((request, path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: &str) -> Asked {
        let request = http::Request::builder().method(method).uri("/cgi-bin/a?x=1");
        let request = request.header("content-type", "a/b").header("content-length", "3").header("accept", "*/*");
        let (head, ()) = request.body(()).unwrap().into_parts();
        Asked { head, peer: Peer::new(([127, 0, 0, 1], 5).into(), None), document: false }
    }

    #[test]
    fn the_same_client_asks_for_another_path() {
        let to = LocalRedirect("/a%20b?y=2".to_owned());
        let (request, path) = asked("POST").again(&to).ok().unwrap();
        assert_eq!((request.head.method, request.head.uri.query()), (Method::GET, Some("y=2")));
        assert_eq!(path.routed(), "/a b");
        assert_eq!(request.head.headers.len(), 1);
        assert_eq!(asked("HEAD").again(&to).ok().unwrap().0.head.method, Method::HEAD);
    }

    #[test]
    fn the_host_that_was_asked_stays() {
        let mut asked = asked("GET");
        asked.head.uri = "http://box.local:8000/cgi-bin/a".parse().unwrap();
        let (request, _) = asked.again(&LocalRedirect("/b?c".to_owned())).ok().unwrap();
        assert_eq!((request.host(), request.head.uri.query()), (Some("box.local:8000"), Some("c")));
    }

    #[test]
    fn a_circle_has_an_end() {
        let to = LocalRedirect("/cgi-bin/a".to_owned());
        let mut asked = asked("GET");
        for _ in 0..MOST {
            asked = Asked::of(&asked.again(&to).ok().unwrap().0);
        }
        assert_eq!(asked.again(&to).err().unwrap().status(), 500);
    }
}
