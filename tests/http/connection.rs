//! How long a connection lasts: RFC 9112, section 9.

use crate::served::{answered, get, request, served};

fn old(fields: &str) -> String {
    format!("GET /a.txt HTTP/1.0\r\nHost: localhost\r\n{fields}\r\n")
}

#[test]
fn rfc9112_9_3_http_1_1_persists() {
    let mut wire = served().wire();
    for _ in 0..3 {
        wire.send(get("/a.txt"));
        let answer = wire.answer().is(200);
        assert!(!answer.value("connection").eq_ignore_ascii_case("close"), "{:?}", answer.headers);
    }
    wire.is_open();
}

#[test]
fn rfc9112_9_3_http_1_0_ends_after_one() {
    let mut wire = served().wire();
    wire.send(old(""));
    assert_eq!(wire.answer().is(200).text(), "0123456789");
    wire.is_closed();
}

#[test]
fn rfc9112_9_3_http_1_0_persists_when_asked_to() {
    for option in ["keep-alive", "Keep-Alive"] {
        let mut wire = served().wire();
        wire.send(old(&format!("Connection: {option}\r\n")));
        let answer = wire.answer().is(200);
        assert!(answer.value("connection").eq_ignore_ascii_case("keep-alive"), "{:?}", answer.headers);
        wire.is_open();
    }
}

#[test]
fn rfc9112_9_3_close_wins_over_keep_alive() {
    let mut wire = served().wire();
    wire.send(old("Connection: keep-alive, close\r\n"));
    wire.answer().is(200);
    wire.is_closed();
}

#[test]
fn rfc9112_9_6_close_is_heard() {
    for field in [
        "Connection: close",
        "Connection: Close",
        "connection: CLOSE",
        "Connection:close",
        "Connection: x-a, close",
        "Connection: close, x-a",
        "Connection: x-a,close ,x-b",
        "Connection: x-a\r\nConnection: close",
        "Connection: , close",
    ] {
        let mut wire = served().wire();
        wire.send(request("GET /a.txt HTTP/1.1", &[field]));
        let answer = wire.answer().is(200);
        assert_eq!(answer.value("connection").to_ascii_lowercase(), "close", "{field}");
        wire.is_closed();
    }
}

#[test]
fn rfc9112_9_6_what_only_looks_like_close_is_not() {
    let mut wire = served().wire();
    wire.send(request("GET /a.txt HTTP/1.1", &["Connection: closed, x-close"]));
    wire.answer().is(200);
    wire.is_open();
}

#[test]
fn rfc9112_9_6_nothing_after_close_is_looked_at() {
    let mut wire = served().wire();
    wire.send(request("GET /a.txt HTTP/1.1", &["Connection: close"]) + &get("/text"));
    wire.answer().is(200);
    wire.is_closed();
}

#[test]
fn rfc9112_9_3_2_fifty_requests_in_one_write_are_answered_in_order() {
    let mut wire = served().wire();
    let requests: String = (0..50).map(|n| get(&format!("/n/{n}.txt"))).collect();
    wire.send(requests);
    for n in 0..50 {
        assert_eq!(wire.answer().is(200).text(), format!("file {n}"));
    }
    wire.is_open();
}

#[test]
fn rfc9112_9_3_2_all_kinds_of_requests_are_pipelined() {
    let mut wire = served().wire();
    let form = "Content-Type: application/x-www-form-urlencoded";
    wire.send(
        [
            request("POST /echo HTTP/1.1", &[form, "Content-Length: 3"]) + "a=1",
            request("HEAD /a.txt HTTP/1.1", &[]),
            request("POST /echo HTTP/1.1", &[form, "Transfer-Encoding: chunked"]) + "3\r\na=2\r\n0\r\n\r\n",
            get("/none"),
            request("OPTIONS /a.txt HTTP/1.1", &[]),
            request("GET /a.txt HTTP/1.1", &["Range: bytes=0-1"]),
        ]
        .concat(),
    );
    assert_eq!(wire.answer().is(200).text(), "1");
    assert_eq!(wire.answer_to_head().is(200).value("content-length"), "10");
    assert_eq!(wire.answer().is(200).text(), "2");
    wire.answer().is(404);
    assert!(matches!(wire.answer().status, 200 | 204));
    assert_eq!(wire.answer().is(206).text(), "01");
    wire.is_open();
}

