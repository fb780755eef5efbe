//! Several conditions in one request: the order of RFC 9110, section 13.2.2.

use crate::common::{Response, Server, Site};
use crate::served::Served;

const LATER: &str = "Sat, 01 Jan 2095 00:00:00 GMT";
const EARLIER: &str = "Thu, 01 Jan 1998 00:00:00 GMT";

/// What a condition holds for the file: its tag, another one, a later date, an earlier one.
fn check(table: &[(&[(&str, &str)], u16)]) {
    let server = Served::alone(Site::small().file("static_file/a.txt", "0123456789"));
    let etag = server.get("/a.txt").is(200).value("etag").to_owned();
    for (conditions, status) in table {
        let headers: Vec<(&str, &str)> = conditions
            .iter()
            .map(|(name, value)| {
                let value = match *value {
                    "same" => etag.as_str(),
                    "other" => "\"other\"",
                    "later" => LATER,
                    "earlier" => EARLIER,
                    value => value,
                };
                (*name, value)
            })
            .collect();
        let answer = ask(&server, &headers);
        assert_eq!(answer.status, *status, "{conditions:?}");
    }
}

fn ask(server: &Server, headers: &[(&str, &str)]) -> Response {
    server.ask("GET", "/a.txt", headers, b"")
}

#[test]
fn rfc9110_13_2_2_step_1_if_match_comes_first() {
    check(&[
        (&[("If-Match", "other"), ("If-None-Match", "same")], 412),
        (&[("If-Match", "other"), ("If-Modified-Since", "later")], 412),
        (&[("If-Match", "other"), ("If-Unmodified-Since", "later")], 412),
        (&[("If-Match", "other"), ("Range", "bytes=0-1")], 412),
    ]);
}

#[test]
fn rfc9110_13_2_2_step_1_if_match_hides_if_unmodified_since() {
    check(&[(&[("If-Match", "same"), ("If-Unmodified-Since", "earlier")], 200)]);
}

#[test]
fn rfc9110_13_2_2_step_2_if_unmodified_since_comes_before_the_rest() {
    check(&[
        (&[("If-Unmodified-Since", "earlier"), ("If-None-Match", "same")], 412),
        (&[("If-Unmodified-Since", "earlier"), ("If-Modified-Since", "later")], 412),
        (&[("If-Unmodified-Since", "earlier"), ("Range", "bytes=0-1")], 412),
    ]);
}

#[test]
fn rfc9110_13_2_2_step_3_if_none_match_follows_what_holds() {
    check(&[
        (&[("If-Match", "same"), ("If-None-Match", "same")], 304),
        (&[("If-Match", "*"), ("If-None-Match", "*")], 304),
        (&[("If-Match", "same"), ("If-None-Match", "other")], 200),
        (&[("If-Unmodified-Since", "later"), ("If-None-Match", "same")], 304),
    ]);
}

#[test]
fn rfc9110_13_2_2_step_3_if_none_match_hides_if_modified_since() {
    check(&[
        (&[("If-None-Match", "other"), ("If-Modified-Since", "later")], 200),
        (&[("If-None-Match", "same"), ("If-Modified-Since", "earlier")], 304),
    ]);
}

#[test]
fn rfc9110_13_2_2_step_4_if_modified_since_follows_what_holds() {
    check(&[
        (&[("If-Match", "same"), ("If-Modified-Since", "later")], 304),
        (&[("If-Unmodified-Since", "later"), ("If-Modified-Since", "later")], 304),
        (&[("If-Unmodified-Since", "later"), ("If-Modified-Since", "earlier")], 200),
    ]);
}

#[test]
fn rfc9110_13_2_2_step_5_a_range_comes_last() {
    check(&[
        (&[("If-None-Match", "same"), ("Range", "bytes=0-1")], 304),
        (&[("If-Modified-Since", "later"), ("Range", "bytes=0-1")], 304),
        (&[("If-None-Match", "same"), ("Range", "bytes=99-")], 304),
        (&[("If-Match", "other"), ("Range", "bytes=99-")], 412),
        (&[("If-Match", "same"), ("Range", "bytes=0-1"), ("If-Range", "same")], 206),
        (&[("If-Match", "same"), ("Range", "bytes=0-1"), ("If-Range", "other")], 200),
        (&[("If-None-Match", "other"), ("Range", "bytes=0-1"), ("If-Range", "same")], 206),
    ]);
}
