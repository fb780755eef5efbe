//! What is kept ready answers what it was made for, and nothing else.

use std::fs;
use std::os::unix::fs::symlink;

use crate::common::{Response, Site};
use crate::served::{Served, request};

fn site() -> Site {
    Site::small().file("static_file/a.js", "let a = 1;\n".repeat(500)).file("static_file/pub/b.txt", "b")
}

/// The second of two same requests, which is answered from memory if it is at all.
fn twice(served: &Served, line: &str, fields: &[&str]) -> Response {
    let mut wire = served.wire();
    wire.send(request(line, fields));
    wire.answer();
    // File systems stamp by a clock that ticks slowly: what was just written is not kept.
    std::thread::sleep(std::time::Duration::from_millis(40));
    for _ in 0..2 {
        wire.send(request(line, fields));
        wire.answer();
    }
    wire.send(request(line, fields));
    wire.answer()
}

#[test]
fn several_accept_encodings_do_not_answer_for_one() {
    let served = Served::alone(site());
    let line = "GET /a.js HTTP/1.1";
    twice(&served, line, &["Accept-Encoding: gzip", "Accept-Encoding: br"]);
    assert_eq!(twice(&served, line, &["Accept-Encoding: gzip"]).header("content-encoding"), Some("gzip"));
    assert_eq!(twice(&served, line, &[]).header("content-encoding"), None);
}

#[test]
fn a_folder_that_becomes_a_link_out_of_the_root_is_served_no_more() {
    let outside = tempfile::tempdir().unwrap();
    let served = Served::alone(site());
    assert_eq!(twice(&served, "GET /pub/b.txt HTTP/1.1", &[]).status, 200);
    let folder = served.site.path("static_file/pub");
    fs::rename(&folder, outside.path().join("pub")).unwrap();
    symlink(outside.path().join("pub"), &folder).unwrap();
    assert_eq!(served.get("/pub/b.txt").status, 404);
}

#[test]
fn a_folder_that_becomes_a_link_to_a_hidden_one_is_served_no_more() {
    let served = Served::alone(site());
    assert_eq!(twice(&served, "GET /pub/b.txt HTTP/1.1", &[]).status, 200);
    let folder = served.site.path("static_file/pub");
    fs::rename(&folder, served.site.path("static_file/.private")).unwrap();
    symlink(".private", &folder).unwrap();
    assert_eq!(served.get("/pub/b.txt").status, 404);
}

#[test]
fn a_policy_that_names_one_host_counts_for_each() {
    let page = "<meta http-equiv='Content-Security-Policy' content=\"script-src http://localhost:1\"><p>x";
    let served = Served::alone(site().file("static_file/p.html", page));
    let ask = |host: &str| {
        let mut wire = served.wire();
        let answers = (0..3).map(|_| {
            wire.send(format!("GET /p.html HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\n\r\n"));
            wire.answer().text()
        });
        answers.last().unwrap()
    };
    std::thread::sleep(std::time::Duration::from_millis(40));
    assert!(ask("localhost:1").contains("client.js"));
    assert!(!ask("127.0.0.1").contains("client.js"));
}

#[test]
fn a_sidecar_that_appears_or_goes_is_seen() {
    let served = Served::alone(site());
    let (line, gzip) = ("GET /a.js HTTP/1.1", &["Accept-Encoding: gzip"]);
    let first = twice(&served, line, gzip);
    let sidecar = served.site.path("static_file/a.js.gz");
    fs::write(&sidecar, b"not really gzip").unwrap();
    assert_eq!(twice(&served, line, gzip).body, b"not really gzip");
    fs::remove_file(&sidecar).unwrap();
    assert_eq!(twice(&served, line, gzip).body, first.body);
}

#[test]
fn the_many_spellings_of_a_path_take_little_memory() {
    let served = Served::alone(site());
    let mut wire = served.wire();
    let before = served.memory("VmRSS");
    let coding = "x".repeat(20_000);
    for number in 0..600 {
        // a.js with each of its letters escaped or not, and a query that does not matter.
        let path: String = "a.js"
            .bytes()
            .enumerate()
            .map(|(at, b)| if number >> at & 1 == 1 { format!("%{b:02x}") } else { char::from(b).to_string() })
            .collect();
        wire.send(request(&format!("GET /{path} HTTP/1.1"), &[&format!("Accept-Encoding: {number}{coding}")]));
        wire.answer();
    }
    let grown = served.memory("VmRSS").saturating_sub(before);
    assert!(grown < 8 << 10, "{grown} kB");
}
