//! Field lines: RFC 9112, section 5, and RFC 9110, section 5.

use crate::served::{answered, ask, cut, get, request, served};

fn with(field: &str) -> String {
    request("GET /a.txt HTTP/1.1", &[field])
}

#[test]
fn rfc9112_5_1_no_space_before_the_colon() {
    for field in ["X-A : 1", "X-A\t: 1", "Content-Length : 5", "Transfer-Encoding : chunked"] {
        cut(with(field), &[400]);
    }
}

#[test]
fn rfc9112_5_1_no_space_before_the_colon_of_host() {
    cut("GET /a.txt HTTP/1.1\r\nHost : localhost\r\n\r\n", &[400]);
}

#[test]
fn rfc9112_5_2_a_folded_line_is_refused() {
    for field in
        ["X-A: 1\r\n folded", "X-A: 1\r\n\tfolded", "X-A:\r\n folded", "X-A: 1\r\n ", "Transfer-Encoding:\r\n chunked"]
    {
        cut(with(field), &[400]);
    }
}

#[test]
fn rfc9112_2_2_a_bare_cr_in_a_field_is_refused() {
    for field in ["X-A: a\rb", "X-A: a\r", "X-\rA: a", "X-A: \r\r", "X-A: a\rHost: evil.example"] {
        cut(with(field), &[400]);
    }
}

#[test]
fn rfc9110_5_5_a_nul_in_a_field_is_refused() {
    for field in ["X-A: a\0b", "X-A: \0", "X-\0A: a"] {
        cut(with(field), &[400]);
    }
}

#[test]
fn rfc9112_5_a_field_has_a_name() {
    for field in [": value", ":", " : value"] {
        cut(with(field), &[400]);
    }
}

#[test]
fn rfc9112_5_a_field_has_a_colon() {
    for field in ["Nonsense", "X-A", "X-A 1"] {
        cut(with(field), &[400]);
    }
}

#[test]
fn rfc9110_5_1_a_field_name_is_a_token() {
    for field in ["X A: 1", "X(A): 1", "X\u{e9}: 1", "X/A: 1", "\"X\": 1", "X@A: 1", "X\x7f: 1", "X\x0b: 1"] {
        cut(with(field), &[400]);
    }
}

#[test]
fn rfc9110_5_1_a_field_name_has_no_case() {
    answered("GET /a.txt HTTP/1.1\r\nhOsT: localhost\r\n\r\n", &[200]);
}

#[test]
fn rfc9110_5_6_2_every_token_character_may_be_in_a_name() {
    answered(with("!#$%&'*+-.^_`|~09azAZ: 1"), &[200]);
}

#[test]
fn rfc9112_5_whitespace_around_a_value_is_not_part_of_it() {
    for host in ["Host:localhost", "Host: \t localhost", "Host: localhost \t ", "Host:\tlocalhost"] {
        answered(format!("GET /a.txt HTTP/1.1\r\n{host}\r\n\r\n"), &[200]);
    }
}

#[test]
fn rfc9110_5_5_a_value_may_be_empty() {
    answered(with("X-A:"), &[200]);
    answered(with("X-A: \t"), &[200]);
}

#[test]
fn rfc9110_5_5_other_characters_than_ascii_are_let_through() {
    let request = [b"GET /a.txt HTTP/1.1\r\nHost: localhost\r\nX-A: caf\xe9 \xff\x80\r\n\r\n".as_slice()].concat();
    assert_eq!(answered(request, &[200]).text(), "0123456789");
}

#[test]
fn rfc6585_5_a_huge_field_name_is_431_and_the_server_lives() {
    cut(with(&format!("{}: 1", "x".repeat(100_000))), &[431]);
    assert_eq!(ask(get("/a.txt")).status, 200);
}

#[test]
fn rfc6585_5_a_huge_field_value_is_431() {
    cut(with(&format!("X-A: {}", "x".repeat(100_000))), &[431]);
}

#[test]
fn rfc6585_5_too_many_fields_are_431() {
    cut(with(&"A: b\r\n".repeat(10_000)), &[431]);
}

#[test]
fn rfc6585_5_a_head_that_never_ends_is_431() {
    let server = served();
    let mut wire = server.wire();
    let _ = wire.try_send("GET /a.txt HTTP/1.1\r\nHost: localhost\r\n");
    for _ in 0..2000 {
        if wire.try_send("X-More: and more, and more, and more\r\n".repeat(20)).is_err() {
            break;
        }
    }
    assert_eq!(wire.answer().status, 431);
    wire.is_closed();
}

#[test]
fn rfc9110_5_4_what_browsers_send_is_not_too_large() {
    let fields: Vec<_> = (0..60).map(|n| format!("X-{n}: {}", "v".repeat(100))).collect();
    let fields: Vec<_> = fields.iter().map(String::as_str).collect();
    answered(request("GET /a.txt HTTP/1.1", &fields), &[200]);
    answered(with(&format!("Cookie: a={}", "c".repeat(8000))), &[200]);
}

#[test]
fn rfc9110_5_3_a_list_may_come_on_several_lines() {
    let etag = ask(get("/a.txt")).value("etag").to_owned();
    let lines = ["If-None-Match: \"other\"".to_owned(), format!("If-None-Match: {etag}")];
    let lines = lines.each_ref().map(String::as_str);
    answered(request("GET /a.txt HTTP/1.1", &lines), &[304]);
}
