//! Expectations: RFC 9110, section 10.1.1.

use crate::served::{BODY, answered, get, request, served};

const FORM: &str = "Content-Type: application/x-www-form-urlencoded";

fn post(expect: &str) -> String {
    request("POST /echo HTTP/1.1", &[FORM, "Content-Length: 3", expect])
}

#[test]
fn rfc9110_10_1_1_a_body_that_is_wanted_is_asked_for() {
    for expect in ["Expect: 100-continue", "Expect: 100-Continue", "expect: 100-CONTINUE"] {
        let mut wire = served().wire();
        wire.send(post(expect));
        assert_eq!(wire.head().status, 100, "{expect}");
        wire.send("a=1");
        assert_eq!(wire.head().status, 200, "{expect}: one 100, then the answer");
    }
}

#[test]
fn rfc9110_10_1_1_a_chunked_body_that_is_wanted_is_asked_for() {
    let mut wire = served().wire();
    wire.send(request("PUT /upload/expected.txt HTTP/1.1", &["Transfer-Encoding: chunked", "Expect: 100-continue"]));
    assert_eq!(wire.head().status, 100);
    wire.send("5\r\nhello\r\n0\r\n\r\n");
    wire.answer().is(201);
    assert_eq!(served().site.text("uploads/expected.txt"), "hello");
    wire.is_open();
}

#[test]
fn rfc9110_10_1_1_a_100_has_no_fields_of_an_answer() {
    let mut wire = served().wire();
    wire.send(post("Expect: 100-continue"));
    let interim = wire.head();
    assert_eq!(interim.status, 100);
    assert_eq!(interim.header("content-length"), None);
    assert_eq!(interim.header("transfer-encoding"), None);
}

#[test]
fn rfc9110_10_1_1_the_connection_goes_on() {
    let mut wire = served().wire();
    for n in 1..4 {
        wire.send(post("Expect: 100-continue"));
        assert_eq!(wire.head().status, 100);
        wire.send(format!("a={n}"));
        assert_eq!(wire.answer().is(200).text(), n.to_string());
    }
    wire.is_open();
}

/// The first thing heard is the refusal: nobody asks for a body that nobody wants.
#[track_caller]
fn refused(head: &str, fields: &[&str], statuses: &[u16]) {
    let mut wire = served().wire();
    wire.send(request(head, &[&["Expect: 100-continue"], fields].concat()));
    let status = wire.head().status;
    assert!(statuses.contains(&status), "{status} to {head} {fields:?}, not one of {statuses:?}");
}

#[test]
fn rfc9110_10_1_1_a_body_beyond_the_limit_is_not_asked_for() {
    refused("POST /echo HTTP/1.1", &[FORM, &format!("Content-Length: {}", BODY + 1)], &[413]);
}

#[test]
fn rfc9110_10_1_1_a_body_for_nothing_is_not_asked_for() {
    refused("POST /none HTTP/1.1", &["Content-Length: 5"], &[404, 405]);
    refused("POST /a.txt HTTP/1.1", &["Content-Length: 5"], &[405]);
}

#[test]
fn rfc9110_10_1_1_a_body_of_another_origin_is_not_asked_for() {
    refused("PUT /upload/a.txt HTTP/1.1", &["Content-Length: 5", "Origin: http://evil.example"], &[403]);
}

#[test]
fn rfc9110_10_1_1_a_body_with_bad_framing_is_not_asked_for() {
    refused("POST /echo HTTP/1.1", &["Content-Length: 5", "Transfer-Encoding: chunked"], &[400]);
    refused("POST /echo HTTP/1.1", &["Content-Length: x"], &[400]);
}

#[test]
fn rfc9110_10_1_1_a_client_that_does_not_wait_is_answered() {
    let mut wire = served().wire();
    wire.send(post("Expect: 100-continue") + "a=1");
    assert_eq!(wire.answer().is(200).text(), "1");
    wire.is_open();
}

#[test]
fn rfc9110_10_1_1_an_expectation_without_a_body_is_answered() {
    let mut wire = served().wire();
    wire.send(request("GET /a.txt HTTP/1.1", &["Expect: 100-continue"]));
    assert_eq!(wire.answer().is(200).text(), "0123456789");
    wire.is_open();
}

#[test]
fn rfc9110_10_1_1_another_expectation_is_417() {
    for expect in ["Expect: 200-ok", "Expect: 100-continued", "Expect: tea", "Expect: a=b"] {
        answered(post(expect) + "a=1", &[417]);
        answered(request("GET /a.txt HTTP/1.1", &[expect]), &[417]);
    }
}

#[test]
fn rfc9110_10_1_1_another_expectation_beside_it_is_417() {
    answered(post("Expect: 100-continue, tea") + "a=1", &[417]);
    answered(post("Expect: tea, 100-continue") + "a=1", &[417]);
    answered(post("Expect: 100-continue\r\nExpect: tea") + "a=1", &[417]);
}

#[test]
fn rfc9110_10_1_1_an_expectation_is_met_once() {
    for expect in ["Expect: 100-continue, 100-continue", "Expect: 100-continue\r\nExpect: 100-continue"] {
        let mut wire = served().wire();
        wire.send(post(expect));
        assert_eq!(wire.head().status, 100);
        wire.send("a=1");
        assert_eq!(wire.head().status, 200, "{expect}: one 100, then the answer");
    }
}

#[test]
fn rfc9110_10_1_1_http_1_0_has_no_expectations() {
    let mut wire = served().wire();
    wire.send(post("Expect: 100-continue").replace("HTTP/1.1", "HTTP/1.0"));
    wire.send("a=1");
    assert_eq!(wire.head().status, 200, "never 100 to HTTP/1.0");
}

#[test]
fn rfc9110_15_2_a_body_that_nobody_expects_to_be_asked_for_is_not() {
    let mut wire = served().wire();
    wire.send(request("POST /echo HTTP/1.1", &[FORM, "Content-Length: 3"]));
    wire.send("a=1".to_owned() + &get("/a.txt"));
    assert_eq!(wire.head().status, 200);
}
