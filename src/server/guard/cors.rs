//! `cors`: whether pages of other origins may read the answers (Fetch, section 3.3).

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ALLOW, HeaderName, HeaderValue,
    X_CONTENT_TYPE_OPTIONS,
};
use http::request::Parts;
use http::{Method, StatusCode};

use crate::server::answer::{self, Answer, Foreign};

/// The method that a browser's preflight asks about; `None` where the request is no preflight.
pub(crate) fn asked(head: &Parts) -> Option<Method> {
    if head.method != Method::OPTIONS {
        return None;
    }
    Method::from_bytes(head.headers.get(ACCESS_CONTROL_REQUEST_METHOD)?.as_bytes()).ok()
}

/// The answer to OPTIONS; where it is `open`, also to a browser's preflight.
pub(crate) fn options(open: bool, head: &Parts, methods: &[Method]) -> Answer {
    let mut answer = answer::allow(StatusCode::NO_CONTENT, methods);
    if open && head.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
        let allow = answer.headers().get(ALLOW).cloned();
        if let Some(allow) = allow {
            answer.headers_mut().insert(ACCESS_CONTROL_ALLOW_METHODS, allow);
        }
        if let Some(wanted) = head.headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
            answer.headers_mut().insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
        }
    }
    answer
}

/// What every answer carries, unless its target said otherwise: whether it is `open` to other origins, and
/// that its type is what it says. What other programs answer is theirs, but for what `open` allows.
pub(crate) fn dress(open: bool, answer: &mut Answer) {
    let foreign = answer.extensions().get::<Foreign>().is_some();
    let headers = answer.headers_mut();
    let mut add = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    if !foreign {
        add(X_CONTENT_TYPE_OPTIONS, "nosniff");
    }
    if open {
        add(ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    } else if !foreign {
        add(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    }
}
