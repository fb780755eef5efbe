//! The listing of a folder without an index.html.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;

use crate::common::{Server, Site};

fn served() -> (Site, Server) {
    let site = Site::small()
        .file("static_file/d/b.txt", "12345")
        .file("static_file/d/a10.txt", "1")
        .file("static_file/d/a9.txt", "123")
        .file("static_file/d/<i>&.txt", "")
        .file("static_file/d/zoo/x.txt", "")
        .file("static_file/d/.hidden", "")
        .file("static_file/d/server.pem", "");
    let server = site.start();
    (site, server)
}

fn names(server: &Server, target: &str) -> Vec<String> {
    let rows = server.ask("GET", target, &[("Accept", "application/json")], b"").is(200).json();
    let rows = rows.as_array().unwrap_or_else(|| panic!("no array: {rows}")).clone();
    rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn folders_first_in_natural_order() {
    let (_site, server) = served();
    assert_eq!(names(&server, "/d/"), ["zoo", "<i>&.txt", "a9.txt", "a10.txt", "b.txt"]);
    assert_eq!(names(&server, "/d/?sort=name&order=desc"), ["zoo", "b.txt", "a10.txt", "a9.txt", "<i>&.txt"]);
    assert_eq!(names(&server, "/d/?sort=size"), ["zoo", "<i>&.txt", "a10.txt", "a9.txt", "b.txt"]);
}

#[test]
fn as_json_by_query_too() {
    let (_site, server) = served();
    let answer = server.page("/d/?json").is(200);
    assert!(answer.value("content-type").starts_with("application/json"));
    assert_eq!(answer.json().as_array().unwrap().len(), 5);
}

#[test]
fn as_text() {
    let (_site, server) = served();
    let answer = server.ask("GET", "/d/", &[("Accept", "text/plain")], b"").is(200);
    assert!(answer.value("content-type").starts_with("text/plain"));
    assert_eq!(answer.text(), "zoo/\n<i>&.txt\na9.txt\na10.txt\nb.txt\n");
}

#[test]
fn as_a_page() {
    let (_site, server) = served();
    let answer = server.page("/d/").is(200);
    assert!(answer.value("content-type").starts_with("text/html"));
    let page = answer.text();
    assert!(page.contains("a10.txt") && page.contains("zoo/") && page.contains("viewport"), "{page}");
    assert!(!page.contains("<i>&.txt"), "not escaped: {page}");
    assert!(!page.contains(".hidden") && !page.contains("server.pem"), "{page}");
    // What it links to is there.
    let links: Vec<_> = page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect();
    let link = links.iter().find(|link| link.contains("%3C")).unwrap_or_else(|| panic!("{links:?}"));
    let target = if link.starts_with('/') { link.clone() } else { format!("/d/{link}") };
    server.get(&target).is(200);
}

#[test]
fn head_says_what_get_would() {
    let (_site, server) = served();
    for target in ["/d/", "/d/?json", "/d/?sort=time&order=desc"] {
        let (get, head) = (server.get(target).is(200), server.head(target).is(200));
        assert_eq!(head.value("content-length"), get.body.len().to_string(), "{target}");
        for name in ["content-type", "etag", "vary", "cache-control"] {
            assert_eq!(head.value(name), get.value(name), "{target} {name}");
        }
    }
}

#[test]
fn unchanged_is_304_and_a_file_that_grew_is_not() {
    let (site, server) = served();
    let etag = server.get("/d/?json").is(200).value("etag").to_owned();
    let again = || server.ask("GET", "/d/?json", &[("If-None-Match", etag.as_str())], b"");
    again().is(304);
    // The folder itself does not change.
    site.write("static_file/d/b.txt", "123456");
    assert_eq!(again().is(200).json()[4]["size"], 6);
}

#[test]
fn every_answer_says_what_it_depends_on() {
    let site = Site::small().file("static_file/d/a.txt", "").file("static_file/page.html", "<p>x".repeat(1000));
    let server = site.start();
    let long = "Accept, Sec-Fetch-Dest, Accept-Encoding";
    for (target, wanted) in [("/d/", long), ("/page.html", long), ("/d/?json", "Accept, Accept-Encoding")] {
        for accept in ["text/html", "*/*"] {
            for coding in ["identity", "gzip"] {
                let fields = [("Accept", accept), ("Accept-Encoding", coding)];
                let first = server.ask("GET", target, &fields, b"").is(200);
                let tag = ("If-None-Match", first.value("etag"));
                let again = server.ask("GET", target, &[fields[0], fields[1], tag], b"").is(304);
                assert_eq!((first.value("vary"), again.value("vary")), (wanted, wanted), "{target} {fields:?}");
            }
        }
    }
    let site = Site::small().conf("reload.browser = false").file("static_file/page.html", "<p>x".repeat(1000));
    assert_eq!(site.start().get("/page.html").is(200).value("vary"), "Accept-Encoding");
}

#[test]
fn names_of_all_kinds_lead_to_their_files() {
    let site = Site::small();
    let folder = site.path("static_file/d");
    fs::create_dir_all(&folder).unwrap();
    let long = "x".repeat(255);
    let names = [
        "a b",
        " leading",
        "trailing ",
        "50%",
        "a%41",
        "#1",
        "a?b",
        "a&b=c",
        "\"quoted\"",
        "'single'",
        "<b>",
        "a+b",
        "a:b",
        "~",
        "写真.jpg",
        "🎞.mov",
        "👩\u{200d}💻",
        "\u{202e}gpj.exe",
        "שלום.txt",
        "e\u{301}",
        "..a",
        "a;b",
        "javascript:x",
        &long,
    ];
    let served: Vec<&str> = names.into_iter().filter(|name| !name.starts_with('.')).collect();
    for name in names {
        fs::write(folder.join(name), name).unwrap();
    }
    let refused = [&b"line\nbreak"[..], b"esc\x1b[2J", b"not\xffutf8", b"back\\slash"];
    for name in refused {
        fs::write(folder.join(OsStr::from_bytes(name)), "x").unwrap();
    }
    let server = site.start();
    let rows = server.get("/d/?json").is(200).json().as_array().unwrap().clone();
    assert_eq!(rows.len(), served.len() + refused.len());
    for row in &rows {
        let name = row["name"].as_str().unwrap();
        match row["url"].as_str() {
            Some(url) => assert_eq!(server.get(url).is(200).text(), name),
            None => assert!(!served.contains(&name), "{name}"),
        }
    }
    assert_eq!(rows.iter().filter(|row| row["url"].is_null()).count(), refused.len());
    let page = server.page("/d/").is(200).text();
    let links = page.split("<td><a href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    let links: Vec<_> = links.filter(|link| *link != "../").collect();
    assert_eq!(links.len(), served.len());
    for link in links {
        server.get(&format!("/d/{link}")).is(200);
    }
    assert!(!page.contains(['\u{202e}', '\x1b', '\x07']), "harmful characters");
    let text = server.ask("GET", "/d/", &[("Accept", "text/plain")], b"").is(200).text();
    assert_eq!(text.lines().count(), rows.len());
    assert!(!text.contains(|c: char| c.is_control() && c != '\n'));
}

#[test]
fn a_large_folder_does_not_keep_others_waiting_and_comes_whole() {
    const FILES: usize = 30_000;
    let site = Site::small();
    let folder = site.path("static_file/d");
    fs::create_dir_all(&folder).unwrap();
    for n in 0..FILES {
        fs::File::create(folder.join(format!("IMG_{n}.jpg"))).unwrap();
    }
    let server = site.start();
    let page = server.page("/d/").is(200).text();
    assert_eq!(page.matches("<tr><td><a href=\"IMG_").count(), FILES);
    assert!(
        page.contains("30,000 files") && page.trim_end().ends_with("</html>") && page.contains("/__stan/client.js")
    );
    assert_eq!(server.get("/d/?json").is(200).json().as_array().unwrap().len(), FILES);
    // A client that takes nothing of it holds nobody up.
    let mut idle = server.connect();
    std::io::Write::write_all(&mut idle, &server.message("GET", "/d/", &[("Accept", "text/html")], b"")).unwrap();
    assert_eq!(server.get("/index.html").is(200).status, 200);
}
