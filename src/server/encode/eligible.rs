//! What is worth compressing, by its headers and its length.

use std::borrow::Cow;

use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HeaderMap};
use http::{HeaderValue, StatusCode};
use http_body::Body as _;

use crate::server::body::Body;
use crate::server::files;

/// What is shorter fits a packet anyway.
pub(crate) const SMALLEST: u64 = 1 << 10;

/// Whether a type gets smaller by compression: text, and what is not compressed in itself.
pub(crate) fn is_compressible(essence: &str) -> bool {
    files::is_text(essence)
        || matches!(
            essence,
            "application/wasm"
                | "application/x-javascript"
                | "application/ecmascript"
                | "application/x-ndjson"
                | "application/ndjson"
                | "application/graphql"
                | "application/rtf"
                | "application/x-yaml"
                | "application/x-tex"
                | "application/x-sql"
                | "application/vnd.ms-fontobject"
                | "application/x-font-ttf"
                | "application/x-font-opentype"
                | "font/ttf"
                | "font/otf"
                | "font/collection"
                | "image/bmp"
                | "image/x-ms-bmp"
                | "image/x-icon"
                | "image/vnd.microsoft.icon"
        )
}

/// Whether an answer may go compressed to a client that asks for it; `to_head` where it is one to
/// HEAD, which may lack the body that GET would get.
pub(super) fn is_eligible(status: StatusCode, headers: &HeaderMap, body: &Body, to_head: bool) -> bool {
    let bodiless =
        [StatusCode::NO_CONTENT, StatusCode::RESET_CONTENT, StatusCode::NOT_MODIFIED, StatusCode::PARTIAL_CONTENT];
    !status.is_informational()
        && !bodiless.contains(&status)
        && !headers.contains_key(CONTENT_ENCODING)
        && !headers.contains_key(CONTENT_RANGE)
        && essence(headers).is_some_and(|essence| is_compressible(&essence))
        && !says_no_transform(headers)
        && length(headers, body, to_head).is_none_or(|length| length >= SMALLEST)
}

fn essence(headers: &HeaderMap) -> Option<Cow<'_, str>> {
    let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let essence = kind.split(';').next().unwrap_or_default().trim();
    let lower = !essence.bytes().any(|byte| byte.is_ascii_uppercase());
    Some(if lower { essence.into() } else { essence.to_ascii_lowercase().into() })
}

/// RFC 9111, section 5.2.2.6.
fn says_no_transform(headers: &HeaderMap) -> bool {
    let values = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|word| word.trim().eq_ignore_ascii_case("no-transform"))
}

/// The body's length where it is known; of a head without its body, what the head says.
fn length(headers: &HeaderMap, body: &Body, to_head: bool) -> Option<u64> {
    let said = || headers.get(CONTENT_LENGTH).and_then(|value: &HeaderValue| value.to_str().ok()?.parse().ok());
    match body {
        Body::Empty if to_head => said(),
        body => body.size_hint().exact().or_else(said),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::answer::{self, Answer};

    fn eligible(answer: Answer) -> bool {
        let (parts, body) = answer.into_parts();
        is_eligible(parts.status, &parts.headers, &body, false)
    }

    fn text(length: usize) -> Answer {
        answer::text(StatusCode::OK, "x".repeat(length))
    }

    fn with(mut answer: Answer, name: &'static str, value: &'static str) -> Answer {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
        answer
    }

    #[test]
    fn text_is_and_what_is_compressed_in_itself_is_not() {
        for essence in [
            "text/html",
            "text/css",
            "text/javascript",
            "text/event-stream",
            "application/json",
            "application/problem+json",
            "image/svg+xml",
            "application/wasm",
            "image/x-icon",
            "image/bmp",
            "font/ttf",
            "font/otf",
        ] {
            assert!(is_compressible(essence), "{essence}");
        }
        for essence in [
            "image/png",
            "image/jpeg",
            "video/mp4",
            "audio/mpeg",
            "application/zip",
            "application/gzip",
            "application/pdf",
            "application/octet-stream",
            "font/woff2",
            "font/woff",
            "",
        ] {
            assert!(!is_compressible(essence), "{essence}");
        }
    }

    #[test]
    fn from_a_kibibyte_on() {
        assert!(!eligible(text(1023)) && eligible(text(1024)));
        assert!(!eligible(with(Answer::default(), "content-type", "text/html")), "nothing at all");
    }

    #[test]
    fn an_answer_to_head_is_judged_by_what_it_says() {
        let eligible = |answer: Answer| {
            let (parts, body) = answer.into_parts();
            is_eligible(parts.status, &parts.headers, &body, true)
        };
        let head = || with(Answer::default(), "content-type", "text/html");
        assert!(eligible(head()), "of a length not yet known");
        assert!(eligible(with(head(), "content-length", "5000")));
        assert!(!eligible(with(head(), "content-length", "50")));
        assert!(!eligible(with(Answer::default(), "content-length", "5000")), "without a type");
    }

    #[test]
    fn headers_and_status_may_forbid_it() {
        assert!(eligible(with(text(2000), "content-type", "Text/HTML ;charset=x")));
        assert!(!eligible(with(text(2000), "content-type", "image/png")));
        assert!(!eligible(with(text(2000), "content-encoding", "br")));
        assert!(!eligible(with(text(2000), "content-range", "bytes 0-1999/5000")));
        assert!(!eligible(with(text(2000), "cache-control", "no-cache, No-Transform")));
        for (status, may) in
            [(200, true), (201, true), (404, true), (500, true), (206, false), (204, false), (304, false)]
        {
            let mut answer = text(2000);
            *answer.status_mut() = StatusCode::from_u16(status).unwrap();
            assert_eq!(eligible(answer), may, "{status}");
        }
    }
}
