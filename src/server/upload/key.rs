//! The door before uploads: the link that opens it, the page that asks for the PIN, and what
//! programs without the key are told. Whether somebody may pass is [`Key`]'s to say.

mod page;

use std::time::{Duration, Instant};

use http::header::{ACCEPT, AUTHORIZATION, CACHE_CONTROL, HeaderValue, REFERRER_POLICY, RETRY_AFTER, SET_COOKIE};
use http::{HeaderMap, Method, StatusCode};
use serde_json::json;

use crate::config::Limits;
use crate::server::answer::{self, Answer};
use crate::server::body::Received;
use crate::server::form::{self, Chunks, Encoding, Reason};
use crate::server::guard::{self, Guess, Key, Secret};
use crate::server::request::{Request, Standing};
use crate::server::status;
use crate::server::upload::{Upload, resumable};

pub use page::SCRIPT;
use page::Says;

/// The path to which the PIN is sent.
pub const PATH: &str = "/__stan/key";
/// Bytes of a form with a PIN in it.
const BODY: u64 = 4 << 10;

/// The answer to the link with the token in it: the same address without, and a cookie. `None` for
/// all that is not that link.
pub fn link(key: &Key, request: &Request) -> Option<Answer> {
    let uri = &request.head.uri;
    if !matches!(request.head.method, Method::GET | Method::HEAD) || !key.opens(token(uri.query()?)?) {
        return None;
    }
    let rest: Vec<&str> = uri.query()?.split('&').filter(|pair| !pair.starts_with("k=")).collect();
    let path = if is_local(uri.path()) { uri.path() } else { "/" };
    let to = if rest.is_empty() { path.to_owned() } else { format!("{path}?{}", rest.join("&")) };
    Some(opened(key, request, &to))
}

/// The token in the query of a link.
fn token(query: &str) -> Option<&str> {
    query.split('&').find_map(|pair| pair.strip_prefix("k="))
}

/// Marks of the key that whoever sends has shown; empty where none was needed.
pub(super) fn shown(request: &Request) -> String {
    if request.standing() == Standing::Holder { guard::marks(&request.head.headers).join(" ") } else { String::new() }
}

/// Whether the request goes on with an upload that its sender began with the key of an earlier run.
pub fn goes_on(upload: &Upload, request: &Request, below: &str) -> bool {
    let token = resumable::token(below.trim_start_matches('/'));
    let Some(began) = token.and_then(|token| upload.store.held(token)).map(|held| held.key()) else { return false };
    let marks = guard::marks(&request.head.headers);
    began.split(' ').filter(|mark| !mark.is_empty()).any(|mark| marks.iter().any(|shown| shown == mark))
}

/// The answer to whoever has no key; `back` is where the PIN leads, a path. The body of the
/// request is not received.
pub async fn refuse(key: &Key, request: Request, back: &str, patience: Duration) -> Answer {
    let request = without_body(request, patience).await;
    let says = match request.head.uri.query().and_then(token) {
        Some(token) if key.opens(token) => Says::LinkOnly,
        Some(_) => Says::OldLink,
        None if request.head.headers.contains_key(AUTHORIZATION) => Says::OldToken,
        None => Says::NoKey,
    };
    told(key, &request.head.headers, StatusCode::FORBIDDEN, says, back)
}

/// The answer to whoever has no key where uploads are off: no PIN would help.
pub async fn refuse_all(request: Request, patience: Duration) -> Answer {
    let headers = without_body(request, patience).await.head.headers;
    let (title, detail) = (Reason::Refused.title(), Reason::Refused.to_string());
    if status::accepts_html(&headers) {
        status::page(StatusCode::FORBIDDEN, true, title, &detail)
    } else {
        answer::problem(StatusCode::FORBIDDEN, title, &detail)
    }
}

/// A bounded rest of the body is thrown away, so that the client hears the answer.
async fn without_body(mut request: Request, patience: Duration) -> Request {
    let body = std::mem::replace(&mut request.body, Received::full(""));
    Chunks::new(&request.head, body, patience).drain().await;
    request
}

/// Where the PIN leads from a request that was refused: back to its path where a browser can go
/// there, else to the page at `home`.
pub fn way_back<'a>(request: &'a Request, below: &str, home: &'a str) -> &'a str {
    let shown = matches!(request.head.method, Method::GET | Method::HEAD) || below.trim_matches('/').is_empty();
    let path = request.head.uri.path();
    if shown && is_local(path) { path } else { home }
}

