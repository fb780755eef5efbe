//! stan's own endpoints, below `/__stan/`.

use http::header::{self, HeaderValue};
use http::{Method, StatusCode};

use super::answer::{self, Answer};
use super::body::Body;
use super::pipeline::Pipeline;
use super::request::Request;
use super::site::Site;
use super::{guard, live, refused, status, upload};

impl Pipeline {
    /// The PIN.
    pub(super) async fn enter(&self, site: &Site, request: Request) -> Answer {
        if request.head.method == Method::POST && !guard::may_send(&request.head, request.host()) {
            return refused::origin();
        }
        upload::key::enter(&self.key, request, &site.config.upload.path, &site.config.limits).await
    }

    /// stan's own endpoints that nothing is sent to.
    pub(super) fn own(&self, name: &str, request: Request) -> Answer {
        if !matches!(request.head.method, Method::GET | Method::HEAD) {
            let status = if request.head.method == Method::OPTIONS {
                StatusCode::NO_CONTENT
            } else {
                StatusCode::METHOD_NOT_ALLOWED
            };
            return answer::allow(status, &[Method::GET, Method::HEAD, Method::OPTIONS]);
        }
        match name {
            "health" => answer::text(StatusCode::OK, "ok\n"),
            "client.js" => live::script(&request.head),
            "live" if !guard::same_origin(&request.head, request.host()) => refused::origin(),
            "live" => self.live.upgrade(request),
            _ => match upload::asset(name) {
                Some((content_type, bytes)) => {
                    let mut answer = answer::with(StatusCode::OK, content_type, Body::full(bytes));
                    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
                    answer
                }
                None => {
                    status::page(StatusCode::NOT_FOUND, status::accepts_html(&request.head.headers), "Not found", "")
                }
            },
        }
    }
}
