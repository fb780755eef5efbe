//! Ends that come early: a client that has said all, one that goes away, and a server that knows
//! its answer before it has the whole request. RFC 9112, sections 8 and 9.

use std::fs;
use std::time::{Duration, Instant};

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

#[test]
fn rfc9112_9_6_a_large_answer_arrives_whole_though_the_client_says_more() {
    let served = Served::alone(Site::small().file("static_file/big.bin", vec![7; 6 << 20]));
    for stray in ["\r\n", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"] {
        let mut wire = served.wire();
        wire.send(request("GET /big.bin HTTP/1.1", &["Connection: close"]));
        wire.head();
        wire.send(stray);
        // Slowly enough for the server to be done before the client is.
        let mut got = 0;
        while got < 6 << 20 {
            got += wire.bytes(64 << 10).len();
            std::thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(got, 6 << 20);
    }
}

#[test]
fn who_only_sends_what_nobody_wants_does_not_hold_up_the_end() {
    let mut served = Served::alone(Site::small());
    let mut wire = served.wire();
    wire.send(request("POST /index.html HTTP/1.1", &["Content-Length: 900000000"]));
    wire.answer().is(405);
    let begin = Instant::now();
    served.type_line("stop");
    served.wait();
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
}

#[test]
fn a_connection_whose_answer_ends_after_stop_ends_with_it() {
    let mut served = Served::alone(Site::small().file("static_file/big.bin", vec![7; 20 << 20]));
    let mut wire = served.wire();
    wire.send(get("/big.bin"));
    wire.head();
    served.type_line("stop");
    std::thread::sleep(Duration::from_millis(1200));
    let begin = Instant::now();
    let mut got = 0;
    while got < 20 << 20 {
        got += wire.bytes(1 << 20).len();
    }
    wire.is_closed();
    // The client keeps its side open.
    served.wait();
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
    drop(wire);
}

#[test]
fn rfc6455_4_1_a_handshake_with_a_body_is_no_handshake() {
    let handshake = [
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Content-Length: 5",
    ];
    let answer = answered(request("GET /__stan/live HTTP/1.1", &handshake) + "hello", &[400]);
    assert!(answer.header("upgrade").is_none(), "{:?}", answer.headers);
}

#[test]
fn rfc9112_2_2_an_empty_line_after_a_request_begins_no_other() {
    let served = Served::alone(Site::small().conf("[limits]\nheaders_timeout = \"1s\"\n"));
    let mut wire = served.wire();
    wire.send(get("/index.html") + "\r\n");
    wire.answer().is(200);
    std::thread::sleep(Duration::from_millis(1500));
    wire.send(get("/index.html"));
    wire.answer().is(200);
}

#[test]
fn an_answer_that_is_cut_short_is_known_as_such() {
    let site = Site::small().file("static_file/big.bin", vec![7; 20 << 20]);
    let mut server = site.start_with(&["-v"]);
    let mut wire = crate::common::Wire::to(server.port());
    wire.send(request("GET /big.bin HTTP/1.1", &["User-Agent: quitter"]));
    wire.head();
    wire.reset();
    server.line("of the cut", |line| line.contains("for quitter, cut short"));
    server.get("/index.html").is(200);
    let line = server.line("of a whole one", |line| line.starts_with("note by "));
    assert!(!line.contains("cut short"), "{line}");
}
