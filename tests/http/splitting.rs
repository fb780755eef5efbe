//! What is echoed and cannot be more than an echo: RFC 9112, section 11.1, redirects, and Host.

use crate::common::{Response, Site};
use crate::served::{Served, answered, get, request};

/// No line that the request brought with it, and no other place than this one to go to.
#[track_caller]
fn harmless(answer: &Response, target: &str) {
    for (name, value) in &answer.headers {
        let evil = name.eq_ignore_ascii_case("x-evil") || name.eq_ignore_ascii_case("set-cookie");
        assert!(!evil, "{target} brought {name}: {value}");
        assert!(!value.contains(['\r', '\n', '\0']), "{target}: {name}: {value:?}");
    }
    if let Some(to) = answer.header("location") {
        let mut bytes = to.bytes();
        let own = bytes.next() == Some(b'/') && !matches!(bytes.next(), Some(b'/' | b'\\'));
        assert!(own, "{target} leads off to {to}");
        assert!(!to.bytes().any(|byte| byte.is_ascii_control() || byte == b' '), "{target}: {to:?}");
    }
}

/// Folders whose names are traps.
fn trapped() -> Served {
    let site = Site::small()
        .file("static_file/dir/b.txt", "b")
        .file("static_file/evil.example/b.txt", "b")
        .file("static_file/d\r\nX-Evil: 1/b.txt", "b")
        .file("static_file/\\evil.example/b.txt", "b")
        .file("static_file/a b?c#d/b.txt", "b")
        .file("templates/echo.html", "{{ request.path }}")
        .conf("[[route]]\npath = \"/hello/{name}\"\ntemplate = \"echo.html\"\n");
    Served::alone(site)
}

#[test]
fn rfc9112_11_1_a_line_break_in_a_target_splits_nothing() {
    let server = trapped();
    for target in [
        "/dir%0d%0aX-Evil:%201",
        "/dir?%0d%0aX-Evil:%201",
        "/dir?a=%0aSet-Cookie:%20a=b",
        "/%0d%0aX-Evil:%201",
        "/hello/%0d%0aX-Evil:%201",
        "/hello/%0aSet-Cookie:a=b",
        "/dir/%E5%98%8D%E5%98%8AX-Evil:1",
        "/static_file%0d%0aX-Evil:1",
        "/upload/%0d%0aX-Evil:1",
        "/__stan/%0d%0aX-Evil:1",
    ] {
        harmless(&server.get(target), target);
    }
}

#[test]
fn rfc9112_11_1_a_folder_with_a_line_break_in_its_name_splits_nothing() {
    let server = trapped();
    let target = "/d%0D%0AX-Evil:%201";
    let answer = server.get(target);
    harmless(&answer, target);
    if answer.status / 100 == 3 {
        assert_eq!(answer.value("location").to_ascii_uppercase(), "/D%0D%0AX-EVIL%3A%201/");
    }
}

#[test]
fn rfc3986_4_2_a_redirect_never_leads_off_this_site() {
    let server = trapped();
    for target in [
        "//evil.example",
        "//evil.example/..",
        "//evil.example/%2e%2e",
        "//evil.example/..%2f",
        "///evil.example",
        "////evil.example",
        "/.//evil.example",
        "/dir/..//evil.example",
        "/%2fevil.example",
        "/%2f%2fevil.example",
        "/\\evil.example",
        "/%5cevil.example",
        "/%5c%5cevil.example",
        "/%09/evil.example",
        "/static_file//evil.example",
        "/static_file/%5cevil.example",
        "//evil.example/dir?a=b",
        "/dir//evil.example/..",
    ] {
        harmless(&server.get(target), target);
    }
}

#[test]
fn rfc9110_10_2_2_a_folder_leads_to_its_slash_and_keeps_the_query() {
    let server = trapped();
    for (target, to) in [
        ("/dir", "/dir/"),
        ("/dir?a=b", "/dir/?a=b"),
        ("/dir?a=b&c=%20d", "/dir/?a=b&c=%20d"),
        ("/dir?a=/b/../c", "/dir/?a=/b/../c"),
        ("/dir?u=http://x.example/?y", "/dir/?u=http://x.example/?y"),
    ] {
        assert_eq!(server.get(target).is(301).value("location"), to, "{target}");
    }
}

#[test]
fn rfc3986_2_2_a_name_with_reserved_characters_leads_to_itself() {
    let server = trapped();
    let to = server.get("/a%20b%3Fc%23d").is(301).value("location").to_owned();
    assert_eq!(to.to_ascii_uppercase(), "/A%20B%3FC%23D/");
    server.get(&to).is(200);
}

#[test]
fn rfc9112_3_2_2_a_redirect_in_the_absolute_form_stays_here() {
    for authority in ["localhost", "127.0.0.1:1", "[::1]"] {
        let answer = answered(request(&format!("GET http://{authority}/dir?a=b HTTP/1.1"), &[]), &[301]);
        assert_eq!(answer.value("location"), "/dir/?a=b");
    }
}

#[test]
fn rfc9110_7_4_a_misdirected_host_is_not_echoed() {
    for host in ["evil.example", "evil.example:80", "localhost.evil.example", "127.0.0.1.evil.example", "evil.example."]
    {
        for target in ["/", "/dir", "/none", "/upload", "/__stan/health"] {
            let answer = answered(format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n"), &[421]);
            not_echoed(&answer);
        }
        not_echoed(&answered(request(&format!("GET http://{host}/ HTTP/1.1"), &[]), &[421]));
    }
}

#[test]
fn rfc9110_7_2_a_host_in_disguise_is_not_echoed() {
    for host in
        ["evil.example/", "localhost@evil.example", "evil.example localhost", "evil.example:x", "<evil.example>"]
    {
        not_echoed(&answered(format!("GET /dir HTTP/1.1\r\nHost: {host}\r\n\r\n"), &[400, 421]));
    }
}

#[test]
fn rfc7239_5_3_a_forwarded_host_of_a_stranger_is_not_believed() {
    let fields = ["X-Forwarded-Host: evil.example", "Forwarded: host=evil.example", "X-Original-URL: //evil.example"];
    for target in ["/dir", "/", "/elsewhere"] {
        not_echoed(&answered(request(&format!("GET {target} HTTP/1.1"), &fields), &[200, 301, 302]));
    }
}

#[track_caller]
fn not_echoed(answer: &Response) {
    assert!(!answer.text().contains("evil"), "{}", answer.text());
    assert!(!answer.headers.iter().any(|(_, value)| value.contains("evil")), "{:?}", answer.headers);
}

#[test]
fn rfc9110_17_3_a_page_about_nothing_shows_no_markup_of_the_target() {
    let fields = ["Accept: text/html"];
    for target in ["/%3Cscript%3Ealert(1)%3C/script%3E", "/dir/%3Cscript%3E", "/none?%3Cscript%3E"] {
        let answer = answered(request(&format!("GET {target} HTTP/1.1"), &fields), &[404]);
        assert!(!answer.text().contains("<script>alert"), "{}", answer.text());
    }
    answered(get("/dir/"), &[200]);
}
