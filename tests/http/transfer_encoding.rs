//! Which framing counts: RFC 9112, sections 6.1 and 6.3.

use crate::served::{answered, cut, form};

const CHUNKED: &str = "5\r\na=567\r\n0\r\n\r\n";

fn coded(value: &str) -> String {
    form(&[&format!("Transfer-Encoding: {value}")], CHUNKED)
}

#[test]
fn rfc9112_6_1_a_coding_has_no_case() {
    for value in ["chunked", "Chunked", "CHUNKED"] {
        assert_eq!(answered(coded(value), &[200]).text(), "567", "{value}");
    }
}

#[test]
fn rfc9112_6_3_a_length_beside_a_coding_is_refused() {
    cut(form(&["Content-Length: 5", "Transfer-Encoding: chunked"], CHUNKED), &[400]);
    cut(form(&["Transfer-Encoding: chunked", "Content-Length: 5"], CHUNKED), &[400]);
    cut(form(&["Content-Length: 15", "Transfer-Encoding: chunked"], CHUNKED), &[400]);
    cut(form(&["Content-Length: 0", "Transfer-Encoding: chunked"], CHUNKED), &[400]);
}

#[test]
fn rfc9112_6_3_a_length_beside_a_coding_that_is_none_is_refused() {
    for value in ["identity", "xchunked", "", "gzip"] {
        cut(form(&["Content-Length: 5", &format!("Transfer-Encoding: {value}")], "a=567"), &[400, 501]);
    }
}

#[test]
fn rfc9112_6_1_a_coding_that_is_not_known_is_refused() {
    for value in ["gzip, chunked", "gzip", "xchunked", "chunkedx", "identity", "deflate,chunked", "cow"] {
        cut(coded(value), &[400, 501]);
    }
}

#[test]
fn rfc9112_6_1_chunked_is_applied_once() {
    cut(coded("chunked, chunked"), &[400, 501]);
    cut(coded("chunked,chunked"), &[400, 501]);
}

#[test]
fn rfc9112_6_3_chunked_comes_last() {
    for value in ["chunked, identity", "chunked, gzip", "chunked;q=1", "chunked x"] {
        cut(coded(value), &[400, 501]);
    }
}

#[test]
fn rfc9112_6_3_an_empty_coding_is_refused() {
    cut(coded(""), &[400, 501]);
}

#[test]
fn rfc9112_6_1_disguised_codings_are_refused() {
    for value in ["\x0bchunked", "\"chunked\"", "chunked\x0c", "chu nked", "'chunked'", "chun\u{212a}ed"] {
        cut(coded(value), &[400, 501]);
    }
}

#[test]
fn rfc9112_6_1_two_codings_on_two_lines_are_refused() {
    cut(form(&["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], CHUNKED), &[400, 501]);
    cut(form(&["Transfer-Encoding: gzip", "Transfer-Encoding: chunked"], CHUNKED), &[400, 501]);
    cut(form(&["Transfer-Encoding: chunked", "Transfer-Encoding: identity"], CHUNKED), &[400, 501]);
}

#[test]
fn rfc9112_6_1_http_1_0_knows_no_coding() {
    cut(coded("chunked").replace("HTTP/1.1", "HTTP/1.0"), &[400]);
    let both = form(&["Connection: keep-alive", "Content-Length: 5", "Transfer-Encoding: chunked"], CHUNKED);
    cut(both.replace("HTTP/1.1", "HTTP/1.0"), &[400]);
}
