//! Content that was made for this request: its tag comes from its bytes.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use http::{Method, StatusCode};

use super::conditional::{Validators, Verdict};
use crate::server::answer::AboutHtml;
use crate::server::answer::{Answer, empty, text};
use crate::server::body::Body;
use crate::server::encode;

/// An answer with generated content. GET and HEAD with 200 get a strong tag and have their
/// conditions evaluated; a `document` does not, because the step that puts a script in does that.
pub(crate) fn generated(
    (method, headers): (&Method, &HeaderMap),
    document: bool,
    status: StatusCode,
    content_type: &str,
    content: impl Into<Bytes>,
) -> Answer {
    let content = content.into();
    let tagged = !document && status == StatusCode::OK && (method == Method::GET || method == Method::HEAD);
    let validators = tagged.then(|| Validators::of_bytes(&content));
    let mut answer = empty(status);
    if let Ok(kind) = HeaderValue::from_str(content_type) {
        answer.headers_mut().insert(CONTENT_TYPE, kind);
    }
    *answer.body_mut() = Body::full(content);
    let Some(mut validators) = validators else { return answer };
    validators.etag = encode::seal(headers, &mut answer, validators.etag);
    match validators.evaluate(headers) {
        Verdict::NotModified => {
            *answer.status_mut() = StatusCode::NOT_MODIFIED;
            *answer.body_mut() = Body::Empty;
            answer.headers_mut().remove(CONTENT_TYPE);
            if content_type.starts_with("text/html") {
                answer.extensions_mut().insert(AboutHtml);
            }
        }
        Verdict::Failed => return text(StatusCode::PRECONDITION_FAILED, "The page has changed.\n"),
        Verdict::Proceed => {}
    }
    validators.write(answer.headers_mut(), std::time::SystemTime::now());
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header::{ETAG, IF_NONE_MATCH};

    #[test]
    fn the_tag_follows_the_bytes_and_is_honoured() {
        let get = |headers: &HeaderMap, document| {
            generated((&Method::GET, headers), document, StatusCode::OK, "text/plain", "x")
        };
        let first = get(&HeaderMap::new(), false);
        let headers = HeaderMap::from_iter([(IF_NONE_MATCH, first.headers()[ETAG].clone())]);
        assert_eq!(get(&headers, false).status(), 304);
        let document = get(&headers, true);
        assert!(document.status() == 200 && !document.headers().contains_key(ETAG));
    }

    #[test]
    fn answers_to_post_and_errors_have_no_tag() {
        let none = HeaderMap::new();
        assert!(
            !generated((&Method::POST, &none), false, StatusCode::OK, "text/plain", "x").headers().contains_key(ETAG)
        );
        assert!(
            !generated((&Method::GET, &none), false, StatusCode::NOT_FOUND, "text/plain", "x")
                .headers()
                .contains_key(ETAG)
        );
    }
}
