//! Fields that concern one connection only (RFC 9110, section 7.6.1): none goes further.

use http::HeaderMap;
use http::header::{CONNECTION, HeaderName, HeaderValue, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");
const HTTP2_SETTINGS: HeaderName = HeaderName::from_static("http2-settings");

/// Takes out what is of this connection only, and what its `Connection` names.
pub(super) fn strip(headers: &mut HeaderMap) {
    if headers.contains_key(CONNECTION) {
        let named: Vec<HeaderName> = words(headers, &CONNECTION).filter_map(|word| word.parse().ok()).collect();
        for name in named {
            // What frames or addresses the message is not for a client to take out.
            if name != http::header::CONTENT_LENGTH && name != http::header::HOST {
                headers.remove(name);
            }
        }
        headers.remove(CONNECTION);
    }
    for name in [TE, TRANSFER_ENCODING, UPGRADE, http::header::PROXY_AUTHENTICATE, http::header::PROXY_AUTHORIZATION] {
        headers.remove(name);
    }
    for name in [&KEEP_ALIVE, &PROXY_CONNECTION, &HTTP2_SETTINGS] {
        headers.remove(name);
    }
}

/// The protocol that the client wants to change to. HTTP/2 is not one: stan speaks that itself.
pub(super) fn upgrade(headers: &HeaderMap) -> Option<HeaderValue> {
    let asked = words(headers, &CONNECTION).any(|word| word.eq_ignore_ascii_case("upgrade"));
    let value = headers.get(UPGRADE).filter(|_| asked)?;
    let http2 = words(headers, &UPGRADE).any(|word| word.eq_ignore_ascii_case("h2c"));
    (!http2).then(|| value.clone())
}

/// Whether an answer changes to a protocol that was `asked` for.
pub(super) fn agrees(asked: &HeaderValue, answer: &HeaderMap) -> bool {
    let asked = asked.to_str().unwrap_or_default();
    let is_asked_for = |word: &str| asked.split(',').any(|asked| asked.trim().eq_ignore_ascii_case(word));
    answer.contains_key(UPGRADE) && words(answer, &UPGRADE).all(is_asked_for)
}

/// Whether the client takes trailers.
pub(super) fn takes_trailers(headers: &HeaderMap) -> bool {
    words(headers, &TE).any(|word| word.split(';').next().is_some_and(|w| w.trim().eq_ignore_ascii_case("trailers")))
}

/// Takes out of trailers what would be read as framing, routing or another answer (RFC 9110, section 6.5.1).
pub(super) fn strip_trailers(trailers: &mut HeaderMap) {
    strip(trailers);
    for name in [http::header::CONTENT_LENGTH, http::header::HOST, TRAILER, http::header::CONTENT_ENCODING] {
        trailers.remove(name);
    }
    for name in [http::header::CONTENT_TYPE, http::header::CONTENT_RANGE, http::header::SET_COOKIE] {
        trailers.remove(name);
    }
}

/// The elements of a comma-separated field.
fn words<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        let mut map = HeaderMap::new();
        for (name, value) in fields.iter().map(pair) {
            map.append(name, value);
        }
        map
    }

    #[test]
    fn what_is_of_one_connection_goes() {
        let mut map = headers(&[
            ("connection", "close, X-Hop"),
            ("connection", "x-other ,Content-Length, nonsense words"),
            ("x-hop", "1"),
            ("x-other", "1"),
            ("x-stays", "1"),
            ("x_odd", "1"),
            ("content-length", "5"),
            ("keep-alive", "timeout=5"),
            ("proxy-connection", "keep-alive"),
            ("te", "trailers"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "websocket"),
            ("proxy-authorization", "x"),
        ]);
        strip(&mut map);
        let mut left: Vec<_> = map.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, ["content-length", "x-stays", "x_odd"]);
    }

    #[test]
    fn upgrades() {
        let of = |fields: &[(&'static str, &'static str)]| upgrade(&headers(fields));
        assert_eq!(of(&[("connection", "keep-alive, Upgrade"), ("upgrade", "websocket")]).unwrap(), "websocket");
        assert_eq!(of(&[("upgrade", "websocket")]), None);
        assert_eq!(of(&[("connection", "upgrade, http2-settings"), ("upgrade", "h2c")]), None);
        let agreed = |to| agrees(&HeaderValue::from_static("foo/1, websocket"), &headers(to));
        assert!(agreed(&[("upgrade", "WebSocket")]) && agreed(&[("upgrade", "websocket, foo/1")]));
        assert!(!agreed(&[("upgrade", "h2c")]) && !agreed(&[("upgrade", "websocket, h2c")]) && !agreed(&[]));
        assert!(takes_trailers(&headers(&[("te", "gzip, Trailers;q=1")])) && !takes_trailers(&headers(&[("te", "x")])));
    }
}
