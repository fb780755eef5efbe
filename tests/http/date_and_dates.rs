//! Dates: RFC 9110, sections 5.6.7, 6.6.1 and 8.8.2, and files from times that nobody expects.

use std::fs::File;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::common::{Response, Site, Wire};
use crate::served::{Served, get, request, served};

/// The date, which must be written as RFC 9110, section 5.6.7, wants it.
#[track_caller]
fn imf_fixdate(answer: &Response, name: &str) -> SystemTime {
    let value = answer.header(name).unwrap_or_else(|| panic!("{} without {name}: {:?}", answer.status, answer.headers));
    let date = httpdate::parse_http_date(value).unwrap_or_else(|_| panic!("{name}: {value}"));
    assert_eq!(httpdate::fmt_http_date(date), value, "{name} is no IMF-fixdate");
    date
}

#[track_caller]
fn dated(request: impl AsRef<[u8]>, status: u16) {
    let mut wire = served().wire();
    let _ = wire.try_send(request);
    let answer = wire.answer().is(status);
    let date = imf_fixdate(&answer, "date");
    let now = SystemTime::now();
    let away = now.duration_since(date).unwrap_or_else(|early| early.duration());
    assert!(away < Duration::from_secs(10), "{status} is dated {away:?} from now");
}

#[test]
fn rfc9110_6_6_1_every_answer_is_dated() {
    dated(get("/a.txt"), 200);
    dated(get("/echo"), 200);
    dated(get("/dir/"), 200);
    dated(get("/dir"), 301);
    dated(request("GET /a.txt HTTP/1.1", &["If-None-Match: *"]), 304);
    dated(request("GET /a.txt HTTP/1.1", &["Range: bytes=0-1"]), 206);
}

#[test]
fn rfc9110_6_6_1_refusals_are_dated() {
    dated(get("/none"), 404);
    dated(request("DELETE /a.txt HTTP/1.1", &[]), 405);
    dated(request("GET /a.txt HTTP/1.1", &["If-Match: \"x\""]), 412);
    dated(request("GET /a.txt HTTP/1.1", &["Range: bytes=99-"]), 416);
    dated("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421);
}

#[test]
fn rfc9110_6_6_1_what_is_no_request_is_answered_with_a_date() {
    dated("BAD\r\n\r\n", 400);
    dated("GET / HTTP/1.1\r\n\r\n", 400);
    dated(request("GET /a.txt HTTP/2.0", &[]), 505);
    dated(request("POST /echo HTTP/1.1", &["Content-Length: x"]), 400);
    dated(get(&format!("/{}", "x".repeat(100_000))), 414);
    dated(request("GET / HTTP/1.1", &[&format!("X: {}", "x".repeat(100_000))]), 431);
}

#[test]
fn rfc9110_8_8_2_a_file_says_when_it_changed() {
    let server = dated_file(UNIX_EPOCH + Duration::from_secs(784_111_777));
    let answer = server.get("/old.txt").is(200);
    assert_eq!(answer.value("last-modified"), "Sun, 06 Nov 1994 08:49:37 GMT");
}

#[test]
fn rfc9110_8_8_2_1_nothing_was_modified_in_the_future() {
    let server = dated_file(SystemTime::now() + Duration::from_secs(1_000_000));
    let answer = server.get("/old.txt").is(200);
    if answer.header("last-modified").is_some() {
        assert!(imf_fixdate(&answer, "last-modified") <= imf_fixdate(&answer, "date"), "{:?}", answer.headers);
    }
}

fn dated_file(time: SystemTime) -> Served {
    let site = Site::small().file("static_file/old.txt", "0123456789");
    File::options().write(true).open(site.path("static_file/old.txt")).unwrap().set_modified(time).unwrap();
    Served::alone(site)
}

/// A file of any date is served in every way, and the server lives.
fn harmless(time: SystemTime) {
    let server = dated_file(time);
    let whole = server.get("/old.txt").is(200);
    assert_eq!(whole.text(), "0123456789");
    if whole.header("last-modified").is_some() {
        imf_fixdate(&whole, "last-modified");
    }
    let conditions = [
        "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT",
        "If-Unmodified-Since: Sun, 06 Nov 2050 08:49:37 GMT",
        "If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT",
        "If-Unmodified-Since: Fri, 31 Dec 9999 23:59:59 GMT",
    ];
    for condition in conditions {
        let mut wire = Wire::to(server.port());
        wire.send(request("GET /old.txt HTTP/1.1", &[condition]));
        assert!(matches!(wire.answer().status, 200 | 304 | 412), "{condition}");
    }
    let etag = whole.value("etag").to_owned();
    server.ask("GET", "/old.txt", &[("If-None-Match", &etag)], b"").is(304);
    let part = [("Range", "bytes=2-3"), ("If-Range", etag.as_str())];
    assert_eq!(server.ask("GET", "/old.txt", &part, b"").is(206).text(), "23");
    server.head("/old.txt").is(200);
    std::fs::remove_file(server.site.path("static_file/index.html")).unwrap();
    for listing in ["/?sort=time", "/?json", "/?sort=time&order=desc"] {
        assert!(server.get(listing).is(200).text().contains("old.txt"), "{listing}");
    }
    server.page("/").is(200);
}

const YEAR: Duration = Duration::from_secs(31_556_952);

#[test]
fn rfc9110_8_8_2_a_file_from_before_1970_is_served() {
    harmless(UNIX_EPOCH - Duration::from_secs(1));
    harmless(UNIX_EPOCH - YEAR * 20);
}

#[test]
fn rfc9110_8_8_2_a_file_from_1601_is_served() {
    harmless(UNIX_EPOCH - YEAR * 369);
}

#[test]
fn rfc9110_8_8_2_a_file_from_1970_itself_is_served() {
    harmless(UNIX_EPOCH);
}

#[test]
fn rfc9110_8_8_2_a_file_from_the_next_century_is_served() {
    harmless(UNIX_EPOCH + Duration::from_secs(u64::from(u32::MAX) + 10));
    harmless(UNIX_EPOCH + YEAR * 300);
}

#[test]
fn rfc9110_5_6_7_a_file_from_beyond_what_http_can_name_is_served() {
    harmless(UNIX_EPOCH + YEAR * 8100);
}
