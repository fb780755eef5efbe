//! The request target in its four forms: RFC 9112, section 3.2.

use crate::served::{answered, ask, cut, get, request, served};

fn target(target: &str) -> String {
    request(&format!("GET {target} HTTP/1.1"), &[])
}

#[test]
fn rfc9112_3_2_2_the_absolute_form_is_understood() {
    let port = served().port();
    for authority in [format!("127.0.0.1:{port}"), "localhost".into(), "LOCALHOST:80".into(), "[::1]".into()] {
        let answer = answered(target(&format!("http://{authority}/a.txt")), &[200]);
        assert_eq!(answer.text(), "0123456789", "{authority}");
    }
}

#[test]
fn rfc9110_4_2_3_the_scheme_has_no_case() {
    answered(target("HTTP://localhost/a.txt"), &[200]);
}

#[test]
fn rfc9112_3_2_2_the_absolute_form_wins_over_host() {
    let other = "GET http://localhost/a.txt HTTP/1.1\r\nHost: evil.example\r\n\r\n";
    assert_eq!(answered(other, &[200]).text(), "0123456789");
    answered(target("http://evil.example/a.txt"), &[421]);
}

#[test]
fn rfc9112_3_2_1_an_absolute_form_without_a_path_is_the_root() {
    let root = ask(get("/")).text();
    assert_eq!(answered(target("http://localhost"), &[200]).text(), root);
}

#[test]
fn rfc9112_3_2_2_a_query_may_follow_the_authority() {
    answered(target("http://localhost?a=b"), &[200]);
}

#[test]
fn rfc9110_4_2_1_an_empty_host_in_the_absolute_form_is_refused() {
    answered(target("http:///a.txt"), &[400, 421]);
    answered(target("http://:80/a.txt"), &[400, 421]);
}

#[test]
fn rfc9110_4_2_4_userinfo_is_refused() {
    answered(target("http://ada:secret@localhost/a.txt"), &[400, 421]);
}

#[test]
fn rfc9112_3_2_2_an_absolute_form_that_is_no_uri_is_refused() {
    for uri in ["http:/a.txt", "http:a.txt", "http//localhost/a.txt", "://localhost/a.txt", "http://local host/"] {
        answered(target(uri), &[400]);
    }
}

#[test]
fn rfc9112_3_2_4_options_of_the_server_itself() {
    let answer = answered(request("OPTIONS * HTTP/1.1", &[]), &[200, 204]);
    assert!(answer.body.is_empty(), "{}", answer.text());
}

#[test]
fn rfc9112_3_2_4_the_asterisk_is_for_options_alone() {
    for method in ["GET", "HEAD", "POST"] {
        let mut wire = served().wire();
        wire.send(request(&format!("{method} * HTTP/1.1"), &["Content-Length: 0"]));
        let answer = if method == "HEAD" { wire.answer_to_head() } else { wire.answer() };
        assert_eq!(answer.status, 400, "{method} *");
    }
}

#[test]
fn rfc9112_3_2_4_the_asterisk_stands_alone() {
    answered(request("OPTIONS *x HTTP/1.1", &[]), &[400]);
}

#[test]
fn rfc9110_9_3_6_nothing_is_tunnelled() {
    for authority in ["localhost:80", "evil.example:443", "127.0.0.1:22"] {
        answered(request(&format!("CONNECT {authority} HTTP/1.1"), &[]), &[400, 403, 404, 405, 421, 501]);
    }
}

#[test]
fn rfc9112_3_2_3_the_authority_form_is_for_connect_alone() {
    answered(target("localhost:80"), &[400]);
}

#[test]
fn rfc9112_3_2_1_a_path_begins_with_a_slash() {
    for bad in ["a.txt", "?a=b", ".", "../a.txt", "\\a.txt", "%2Fa.txt"] {
        answered(target(bad), &[400]);
    }
}

#[test]
fn rfc9112_3_2_1_a_fragment_is_not_sent() {
    for bad in ["/a.txt#top", "/a.txt?a#b", "/#", "http://localhost/a.txt#top"] {
        answered(target(bad), &[400]);
    }
}

#[test]
fn rfc9112_3_2_a_target_has_no_space() {
    for bad in ["/a b.txt", "/a.txt?a b", "/ /a.txt"] {
        cut(target(bad), &[400]);
    }
}

#[test]
fn rfc3986_2_a_target_has_no_control_characters() {
    for bad in ["/a\x01b", "/a\x00b", "/a\x7fb", "/a\x1b[31m", "/a.txt?a\x08"] {
        cut(target(bad), &[400]);
    }
}

#[test]
fn rfc3986_2_1_a_percent_sign_has_two_digits() {
    for bad in ["/%", "/%4", "/%zz", "/a%2"] {
        answered(target(bad), &[400]);
    }
}

#[test]
fn rfc9110_15_5_15_too_long_a_target_is_414() {
    cut(target(&format!("/{}", "x".repeat(100_000))), &[414]);
    cut(target(&format!("/a.txt?{}", "x".repeat(1_000_000))), &[414]);
}

#[test]
fn rfc9112_3_a_line_of_8000_octets_is_read() {
    let long = target(&format!("/a.txt?{}", "x".repeat(8000 - "GET /a.txt? HTTP/1.1".len())));
    assert_eq!(answered(long, &[200]).text(), "0123456789");
}
