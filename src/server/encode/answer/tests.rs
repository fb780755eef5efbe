use http::header::{ACCEPT_ENCODING, VARY};
use http_body_util::Full;

use super::super::testing::{decoded, noise, text};
use http_body_util::BodyExt as _;

use super::*;
use crate::server::answer as shapes;

fn asked_by(method: Method, headers: &[(&str, &str)]) -> Asked {
    let mut request = http::Request::builder().method(method);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Asked::of(&request.body(()).unwrap().into_parts().0)
}

fn asked(coding: &str) -> Asked {
    asked_by(Method::GET, &[("accept-encoding", coding)])
}

fn page(length: usize) -> Answer {
    shapes::text(StatusCode::OK, String::from_utf8(text(length)).unwrap())
}

fn streamed(length: usize) -> Answer {
    let mut answer = page(0);
    let full = Full::new(Bytes::from(text(length))).map_err(|never| match never {});
    *answer.body_mut() = Body::stream(full);
    answer
}

fn with(mut answer: Answer, name: &'static str, value: &'static str) -> Answer {
    answer.headers_mut().insert(name, HeaderValue::from_static(value));
    answer
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

async fn bytes(answer: Answer) -> Bytes {
    answer.into_body().collect().await.unwrap().to_bytes()
}

#[tokio::test]
async fn whole_and_streamed_in_each_coding() {
    for coding in Coding::ALL {
        for length in [1024, 200_000] {
            let whole = answer(&asked(coding.name()), with(page(length), "accept-ranges", "bytes")).await;
            assert_eq!(
                (header(&whole, "content-encoding"), header(&whole, "vary")),
                (coding.name(), "Accept-Encoding")
            );
            assert_eq!(header(&whole, "accept-ranges"), "");
            let said = header(&whole, "content-length").to_owned();
            let body = bytes(whole).await;
            assert_eq!(said, body.len().to_string());
            assert!(decoded(coding, &body) == text(length));

            let stream = answer(&asked(coding.name()), streamed(length)).await;
            assert_eq!((header(&stream, "content-encoding"), header(&stream, "content-length")), (coding.name(), ""));
            assert!(decoded(coding, &bytes(stream).await) == text(length));
        }
    }
}

#[tokio::test]
async fn as_it_is_for_who_does_not_ask_and_for_what_is_not_worth_it() {
    let plain = answer(&asked_by(Method::GET, &[]), page(5000)).await;
    assert_eq!((header(&plain, "content-encoding"), header(&plain, "vary")), ("", "Accept-Encoding"));
    for ineligible in
        [page(100), with(page(5000), "cache-control", "no-transform"), with(page(5000), "content-type", "image/png")]
    {
        let same = answer(&asked("br"), ineligible).await;
        assert_eq!((header(&same, "content-encoding"), header(&same, "vary")), ("", ""));
    }
    let already = answer(&asked("br"), with(page(5000), "content-encoding", "gzip")).await;
    assert_eq!(bytes(already).await, text(5000));
    let ranged = asked_by(Method::GET, &[("accept-encoding", "br"), ("range", "bytes=0-1")]);
    assert_eq!(header(&answer(&ranged, page(5000)).await, "content-encoding"), "");
    let mut decided = page(5000);
    decided.extensions_mut().insert(AsItIs);
    assert_eq!(header(&answer(&asked("br"), decided).await, "content-encoding"), "");
}

#[tokio::test]
async fn a_body_that_gets_no_smaller_goes_as_it_is_with_its_own_tag() {
    let bitmap = || shapes::with(StatusCode::OK, "image/bmp", Body::full(noise(2000)));
    let same = answer(&asked("gzip"), with(bitmap(), "etag", "\"a\"")).await;
    assert_eq!((header(&same, "content-encoding"), header(&same, "etag")), ("", "\"a\""));
    assert_eq!(header(&same, "vary"), "Accept-Encoding");
}

#[tokio::test]
async fn a_strong_tag_is_of_its_coding_and_a_weak_one_stays() {
    let tagged = answer(&asked("br"), with(page(5000), "etag", "\"a\"")).await;
    assert_eq!(header(&tagged, "etag"), "\"a-br\"");
    assert_eq!(header(&answer(&asked("br"), with(streamed(5000), "etag", "W/\"a\"")).await, "etag"), "W/\"a\"");
    assert_eq!(header(&answer(&asked_by(Method::GET, &[]), with(page(5000), "etag", "\"a\"")).await, "etag"), "\"a\"");
}

#[tokio::test]
async fn a_stream_has_a_weak_tag_of_its_coding() {
    for (condition, status) in [("W/\"a-br\"", 304), ("\"a-br\"", 304), ("\"a\"", 200)] {
        let asked = asked_by(Method::GET, &[("accept-encoding", "br"), ("if-none-match", condition)]);
        let got = answer(&asked, with(streamed(5000), "etag", "\"a\"")).await;
        assert_eq!((got.status().as_u16(), header(&got, "etag")), (status, "W/\"a-br\""), "{condition}");
    }
}

#[tokio::test]
async fn not_modified_only_for_the_tag_of_this_coding() {
    for (method, condition, status) in [
        (Method::GET, "\"a-br\"", 304),
        (Method::HEAD, "\"x\", W/\"a-br\"", 304),
        (Method::GET, "\"a\"", 200),
        (Method::GET, "\"a-gzip\"", 200),
        (Method::POST, "\"a-br\"", 200),
    ] {
        let asked = asked_by(method, &[("accept-encoding", "br"), ("if-none-match", condition)]);
        let got = answer(&asked, with(page(5000), "etag", "\"a\"")).await;
        assert_eq!(got.status(), status, "{condition}");
        assert_eq!((header(&got, "etag"), header(&got, "vary")), ("\"a-br\"", "Accept-Encoding"));
        assert_eq!(header(&got, "content-encoding"), if status == 304 { "" } else { "br" });
        assert_eq!(bytes(got).await.is_empty(), status == 304);
    }
}

#[tokio::test]
async fn what_was_sealed_before_is_not_tagged_twice() {
    let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static("gzip"))]);
    let mut sealed = page(5000);
    let etag = tag::seal(&headers, &mut sealed, "\"a\"".to_owned());
    tag::set(sealed.headers_mut(), &etag);
    let got = answer(&asked("gzip"), sealed).await;
    assert_eq!((header(&got, "etag"), header(&got, "content-encoding")), ("\"a-gzip\"", "gzip"));
    assert_eq!(got.headers().get_all(VARY).iter().count(), 1);

    let mut sealed = page(5000);
    let etag = tag::seal(&headers, &mut sealed, "\"a\"".to_owned());
    tag::set(sealed.headers_mut(), &etag);
    let refused = answer(&asked("gzip"), with(sealed, "cache-control", "no-transform")).await;
    assert_eq!((header(&refused, "etag"), header(&refused, "content-encoding")), ("\"a\"", ""));
    assert_eq!(header(&refused, "vary"), "Accept-Encoding");
}

#[tokio::test]
async fn head_says_what_get_would() {
    let head = asked_by(Method::HEAD, &[("accept-encoding", "gzip")]);
    let (get, head) = (answer(&asked("gzip"), page(5000)).await, answer(&head, page(5000)).await);
    assert_eq!(get.headers(), head.headers());
    let mut bare = with(Answer::default(), "content-type", "text/html");
    bare.headers_mut().insert(CONTENT_LENGTH, 5000.into());
    let bare = answer(&asked_by(Method::HEAD, &[("accept-encoding", "gzip")]), bare).await;
    assert_eq!((header(&bare, "content-encoding"), header(&bare, "content-length")), ("gzip", ""));
}

#[tokio::test]
async fn digests_of_other_bytes_are_not_kept() {
    let got = answer(&asked("br"), with(page(5000), "content-digest", "sha-256=:x:")).await;
    assert_eq!(header(&got, "content-digest"), "");
}
