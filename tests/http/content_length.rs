//! Bodies framed by their length: RFC 9112, section 6.3, and RFC 9110, section 8.6.

use crate::common::{Site, eventually};
use crate::served::{BODY, Served, answered, cut, form, request, served};

fn length(value: &str) -> String {
    form(&[&format!("Content-Length: {value}")], "a=567")
}

#[test]
fn rfc9112_6_2_a_body_is_as_long_as_it_says() {
    let mut wire = served().wire();
    wire.send(length("5"));
    assert_eq!(wire.answer().is(200).text(), "567");
    wire.is_open();
}

#[test]
fn rfc9110_8_6_zeros_may_lead() {
    assert_eq!(answered(length("0005"), &[200]).text(), "567");
}

#[test]
fn rfc9110_8_6_a_length_is_digits() {
    for bad in ["+5", "-5", "-1", "5 5", "0x5", "5.0", "5e0", "five", "5;", "5a", "\u{665}", "'5'"] {
        cut(length(bad), &[400]);
    }
}

#[test]
fn rfc9110_8_6_an_empty_length_is_refused() {
    cut(length(""), &[400]);
}

#[test]
fn rfc9110_8_6_a_list_of_lengths_is_refused() {
    for bad in ["5, 5", "5,5", "5,", ",5", "5, 6"] {
        cut(length(bad), &[400]);
    }
}

#[test]
fn rfc9112_6_3_two_lengths_that_differ_are_refused() {
    cut(form(&["Content-Length: 5", "Content-Length: 6"], "a=567"), &[400]);
    cut(form(&["Content-Length: 0", "Content-Length: 5"], "a=567"), &[400]);
}

#[test]
fn rfc9112_6_3_two_lengths_that_agree_are_refused() {
    cut(form(&["Content-Length: 5", "Content-Length: 5"], "a=567"), &[400]);
}

#[test]
fn rfc9112_6_3_a_bad_length_is_refused_on_a_get_too() {
    cut(request("GET /a.txt HTTP/1.1", &["Content-Length: +5"]), &[400]);
    cut(request("HEAD /none HTTP/1.1", &["Content-Length: 1", "Content-Length: 2"]), &[400]);
}

#[test]
fn rfc9110_8_6_a_length_beyond_all_numbers_is_refused() {
    for huge in ["18446744073709551615", "18446744073709551616", "18446744073709551621", "99999999999999999999999999"] {
        cut(length(huge), &[400, 413]);
    }
}

#[test]
fn rfc9110_15_5_14_a_length_beyond_the_limit_is_413() {
    cut(form(&[&format!("Content-Length: {}", BODY + 1)], "a="), &[413]);
    cut(form(&["Content-Length: 9223372036854775807"], "a="), &[413]);
}

#[test]
fn rfc9110_15_5_14_a_body_at_the_limit_is_taken() {
    let body = format!("a={}", "x".repeat(BODY - 2));
    let answer = answered(form(&[&format!("Content-Length: {BODY}")], &body), &[200]);
    assert_eq!(answer.body.len(), BODY - 2);
}

#[test]
fn rfc9112_6_3_no_length_is_no_body() {
    let mut wire = served().wire();
    wire.send(form(&[], ""));
    assert!(matches!(wire.answer().status, 200 | 411));
}

#[test]
fn rfc9112_8_a_form_that_ends_early_is_refused() {
    let mut wire = served().wire();
    wire.send(form(&["Content-Length: 10"], "a=567")).half_close();
    wire.answer().is(400);
    wire.is_closed();
}

#[test]
fn rfc9112_8_an_upload_that_ends_early_is_refused_and_nothing_is_stored() {
    let server = Served::alone(Site::small());
    let mut wire = server.wire();
    wire.send(request("PUT /upload/short.bin HTTP/1.1", &["Content-Length: 10"]) + "12345").half_close();
    wire.answer().is(400);
    wire.is_closed();
    nothing_in(&server, "uploads");
}

/// Neither a file nor a part of one, and nothing comes later.
fn nothing_in(server: &Served, folder: &str) {
    assert_eq!(server.site.names(folder), Vec::<String>::new());
    eventually("the part is gone", || {
        let parts = std::fs::read_dir(server.site.path(folder).join(".part"));
        parts.map_or(true, |parts| parts.count() == 0).then_some(())
    });
}

#[test]
fn rfc9112_8_a_chunked_upload_that_ends_early_is_refused_and_nothing_is_stored() {
    let server = Served::alone(Site::small());
    for body in ["5\r\n12345\r\n", "5\r\n123", "5\r\n12345\r\n0\r\n", "5\r\n12345\r\n0"] {
        let mut wire = server.wire();
        let head = request("PUT /upload/short.bin HTTP/1.1", &["Transfer-Encoding: chunked"]);
        wire.send(head + body).half_close();
        wire.answer().is(400);
        wire.is_closed();
    }
    nothing_in(&server, "uploads");
}
