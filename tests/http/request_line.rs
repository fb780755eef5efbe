//! The start line: RFC 9112, sections 2.2, 2.3 and 3, without the target.

use crate::served::{answered, ask, cut, get, request, served};

#[test]
fn rfc9112_2_2_an_empty_line_before_the_request_is_skipped() {
    let answer = answered(format!("\r\n{}", get("/a.txt")), &[200]);
    assert_eq!(answer.text(), "0123456789");
}

#[test]
fn rfc9112_2_2_an_empty_line_after_a_body_is_skipped() {
    // Old clients end a form with a CRLF that is not part of it.
    let mut wire = served().wire();
    wire.send(request("POST /text HTTP/1.1", &["Content-Length: 3"]) + "a=1\r\n" + &get("/a.txt"));
    wire.answer().is(200);
    assert_eq!(wire.answer().is(200).text(), "0123456789");
}

#[test]
fn rfc9112_2_2_a_bare_lf_ends_a_line_or_is_refused() {
    answered("GET /a.txt HTTP/1.1\nHost: localhost\n\n", &[200, 400]);
}

#[test]
fn rfc9112_2_2_a_bare_cr_in_the_request_line_is_refused() {
    cut("GET /a\rb HTTP/1.1\r\nHost: localhost\r\n\r\n", &[400]);
    cut("GET /a.txt\rHTTP/1.1\r\nHost: localhost\r\n\r\n", &[400]);
}

#[test]
fn rfc9112_2_2_a_space_before_the_first_field_is_refused() {
    cut("GET /a.txt HTTP/1.1\r\n Host: evil.example\r\nHost: localhost\r\n\r\n", &[400]);
}

#[test]
fn rfc9112_3_what_is_no_request_line_is_refused() {
    for line in ["GARBAGE", "GET", "GET ", "/a.txt", "HTTP/1.1 200 OK", "GET /a.txt HTTP/1.1 HTTP/1.1"] {
        cut(request(line, &[]), &[400]);
    }
}

#[test]
fn rfc9112_3_one_space_separates() {
    for line in [
        "GET  /a.txt HTTP/1.1",
        "GET /a.txt  HTTP/1.1",
        "GET\t/a.txt HTTP/1.1",
        "GET /a.txt\tHTTP/1.1",
        "GET /a.txt\x0bHTTP/1.1",
    ] {
        cut(request(line, &[]), &[400]);
    }
}

#[test]
fn rfc9112_3_no_space_around_the_line() {
    for line in [" GET /a.txt HTTP/1.1", "\tGET /a.txt HTTP/1.1", "GET /a.txt HTTP/1.1 "] {
        cut(request(line, &[]), &[400]);
    }
}

#[test]
fn rfc9112_3_a_line_without_a_version_is_refused() {
    cut("GET /a.txt\r\n\r\n", &[400]);
    cut("GET /a.txt \r\n\r\n", &[400]);
}

#[test]
fn rfc9112_2_3_http_0_9_is_not_spoken() {
    cut(request("GET /a.txt HTTP/0.9", &[]), &[400, 505]);
}

#[test]
fn rfc9112_2_3_a_higher_major_version_is_505() {
    for version in ["HTTP/2.0", "HTTP/3.0", "HTTP/9.9"] {
        cut(request(&format!("GET /a.txt {version}"), &[]), &[505]);
    }
}

#[test]
fn rfc9110_2_5_a_higher_minor_version_is_1_1() {
    for version in ["HTTP/1.2", "HTTP/1.9"] {
        let answer = answered(request(&format!("GET /a.txt {version}"), &[]), &[200]);
        assert_eq!(answer.text(), "0123456789", "{version}");
    }
}

#[test]
fn rfc9110_2_5_the_version_of_an_answer_is_the_servers_own() {
    let mut wire = served().wire();
    wire.send(request("GET /a.txt HTTP/1.0", &[]));
    assert_eq!(wire.answer().is(200).version, "HTTP/1.1");
}

#[test]
fn rfc9112_2_3_what_is_no_version_is_refused() {
    for version in [
        "HTTP/1",
        "HTTP/1.",
        "HTTP/.1",
        "HTTP/1.10",
        "HTTP/11.1",
        "HTTP/01.1",
        "HTTP/1,1",
        "HTTP/x.1",
        "HTTP/+1.1",
        "HTTP1.1",
        "HTTP/1.1x",
        "FTP/1.1",
        "1.1",
    ] {
        cut(request(&format!("GET /a.txt {version}"), &[]), &[400, 505]);
    }
}

#[test]
fn rfc9112_2_3_the_name_http_has_a_case() {
    for version in ["http/1.1", "Http/1.1", "hTTP/1.0"] {
        cut(request(&format!("GET /a.txt {version}"), &[]), &[400, 505]);
    }
}

#[test]
fn rfc9112_3_1_a_method_is_a_token() {
    for method in ["G(ET", "GET,", "G\u{e9}T", "\"GET\"", "G\x01T", "G@T", "GET:"] {
        cut(request(&format!("{method} /a.txt HTTP/1.1"), &[]), &[400]);
    }
}

#[test]
fn rfc9110_9_1_an_unknown_method_is_refused() {
    answered(request("BREW /a.txt HTTP/1.1", &[]), &[405, 501]);
    answered(request("X-_~!#$%&'*+.^`| /a.txt HTTP/1.1", &[]), &[405, 501]);
}

#[test]
fn rfc9112_3_a_very_long_method_is_refused() {
    answered(request(&format!("{} /a.txt HTTP/1.1", "M".repeat(100_000)), &[]), &[400, 405, 414, 431, 501]);
    assert_eq!(ask(get("/a.txt")).status, 200, "and the server lives");
}

#[test]
fn rfc9110_9_1_a_method_has_a_case() {
    for method in ["get", "Get"] {
        let answer = answered(request(&format!("{method} /a.txt HTTP/1.1"), &[]), &[405, 501]);
        assert!(!answer.text().contains("0123456789"), "{method} is not GET");
    }
}
