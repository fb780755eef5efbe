//! A request as an app sees it: the environ of PEP 3333 (its section "environ Variables"), which
//! is CGI's (RFC 3875, section 4.1) with the server's own additions made in the worker.

use bytes::{BufMut, BytesMut};
use http::HeaderName;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, COOKIE, TRANSFER_ENCODING};

use crate::server::request::Request;

/// The pairs of the environ. `below` is the path below the mount.
pub(super) fn of(request: &Request, below: &str) -> BytesMut {
    let mut out = BytesMut::with_capacity(1024);
    let mut pair = |name: &str, value: &[u8]| {
        if !out.is_empty() {
            out.put_u8(0);
        }
        out.extend_from_slice(name.as_bytes());
        out.put_u8(0);
        out.extend_from_slice(value);
    };
    let head = &request.head;
    let mount = request.path.len().saturating_sub(below.len());
    let (script, path) = request.path.split_at_checked(mount).unwrap_or(("", &request.path));
    pair("REQUEST_METHOD", head.method.as_str().as_bytes());
    pair("SCRIPT_NAME", script.as_bytes());
    pair("PATH_INFO", path.as_bytes());
    pair("QUERY_STRING", head.uri.query().unwrap_or_default().as_bytes());
    let raw = head.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    pair("REQUEST_URI", raw.as_bytes());
    pair("RAW_URI", raw.as_bytes());
    pair("SERVER_PROTOCOL", protocol(head.version).as_bytes());
    pair("SERVER_SOFTWARE", concat!("stan/", env!("CARGO_PKG_VERSION")).as_bytes());
    pair("REMOTE_ADDR", request.remote().to_string().as_bytes());
    let host = request.host().unwrap_or("localhost");
    let (name, port) = name_and_port(host);
    pair("SERVER_NAME", name.as_bytes());
    pair("SERVER_PORT", port.as_bytes());
    if !head.headers.contains_key(http::header::HOST) {
        pair("HTTP_HOST", host.as_bytes());
    }
    for name in head.headers.keys() {
        let mut values = head.headers.get_all(name).iter().map(http::HeaderValue::as_bytes);
        let Some(first) = values.next() else { continue };
        if *name == CONTENT_TYPE {
            pair("CONTENT_TYPE", first);
        } else if *name == CONTENT_LENGTH {
            pair("CONTENT_LENGTH", first);
        } else if let Some(variable) = variable(name) {
            let between: &[u8] = if *name == COOKIE { b"; " } else { b"," };
            let joined = values.fold(first.to_vec(), |joined, next| [&joined, between, next].concat());
            pair(&variable, &joined);
        }
    }
    out
}

/// `HTTP_X_DEMO`; none for a name with an underscore, which would pass for another with a dash,
/// and none for what the server has dealt with.
fn variable(name: &HeaderName) -> Option<String> {
    if name.as_str().contains('_') || *name == TRANSFER_ENCODING || name == "proxy" {
        return None;
    }
    Some(format!("HTTP_{}", name.as_str().to_ascii_uppercase().replace('-', "_")))
}

fn protocol(version: http::Version) -> &'static str {
    match version {
        http::Version::HTTP_10 => "HTTP/1.0",
        http::Version::HTTP_2 => "HTTP/2",
        _ => "HTTP/1.1",
    }
}

/// A Host's two parts; 80 is what it means where it does not say.
fn name_and_port(host: &str) -> (&str, &str) {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => (name, port),
        _ => (host.trim_end_matches(':'), "80"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::net::Ipv4Addr;

    use super::*;
    use crate::server::body::Received;
    use crate::server::request::Peer;

    fn environ(path: &str, below: &str, headers: &[(&str, &str)]) -> BTreeMap<String, String> {
        let mut builder = http::Request::builder().method("GET").uri("/raw?a=b");
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        let (head, ()) = builder.body(()).unwrap().into_parts();
        let peer = Peer { ip: Ipv4Addr::LOCALHOST.into(), here: true };
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
    fn hosts() {
        assert_eq!(name_and_port("[::1]:8000"), ("[::1]", "8000"));
        assert_eq!(name_and_port("[::1]"), ("[::1]", "80"));
        assert_eq!(name_and_port("localhost"), ("localhost", "80"));
    }
}
