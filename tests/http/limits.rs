//! Limits that are times and numbers: RFC 9110, section 15.5.9, and stan.conf's `[limits]`.

use std::time::{Duration, Instant};

use crate::common::{PATIENCE, Site, Wire, eventually};
use crate::served::{Served, get, request};

/// A server that waits a second for everything.
fn hurried() -> Served {
    let conf = "[limits]\nheaders_timeout = \"1s\"\nidle_timeout = \"1s\"\n";
    Served::alone(Site::small().conf(conf).file("static_file/a.txt", "0123456789"))
}

#[test]
fn rfc9110_15_5_9_a_head_that_does_not_come_is_408() {
    let server = hurried();
    let begin = Instant::now();
    let mut wire = server.wire();
    wire.send("GET /a.txt HTTP/1.1\r\nHost: local");
    let answer = wire.answer().is(408);
    assert!(answer.value("connection").eq_ignore_ascii_case("close"), "{:?}", answer.headers);
    assert!(answer.header("date").is_some(), "{:?}", answer.headers);
    wire.is_closed();
    assert!(begin.elapsed() >= Duration::from_millis(900), "too soon: {:?}", begin.elapsed());
}

#[test]
fn rfc9110_15_5_9_a_head_that_trickles_wins_no_time() {
    let server = hurried();
    let begin = Instant::now();
    let mut wire = server.wire();
    wire.send("GET /a.txt HTTP/1.1\r\nHost: localhost\r\n");
    // A field now and then, until the server has had enough.
    let over = eventually("the end of patience", || {
        std::thread::sleep(Duration::from_millis(100));
        (wire.try_send("X-A: 1\r\n").is_err() || begin.elapsed() > Duration::from_secs(4)).then(|| begin.elapsed())
    });
    assert!(over < Duration::from_secs(4), "{over:?} with a limit of a second");
}

#[test]
fn rfc9110_15_5_9_a_second_head_that_does_not_come_is_408_too() {
    let server = hurried();
    let mut wire = server.wire();
    wire.send(get("/a.txt"));
    wire.answer().is(200);
    wire.send("GET /a.txt HT");
    wire.answer().is(408);
    wire.is_closed();
}

#[test]
fn rfc9112_9_5_an_idle_connection_ends_without_a_word() {
    let server = hurried();
    let mut wire = server.wire();
    wire.send(get("/a.txt"));
    wire.answer().is(200);
    let rest = wire.rest().expect("closed, not reset");
    assert!(rest.is_empty(), "{}", String::from_utf8_lossy(&rest));
}

#[test]
fn rfc9112_9_5_a_connection_on_which_nothing_was_said_ends() {
    let server = hurried();
    let rest = server.wire().rest().expect("closed, not reset");
    let rest = String::from_utf8_lossy(&rest);
    assert!(rest.is_empty() || rest.starts_with("HTTP/1.1 408 "), "{rest}");
}

#[test]
fn rfc9112_9_5_a_connection_in_use_does_not_end() {
    let server = hurried();
    let mut wire = server.wire();
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_millis(2500) {
        wire.send(get("/a.txt"));
        wire.answer().is(200);
        std::thread::sleep(Duration::from_millis(300));
    }
}

#[test]
fn rfc9112_9_5_a_body_that_stands_still_is_ended_and_nothing_is_stored() {
    let server = hurried();
    let mut wire = server.wire();
    wire.send(request("PUT /upload/still.bin HTTP/1.1", &["Content-Length: 100"]) + "0123456789");
    let begin = Instant::now();
    let rest = wire.rest().unwrap_or_else(|error| {
        assert!(begin.elapsed() < PATIENCE, "it waits for ever");
        panic!("{error}")
    });
    let rest = String::from_utf8_lossy(&rest);
    assert!(rest.is_empty() || rest.starts_with("HTTP/1.1 4"), "{rest}");
    assert!(server.site.names("uploads").is_empty());
    eventually("the part is gone", || {
        let parts = std::fs::read_dir(server.site.path("uploads/.part"));
        parts.map_or(true, |parts| parts.count() == 0).then_some(())
    });
}

#[test]
fn rfc9112_9_5_a_body_that_moves_has_all_the_time_it_needs() {
    let server = hurried();
    let mut wire = server.wire();
    wire.send(request("PUT /upload/slow.bin HTTP/1.1", &["Content-Length: 25"]));
    for _ in 0..25 {
        wire.send("x");
        std::thread::sleep(Duration::from_millis(100));
    }
    wire.answer().is(201);
    assert_eq!(server.site.read("uploads/slow.bin"), [b'x'; 25]);
}

#[test]
fn rfc9110_15_6_4_a_connection_too_many_is_503_and_the_others_go_on() {
    let conf = "[limits]\nconnections = 3\n";
    let server = Served::alone(Site::small().conf(conf).file("static_file/a.txt", "0123456789"));
    let mut three: Vec<Wire> = (0..3).map(|_| server.wire()).collect();
    for wire in &mut three {
        wire.is_open();
    }
    let mut fourth = server.wire();
    // It may be refused before it has said a word.
    let _ = fourth.try_send(get("/a.txt"));
    let answer = fourth.answer().is(503);
    let after: u64 = answer.value("retry-after").parse().expect("Retry-After in seconds");
    assert!((1..=60).contains(&after), "{after}");
    assert!(!answer.body.is_empty(), "it says why");
    fourth.is_closed();
    for wire in &mut three {
        wire.is_open();
    }
    three.pop();
    eventually("room for another", || {
        let mut wire = server.wire();
        let _ = wire.try_send(get("/a.txt"));
        (wire.answer().status == 200).then_some(())
    });
}

#[test]
fn rfc9110_15_5_14_the_limit_of_a_body_is_not_that_of_an_upload() {
    let conf = "[limits]\nbody = 10\n";
    let server = Served::alone(Site::small().conf(conf).file("templates/f.html", "{{ form.a }}"));
    server.put("/upload/a.bin", &[b'x'; 1000]).is(201);
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    server.ask("POST", "/f", &form, b"a=123456789").is(413);
    server.ask("POST", "/f", &form, b"a=12345678").is(200);
}
