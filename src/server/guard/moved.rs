//! Pages that were open when the server moved to another port: what they were sending goes on.
//!
//! Such a page is of another origin by its port alone. It may go on with uploads, and read the answers
//! (CORS protocol, Fetch standard section 3.2), as long as this run lasts. Cookies know no ports, so
//! that it has shown the key already.

use http::header::{self, HeaderMap, HeaderValue, ORIGIN};
use http::request::Parts;
use parking_lot::Mutex;

use super::host_name;

/// Ports that are remembered.
const MOST: usize = 16;
/// What a page may read of an answer beside its body.
const EXPOSED: &str = "location, retry-after, upload-complete, upload-length, upload-limit, upload-offset";

/// The ports at which this server was before.
#[derive(Default)]
pub(crate) struct Moved(Mutex<Vec<u16>>);

/// A request of such a page; its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Follows(HeaderValue);

impl Moved {
    /// It was at `port`, and is somewhere else now.
    pub(crate) fn from(&self, port: u16) {
        let mut ports = self.0.lock();
        ports.retain(|known| *known != port);
        if ports.len() >= MOST {
            ports.remove(0);
        }
        ports.push(port);
    }

    /// Whether a request to `host` is one of a page that was open at one of those ports.
    pub(crate) fn follows(&self, head: &Parts, host: Option<&str>) -> Option<Follows> {
        let ports = self.0.lock();
        if ports.is_empty() {
            return None;
        }
        let mut origins = head.headers.get_all(ORIGIN).iter();
        let (Some(origin), None) = (origins.next(), origins.next()) else { return None };
        let authority = origin.to_str().ok()?.strip_prefix("http://")?;
        let (theirs, ours) = (host_name(authority)?, host_name(host?)?);
        let port = match authority.get(theirs.len()..)?.strip_prefix(':') {
            Some(port) => port.parse().ok()?,
            None => 80,
        };
        (theirs.eq_ignore_ascii_case(ours) && ports.contains(&port)).then(|| Follows(origin.clone()))
    }
}

impl Follows {
    /// Lets the page read the answer, and send what it asks to send.
    pub(crate) fn permit(&self, asked: &Asked, headers: &mut HeaderMap) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, self.0.clone());
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
        headers.append(header::VARY, HeaderValue::from_static("origin"));
        if let Some(methods) = headers.get(header::ALLOW).filter(|_| asked.method).cloned() {
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
            if let Some(fields) = &asked.fields {
                headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, fields.clone());
            }
        }
    }
}

/// What a browser asks before it sends.
pub(crate) struct Asked {
    method: bool,
    fields: Option<HeaderValue>,
}

impl Asked {
    pub(crate) fn of(head: &Parts) -> Self {
        Self {
            method: head.headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD),
            fields: head.headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follows(moved: &Moved, origin: &str, host: &str) -> bool {
        let (head, ()) = http::Request::builder().header(ORIGIN, origin).body(()).unwrap().into_parts();
        moved.follows(&head, Some(host)).is_some()
    }

    #[test]
    fn only_the_same_host_at_a_former_port() {
        let moved = Moved::default();
        assert!(!follows(&moved, "http://10.0.0.1:8000", "10.0.0.1:8080"));
        moved.from(8000);
        moved.from(80);
        assert!(follows(&moved, "http://10.0.0.1:8000", "10.0.0.1:8080"));
        assert!(follows(&moved, "http://BOX.local", "box.local:8080"));
        assert!(follows(&moved, "http://[::1]:8000", "[::1]:8080"));
        for origin in ["http://10.0.0.2:8000", "http://10.0.0.1:8001", "https://10.0.0.1:8000", "null", ""] {
            assert!(!follows(&moved, origin, "10.0.0.1:8080"), "{origin}");
        }
    }

    #[test]
    fn only_so_many_are_remembered() {
        let moved = Moved::default();
        (1..=100).for_each(|port| moved.from(port));
        assert!(!follows(&moved, "http://a:1", "a:2") && follows(&moved, "http://a:100", "a:2"));
    }

    #[test]
    fn a_question_is_answered_with_what_is_allowed() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ALLOW, HeaderValue::from_static("PATCH"));
        let follows = Follows(HeaderValue::from_static("http://a:1"));
        follows.permit(&Asked { method: true, fields: Some(HeaderValue::from_static("upload-offset")) }, &mut headers);
        assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_METHODS], "PATCH");
        assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_HEADERS], "upload-offset");
        assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "http://a:1");
    }
}
