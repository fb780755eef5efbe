//! From a head in the buffer to a request that can be passed on.

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Method, StatusCode, Uri, Version};

use super::head::{Head, Refusal};

/// The request's head by itself. `raw` is the buffer that `head` was read from.
pub fn parts(head: &Head<'_, '_>, raw: &[u8]) -> Result<Parts, Refusal> {
    let method = Method::from_bytes(head.method.as_bytes()).map_err(|_| Refusal::bad("the method is not a token"))?;
    check_target(&method, head.target)?;
    let copy = Bytes::copy_from_slice(raw);
    let own = |part: &[u8]| {
        let start = part.as_ptr() as usize - raw.as_ptr() as usize;
        copy.slice(start..start + part.len())
    };
    let uri = Uri::from_maybe_shared(own(head.target.as_bytes()))
        .map_err(|_| Refusal::bad("the request-target is no URI: escape what does not belong into one with %"))?;
    check_uri(head.target, &uri)?;
    let mut headers = HeaderMap::with_capacity(head.fields().count());
    for (name, value) in head.fields() {
        let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_maybe_shared(own(value)))
        else {
            return Err(Refusal::bad("a field has a character that is not allowed in it"));
        };
        headers.append(name, value);
    }
    let (mut parts, ()) = http::Request::new(()).into_parts();
    parts.method = method;
    parts.uri = uri;
    parts.version = head.version;
    parts.headers = headers;
    Ok(parts)
}

/// The forms of a request-target (RFC 9112, section 3.2).
fn check_target(method: &Method, target: &str) -> Result<(), Refusal> {
    if *method == Method::CONNECT {
        return Err(Refusal::new(StatusCode::NOT_IMPLEMENTED, "this server is no proxy: it knows no CONNECT"));
    }
    if target.contains('#') {
        return Err(Refusal::bad("a fragment is not sent to a server"));
    }
    match target {
        "*" if *method == Method::OPTIONS => Ok(()),
        _ if target.starts_with('/') || target.contains("://") => Ok(()),
        _ => Err(Refusal::bad("the request-target must begin with / or be a whole URL")),
    }
}

/// The absolute form names a host, over http, without a user's name.
fn check_uri(target: &str, uri: &Uri) -> Result<(), Refusal> {
    if target.starts_with('/') || target == "*" {
        return Ok(());
    }
    let web = matches!(uri.scheme_str(), Some("http" | "https"));
    if web && uri.authority().is_some_and(|authority| !authority.as_str().contains('@')) {
        return Ok(());
    }
    Err(Refusal::bad("the request-target must begin with / or be a whole URL of this server"))
}

/// Whether the client waits for `100 Continue` with its body (RFC 9110, section 10.1.1).
pub fn expects(head: &Head<'_, '_>) -> Result<bool, Refusal> {
    if head.version == Version::HTTP_10 {
        return Ok(false);
    }
    let mut expects = false;
    for word in head.all("expect").flat_map(|value| value.split(|b| *b == b',')).map(<[u8]>::trim_ascii) {
        if !word.eq_ignore_ascii_case(b"100-continue") {
            let text = "the only expectation that is met is 100-continue";
            return Err(Refusal::new(StatusCode::EXPECTATION_FAILED, text));
        }
        expects = true;
    }
    Ok(expects)
}

#[cfg(test)]
mod tests {
    use super::super::head::{parse, room};
    use super::*;

    fn read(input: &str) -> Result<Parts, u16> {
        let mut room = room();
        let head = parse(input.as_bytes(), &mut room).unwrap();
        parts(&head, input.as_bytes()).map_err(|refusal| refusal.status.as_u16())
    }

    #[test]
    fn a_request() {
        let parts = read("POST /a?b HTTP/1.0\r\nHost: a\r\nX-Two: 1\r\nx-two: \u{e9}\r\n\r\n").unwrap();
        assert_eq!((parts.method, parts.version), (Method::POST, Version::HTTP_10));
        assert_eq!(parts.uri, "/a?b");
        assert_eq!(parts.headers.get_all("x-two").iter().count(), 2);
        assert_eq!(parts.headers["host"], "a");
    }

    #[test]
    fn targets() {
        for (line, status) in [
            ("GET /", 0),
            ("GET //evil.example/..", 0),
            ("GET /?a=b://c", 0),
            ("GET http://a/b?c", 0),
            ("GET HTTP://a", 0),
            ("OPTIONS *", 0),
            ("GET *", 400),
            ("GET a.txt", 400),
            ("GET /a#b", 400),
            ("GET http://", 400),
            ("GET http://u@a/", 400),
            ("GET ftp://a/", 400),
            ("GET a://b", 400),
            ("CONNECT a:80", 501),
            ("get /", 0),
        ] {
            let got = read(&format!("{line} HTTP/1.1\r\n\r\n")).err().unwrap_or(0);
            assert_eq!(got, status, "{line}");
        }
    }

    #[test]
    fn expectations() {
        for (fields, expected) in [
            ("", Ok(false)),
            ("Expect: 100-Continue\r\n", Ok(true)),
            ("Expect: 200-ok\r\n", Err(417)),
            ("Expect: 100-continue, x\r\n", Err(417)),
        ] {
            let input = format!("POST / HTTP/1.1\r\n{fields}\r\n");
            let mut room = room();
            let head = parse(input.as_bytes(), &mut room).unwrap();
            assert_eq!(expects(&head).map_err(|refusal| refusal.status.as_u16()), expected, "{fields}");
        }
    }
}
