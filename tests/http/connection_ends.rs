//! Ends that come early: a client that has said all, one that goes away, and a server that knows
//! its answer before it has the whole request. RFC 9112, sections 8 and 9.

use std::fs;

use crate::common::{Site, eventually};
use crate::served::{Served, answered, ask, get, request, served};

/// More than the buffers between client and server hold together.
const LARGE: usize = 16 << 20;

#[test]
fn rfc9112_9_6_a_client_that_half_closes_after_its_request_is_answered() {
    let mut wire = served().wire();
    wire.send(get("/a.txt")).half_close();
    assert_eq!(wire.answer().is(200).text(), "0123456789");
    wire.is_closed();
}

#[test]
fn rfc9112_9_6_a_client_that_half_closes_after_many_requests_is_answered() {
    let mut wire = served().wire();
    let requests: String = (0..20).map(|n| get(&format!("/n/{n}.txt"))).collect();
    wire.send(requests).half_close();
    for n in 0..20 {
        assert_eq!(wire.answer().is(200).text(), format!("file {n}"));
    }
    wire.is_closed();
}

#[test]
fn rfc9112_9_6_a_client_that_half_closes_after_its_body_is_answered() {
    let form = "Content-Type: application/x-www-form-urlencoded";
    for (fields, body) in [("Content-Length: 3", "a=1"), ("Transfer-Encoding: chunked", "3\r\na=1\r\n0\r\n\r\n")] {
        let mut wire = served().wire();
        wire.send(request("POST /echo HTTP/1.1", &[form, fields]) + body).half_close();
        assert_eq!(wire.answer().is(200).text(), "1");
        wire.is_closed();
    }
}

#[test]
fn rfc9112_9_6_a_large_answer_goes_on_after_the_client_half_closed() {
    let server = Served::alone(Site::small().file("static_file/large.bin", vec![7; LARGE]));
    let mut wire = server.wire();
    wire.send(get("/large.bin")).half_close();
    assert_eq!(wire.answer().is(200).body.len(), LARGE);
}

#[test]
fn rfc9112_8_half_a_head_is_no_request() {
    let mut wire = served().wire();
    wire.send("GET /a.txt HTTP/1.1\r\nHost: localhost\r\n").half_close();
    let rest = wire.rest().expect("an end");
    let rest = String::from_utf8_lossy(&rest);
    assert!(rest.is_empty() || rest.starts_with("HTTP/1.1 400 "), "{rest}");
}

#[test]
fn rfc9112_8_a_client_that_says_nothing_gets_nothing() {
    let mut wire = served().wire();
    wire.half_close();
    wire.is_closed();
}

#[test]
fn rfc9112_8_a_client_that_leaves_within_its_upload_leaves_nothing() {
    let server = Served::alone(Site::small());
    let parts = || fs::read_dir(server.site.path("uploads/.part")).map_or(0, Iterator::count);
    for leave in ["close", "reset"] {
        for framing in ["Content-Length: 1000", "Transfer-Encoding: chunked"] {
            let mut wire = server.wire();
            wire.send(request("PUT /upload/gone.bin HTTP/1.1", &[framing]) + "5\r\n12345\r\n");
            eventually("the part file", || (parts() == 1).then_some(()));
            if leave == "reset" {
                wire.reset();
            } else {
                drop(wire);
            }
            eventually("the part is gone", || (parts() == 0).then_some(()));
        }
    }
    assert_eq!(server.site.names("uploads"), Vec::<String>::new());
    server.get("/").is(200);
}

#[test]
fn rfc9112_8_a_client_that_leaves_within_a_head_harms_nobody() {
    for part in ["G", "GET /a.txt", "GET /a.txt HTTP/1.1\r\nHost: loc", "GET /a.txt HTTP/1.1\r\nHost: localhost\r\n"] {
        let mut wire = served().wire();
        wire.send(part);
        wire.reset();
    }
    answered(get("/a.txt"), &[200]);
}

/// The client writes a large body to its end before it reads; it must hear the answer all the same.
#[track_caller]
fn heard(head: &str, statuses: &[u16]) {
    let served = served();
    let mut wire = served.wire();
    wire.send(request(head, &[&format!("Content-Length: {}", 4 << 20)]));
    for _ in 0..64 {
        wire.send(vec![b'x'; 64 << 10]);
    }
    let answer = wire.answer();
    assert!(statuses.contains(&answer.status), "{}: {}", answer.status, answer.text());
}

#[test]
fn rfc9112_9_3_a_413_is_heard_by_who_writes_all_first() {
    heard("POST /echo HTTP/1.1", &[413]);
}

#[test]
fn rfc9112_9_3_a_404_or_405_is_heard_by_who_writes_all_first() {
    heard("POST /none HTTP/1.1", &[404, 405]);
    heard("POST /a.txt HTTP/1.1", &[405]);
    heard("PUT /a.txt HTTP/1.1", &[405]);
}

#[test]
fn rfc9112_9_3_an_early_200_is_heard_by_who_writes_all_first() {
    heard("POST /text HTTP/1.1", &[200, 413]);
}

#[test]
fn rfc9112_9_3_a_refusal_by_origin_is_heard_by_who_writes_all_first() {
    let mut wire = served().wire();
    let length = format!("Content-Length: {}", 4 << 20);
    wire.send(request("PUT /upload/evil.bin HTTP/1.1", &["Origin: http://evil.example", &length]));
    wire.send(vec![b'x'; 4 << 20]);
    wire.answer().is(403);
    assert!(!served().site.path("uploads/evil.bin").exists());
}

#[test]
fn rfc9112_9_3_a_refusal_in_the_head_is_heard_by_who_writes_all_first() {
    // The head is refused, the body is on its way.
    let mut wire = served().wire();
    wire.send(request("POST /echo HTTP/1.1", &["Content-Length: 1000000", "Transfer-Encoding: chunked"]));
    let _ = wire.try_send(vec![b'x'; 1_000_000]);
    wire.answer().is(400);
    assert_eq!(ask(get("/a.txt")).status, 200);
}
