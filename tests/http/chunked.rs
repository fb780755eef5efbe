//! The chunked coding: RFC 9112, section 7.1.

use crate::served::{BODY, answered, cut, form, served};

fn chunked(body: &str) -> String {
    form(&["Transfer-Encoding: chunked"], body)
}

/// The body is read as `a=` and `value`, and the next request is found behind it.
#[track_caller]
fn reads(body: &str, value: &str) {
    let mut wire = served().wire();
    wire.send(chunked(body));
    let answer = wire.answer();
    assert_eq!((answer.status, answer.text().as_str()), (200, value), "{body:?}");
    wire.is_open();
}

#[test]
fn rfc9112_7_1_a_body_in_chunks() {
    reads("3\r\na=1\r\n2\r\n23\r\n0\r\n\r\n", "123");
}

#[test]
fn rfc9112_7_1_a_body_of_no_chunks() {
    reads("0\r\n\r\n", "");
}

#[test]
fn rfc9112_7_1_a_body_in_single_bytes() {
    let mut wire = served().wire();
    wire.send_singly(chunked("3;x=y\r\na=1\r\n2\r\n23\r\n0\r\nX-Trailer: 1\r\n\r\n"));
    assert_eq!(wire.answer().is(200).text(), "123");
    wire.is_open();
}

#[test]
fn rfc9112_7_1_a_body_in_chunks_of_one() {
    reads("1\r\na\r\n1\r\n=\r\n1\r\nh\r\n1\r\ni\r\n0\r\n\r\n", "hi");
}

#[test]
fn rfc9112_7_1_sizes_are_hexadecimal_in_either_case() {
    let value = "v".repeat(0x1b - 2);
    for size in ["1b", "1B", "01b", "000000000000001B"] {
        reads(&format!("{size}\r\na={value}\r\n0\r\n\r\n"), &value);
    }
}

#[test]
fn rfc9112_7_1_the_last_chunk_may_have_many_zeros() {
    reads("3\r\na=1\r\n0000\r\n\r\n", "1");
}

#[test]
fn rfc9112_7_1_1_extensions_are_ignored() {
    for size in ["3;a", "3;a=b", "3;a=\"b c\"", "3;a;b=c;d", "3 ;a", "3 ; a = b", "3;a=\"q\\\";0\""] {
        reads(&format!("{size}\r\na=1\r\n0;last\r\n\r\n"), "1");
    }
}

#[test]
fn rfc9112_7_1_2_trailers_are_ignored() {
    reads("3\r\na=1\r\n0\r\nX-A: 1\r\nHost: evil.example\r\nContent-Length: 99\r\n\r\n", "1");
}

#[test]
fn rfc9112_7_1_a_size_is_hexadecimal_digits() {
    for size in ["x", "", " ", "3x", "0x3", "+3", "-3", "3 3", "3.", "\u{663}", "g", ";a"] {
        cut(chunked(&format!("{size}\r\na=1\r\n0\r\n\r\n")), &[400]);
    }
}

#[test]
fn rfc9112_7_1_no_space_before_a_size() {
    cut(chunked(" 3\r\na=1\r\n0\r\n\r\n"), &[400]);
    cut(chunked("\t3\r\na=1\r\n0\r\n\r\n"), &[400]);
}

#[test]
fn rfc9112_7_1_a_crlf_follows_the_data() {
    for body in ["3\r\na=1X\r\n0\r\n\r\n", "3\r\na=12\r\n0\r\n\r\n", "3\r\na=10\r\n\r\n", "2\r\na=1\r\n0\r\n\r\n"] {
        cut(chunked(body), &[400]);
    }
}

#[test]
fn rfc9112_7_1_a_size_beyond_all_numbers_is_not_wrapped() {
    for size in ["10000000000000003", "100000000000000000000000000000003", "FFFFFFFFFFFFFFFFF"] {
        cut(chunked(&format!("{size}\r\na=1\r\n0\r\n\r\n")), &[400, 413]);
    }
}

#[test]
fn rfc9112_7_1_a_huge_size_is_refused() {
    for size in ["FFFFFFFFFFFFFFFF", "FFFFFFFFFFFFFFFE", "8000000000000000", "7FFFFFFFFFFFFFFF", "80000000", "FFFFFFFF"]
    {
        let mut wire = served().wire();
        // It may be refused for its size, or as soon as it is plain that the rest will not come.
        wire.send(chunked(&format!("{size}\r\na=1\r\n0\r\n\r\n"))).half_close();
        let status = wire.answer().status;
        assert!(matches!(status, 400 | 413), "{status} to a chunk of {size}");
        wire.is_closed();
    }
}

#[test]
fn rfc9112_7_1_a_bare_lf_is_no_end_of_a_line() {
    for body in [
        "3\na=1\r\n0\r\n\r\n",
        "3\r\na=1\n0\r\n\r\n",
        "3\r\na=1\r\n0\n\r\n",
        "3\r\na=1\r\n0\r\n\n",
        "3\na=1\n0\n\n",
        "3;a\na=1\r\n0\r\n\r\n",
        "3;a=b\n\r\na=1\r\n0\r\n\r\n",
    ] {
        cut(chunked(body), &[400]);
    }
}

#[test]
fn rfc9112_7_1_a_bare_cr_is_no_end_of_a_line() {
    for body in ["3\ra=1\r\n0\r\n\r\n", "3\r\na=1\r0\r\n\r\n", "3;a\rb\r\na=1\r\n0\r\n\r\n", "3\r\r\na=1\r\n0\r\n\r\n"]
    {
        cut(chunked(body), &[400]);
    }
}

#[test]
fn rfc9112_7_1_1_a_nul_in_an_extension_is_refused() {
    cut(chunked("3;a\0b\r\na=1\r\n0\r\n\r\n"), &[400]);
}

#[test]
fn rfc9112_7_1_1_extensions_have_an_end() {
    cut(chunked(&format!("3;{}\r\na=1\r\n0\r\n\r\n", "e".repeat(1_000_000))), &[400, 413, 431]);
}

#[test]
fn rfc9112_7_1_1_many_extensions_are_not_read_for_ever() {
    // A byte of data to a hundred of extension, without end.
    let body = format!("1;{}\r\n1\r\n", "e".repeat(100)).repeat(9000);
    cut(chunked(&format!("2\r\na=\r\n{body}0\r\n\r\n")), &[400, 413, 431]);
}

#[test]
fn rfc9112_7_1_2_trailers_have_an_end() {
    cut(chunked(&format!("3\r\na=1\r\n0\r\n{}\r\n", "X-T: t\r\n".repeat(100_000))), &[400, 413, 431]);
}

#[test]
fn rfc9112_7_1_2_a_trailer_that_is_no_field_is_refused() {
    for trailer in ["no colon", " X-A: 1", "X-A : 1", ": 1", "X\0: 1"] {
        cut(chunked(&format!("3\r\na=1\r\n0\r\n{trailer}\r\n\r\n")), &[400]);
    }
}

#[test]
fn rfc9110_15_5_14_chunks_beyond_the_limit_are_413() {
    let chunk = format!("3e8\r\n{}\r\n", "x".repeat(1000));
    answered(chunked(&format!("2\r\na=\r\n{}0\r\n\r\n", chunk.repeat(BODY / 1000))), &[413]);
}
