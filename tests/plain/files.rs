//! Static files for everyday browsers and curl.

use std::fs::{File, FileTimes};
use std::time::{Duration, UNIX_EPOCH};

use crate::common::{Site, noise, percent};

#[test]
fn types_and_charset() {
    let site = Site::small()
        .file("static_file/a.html", "<p>ä")
        .file("static_file/a.css", "a{}")
        .file("static_file/a.js", "1")
        .file("static_file/a.mjs", "1")
        .file("static_file/a.json", "{}")
        .file("static_file/a.txt", "ä")
        .file("static_file/latin.txt", b"\xe4\xf6")
        .file("static_file/a.svg", "<svg/>")
        .file("static_file/a.png", b"\x89PNG")
        .file("static_file/a.webp", "x")
        .file("static_file/a.woff2", "x")
        .file("static_file/a.wasm", b"\0asm")
        .file("static_file/a.mp4", "x")
        .file("static_file/none", b"\0\x01");
    let server = site.start();
    for (name, expected) in [
        ("a.html", "text/html; charset=utf-8"),
        ("a.css", "text/css; charset=utf-8"),
        ("a.js", "text/javascript; charset=utf-8"),
        ("a.mjs", "text/javascript; charset=utf-8"),
        ("a.json", "application/json"),
        ("a.txt", "text/plain; charset=utf-8"),
        ("latin.txt", "text/plain"),
        ("a.svg", "image/svg+xml"),
        ("a.png", "image/png"),
        ("a.webp", "image/webp"),
        ("a.woff2", "font/woff2"),
        ("a.wasm", "application/wasm"),
        ("a.mp4", "video/mp4"),
        ("none", "application/octet-stream"),
    ] {
        let answer = server.get(&format!("/{name}")).is(200);
        let kind = answer.value("content-type");
        // JSON and SVG are UTF-8 by their own definitions: saying it does no harm.
        let fits = kind == expected || matches!(name, "a.json" | "a.svg") && kind.starts_with(expected);
        assert!(fits, "{name}: {kind}");
    }
}

#[test]
fn what_every_file_carries() {
    let server = Site::small().file("static_file/a.css", "a{}").start();
    let answer = server.get("/a.css").is(200);
    assert_eq!(answer.value("x-content-type-options"), "nosniff");
    assert_eq!(answer.value("cross-origin-resource-policy"), "same-origin");
    assert_eq!(answer.value("cache-control"), "no-cache");
    assert_eq!(answer.value("content-length"), "3");
    assert!(answer.value("date").ends_with(" GMT") && answer.value("last-modified").ends_with(" GMT"));
    let etag = answer.value("etag");
    assert!(etag.len() > 2 && etag.starts_with('"') && etag.ends_with('"'), "a strong one: {etag}");
}

#[test]
fn cors_when_it_is_set() {
    let server = Site::small().conf("cors = true\n").file("static_file/a.css", "a{}").start();
    let answer = server.get("/a.css").is(200);
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("cross-origin-resource-policy"), None);
}

#[test]
fn index_and_clean_urls() {
    let site = Site::small().file("static_file/about.html", "<p>about").file("static_file/sub/index.html", "<p>sub");
    let server = site.start();
    assert!(server.get("/").is(200).text().contains("first"));
    assert_eq!(server.get("/about").is(200).text(), "<p>about");
    assert_eq!(server.get("/about.html").is(200).text(), "<p>about");
    assert_eq!(server.get("/sub/").is(200).text(), "<p>sub");
    assert_eq!(server.get("/static_file/about.html").is(200).text(), "<p>about");
}

#[test]
fn a_folder_without_its_slash_is_redirected() {
    let server = Site::small().file("static_file/a b/x.txt", "x").start();
    for (target, location) in [("/a%20b", "/a%20b/"), ("/a%20b?sort=size&x=%2F", "/a%20b/?sort=size&x=%2F")] {
        let answer = server.get(target);
        assert!(matches!(answer.status, 301 | 302 | 307 | 308), "{}", answer.status);
        assert_eq!(answer.value("location"), location);
    }
}

#[test]
fn no_redirect_leads_to_another_host() {
    let server = Site::small().file("static_file/evil.example/x.txt", "x").start();
    for target in ["//evil.example", "///evil.example", "/%2Fevil.example", "/\\evil.example", "//evil.example/%2e%2e"]
    {
        let answer = server.get(target);
        let location = answer.value("location");
        assert!(
            !location.starts_with("//") && !location.contains('\\') && !location.contains("://"),
            "{target}: {location}"
        );
    }
}

#[test]
fn head_is_get_without_a_body() {
    let site = Site::small().file("static_file/a.txt", "hello").file("static_file/sub/x.txt", "");
    let server = site.start();
    for target in ["/a.txt", "/", "/sub/", "/none"] {
        let (get, head) = (server.get(target), server.head(target));
        assert_eq!(get.status, head.status, "{target}");
        for name in ["content-type", "content-length", "etag", "last-modified", "cache-control"] {
            assert_eq!(get.header(name), head.header(name), "{target} {name}");
        }
    }
    // No body follows: the next answer on the connection comes right after.
    let (head, get) =
        (server.message("HEAD", "/a.txt", &[], b""), server.message("GET", "/a.txt", &[("Connection", "close")], b""));
    let both = server.raw([head, get].concat());
    assert_eq!((both.status, both.body.as_slice()), (200, b"".as_slice()));
}