/// Answers at [`PATH`]: the page that asks for the PIN, and the PIN itself. `home` is the path of
/// the upload page.
pub async fn enter(key: &Key, mut request: Request, home: &str, limits: &Limits) -> Answer {
    match request.head.method {
        Method::POST => {}
        Method::GET | Method::HEAD if key.may_upload(request.standing()) => {
            return answer::redirect(StatusCode::SEE_OTHER, home);
        }
        Method::GET | Method::HEAD => return refuse(key, request, home, limits.idle_timeout).await,
        ref method => {
            let status =
                if *method == Method::OPTIONS { StatusCode::NO_CONTENT } else { StatusCode::METHOD_NOT_ALLOWED };
            return answer::allow(status, &[Method::GET, Method::HEAD, Method::POST, Method::OPTIONS]);
        }
    }
    if form::encoding(&request.head) == Encoding::None {
        let detail = "send the PIN as a form: curl -d pin=…";
        return answer::problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not a form", detail);
    }
    let limits = Limits { body: BODY, ..limits.clone() };
    let body = std::mem::replace(&mut request.body, Received::full(""));
    let fields = match form::read(&request.head, body, &limits, None).await {
        Ok(form) => form.fields,
        // Nothing of what was sent is repeated.
        Err(error) => return answer::problem(error.status(), "no PIN", "the form with the PIN could not be read"),
    };
    let field = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let back = field("to").filter(|to| is_local(to)).unwrap_or(home);
    let headers = &request.head.headers;
    match key.guess(field("pin").unwrap_or_default(), request.remote(), Instant::now()) {
        Guess::Right if wants_json(headers) => {
            let mut answer = answer::json(StatusCode::OK, &json!({ "ok": true, "to": back }));
            give(key, &request, &mut answer);
            answer
        }
        Guess::Right => opened(key, &request, back),
        Guess::Wrong => told(key, headers, StatusCode::FORBIDDEN, Says::Wrong, back),
        Guess::NotNow(pause) => {
            // The next second is not too early.
            let seconds = pause.as_secs() + 1;
            let mut answer = told(key, headers, StatusCode::TOO_MANY_REQUESTS, Says::NotNow(seconds), back);
            answer.headers_mut().insert(RETRY_AFTER, seconds.into());
            answer
        }
    }
}

/// Onward, with the cookie.
fn opened(key: &Key, request: &Request, to: &str) -> Answer {
    let mut answer = answer::redirect(StatusCode::SEE_OTHER, to);
    give(key, request, &mut answer);
    answer
}

// `same-origin` and not `no-referrer`: with that a browser would send the form of the page with an
// Origin of null.
fn give(key: &Key, request: &Request, answer: &mut Answer) {
    let headers = answer.headers_mut();
    if let Some(cookie) = key.cookie(request.host()) {
        headers.insert(SET_COOKIE, cookie);
    }
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

/// What somebody without the key is told: a page for browsers, a problem (RFC 9457) for programs.
fn told(key: &Key, headers: &HeaderMap, status: StatusCode, says: Says, back: &str) -> Answer {
    let mut answer = if status::accepts_html(headers) {
        let digits = |secret: &Secret| secret.pin.bytes().all(|b| b.is_ascii_digit());
        let numeric = key.secret().is_none_or(|secret| digits(&secret));
        page::answer(status, page::is_chinese(headers), &says, numeric, back)
    } else {
        let (title, detail) = says.problem();
        answer::problem(status, title, &detail)
    };
    let headers = answer.headers_mut();
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    answer
}

/// Whether a program asks, which does not want to be led anywhere.
fn wants_json(headers: &HeaderMap) -> bool {
    let named = |accept: &HeaderValue| accept.to_str().is_ok_and(|accept| accept.contains("application/json"));
    headers.get_all(ACCEPT).iter().any(named) && !status::accepts_html(headers)
}

/// Whether `to` is a path of this server and cannot be read as another's address: browsers take
/// `//host` and `/\host` for one, and skip control characters before they look.
fn is_local(to: &str) -> bool {
    let mut bytes = to.bytes();
    bytes.next() == Some(b'/')
        && !matches!(bytes.next(), Some(b'/' | b'\\'))
        && to.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_server_are_led_to() {
        for to in ["/", "/upload", "/upload/a%20b?x=1#y", "/a//b"] {
            assert!(is_local(to), "{to}");
        }
        for to in [
            "",
            "upload",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "http://evil.example",
            "/a\\b",
            "/é",
            "/a b",
        ] {
            assert!(!is_local(to), "{to}");
        }
    }

    #[test]
    fn the_token_of_a_link() {
        assert_eq!(token("k=ABC"), Some("ABC"));
        assert_eq!(token("x=1&k=ABC&k=D"), Some("ABC"));
        assert_eq!((token("kk=ABC"), token("")), (None, None));
    }
}