#[test]
fn rfc9112_9_3_2_requests_may_arrive_in_pieces() {
    let mut wire = served().wire();
    wire.send_singly(get("/n/1.txt") + &get("/n/2.txt"));
    assert_eq!(wire.answer().is(200).text(), "file 1");
    assert_eq!(wire.answer().is(200).text(), "file 2");
}

#[test]
fn rfc9112_9_3_2_an_error_in_the_middle_ends_it_after_what_was_before() {
    for bad in ["BAD\r\n\r\n".to_owned(), request("GET / HTTP/1.1", &["Content-Length: x"])] {
        let mut wire = served().wire();
        wire.send(get("/n/1.txt") + &get("/n/2.txt") + &bad + &get("/n/3.txt"));
        assert_eq!(wire.answer().is(200).text(), "file 1");
        assert_eq!(wire.answer().is(200).text(), "file 2");
        wire.answer().is(400);
        wire.is_closed();
    }
}

#[test]
fn rfc9112_9_6_a_refusal_says_that_it_closes() {
    for bad in ["BAD\r\n\r\n".to_owned(), request("POST / HTTP/1.1", &["Content-Length: x"])] {
        let answer = answered(bad, &[400]);
        assert!(answer.value("connection").eq_ignore_ascii_case("close"), "{:?}", answer.headers);
    }
}

#[test]
fn rfc9112_9_3_an_unread_body_is_no_request() {
    for target in ["/text", "/a.txt", "/none", "/elsewhere", "/__stan/health"] {
        let mut wire = served().wire();
        let body = get("/smuggled");
        wire.send(request(&format!("POST {target} HTTP/1.1"), &[&format!("Content-Length: {}", body.len())]) + &body);
        wire.answer();
        wire.is_open();
    }
}

#[test]
fn rfc9112_9_3_an_unread_chunked_body_is_no_request() {
    let mut wire = served().wire();
    let body = get("/smuggled");
    wire.send(request("POST /text HTTP/1.1", &["Transfer-Encoding: chunked"]));
    wire.send(format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len()));
    wire.answer().is(200);
    wire.is_open();
}

#[test]
fn rfc9110_9_3_1_the_body_of_a_get_is_no_request() {
    let mut wire = served().wire();
    let body = get("/smuggled");
    wire.send(request("GET /a.txt HTTP/1.1", &[&format!("Content-Length: {}", body.len())]) + &body);
    assert_eq!(wire.answer().is(200).text(), "0123456789");
    wire.is_open();
}

#[test]
fn rfc9112_7_1_http_1_0_is_not_answered_in_chunks() {
    for target in ["/a.txt", "/dir/", "/echo", "/none", "/style.css"] {
        let mut wire = served().wire();
        wire.send(format!("GET {target} HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n"));
        let answer = wire.answer();
        assert_eq!(answer.header("transfer-encoding"), None, "{target}");
        wire.is_closed();
    }
}

#[test]
fn rfc9110_7_8_an_upgrade_that_is_not_made_is_answered_as_if_not_asked_for() {
    for upgrade in ["h2c", "TLS/1.0", "websocket", "x"] {
        let fields =
            ["Connection: Upgrade, HTTP2-Settings", &format!("Upgrade: {upgrade}"), "HTTP2-Settings: AAMAAABk"];
        let mut wire = served().wire();
        wire.send(request("GET /a.txt HTTP/1.1", &fields));
        assert_eq!(wire.answer().is(200).text(), "0123456789", "{upgrade}");
        wire.is_open();
    }
}
