//! Conditions, one at a time: RFC 9110, sections 8.8 and 13.1.

use std::fs::File;
use std::time::{Duration, UNIX_EPOCH};

use crate::common::{Response, Site};
use crate::served::{Served, answered, request, served};

const BEFORE: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
const THEN: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const AFTER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";

/// A server with a file of [`THEN`].
fn old() -> Served {
    let site = Site::small().file("static_file/old.txt", "0123456789");
    let then = UNIX_EPOCH + Duration::from_secs(784_111_777);
    File::options().write(true).open(site.path("static_file/old.txt")).unwrap().set_modified(then).unwrap();
    Served::alone(site)
}

fn ask(server: &Served, headers: &[(&str, &str)]) -> Response {
    server.ask("GET", "/old.txt", headers, b"")
}

#[test]
fn rfc9110_13_1_1_if_match_by_a_strong_tag() {
    let server = old();
    let etag = ask(&server, &[]).value("etag").to_owned();
    assert!(etag.starts_with('"') && etag.ends_with('"'), "a strong tag: {etag}");
    ask(&server, &[("If-Match", &etag)]).is(200);
    ask(&server, &[("If-Match", "\"other\"")]).is(412);
}

#[test]
fn rfc9110_13_1_1_if_match_by_a_list() {
    let server = old();
    let etag = ask(&server, &[]).value("etag").to_owned();
    ask(&server, &[("If-Match", &format!("\"a\", \"b,c\",{etag}"))]).is(200);
    ask(&server, &[("If-Match", &format!(", {etag} ,"))]).is(200);
    ask(&server, &[("If-Match", "\"a\", \"b\"")]).is(412);
}

#[test]
fn rfc9110_13_1_1_if_match_by_anything() {
    ask(&old(), &[("If-Match", "*")]).is(200);
}

#[test]
fn rfc9110_13_1_1_if_match_compares_strongly() {
    let server = old();
    let etag = ask(&server, &[]).value("etag").to_owned();
    ask(&server, &[("If-Match", &format!("W/{etag}"))]).is(412);
}

#[test]
fn rfc9110_13_1_2_if_none_match_by_a_tag() {
    let server = old();
    let etag = ask(&server, &[]).value("etag").to_owned();
    ask(&server, &[("If-None-Match", &etag)]).is(304);
    ask(&server, &[("If-None-Match", "\"other\"")]).is(200);
    ask(&server, &[("If-None-Match", etag.trim_matches('"'))]).is(200);
}

#[test]
fn rfc9110_13_1_2_if_none_match_by_a_list() {
    let server = old();
    let etag = ask(&server, &[]).value("etag").to_owned();
    ask(&server, &[("If-None-Match", &format!("\"a\", W/\"b\", \"c,d\" ,{etag}"))]).is(304);
    ask(&server, &[("If-None-Match", "\"a\", W/\"b\"")]).is(200);
}

#[test]
fn rfc9110_13_1_2_if_none_match_by_anything() {
    ask(&old(), &[("If-None-Match", "*")]).is(304);
}

#[test]
fn rfc9110_13_1_2_if_none_match_compares_weakly() {
    let server = old();
    let etag = ask(&server, &[]).value("etag").to_owned();
    ask(&server, &[("If-None-Match", &format!("W/{etag}"))]).is(304);
}

#[test]
fn rfc9110_8_8_3_a_comma_may_be_part_of_a_tag() {
    let server = old();
    let etag = ask(&server, &[]).value("etag").to_owned();
    let within = format!("\"a,{}\"", etag.trim_matches('"'));
    ask(&server, &[("If-None-Match", &within)]).is(200);
    ask(&server, &[("If-Match", &within)]).is(412);
}

#[test]
fn rfc9110_13_1_3_if_modified_since() {
    let server = old();
    ask(&server, &[("If-Modified-Since", BEFORE)]).is(200);
    ask(&server, &[("If-Modified-Since", THEN)]).is(304);
    ask(&server, &[("If-Modified-Since", AFTER)]).is(304);
}

#[test]
fn rfc9110_5_6_7_the_three_forms_of_a_date() {
    let server = old();
    for then in [THEN, "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
        ask(&server, &[("If-Modified-Since", then)]).is(304);
        ask(&server, &[("If-Unmodified-Since", then)]).is(200);
    }
    for before in [BEFORE, "Sunday, 06-Nov-94 08:49:36 GMT", "Sun Nov  6 08:49:36 1994"] {
        ask(&server, &[("If-Modified-Since", before)]).is(200);
        ask(&server, &[("If-Unmodified-Since", before)]).is(412);
    }
}

const NO_DATES: [&str; 8] = [
    "",
    "yesterday",
    "784111777",
    "1994-11-06T08:49:37Z",
    "Sun, 06 Nov 1994 08:49:37",
    "Sun, 31 Feb 2094 08:49:37 GMT",
    "Sun, 06 Nov 1994 25:61:61 GMT",
    "Sun, 06 Nov 99994 08:49:37 GMT",
];

