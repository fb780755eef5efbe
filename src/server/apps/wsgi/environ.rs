//! A request as an app sees it: the environ of PEP 3333 (its section "environ Variables"), which
//! is CGI's (RFC 3875, section 4.1) with the server's own additions made in the worker.

use std::fmt::Write as _;

use bytes::{BufMut, BytesMut};
use http::HeaderName;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, COOKIE, TRANSFER_ENCODING};

use crate::server::guard::auth::User;
use crate::server::guard::forwarded::is_secure;
use crate::server::guard::name_and_port;
use crate::server::request::Request;

/// The pairs of the environ. `below` is the path below the mount.
pub(super) fn of(request: &Request, below: &str) -> BytesMut {
    let mut pairs = Pairs(BytesMut::with_capacity(1024));
    let head = &request.head;
    let mount = request.path.len().saturating_sub(below.len());
    let (script, path) = request.path.split_at_checked(mount).unwrap_or(("", &request.path));
    pairs.put("REQUEST_METHOD", head.method.as_str());
    pairs.put("SCRIPT_NAME", script);
    pairs.put("PATH_INFO", path);
    pairs.put("QUERY_STRING", head.uri.query().unwrap_or_default());
    let raw = head.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    pairs.put("REQUEST_URI", raw);
    pairs.put("RAW_URI", raw);
    pairs.put("SERVER_PROTOCOL", protocol(head.version));
    pairs.put("SERVER_SOFTWARE", concat!("stan/", env!("CARGO_PKG_VERSION")));
    pairs.name("REMOTE_ADDR");
    // Writing to memory cannot fail.
    let _ = write!(pairs.0, "{}", request.remote());
    if let Some(User(user)) = head.extensions.get() {
        pairs.put("AUTH_TYPE", "Basic");
        pairs.put("REMOTE_USER", user);
    }
    let secure = is_secure(request);
    if secure {
        pairs.put("wsgi.url_scheme", "https");
        pairs.put("HTTPS", "on");
    }
    let host = request.host().unwrap_or("localhost");
    let (name, port) = name_and_port(host, if secure { "443" } else { "80" });
    pairs.put("SERVER_NAME", name);
    pairs.put("SERVER_PORT", port);
    if !head.headers.contains_key(http::header::HOST) {
        pairs.put("HTTP_HOST", host);
    }
    for name in head.headers.keys() {
        if *name == CONTENT_TYPE {
            pairs.name("CONTENT_TYPE");
        } else if *name == CONTENT_LENGTH {
            pairs.name("CONTENT_LENGTH");
        } else if is_passed_on(name) {
            pairs.variable(name);
        } else {
            continue;
        }
        let only_one = *name == CONTENT_TYPE || *name == CONTENT_LENGTH;
        let between: &[u8] = if *name == COOKIE { b"; " } else { b"," };
        for (count, value) in head.headers.get_all(name).iter().enumerate() {
            if count > 0 && only_one {
                break;
            }
            if count > 0 {
                pairs.0.extend_from_slice(between);
            }
            pairs.0.extend_from_slice(value.as_bytes());
        }
    }
    pairs.0
}

/// Names and values, NUL between.
struct Pairs(BytesMut);

impl Pairs {
    fn put(&mut self, name: &str, value: &str) {
        self.name(name);
        self.0.extend_from_slice(value.as_bytes());
    }

    /// A name, whose value is to follow.
    fn name(&mut self, name: &str) {
        if !self.0.is_empty() {
            self.0.put_u8(0);
        }
        self.0.extend_from_slice(name.as_bytes());
        self.0.put_u8(0);
    }

    /// `HTTP_X_DEMO`, whose value is to follow.
    fn variable(&mut self, name: &HeaderName) {
        self.0.extend_from_slice(b"\0HTTP_");
        let from = self.0.len();
        self.0.extend_from_slice(name.as_str().as_bytes());
        for byte in self.0.iter_mut().skip(from) {
            *byte = if *byte == b'-' { b'_' } else { byte.to_ascii_uppercase() };
        }
        self.0.put_u8(0);
    }
}

