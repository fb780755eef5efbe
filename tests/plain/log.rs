//! stan.log.

use std::fs;

use crate::common::{Site, eventually};

fn lines(site: &Site, path: &str) -> Vec<String> {
    let Ok(text) = fs::read(site.path(path)) else { return Vec::new() };
    String::from_utf8(text).expect("text").lines().map(str::to_owned).collect()
}

fn one_line(site: &Site) -> String {
    eventually("a line", || lines(site, "stan.log").pop())
}

#[test]
fn combined_is_what_tools_read() {
    let site = Site::small().file("static_file/a.txt", "hello");
    let server = site.start();
    server
        .ask("GET", "/a.txt?q=1", &[("Referer", "http://localhost/from"), ("User-Agent", "test/1.0 (x)")], b"")
        .is(200);
    let line = one_line(&site);
    let (client, rest) = line.split_once(" - - [").unwrap_or_else(|| panic!("{line}"));
    let (time, rest) = rest.split_once("] ").unwrap();
    assert_eq!(client, "127.0.0.1");
    // 10/Oct/2000:13:55:36 -0700
    assert_eq!((time.len(), &time[2..3], &time[11..12], &time[20..21]), (26, "/", ":", " "), "{time}");
    assert_eq!(rest, "\"GET /a.txt?q=1 HTTP/1.1\" 200 5 \"http://localhost/from\" \"test/1.0 (x)\"");
}

#[test]
fn one_line_for_each_request() {
    let site = Site::small();
    let mut server = site.start();
    for n in 0..50 {
        server.get(&format!("/?{n}")).is(200);
    }
    server.get("/none").is(404);
    server.type_line("stop");
    server.wait();
    let lines = lines(&site, "stan.log");
    assert_eq!(lines.len(), 51, "flushed at the end");
    assert!(lines[0].contains("GET /?0 ") && lines[49].contains("GET /?49 ") && lines[50].contains(" 404 "));
}

#[test]
fn it_is_appended_to() {
    let site = Site::small().file("stan.log", "before\n");
    let mut server = site.start();
    server.get("/").is(200);
    server.type_line("stop");
    server.wait();
    let lines = lines(&site, "stan.log");
    assert_eq!((lines.len(), lines[0].as_str()), (2, "before"));
}

#[test]
fn whoever_has_signed_in_is_named() {
    let site = Site::small().conf("log_format = \"common\"\nauth = [\"ada:password\"]\n");
    let mut server = site.start();
    server.ask("GET", "/", &[("Authorization", "Basic YWRhOnBhc3N3b3Jk")], b"").is(200);
    server.ask("GET", "/", &[("Authorization", "Basic YWRhOndyb25n")], b"").is(401);
    server.type_line("stop");
    server.wait();
    let lines = lines(&site, "stan.log");
    let users: Vec<_> = lines.iter().map(|line| line.split(" [").next().unwrap()).collect();
    assert_eq!(users, ["127.0.0.1 - ada", "127.0.0.1 - -"]);
}

#[test]
fn json_is_one_object_a_line() {
    let site = Site::small().conf("log_format = \"json\"\nlog = \"logs/access.json\"\n");
    let mut server = site.start();
    server.ask("GET", "/\"?a=%22", &[("User-Agent", "\"quoted\" \\")], b"");
    server.type_line("stop");
    server.wait();
    let lines = lines(&site, "logs/access.json");
    assert_eq!(lines.len(), 1);
    let line: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!((line["method"].as_str(), line["remote"].as_str()), (Some("GET"), Some("127.0.0.1")), "{line}");
    assert!(line["status"].is_u64() && line["time"].is_string(), "{line}");
}

#[test]
fn common_has_no_more_than_that() {
    let site = Site::small().conf("log_format = \"common\"\n");
    let server = site.start();
    server.get("/").is(200);
    let line = one_line(&site);
    assert!(line.ends_with("\" 200 43"), "{line}");
}

#[test]
fn reload_reopens_it_after_a_rename() {
    let site = Site::small();
    let mut server = site.start();
    server.get("/?first").is(200);
    assert!(one_line(&site).contains("/?first"));
    fs::rename(site.path("stan.log"), site.path("stan.log.1")).unwrap();
    server.done("reload");
    server.get("/?second").is(200);
    assert!(one_line(&site).contains("/?second"));
    assert_eq!(lines(&site, "stan.log.1").len(), 1);
}

#[test]
fn no_client_forges_a_line_or_hides_in_one() {
    let site = Site::small();
    let mut server = site.start();
    // An escape character itself is no header at all and would be answered with 400.
    let forged = "x\" 200 1\u{85}127.0.0.1 - - forged \u{9b}2J\u{202e}";
    server.ask("GET", "/%0a127.0.0.1\"x?y", &[("User-Agent", forged), ("Referer", forged)], b"");
    server.type_line("stop");
    server.wait();
    let bytes = site.read("stan.log");
    assert_eq!(lines(&site, "stan.log").len(), 1);
    assert!(bytes.iter().all(|b| *b == b'\n' || (0x20..0x7f).contains(b)), "{:?}", String::from_utf8_lossy(&bytes));
    let text = String::from_utf8(bytes).unwrap();
    let unescaped = text.replace("\\\\", "").replace("\\\"", "").matches('"').count();
    assert_eq!(unescaped, 6, "{text}");
}

#[test]
fn secrets_are_not_in_it() {
    let site = Site::small();
    let mut server = site.start();
    server.ask("GET", "/", &[("Authorization", "Basic c2VjcmV0"), ("Cookie", "session=c2VjcmV0")], b"").is(200);
    server.type_line("stop");
    server.wait();
    assert!(!site.text("stan.log").contains("c2VjcmV0"));
    assert!(!server.out.all().join("\n").contains("c2VjcmV0"));
}

#[test]
fn none_where_none_is_wanted() {
    let site = Site::small().conf("log = \"\"\n");
    let bare = Site::new().file("x.txt", "x");
    for site in [&site, &bare] {
        let mut server = site.start();
        server.get("/").is(200);
        server.type_line("stop");
        server.wait();
        assert!(!site.path("stan.log").exists());
    }
}