#[test]
fn rfc9110_13_1_3_what_is_no_date_is_ignored() {
    let server = old();
    for value in NO_DATES {
        assert_eq!(ask(&server, &[("If-Modified-Since", value)]).status, 200, "If-Modified-Since: {value}");
    }
}

#[test]
fn rfc9110_13_1_4_if_unmodified_since() {
    let server = old();
    ask(&server, &[("If-Unmodified-Since", BEFORE)]).is(412);
    ask(&server, &[("If-Unmodified-Since", THEN)]).is(200);
    ask(&server, &[("If-Unmodified-Since", AFTER)]).is(200);
}

#[test]
fn rfc9110_13_1_4_what_is_no_date_does_not_hinder() {
    let server = old();
    for value in NO_DATES {
        assert_eq!(ask(&server, &[("If-Unmodified-Since", value)]).status, 200, "If-Unmodified-Since: {value}");
    }
}

#[test]
fn rfc9110_8_8_1_two_saves_within_a_second_have_two_tags() {
    let server = Served::alone(Site::small().file("static_file/s.txt", "first"));
    let mut seen = vec![server.get("/s.txt").is(200).value("etag").to_owned()];
    for content in ["again", "third", "forth"] {
        server.site.write("static_file/s.txt", content);
        let answer = server.ask("GET", "/s.txt", &[("If-None-Match", seen.last().unwrap())], b"").is(200);
        assert_eq!(answer.text(), content);
        let etag = answer.value("etag").to_owned();
        assert!(!seen.contains(&etag), "{etag} again");
        seen.push(etag);
    }
}

#[test]
fn rfc9110_8_8_1_a_save_that_keeps_size_and_time_has_another_tag() {
    let server = old();
    let etag = ask(&server, &[]).value("etag").to_owned();
    server.site.write("static_file/old.txt", "9876543210");
    let then = UNIX_EPOCH + Duration::from_secs(784_111_777);
    File::options().write(true).open(server.site.path("static_file/old.txt")).unwrap().set_modified(then).unwrap();
    assert_eq!(ask(&server, &[("If-None-Match", &etag)]).is(200).text(), "9876543210");
}

#[test]
fn rfc9110_15_4_5_a_304_says_what_the_200_says_to_caches() {
    let server = served();
    for (target, more) in [("/a.txt", None), ("/style.css", Some(("Accept-Encoding", "gzip")))] {
        let mut headers: Vec<_> = more.into_iter().collect();
        let whole = server.ask("GET", target, &headers, b"").is(200);
        let etag = whole.value("etag").to_owned();
        headers.push(("If-None-Match", &etag));
        let answer = server.ask("GET", target, &headers, b"").is(304);
        for name in ["Cache-Control", "Content-Location", "ETag", "Expires", "Vary"] {
            assert_eq!(answer.header(name), whole.header(name), "{name} of {target}");
        }
        assert!(answer.header("date").is_some());
        assert_eq!(whole.header("cache-control"), Some("no-cache"));
    }
}

#[test]
fn rfc9110_8_6_a_304_has_no_body_and_no_length_of_another() {
    let server = served();
    let mut wire = server.wire();
    wire.send(request("GET /a.txt HTTP/1.1", &["If-None-Match: *"]));
    let answer = wire.answer().is(304);
    assert!(matches!(answer.value("content-length"), "" | "10"), "{:?}", answer.headers);
    assert_eq!(answer.header("transfer-encoding"), None);
    wire.is_open();
}

#[test]
fn rfc9110_13_2_1_a_condition_on_what_is_not_there_is_ignored() {
    answered(request("GET /none HTTP/1.1", &["If-None-Match: *"]), &[404]);
    answered(request("GET /none HTTP/1.1", &["If-Match: \"x\""]), &[404]);
    answered(request("GET /dir HTTP/1.1", &["If-Match: \"x\""]), &[301]);
}

#[test]
fn rfc9110_13_1_conditions_hold_for_head() {
    let server = old();
    let etag = ask(&server, &[]).value("etag").to_owned();
    for (name, value, status) in [
        ("If-None-Match", etag.as_str(), 304),
        ("If-None-Match", "\"other\"", 200),
        ("If-Match", "\"other\"", 412),
        ("If-Modified-Since", THEN, 304),
        ("If-Unmodified-Since", BEFORE, 412),
    ] {
        assert_eq!(server.ask("HEAD", "/old.txt", &[(name, value)], b"").status, status, "HEAD with {name}: {value}");
    }
}

#[test]
fn rfc9110_13_1_3_if_modified_since_is_for_get_and_head_alone() {
    let fields = ["If-Modified-Since: Sat, 01 Jan 2095 00:00:00 GMT", "Content-Length: 0"];
    answered(request("POST /text HTTP/1.1", &fields), &[200]);
}
