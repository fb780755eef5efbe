//! `If-Range`: RFC 9110, section 13.1.5. What is wrong here mixes old and new bytes on a disk.

use std::fs::File;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::common::{Response, Site};
use crate::served::Served;

const THEN: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

fn dated(time: SystemTime) -> Served {
    let site = Site::small().file("static_file/a.bin", "0123456789");
    File::options().write(true).open(site.path("static_file/a.bin")).unwrap().set_modified(time).unwrap();
    Served::alone(site)
}

fn old() -> Served {
    dated(UNIX_EPOCH + Duration::from_secs(784_111_777))
}

fn part(server: &Served, if_range: &str) -> Response {
    server.ask("GET", "/a.bin", &[("Range", "bytes=3-5"), ("If-Range", if_range)], b"")
}

#[track_caller]
fn is_part(answer: &Response) {
    assert_eq!((answer.status, answer.text().as_str()), (206, "345"));
}

#[track_caller]
fn is_whole(answer: &Response) {
    assert_eq!((answer.status, answer.text().as_str()), (200, "0123456789"));
    assert_eq!(answer.header("content-range"), None);
}

#[test]
fn rfc9110_13_1_5_by_the_same_tag() {
    let server = old();
    let etag = server.get("/a.bin").value("etag").to_owned();
    is_part(&part(&server, &etag));
}

#[test]
fn rfc9110_13_1_5_by_another_tag() {
    is_whole(&part(&old(), "\"other\""));
}

#[test]
fn rfc9110_13_1_5_a_weak_tag_never_holds() {
    let server = old();
    let etag = server.get("/a.bin").value("etag").to_owned();
    is_whole(&part(&server, &format!("W/{etag}")));
}

#[test]
fn rfc9110_13_1_5_by_the_very_date() {
    is_part(&part(&old(), THEN));
}

#[test]
fn rfc9110_13_1_5_by_a_date_that_is_not_exact() {
    let server = old();
    for date in ["Sun, 06 Nov 1994 08:49:36 GMT", "Sun, 06 Nov 1994 08:49:38 GMT", "Sat, 01 Jan 2095 00:00:00 GMT"] {
        is_whole(&part(&server, date));
    }
}

#[test]
fn rfc9110_13_1_5_what_is_neither_tag_nor_date_never_holds() {
    let server = old();
    let etag = server.get("/a.bin").value("etag").to_owned();
    for value in ["yesterday", "*", "", etag.trim_matches('"')] {
        is_whole(&part(&server, value));
    }
}

#[test]
fn rfc9110_13_1_5_it_is_no_list() {
    let server = old();
    let etag = server.get("/a.bin").value("etag").to_owned();
    is_whole(&part(&server, &format!("\"other\", {etag}")));
}

#[test]
fn rfc9110_8_8_2_2_a_date_that_may_stand_for_two_contents_never_holds() {
    // The file's own date lies ahead, so what it is told to clients is not exact.
    let server = dated(SystemTime::now() + Duration::from_secs(100_000));
    if let Some(date) = server.get("/a.bin").header("last-modified") {
        is_whole(&part(&server, date));
    }
}

#[test]
fn rfc9110_13_1_5_without_a_range_it_means_nothing() {
    let server = old();
    is_whole(&server.ask("GET", "/a.bin", &[("If-Range", "\"other\"")], b""));
    is_whole(&server.ask("GET", "/a.bin", &[("If-Range", THEN)], b""));
}

#[test]
fn rfc9110_13_1_5_a_resumed_download_of_a_changed_file_begins_again() {
    let server = old();
    let first = server.get("/a.bin").is(200);
    for content in ["9876543210", "abcdefghij"] {
        server.site.write("static_file/a.bin", content);
        for validator in [first.value("etag"), first.value("last-modified")] {
            let answer = part(&server, validator).is(200);
            assert_eq!(answer.text(), content, "after {validator}");
        }
    }
}

#[test]
fn rfc9110_13_1_5_one_that_fails_hides_what_would_be_416() {
    let server = old();
    let headers = [("Range", "bytes=99-"), ("If-Range", "\"other\"")];
    is_whole(&server.ask("GET", "/a.bin", &headers, b""));
}
