//! The opening of a WebSocket (RFC 6455, section 4.2).

use http::header::{
    CONNECTION, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::request::Parts;
use http::{Method, StatusCode, Version};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::server::answer::{self, Answer};

/// 101, or the refusal.
#[expect(clippy::result_large_err, reason = "a refusal is an answer like any other")]
pub(super) fn check(head: &Parts) -> Result<Answer, Answer> {
    let upgradable = head.method == Method::GET && head.version == Version::HTTP_11;
    if !upgradable || !lists(head, &UPGRADE, "websocket") || !lists(head, &CONNECTION, "upgrade") {
        let mut refusal = answer::text(StatusCode::UPGRADE_REQUIRED, "this is a WebSocket\n");
        refusal.headers_mut().insert(UPGRADE, HeaderValue::from_static("websocket"));
        refusal.headers_mut().insert(CONNECTION, HeaderValue::from_static("upgrade"));
        return Err(refusal);
    }
    if head.headers.get(SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
        let mut refusal = answer::text(StatusCode::UPGRADE_REQUIRED, "WebSocket version 13 only\n");
        refusal.headers_mut().insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        return Err(refusal);
    }
    let mut keys = head.headers.get_all(SEC_WEBSOCKET_KEY).iter();
    let (Some(key), None) = (keys.next().filter(|key| is_key(key.as_bytes())), keys.next()) else {
        return Err(answer::text(StatusCode::BAD_REQUEST, "Sec-WebSocket-Key must be 16 bytes in base64\n"));
    };
    let Ok(accept) = HeaderValue::try_from(derive_accept_key(key.as_bytes())) else {
        return Err(answer::empty(StatusCode::INTERNAL_SERVER_ERROR));
    };
    let mut accepted = answer::empty(StatusCode::SWITCHING_PROTOCOLS);
    accepted.headers_mut().insert(UPGRADE, HeaderValue::from_static("websocket"));
    accepted.headers_mut().insert(CONNECTION, HeaderValue::from_static("upgrade"));
    accepted.headers_mut().insert(SEC_WEBSOCKET_ACCEPT, accept);
    Ok(accepted)
}

/// Whether `head` opens a `WebSocket`.
pub(crate) fn is_handshake(head: &Parts) -> bool {
    check(head).is_ok()
}

/// Whether a comma-separated header names `token`, in any case.
fn lists(head: &Parts, name: &HeaderName, token: &str) -> bool {
    let values = head.headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|word| word.trim().eq_ignore_ascii_case(token))
}

/// 16 bytes in base64: 22 digits and `==`.
fn is_key(key: &[u8]) -> bool {
    let digit = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    key.len() == 24 && key.ends_with(b"==") && key.iter().take(22).all(digit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    const GOOD: [(&str, &str); 4] = [
        ("upgrade", "websocket"),
        ("connection", "keep-alive, Upgrade"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];

    fn status(method: &str, headers: &[(&str, &str)]) -> u16 {
        let mut request = Request::builder().method(method).uri("/__stan/live");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        check(&head).unwrap_or_else(|refusal| refusal).status().as_u16()
    }

    #[test]
    fn the_rfcs_own_example() {
        let mut request = Request::builder().uri("/");
        for (name, value) in GOOD {
            request = request.header(name, value);
        }
        let accepted = check(&request.body(()).unwrap().into_parts().0).unwrap_or_else(|refusal| refusal);
        assert_eq!(accepted.headers()[SEC_WEBSOCKET_ACCEPT], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn refusals() {
        assert_eq!(status("GET", &GOOD), 101);
        assert_eq!(status("POST", &GOOD), 426);
        assert_eq!(status("GET", &[]), 426);
        assert_eq!(status("GET", &GOOD[1..]), 426);
        assert_eq!(status("GET", &GOOD[..3]), 400);
        assert_eq!(status("GET", &[GOOD[0], GOOD[1], ("sec-websocket-version", "8"), GOOD[3]]), 426);
        assert_eq!(status("GET", &[GOOD[0], GOOD[1], GOOD[2], ("sec-websocket-key", "short")]), 400);
        assert_eq!(status("GET", &[GOOD[0], GOOD[1], GOOD[2], GOOD[3], GOOD[3]]), 400);
    }
}