/// Not a name with an underscore, which would pass for another with a dash, nor what the server has
/// dealt with.
fn is_passed_on(name: &HeaderName) -> bool {
    !name.as_str().contains('_') && *name != TRANSFER_ENCODING && name != "proxy"
}

fn protocol(version: http::Version) -> &'static str {
    match version {
        http::Version::HTTP_10 => "HTTP/1.0",
        http::Version::HTTP_2 => "HTTP/2",
        _ => "HTTP/1.1",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::net::Ipv4Addr;

    use super::*;
    use crate::server::body::Received;
    use crate::server::request::{Connected, Peer};

    fn environ(path: &str, below: &str, headers: &[(&str, &str)]) -> BTreeMap<String, String> {
        through(path, below, headers, false)
    }

    fn through(path: &str, below: &str, headers: &[(&str, &str)], trusted: bool) -> BTreeMap<String, String> {
        let mut builder = http::Request::builder().method("GET").uri("/raw?a=b");
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        let (mut head, ()) = builder.body(()).unwrap().into_parts();
        if trusted {
            head.extensions.insert(Connected(Ipv4Addr::LOCALHOST.into()));
        }
        let peer = Peer::new((Ipv4Addr::LOCALHOST, 5).into(), None);
        let body = Received::full("");
        let request = Request { head, body, peer, path: path.to_owned(), params: Vec::new(), document: false };
        let bytes = of(&request, below);
        let texts: Vec<String> = super::super::wire::texts(&bytes).collect();
        texts.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()
    }

    #[test]
    fn the_mount_is_the_scripts_name() {
        for (path, below, script, info) in [
            ("/blog/a/é", "/a/é", "/blog", "/a/é"),
            ("/blog/", "/", "/blog", "/"),
            ("/blog", "", "/blog", ""),
            ("/", "/", "", "/"),
        ] {
            let environ = environ(path, below, &[]);
            assert_eq!((environ["SCRIPT_NAME"].as_str(), environ["PATH_INFO"].as_str()), (script, info), "{path}");
            assert_eq!((environ["QUERY_STRING"].as_str(), environ["RAW_URI"].as_str()), ("a=b", "/raw?a=b"));
        }
    }

    #[test]
    fn headers_are_joined_and_never_confused() {
        let headers = [
            ("Host", "box.local:81"),
            ("X-A", "1"),
            ("X-A", "2"),
            ("X_A", "3"),
            ("Cookie", "a=1"),
            ("Cookie", "b=2"),
            ("Proxy", "evil"),
            ("Content-Type", "text/plain"),
        ];
        let environ = environ("/", "/", &headers);
        assert_eq!(environ["HTTP_X_A"], "1,2");
        assert_eq!(environ["HTTP_COOKIE"], "a=1; b=2");
        assert_eq!((environ["SERVER_NAME"].as_str(), environ["SERVER_PORT"].as_str()), ("box.local", "81"));
        assert_eq!(environ["CONTENT_TYPE"], "text/plain");
        assert!(!environ.contains_key("HTTP_PROXY") && !environ.contains_key("HTTP_CONTENT_TYPE"));
    }

    #[test]
    fn a_trusted_proxy_tells_the_scheme() {
        let fields = |name, value| [("Host", "box.local"), (name, value)];
        for (name, value, trusted, scheme) in [
            ("X-Forwarded-Proto", "https", true, Some("https")),
            ("X-Forwarded-Proto", "http, https", true, Some("https")),
            ("Forwarded", "for=10.0.0.1;Proto=\"https\"", true, Some("https")),
            ("X-Forwarded-Proto", "http", true, None),
            ("X-Forwarded-Proto", "https", false, None),
        ] {
            let environ = through("/", "/", &fields(name, value), trusted);
            assert_eq!(environ.get("wsgi.url_scheme").map(String::as_str), scheme, "{name} {value} {trusted}");
            assert_eq!(environ["SERVER_PORT"], if scheme.is_some() { "443" } else { "80" });
        }
    }
}
