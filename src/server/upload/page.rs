//! The upload page and its script and its style, built into the program.

use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue, X_CONTENT_TYPE_OPTIONS};

use crate::server::answer::{self, Answer, escape_html};

const PAGE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
/// One script of small files that share one scope.
const SCRIPT: &str = concat!(
    "// The upload page. Plain http will do, no feature of secure contexts is needed; ES2017, for old tablets.\n",
    ";(() => {\n'use strict'\n",
    include_str!("page/words.js"),
    include_str!("page/measure.js"),
    include_str!("page/sha256.js"),
    include_str!("page/content.js"),
    include_str!("page/wire.js"),
    include_str!("page/transfer.js"),
    include_str!("page/queue.js"),
    include_str!("page/awake.js"),
    include_str!("page/rows.js"),
    include_str!("page/pin.js"),
    include_str!("page/text.js"),
    include_str!("page/pick.js"),
    include_str!("page/start.js"),
    "})()\n",
);

/// A file of the page by its name under `/__stan/`: its type and bytes.
pub fn asset(name: &str) -> Option<(&'static str, &'static [u8])> {
    match name {
        "upload.js" => Some(("text/javascript; charset=utf-8", SCRIPT.as_bytes())),
        "key.js" => Some(("text/javascript; charset=utf-8", super::key::SCRIPT)),
        "upload.css" => Some(("text/css; charset=utf-8", STYLE.as_bytes())),
        _ => None,
    }
}

/// The page for uploads under `path`. Its script refuses by itself what is larger than `max_size`; the
/// field for the PIN has the keys that it needs.
pub(super) fn answer(path: &str, max_size: u64, lettered: bool) -> Answer {
    let page = PAGE
        .replace("{path}", &escape_html(path))
        .replace("{max_size}", &max_size.to_string())
        .replace("{keys}", if lettered { "text" } else { "numeric" });
    guarded(StatusCode::OK, page)
}

/// A small page in the same dress, for browsers without the script.
pub(super) fn plain(status: StatusCode, title: &str, body: &str) -> Answer {
    let title = escape_html(title);
    guarded(
        status,
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
             <link rel=\"stylesheet\" href=\"/__stan/upload.css\">\n<main>\n<h1>{title}</h1>\n{body}\n</main>\n</html>\n"
        ),
    )
}

/// A page that no other may frame, and whose form is sent nowhere else.
pub(super) fn guarded(status: StatusCode, page: String) -> Answer {
    let mut answer = answer::html(status, page);
    let headers = answer.headers_mut();
    let policy = "frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    answer
}

#[cfg(test)]
mod tests;
