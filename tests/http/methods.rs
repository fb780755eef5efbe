//! What the methods mean: RFC 9110, section 9.3.

use crate::served::{answered, get, request, served};

/// Field lines that must be the same for GET and HEAD.
fn comparable(headers: &[(String, String)]) -> Vec<(String, String)> {
    let mut lines: Vec<_> = headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
    lines.retain(|(name, _)| name != "date");
    lines.sort();
    lines
}

/// HEAD says what GET says, sends no body, and is followed by the next answer at once.
#[track_caller]
fn same_head(target: &str, fields: &[&str], status: u16) {
    let mut wire = served().wire();
    wire.send(request(&format!("GET {target} HTTP/1.1"), fields));
    let whole = wire.answer().is(status);
    wire.send(request(&format!("HEAD {target} HTTP/1.1"), fields));
    let head = wire.answer_to_head().is(status);
    assert_eq!(comparable(&head.headers), comparable(&whole.headers), "HEAD and GET of {target}");
    if whole.header("transfer-encoding").is_none() && !matches!(status, 204 | 304) {
        assert_eq!(head.value("content-length"), whole.body.len().to_string(), "{target}");
    }
    wire.is_open();
}

#[test]
fn rfc9110_9_3_2_head_of_a_file() {
    same_head("/a.txt", &[], 200);
    same_head("/empty.txt", &[], 200);
    same_head("/style.css", &[], 200);
}

#[test]
fn rfc9110_9_3_2_head_of_a_compressed_file() {
    // The first may be made and kept by GET.
    answered(request("GET /style.css HTTP/1.1", &["Accept-Encoding: gzip"]), &[200]);
    same_head("/style.css", &["Accept-Encoding: gzip"], 200);
}

#[test]
fn rfc9110_9_3_2_head_of_a_page() {
    same_head("/", &["Accept: text/html", "Sec-Fetch-Dest: document"], 200);
}

#[test]
fn rfc9110_9_3_2_head_of_a_listing() {
    same_head("/dir/", &[], 200);
    same_head("/dir/?json", &[], 200);
}

#[test]
fn rfc9110_9_3_2_head_of_a_template() {
    same_head("/echo", &[], 200);
}

#[test]
fn rfc9110_9_3_2_head_of_a_text() {
    same_head("/text", &[], 200);
}

#[test]
fn rfc9110_9_3_2_head_of_nothing() {
    same_head("/none", &[], 404);
    same_head("/none", &["Accept: text/html"], 404);
}

#[test]
fn rfc9110_9_3_2_head_of_a_redirect() {
    same_head("/dir", &[], 301);
    same_head("/elsewhere", &[], 302);
}

#[test]
fn rfc9110_9_3_2_head_of_what_is_kept_back() {
    same_head("/.env", &[], 404);
}

#[test]
fn rfc9110_9_3_2_head_of_own_pages() {
    same_head("/__stan/health", &[], 200);
    same_head("/__stan/client.js", &[], 200);
    same_head("/upload", &["Accept: text/html"], 200);
}

#[test]
fn rfc9110_9_3_7_options_tells_what_is_allowed() {
    for (target, methods) in [
        ("/a.txt", "GET HEAD OPTIONS"),
        ("/dir/", "GET HEAD OPTIONS"),
        ("/echo", "GET HEAD POST OPTIONS"),
        ("/upload", "GET HEAD POST OPTIONS"),
        ("/__stan/health", "GET HEAD OPTIONS"),
    ] {
        let answer = answered(request(&format!("OPTIONS {target} HTTP/1.1"), &[]), &[200, 204]);
        let allow: Vec<_> = answer.value("allow").split(',').map(str::trim).collect();
        assert!(methods.split(' ').all(|method| allow.contains(&method)), "{target}: {allow:?}");
        assert!(answer.body.is_empty(), "{target}");
    }
}

#[test]
fn rfc9110_15_5_6_405_tells_what_is_allowed() {
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        let answer = answered(request(&format!("{method} /a.txt HTTP/1.1"), &["Content-Length: 0"]), &[405]);
        let allow: Vec<_> = answer.value("allow").split(',').map(str::trim).collect();
        assert!(allow.contains(&"GET") && allow.contains(&"HEAD"), "{method}: {allow:?}");
        assert!(!allow.contains(&method), "{method}: {allow:?}");
    }
}

#[test]
fn rfc9110_9_3_3_a_post_to_a_file_is_405_and_changes_nothing() {
    answered(request("POST /a.txt HTTP/1.1", &["Content-Length: 3"]) + "new", &[405]);
    assert_eq!(answered(get("/a.txt"), &[200]).text(), "0123456789");
}

#[test]
fn rfc9110_9_3_8_trace_gives_nothing_back() {
    for target in ["/", "/a.txt", "/text", "/none", "*"] {
        let trace = request(&format!("TRACE {target} HTTP/1.1"), &["Cookie: secret=hunter2", "X-Secret: hunter2"]);
        let answer = answered(trace, &[200, 400, 403, 404, 405, 501]);
        assert!(!answer.text().contains("hunter2"), "{target}: {}", answer.text());
        assert!(!answer.headers.iter().any(|(_, value)| value.contains("hunter2")), "{target}");
        assert_ne!(answer.value("content-type"), "message/http", "{target}");
    }
}

#[test]
fn rfc9110_9_3_1_get_changes_nothing() {
    for target in ["/upload/new.txt", "/upload?name=new.txt"] {
        answered(request(&format!("GET {target} HTTP/1.1"), &["Content-Length: 3"]) + "new", &[200, 400, 404]);
    }
    assert!(!served().site.path("uploads/new.txt").exists());
}
