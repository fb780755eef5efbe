//! One range: RFC 9110, section 14.

use crate::common::Response;
use crate::served::{answered, get, request, served};

fn ask(range: &str) -> Response {
    let mut wire = served().wire();
    wire.send(request("GET /a.txt HTTP/1.1", &[&format!("Range: {range}")]));
    wire.answer()
}

#[track_caller]
fn part(range: &str, content: &str, says: &str) {
    let answer = ask(range);
    let found = (answer.status, answer.text(), answer.header("content-range"));
    assert_eq!(found, (206, content.to_owned(), Some(says)), "{range}");
}

#[track_caller]
fn whole(range: &str) {
    let answer = ask(range);
    let found = (answer.status, answer.text(), answer.header("content-range"));
    assert_eq!(found, (200, "0123456789".to_owned(), None), "{range}");
}

#[track_caller]
fn none(range: &str) {
    let answer = ask(range);
    assert_eq!((answer.status, answer.header("content-range")), (416, Some("bytes */10")), "{range}");
}

#[test]
fn rfc9110_14_3_ranges_are_offered() {
    assert_eq!(answered(get("/a.txt"), &[200]).value("accept-ranges"), "bytes");
}

#[test]
fn rfc9110_14_1_2_from_the_first_byte_is_a_range_too() {
    part("bytes=0-", "0123456789", "bytes 0-9/10");
}

#[test]
fn rfc9110_14_1_2_one_byte() {
    part("bytes=0-0", "0", "bytes 0-0/10");
    part("bytes=9-9", "9", "bytes 9-9/10");
}

#[test]
fn rfc9110_14_1_2_from_a_byte_to_the_end() {
    part("bytes=5-", "56789", "bytes 5-9/10");
    part("bytes=9-", "9", "bytes 9-9/10");
}

#[test]
fn rfc9110_14_1_2_an_end_beyond_the_end_is_the_end() {
    part("bytes=8-99", "89", "bytes 8-9/10");
    part("bytes=0-99999999999999999999999999", "0123456789", "bytes 0-9/10");
}

#[test]
fn rfc9110_14_1_2_the_last_bytes() {
    part("bytes=-1", "9", "bytes 9-9/10");
    part("bytes=-3", "789", "bytes 7-9/10");
}

#[test]
fn rfc9110_14_1_2_a_suffix_longer_than_the_file_is_all_of_it() {
    part("bytes=-10", "0123456789", "bytes 0-9/10");
    part("bytes=-11", "0123456789", "bytes 0-9/10");
    part("bytes=-99999999999999999999999999", "0123456789", "bytes 0-9/10");
}

#[test]
fn rfc9110_14_1_the_unit_has_no_case() {
    part("Bytes=0-1", "01", "bytes 0-1/10");
}

#[test]
fn rfc9110_15_5_17_what_lies_beyond_the_end_is_416() {
    none("bytes=10-");
    none("bytes=10-20");
    none("bytes=99999999999999999999999999-");
    none("bytes=-0");
}

#[test]
fn rfc9110_15_5_17_several_that_lie_beyond_the_end_are_416() {
    none("bytes=10-11,20-30,-0");
}

#[test]
fn rfc9110_14_2_what_is_no_range_is_ignored() {
    for range in [
        "bytes=3-1",
        "bytes=a-b",
        "bytes=--1",
        "bytes 0-1",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=1",
        "bytes=+1-2",
        "bytes=0x1-2",
        "bytes=1-2-3",
        "bytes=1 2-3",
        "=0-1",
        "",
    ] {
        whole(range);
    }
}

#[test]
fn rfc9110_14_2_one_bad_range_spoils_the_set() {
    for range in ["bytes=0-1,x", "bytes=0-1,5-4", "bytes=x,0-1"] {
        whole(range);
    }
}

#[test]
fn rfc9110_14_2_another_unit_is_ignored() {
    for range in ["lines=0-1", "seconds=1-2", "bytesx=0-1", "none=0-1"] {
        whole(range);
    }
}

#[test]
fn rfc9110_14_2_a_range_is_for_get_alone() {
    let mut wire = served().wire();
    wire.send(request("HEAD /a.txt HTTP/1.1", &["Range: bytes=2-4"]));
    let head = wire.answer_to_head();
    match head.status {
        200 => assert_eq!((head.value("content-length"), head.header("content-range")), ("10", None)),
        206 => assert_eq!((head.value("content-length"), head.value("content-range")), ("3", "bytes 2-4/10")),
        other => panic!("{other} to a HEAD with a Range"),
    }
    wire.is_open();
    let post = request("POST /text HTTP/1.1", &["Range: bytes=0-1", "Content-Length: 0"]);
    assert_eq!(answered(post, &[200]).text(), "some text");
}

#[test]
fn rfc9110_15_3_7_a_206_says_what_the_200_says_of_the_file() {
    let whole = answered(get("/a.txt"), &[200]);
    let part = ask("bytes=1-2").is(206);
    for name in ["ETag", "Last-Modified", "Cache-Control", "Vary", "Content-Type"] {
        assert_eq!(part.header(name), whole.header(name), "{name}");
    }
    assert_eq!(part.header("content-length"), Some("2"));
}

#[test]
fn rfc9110_14_2_a_range_is_of_the_identity() {
    let server = served();
    let style = server.site.read("static_file/style.css");
    // So that a compressed one is there, if any is kept.
    answered(request("GET /style.css HTTP/1.1", &["Accept-Encoding: gzip, br, zstd"]), &[200]);
    for range in ["bytes=100-199", "bytes=100-"] {
        let fields = [format!("Range: {range}"), "Accept-Encoding: gzip, br, zstd".to_owned()];
        let answer = answered(request("GET /style.css HTTP/1.1", &fields.each_ref().map(String::as_str)), &[206]);
        assert_eq!(answer.header("content-encoding"), None, "{range}");
        let end = 100 + answer.body.len();
        assert!(answer.body == style[100..end], "{range} of the file itself");
        assert_eq!(answer.value("content-range"), format!("bytes 100-{}/{}", end - 1, style.len()));
    }
}

#[test]
fn rfc9110_14_1_2_an_empty_file_has_no_ranges() {
    for range in ["bytes=0-", "bytes=0-0", "bytes=-5", "bytes=1-"] {
        let answer = answered(request("GET /empty.txt HTTP/1.1", &[&format!("Range: {range}")]), &[200, 416]);
        match answer.status {
            200 => assert!(answer.body.is_empty(), "{range}"),
            _ => assert_eq!(answer.value("content-range"), "bytes */0", "{range}"),
        }
    }
}

#[test]
fn rfc9110_14_2_a_large_file_from_its_middle() {
    let server = served();
    let content = crate::common::noise(14, 3_000_000);
    server.site.write("static_file/noise.bin", &content);
    let answer = answered(request("GET /noise.bin HTTP/1.1", &["Range: bytes=1234567-2345678"]), &[206]);
    assert!(answer.body == content[1_234_567..=2_345_678]);
}