#[test]
fn names_of_all_kinds() {
    let names = ["a b.txt", "é.txt", "世界.txt", "a%b.txt", "a+b.txt", "a&b;c.txt", "#.txt", "q?.txt", "'\".txt"];
    let site = names.iter().fold(Site::small(), |site, name| site.file(&format!("static_file/{name}"), *name));
    let server = site.start();
    for name in names {
        assert_eq!(server.get(&format!("/{}", percent(name))).is(200).text(), name);
    }
}

#[test]
fn a_large_file_arrives_whole() {
    let content = noise(6, (20 << 20) + 7);
    let site = Site::small().file("static_file/big.bin", &content).file("static_file/empty.txt", "");
    let server = site.start();
    assert!(server.get("/big.bin").is(200).body == content);
    let empty = server.get("/empty.txt").is(200);
    assert_eq!((empty.value("content-length"), empty.body.len()), ("0", 0));
}

#[test]
fn a_file_from_before_1970() {
    let site = Site::small().file("static_file/old.txt", "old");
    let file = File::options().write(true).open(site.path("static_file/old.txt")).unwrap();
    file.set_times(FileTimes::new().set_modified(UNIX_EPOCH - Duration::from_secs(86_400 * 365))).unwrap();
    let server = site.start();
    let answer = server.get("/old.txt").is(200);
    assert_eq!(answer.text(), "old");
    server.ask("GET", "/old.txt", &[("If-None-Match", answer.value("etag"))], b"").is(304);
    server.get("/").is(200);
}

#[test]
fn a_fifo_does_not_hang_anyone() {
    let site = Site::small();
    rustix::fs::mknodat(rustix::fs::CWD, site.path("static_file/pipe"), rustix::fs::FileType::Fifo, 0o644.into(), 0)
        .unwrap();
    let server = site.start();
    server.get("/pipe").is(404);
    server.get("/").is(200);
}

#[test]
fn the_page_for_what_is_not_there() {
    let site = Site::small().file("static_file/wrong.html", "<h1>lost").conf("error_page = \"wrong.html\"\n");
    let server = site.start();
    let answer = server.page("/none/at/all").is(404);
    assert!(answer.text().contains("<h1>lost"), "{}", answer.text());
    assert!(answer.value("content-type").starts_with("text/html"));
    assert_eq!(answer.header("etag").and(answer.header("last-modified")), None, "not to be kept as if it were a page");
}

#[test]
fn a_built_in_page_where_there_is_none() {
    let server = Site::small().start();
    let answer = server.page("/%3Cscript%3Ealert(1)%3C/script%3E").is(404);
    assert!(answer.value("content-type").starts_with("text/html"));
    assert!(!answer.text().contains("<script>alert"), "{}", answer.text());
}

#[test]
fn health_is_well() {
    let server = Site::small().start();
    server.get("/__stan/health").is(200);
    server.head("/__stan/health").is(200);
}

#[test]
fn a_saved_file_is_served_at_once() {
    let site = Site::small().file("static_file/a.txt", "one");
    let server = site.start();
    let first = server.get("/a.txt").is(200);
    // Same size, and within the same second.
    site.write("static_file/a.txt", "two");
    let second = server.ask("GET", "/a.txt", &[("If-None-Match", first.value("etag"))], b"").is(200);
    assert_eq!(second.text(), "two");
}

#[test]
fn explicit_routes() {
    let site = Site::small().file("more/x.txt", "x").file("one.txt", "one").conf(
        "[[route]]\npath = '/text'\ntext = 'hello'\nstatus = 418\nheaders = { x-demo = '1' }\n\
         [[route]]\npath = '/json'\njson = { a = [1, true] }\n\
         [[route]]\npath = '/go'\nredirect = '/text'\n\
         [[route]]\npath = '/moved'\nredirect = 'https://example.org/'\nstatus = 301\n\
         [[route]]\npath = '/more/{*rest}'\nstatic = 'more'\n\
         [[route]]\npath = '/one'\nstatic = 'one.txt'\n\
         [[route]]\npath = '/only'\nmethods = ['POST']\ntext = 'posted'\n",
    );
    let server = site.start();
    let text = server.get("/text").is(418);
    assert_eq!((text.text().as_str(), text.value("x-demo")), ("hello", "1"));
    assert!(text.value("content-type").starts_with("text/plain"));
    assert_eq!(server.get("/json").is(200).json(), serde_json::json!({"a": [1, true]}));
    assert_eq!(server.get("/go").is(302).value("location"), "/text");
    assert_eq!(server.get("/moved").is(301).value("location"), "https://example.org/");
    assert_eq!(server.get("/more/x.txt").is(200).text(), "x");
    assert_eq!(server.get("/one").is(200).text(), "one");
    assert_eq!(server.ask("POST", "/only", &[], b"").is(200).text(), "posted");
    server.get("/only").is(405);
}
