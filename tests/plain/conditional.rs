//! Conditional requests and one range.

use crate::common::{Response, Server, Site};

const LATER: &str = "Sat, 01 Jan 2095 00:00:00 GMT";
const EARLIER: &str = "Thu, 01 Jan 1998 00:00:00 GMT";

fn served() -> (Site, Server, Response) {
    let site = Site::small().file("static_file/a.txt", "0123456789");
    let server = site.start();
    let whole = server.get("/a.txt").is(200);
    (site, server, whole)
}

fn ask(server: &Server, headers: &[(&str, &str)]) -> Response {
    server.ask("GET", "/a.txt", headers, b"")
}

#[test]
fn not_modified_by_etag() {
    let (_site, server, whole) = served();
    let etag = whole.value("etag");
    for value in [etag.to_owned(), format!("\"x\", {etag}"), format!("W/{etag}"), "*".to_owned()] {
        let answer = ask(&server, &[("If-None-Match", &value)]).is(304);
        assert_eq!(answer.value("etag"), etag, "{value}");
        assert!(!answer.value("date").is_empty());
    }
    ask(&server, &[("If-None-Match", "\"other\"")]).is(200);
    // The tag counts, not the date.
    ask(&server, &[("If-None-Match", "\"other\""), ("If-Modified-Since", LATER)]).is(200);
}

#[test]
fn not_modified_by_date() {
    let (_site, server, whole) = served();
    ask(&server, &[("If-Modified-Since", whole.value("last-modified"))]).is(304);
    ask(&server, &[("If-Modified-Since", EARLIER)]).is(200);
    ask(&server, &[("If-Modified-Since", "yesterday")]).is(200);
}

#[test]
fn preconditions() {
    let (_site, server, whole) = served();
    ask(&server, &[("If-Match", whole.value("etag"))]).is(200);
    ask(&server, &[("If-Match", "\"other\"")]).is(412);
    ask(&server, &[("If-Unmodified-Since", EARLIER)]).is(412);
    ask(&server, &[("If-Unmodified-Since", LATER)]).is(200);
}

#[test]
fn one_range() {
    let (_site, server, whole) = served();
    assert_eq!(whole.value("accept-ranges"), "bytes");
    for (range, content, says) in [
        ("bytes=0-3", "0123", "bytes 0-3/10"),
        ("bytes=4-", "456789", "bytes 4-9/10"),
        ("bytes=-3", "789", "bytes 7-9/10"),
        ("bytes=8-99", "89", "bytes 8-9/10"),
        ("bytes=0-", "0123456789", "bytes 0-9/10"),
        ("bytes=-99", "0123456789", "bytes 0-9/10"),
    ] {
        let answer = ask(&server, &[("Range", range)]).is(206);
        assert_eq!((answer.text().as_str(), answer.value("content-range")), (content, says), "{range}");
        assert_eq!(answer.value("etag"), whole.value("etag"));
    }
}

#[test]
fn a_range_beyond_the_end() {
    let (_site, server, _) = served();
    for range in ["bytes=10-", "bytes=99-100", "bytes=-0"] {
        assert_eq!(ask(&server, &[("Range", range)]).is(416).value("content-range"), "bytes */10", "{range}");
    }
}

#[test]
fn what_is_no_range_is_the_whole() {
    let (_site, server, _) = served();
    for range in ["bytes=3-1", "bytes=a-b", "lines=0-1", "bytes", "bytes=--1"] {
        assert_eq!(ask(&server, &[("Range", range)]).is(200).text(), "0123456789", "{range}");
    }
}

#[test]
fn a_range_only_of_what_was_begun() {
    let (_site, server, whole) = served();
    let part = ("Range", "bytes=0-3");
    ask(&server, &[part, ("If-Range", whole.value("etag"))]).is(206);
    ask(&server, &[part, ("If-Range", "\"other\"")]).is(200);
    ask(&server, &[part, ("If-Range", EARLIER)]).is(200);
    ask(&server, &[part, ("If-None-Match", whole.value("etag"))]).is(304);
}
