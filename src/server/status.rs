//! The pages that stan makes itself: their common shape, and the one that explains a status.
//!
//! They need no other file, fit a phone, follow the device's light or dark, and are whole
//! documents, so that live reload can put its script in.

use http::header::{ACCEPT, CACHE_CONTROL, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, StatusCode};

use super::answer::{Answer, escape_html, html, text as plain};

/// What every page of stan's own begins with.
const STYLE: &str = ":root{color-scheme:light dark;--ink:#1c2024;--paper:#fbfbf9;--soft:#62686f;--line:#dcdcd6;\
--link:#0b57d0;--bad:#b3261e}\
@media(prefers-color-scheme:dark){:root{--ink:#e6e6e3;--paper:#17191b;--soft:#9aa0a6;--line:#34383c;\
--link:#8ab4f8;--bad:#f2b8b5}}\
*{box-sizing:border-box}\
body{margin:0 auto;padding:1.5rem 1rem 3rem;max-width:60rem;background:var(--paper);color:var(--ink);\
font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}\
h1{font-size:1.3rem;line-height:1.3;margin:0 0 1rem}\
a{color:var(--link)}\
pre{overflow-x:auto;padding:.75rem 1rem;border:1px solid var(--line);border-radius:.5rem;\
font:.85rem/1.5 ui-monospace,monospace;overflow-wrap:normal}";

/// A whole document with the common look.
///
/// `title` is text; `style` and `main` go in as they are, so escape what came from outside.
pub fn document(title: &str, style: &str, main: &str) -> String {
    let title = escape_html(title);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <title>{title}</title>\n<style>{STYLE}{style}</style>\n</head>\n<body>\n{main}\n</body>\n</html>\n"
    )
}

/// Whether the client names `text/html` among what it accepts.
pub fn accepts_html(headers: &HeaderMap) -> bool {
    headers.get_all(ACCEPT).iter().any(|accept| accept.to_str().is_ok_and(|accept| accept.contains("text/html")))
}

/// An answer that says what a status means: a page for browsers, else plain text.
///
/// `title` is a few words, `text` the sentences below them: why, and what to do next.
pub fn page(status: StatusCode, accept_html: bool, title: &str, text: &str) -> Answer {
    let code = status.as_u16();
    let mut answer = if accept_html {
        let style = ".code{color:var(--soft);font-variant-numeric:tabular-nums}";
        let main = format!(
            "<h1><span class=\"code\">{code}</span> {}</h1>\n<p>{}</p>",
            escape_html(title),
            escape_html(text).replace('\n', "<br>")
        );
        html(status, document(&format!("{code} {title}"), style, &main))
    } else if text.is_empty() {
        plain(status, format!("{code} {title}\n"))
    } else {
        plain(status, format!("{code} {title}\n{text}\n"))
    };
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header::CONTENT_TYPE;
    use http_body_util::BodyExt;

    async fn body(answer: Answer) -> String {
        String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn browsers_get_a_whole_page_without_anyones_markup() {
        let answer = page(StatusCode::NOT_FOUND, true, "Not <found>", "a & b");
        assert_eq!(answer.status(), 404);
        assert_eq!(answer.headers()[CONTENT_TYPE], "text/html; charset=utf-8");
        let body = body(answer).await;
        assert!(body.starts_with("<!DOCTYPE html>") && body.contains("</head>") && body.contains("</body>"));
        assert!(body.contains("Not &lt;found&gt;") && body.contains("a &amp; b") && !body.contains("<found>"));
    }

    #[tokio::test]
    async fn programs_get_plain_text() {
        let answer = page(StatusCode::NOT_FOUND, false, "Not found", "Look elsewhere.");
        assert_eq!(answer.headers()[CONTENT_TYPE], "text/plain; charset=utf-8");
        assert_eq!(body(answer).await, "404 Not found\nLook elsewhere.\n");
    }
}
