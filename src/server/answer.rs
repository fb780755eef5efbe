//! The shapes of answers: plain, HTML, JSON, problem+json, redirects, status pages.

use http::header::{ALLOW, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderValue, LOCATION, TRANSFER_ENCODING};
use http::{Method, Response, StatusCode};

use super::body::Body;

/// An answer.
pub type Answer = Response<Body>;

/// Marks an answer that is about HTML though it does not say so, as a 304 does not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AboutHtml;

/// Marks an answer that another program made: what it does not say is left unsaid.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Foreign;

/// Marks the answer to a page that asks again and again whether there is news, where there is
/// none: it is logged and counted, and not shown among the requests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NoNews;

/// An answer with a body of a known type.
pub fn with(status: StatusCode, content_type: &'static str, body: impl Into<Body>) -> Answer {
    let mut answer = Response::new(body.into());
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

/// A status and nothing else.
pub fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(Body::Empty);
    *answer.status_mut() = status;
    answer
}

/// Plain text.
pub fn text(status: StatusCode, text: impl Into<String>) -> Answer {
    with(status, "text/plain; charset=utf-8", text.into())
}

/// A page.
pub fn html(status: StatusCode, page: impl Into<String>) -> Answer {
    with(status, "text/html; charset=utf-8", page.into())
}

/// JSON.
pub fn json(status: StatusCode, value: &serde_json::Value) -> Answer {
    with(status, "application/json", value.to_string())
}

/// A refusal for programs (RFC 9457).
pub fn problem(status: StatusCode, title: &str, detail: &str) -> Answer {
    let value = serde_json::json!({ "status": status.as_u16(), "title": title, "detail": detail });
    with(status, "application/problem+json", value.to_string())
}

/// A redirect; `to` must be a valid header value or the answer is 500.
pub fn redirect(status: StatusCode, to: &str) -> Answer {
    match HeaderValue::from_str(to) {
        Ok(to) => {
            let mut answer = empty(status);
            answer.headers_mut().insert(LOCATION, to);
            answer
        }
        Err(_) => text(StatusCode::INTERNAL_SERVER_ERROR, "a redirect that is not a URL\n"),
    }
}

/// 405 (RFC 9110, section 15.5.6), or the answer to OPTIONS, with the methods allowed.
pub fn allow(status: StatusCode, methods: &[Method]) -> Answer {
    let mut answer = empty(status);
    let list = methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
    if let Ok(list) = HeaderValue::from_str(&list) {
        answer.headers_mut().insert(ALLOW, list);
    }
    answer
}

/// The status line and the fields that the answer itself has, without the framing's.
pub(crate) fn write_fields(out: &mut Vec<u8>, parts: &http::response::Parts, framing_too: bool) {
    out.extend_from_slice(b"HTTP/1.1 ");
    out.extend_from_slice(parts.status.as_str().as_bytes());
    out.push(b' ');
    out.extend_from_slice(parts.status.canonical_reason().unwrap_or("Unknown").as_bytes());
    out.extend_from_slice(b"\r\n");
    for (name, value) in &parts.headers {
        if (!framing_too && name == CONTENT_LENGTH) || name == TRANSFER_ENCODING || name == DATE {
            continue;
        }
        // A handshake's `Connection: upgrade` is the target's to say, the rest is ours.
        if name == CONNECTION && !value.as_bytes().eq_ignore_ascii_case(b"upgrade") {
            continue;
        }
        out.extend_from_slice(name.as_str().as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(value.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
}

/// RFC 9110, section 9.3.2: the head of what GET would be answered.
pub(crate) fn without_body(answer: Answer) -> Answer {
    let (mut parts, body) = answer.into_parts();
    if let Some(length) = http_body::Body::size_hint(&body).exact()
        && !parts.headers.contains_key(CONTENT_LENGTH)
        && !matches!(parts.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
    {
        parts.headers.insert(CONTENT_LENGTH, length.into());
    }
    Response::from_parts(parts, Body::Empty)
}

/// `text` fit for HTML text and attribute values.
pub fn escape_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
