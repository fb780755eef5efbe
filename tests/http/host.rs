//! Whom the request is for: RFC 9112, section 3.2, and RFC 9110, section 7.2.

use crate::served::answered;

fn with(lines: &str) -> String {
    format!("GET /a.txt HTTP/1.1\r\n{lines}\r\n")
}

#[test]
fn rfc9112_3_2_a_request_without_host_is_refused() {
    answered(with(""), &[400]);
    answered(with("X-A: 1\r\n"), &[400]);
}

#[test]
fn rfc9112_3_2_a_request_with_two_hosts_is_refused() {
    answered(with("Host: localhost\r\nHost: evil.example\r\n"), &[400]);
    answered(with("Host: evil.example\r\nHost: localhost\r\n"), &[400]);
    answered(with("Host: localhost\r\nhost: localhost\r\n"), &[400]);
    answered(with("Host: localhost\r\nX-A: 1\r\nHost:\r\n"), &[400]);
}

#[test]
fn rfc9112_3_2_two_hosts_are_refused_in_the_absolute_form_too() {
    answered("GET http://localhost/a.txt HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", &[400]);
}

#[test]
fn rfc9112_3_2_the_absolute_form_needs_a_host_too() {
    answered("GET http://localhost/a.txt HTTP/1.1\r\n\r\n", &[400]);
}

#[test]
fn rfc9112_3_2_two_hosts_are_refused_in_http_1_0_too() {
    answered("GET /a.txt HTTP/1.0\r\nHost: localhost\r\nHost: localhost\r\n\r\n", &[400]);
}

const INVALID: [&str; 13] = [
    "local host",
    "localhost localhost",
    "localhost, localhost",
    "user@localhost",
    "http://localhost/",
    "localhost/",
    "localhost?",
    "localhost:port",
    "localhost:80:80",
    "[::1",
    "::1",
    "local<host>",
    "localhost\\",
];

#[test]
fn rfc9112_3_2_a_host_that_is_none_is_refused() {
    for host in INVALID {
        answered(with(&format!("Host: {host}\r\n")), &[400]);
    }
}

#[test]
fn rfc9112_3_2_a_host_that_is_none_is_refused_in_the_absolute_form_too() {
    for host in INVALID {
        answered(format!("GET http://localhost/a.txt HTTP/1.1\r\nHost: {host}\r\n\r\n"), &[400]);
    }
}

#[test]
fn rfc9110_7_2_an_empty_host_is_not_ours() {
    answered(with("Host:\r\n"), &[400, 421]);
    answered(with("Host: \t \r\n"), &[400, 421]);
    answered(with("Host: :80\r\n"), &[400, 421]);
}

#[test]
fn rfc9110_7_2_http_1_0_needs_no_host() {
    let answer = answered("GET /a.txt HTTP/1.0\r\n\r\n", &[200]);
    assert_eq!(answer.text(), "0123456789");
}

#[test]
fn rfc3986_3_2_the_names_of_this_device_are_ours() {
    for host in
        ["localhost", "LocalHost", "localhost:", "localhost:8000", "127.0.0.1:1", "[::1]", "[::1]:80", "192.168.7.7"]
    {
        answered(with(&format!("Host: {host}\r\n")), &[200]);
    }
}

#[test]
fn rfc9110_7_4_another_host_is_misdirected() {
    for host in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "a_b", "evil.example:80"] {
        answered(with(&format!("Host: {host}\r\n")), &[421]);
    }
}
