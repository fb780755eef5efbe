//! The script that pages run, and its version.

use std::sync::LazyLock;

use http::StatusCode;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue};
use http::request::Parts;
use xxhash_rust::xxh3::xxh3_64;

use crate::server::answer::{self, Answer};
use crate::server::body::Body;
use crate::server::encode;
use crate::server::inject::condition;

const SCRIPT: &str = include_str!("client.js");

static VERSION: LazyLock<String> = LazyLock::new(|| format!("{:08x}", xxh3_64(SCRIPT.as_bytes()) as u32));

/// Changes with the script's content.
pub fn version() -> &'static str {
    &VERSION
}

/// Answers `/__stan/client.js`.
pub fn script(head: &Parts) -> Answer {
    let mut answer = answer::with(StatusCode::OK, "text/javascript; charset=utf-8", SCRIPT);
    let etag = encode::seal(&head.headers, &mut answer, format!("\"{}\"", version()));
    if condition::matches(&head.headers, &etag) {
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
        *answer.body_mut() = Body::Empty;
        answer.headers_mut().remove(CONTENT_TYPE);
    }
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // A page of the port that the server left asks here whether the new one answers; the script
    // holds nothing that is worth keeping from anybody.
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(ETAG, etag);
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    #[test]
    fn is_served_once_and_then_known() {
        let ask = |etag: &str| {
            let request = Request::get("/__stan/client.js").header("if-none-match", etag).body(()).unwrap();
            script(&request.into_parts().0)
        };
        let first = ask("\"other\"");
        assert_eq!(first.status(), 200);
        let etag = first.headers()[ETAG].to_str().unwrap().to_owned();
        assert_eq!(ask(&etag).status(), 304);
        assert_eq!(first.headers()[CACHE_CONTROL], "no-cache");
    }

    #[test]
    fn keeps_to_words_that_old_phones_know() {
        for new in ["=>", "const ", "let ", "`", "?.", "??", "async ", "class "] {
            assert!(!SCRIPT.contains(new), "{new}");
        }
    }
}
