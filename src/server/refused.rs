//! What the pipeline answers in a target's place, where it refuses a request itself.

use http::{Method, StatusCode};

use super::answer::{self, Answer};
use super::request::Request;
use super::site::{Route, Site};
use super::status;
use crate::text::harmless;

/// 403: the origin rule.
pub(super) fn origin() -> Answer {
    answer::problem(
        StatusCode::FORBIDDEN,
        "another origin",
        "a page of another origin may not change anything here; open the page from this server",
    )
}

/// 405, and what to do instead.
pub(super) fn method(site: &Site, request: &Request, methods: &[Method]) -> Answer {
    let method = &request.head.method;
    let names = methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
    let mut text = format!("{} takes {names}, not {}.", harmless(&request.path), harmless(method.as_str()));
    if site.config.upload.enabled && matches!(*method, Method::PUT | Method::POST) {
        text = format!("{text}\nFiles are received at {}.", site.config.upload.path);
    }
    let html = status::accepts_html(&request.head.headers);
    let mut answer = status::page(StatusCode::METHOD_NOT_ALLOWED, html, "Method not allowed", &text);
    answer.headers_mut().extend(answer::allow(StatusCode::METHOD_NOT_ALLOWED, methods).into_parts().0.headers);
    answer
}

/// 413, and which setting says so.
pub(super) fn too_large(route: &Route, most: u64, html: bool) -> Answer {
    let key = if route.settings.body.is_some() { "body of this route" } else { "limits.body" };
    let text = format!("The body is larger than {key} in stan.conf, {most} bytes.");
    status::page(StatusCode::PAYLOAD_TOO_LARGE, html, "Too large", &text)
}
