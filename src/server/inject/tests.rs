use http::{Request, Response};

use super::*;
use crate::server::answer;

fn head(method: &str, headers: &[(&str, &str)]) -> Parts {
    let mut request = Request::builder().method(method).uri("/page").header("host", "localhost:8000");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap().into_parts().0
}

fn page() -> Answer {
    answer::html(StatusCode::OK, "<head><title>x</title>")
}

fn with(mut answer: Answer, name: &'static str, value: &'static str) -> Answer {
    answer.headers_mut().insert(name, HeaderValue::from_static(value));
    answer
}

async fn body(answer: Answer) -> Vec<u8> {
    answer.into_body().collect().await.unwrap().to_bytes().to_vec()
}

async fn has_script(answer: Answer) -> bool {
    let (answer, _) = document(&head("GET", &[]), answer).await;
    memchr::memmem::find(&body(answer).await, b"/__stan/client.js").is_some()
}

#[test]
fn html_says_what_it_depends_on() {
    let varied = |mut answer: Answer| {
        vary(&mut answer);
        answer.headers().get("vary").map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!(varied(page()).as_deref(), Some("Accept, Sec-Fetch-Dest"));
    assert_eq!(
        varied(with(page(), "vary", "Accept-Encoding")).as_deref(),
        Some("Accept, Sec-Fetch-Dest, Accept-Encoding")
    );
    let mut unchanged = answer::empty(StatusCode::NOT_MODIFIED);
    assert_eq!(varied(answer::empty(StatusCode::NOT_MODIFIED)), None);
    unchanged.extensions_mut().insert(AboutHtml);
    assert!(varied(unchanged).is_some());
    assert_eq!(varied(answer::text(StatusCode::OK, "x")), None);
}

#[tokio::test]
async fn a_page_gets_the_script_a_length_and_a_tag_of_its_own() {
    let original = with(with(page(), "etag", "\"x\""), "accept-ranges", "bytes");
    let (answer, note) = document(&head("GET", &[]), original).await;
    assert_eq!(note, None);
    let headers = answer.headers().clone();
    let body = body(answer).await;
    let build = build(xxh3_64(b"<head><title>x</title>"));
    let script =
        format!("<head><script src=\"/__stan/client.js\" data-build=\"{build}\" async></script><title>x</title>");
    assert_eq!(String::from_utf8(body.clone()).unwrap(), script);
    assert_eq!(headers[CONTENT_LENGTH], body.len().to_string());
    assert_eq!(headers[ETAG], format!("\"{build}-{}\"", live::version()));
    assert_eq!(headers[CACHE_CONTROL], "no-cache");
    assert!(!headers.contains_key("accept-ranges"));
}

#[tokio::test]
async fn a_page_that_the_browser_has_is_not_sent_again() {
    let (first, _) = document(&head("GET", &[]), page()).await;
    let etag = first.headers()[ETAG].to_str().unwrap().to_owned();
    for method in ["GET", "HEAD"] {
        let (again, _) = document(&head(method, &[("if-none-match", &etag)]), page()).await;
        assert_eq!((again.status(), again.headers()[ETAG].to_str().unwrap()), (StatusCode::NOT_MODIFIED, &*etag));
        assert!(!again.headers().contains_key(CONTENT_LENGTH) && body(again).await.is_empty());
    }
    let missing = answer::html(StatusCode::NOT_FOUND, "<p>");
    let (again, _) = document(&head("GET", &[("if-none-match", "*")]), missing).await;
    assert_eq!(again.status(), StatusCode::NOT_FOUND);
    assert!(!again.headers().contains_key(ETAG));
}

#[tokio::test]
async fn what_gets_the_script_and_what_does_not() {
    assert!(has_script(page()).await);
    assert!(has_script(answer::html(StatusCode::NOT_FOUND, "gone")).await);
    assert!(has_script(with(page(), "content-type", "Text/HTML ; charset=latin-1")).await);
    assert!(has_script(with(page(), "content-disposition", "inline")).await);
    assert!(!has_script(with(page(), "content-disposition", "Attachment; filename=a.html")).await);
    assert!(!has_script(with(page(), "content-type", "text/plain")).await);
    assert!(!has_script(with(page(), "content-type", "text/html5")).await);
    assert!(!has_script(answer::html(StatusCode::PARTIAL_CONTENT, "<p>")).await);
    assert!(!has_script(answer::text(StatusCode::OK, "<html>")).await);
}

#[tokio::test]
async fn where_it_would_be_refused_it_is_not_put_and_that_is_said() {
    for (answer, why) in [
        (with(page(), "content-encoding", "br"), "compressed (br)"),
        (with(page(), "content-security-policy", "default-src 'self', script-src 'none'"), "'self' in script-src"),
        (with(page(), "content-security-policy", "connect-src https://a.example"), "'self' in connect-src"),
        (with(page(), "content-type", "text/html; charset=UTF-16LE"), "UTF-16"),
        (with(Response::new(Body::full(&b"\xff\xfe<\0"[..])), "content-type", "text/html"), "UTF-16"),
        (
            answer::html(
                StatusCode::OK,
                "<head><meta http-equiv=Content-Security-Policy content=\"script-src 'none'\">",
            ),
            "'self' in script-src",
        ),
    ] {
        let (answer, note) = document(&head("GET", &[]), answer).await;
        let note = note.expect(why);
        assert!(note.starts_with("no live reload in /page: ") && note.contains(why), "{note}");
        assert!(memchr::memmem::find(&body(answer).await, b"__stan").is_none(), "{why}");
    }
}

#[tokio::test]
async fn a_stream_loses_its_length_and_derives_its_tag() {
    let stream = || {
        let body = Body::stream(http_body_util::Full::new(Bytes::from("<p>")).map_err(|never| match never {}));
        let mut answer = with(Response::new(body), "content-type", "text/html");
        answer.headers_mut().insert(CONTENT_LENGTH, 3.into());
        answer
    };
    let (plain, _) = document(&head("GET", &[]), stream()).await;
    assert!(!plain.headers().contains_key(CONTENT_LENGTH) && !plain.headers().contains_key(ETAG));
    assert!(body(plain).await.ends_with(b"data-build=\"\" async></script><p>"));
    let (tagged, _) = document(&head("GET", &[]), with(stream(), "etag", "W/\"7\"")).await;
    let etag = tagged.headers()[ETAG].to_str().unwrap().to_owned();
    let (again, _) = document(&head("GET", &[("if-none-match", &etag)]), with(stream(), "etag", "W/\"7\"")).await;
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
}
