//! Live reload: what is put into pages, and what open pages are told.

use crate::common::{Response, Server, Site, Socket};

const SCRIPT: &str = "/__stan/client.js";

fn injected(answer: &Response) -> bool {
    answer.text().contains(SCRIPT)
}

#[test]
fn documents_get_the_script_and_nothing_else_does() {
    let site = Site::small()
        .file("static_file/bare.html", "just text")
        .file("static_file/a.txt", "text")
        .file("static_file/d/x.txt", "x")
        .file("templates/t.html", "<!doctype html><title>t</title>t");
    let server = site.start();
    for target in ["/", "/index.html", "/bare.html", "/t", "/d/", "/none", "/upload"] {
        let page = server.page(target);
        assert!(injected(&page), "{target}: {}", page.text());
        assert_eq!(page.value("content-length"), page.body.len().to_string(), "{target}");
    }
    for target in ["/", "/index.html", "/t", "/d/", "/none"] {
        assert!(!injected(&server.get(target)), "{target} by curl");
        let fetched = server.ask("GET", target, &[("Accept", "text/html"), ("Sec-Fetch-Dest", "empty")], b"");
        assert!(!injected(&fetched), "{target} by fetch");
    }
    assert!(!injected(&server.page("/a.txt")));
    server.get(SCRIPT).is(200);
}

#[test]
fn the_rest_of_the_page_is_untouched() {
    let content = b"\xef\xbb\xbf<!-- <head> --><!DOCTYPE html>\n<html><HEAD class=x><meta charset=latin1></head><p>\xe4\xf6\xff\0end";
    let server = Site::small().file("static_file/odd.html", content).start();
    let page = server.page("/odd.html").is(200).body;
    let start = page.windows(7).position(|window| window == b"<script").unwrap();
    let end = start + page[start..].windows(9).position(|window| window == b"</script>").unwrap() + 9;
    assert_eq!([&page[..start], &page[end..]].concat(), content);
    assert!(String::from_utf8_lossy(&page[..start]).ends_with("<HEAD class=x>"), "in the head, not in the comment");
}

#[test]
fn an_injected_page_stays_cacheable() {
    let site = Site::small();
    let server = site.start();
    let page = server.page("/").is(200);
    let etag = page.value("etag").to_owned();
    assert!(etag.starts_with('"'), "strong: {etag}");
    assert_ne!(etag, server.get("/").value("etag"), "its own");
    assert_eq!(page.value("cache-control"), "no-cache");
    let again =
        |server: &Server| server.ask("GET", "/", &[("Accept", "text/html"), ("If-None-Match", &etag)], b"").status;
    assert_eq!(again(&server), 304);
    site.write("static_file/index.html", "<p>other");
    assert_eq!(again(&server), 200);
}

#[test]
fn a_range_of_an_injected_page_is_the_whole() {
    let server = Site::small().start();
    let page = server.ask("GET", "/", &[("Accept", "text/html"), ("Range", "bytes=0-3")], b"").is(200);
    assert!(injected(&page));
}

#[test]
fn a_policy_that_would_refuse_it_is_respected_and_noted() {
    let site = Site::small().conf("[[route]]\npath = \"/strict\"\ntemplate = \"s.html\"\nheaders = { content-security-policy = \"script-src 'none'\" }\n").file("templates/s.html", "<p>strict");
    let mut server = site.start();
    assert!(!injected(&server.page("/strict")));
    server.line("why", |line| line.starts_with("note ") && line.contains("/strict"));
}

#[test]
fn it_can_be_turned_off() {
    let server = Site::small().conf("[reload]\nbrowser = false\n").start();
    assert!(!injected(&server.page("/")));
}

#[test]
fn a_page_is_told_of_html_css_and_templates() {
    let site = Site::small()
        .file("static_file/site.css", "a{}")
        .file("templates/t.html", "one")
        .file("templates/_part.html", "p");
    let server = site.start();
    let mut page = Socket::open(&server);
    site.write("static_file/index.html", "<p>second");
    page.change();
    site.write("static_file/site.css", "b{}");
    let message = page.next("the stylesheet", |m| m["t"] == "change" && m["urls"].to_string().contains("/site.css"));
    assert!(message["urls"].as_array().unwrap().iter().any(|url| url == "/site.css"), "{message}");
    for name in ["t", "_part"] {
        site.write(&format!("templates/{name}.html"), "two");
        page.change();
    }
}

#[test]
fn of_twenty_edits_none_is_missed() {
    let site = Site::small();
    let server = site.start();
    let mut pages = [Socket::open(&server), Socket::open(&server)];
    for n in 0..20 {
        site.write("static_file/index.html", format!("<p>edit {n}"));
        for page in &mut pages {
            page.change();
        }
        assert!(server.get("/").text().ends_with(&format!("edit {n}")));
    }
}

#[test]
fn editors_save_in_many_ways() {
    let site = Site::small();
    let server = site.start();
    let mut page = Socket::open(&server);
    let (file, new, backup) = (
        site.path("static_file/index.html"),
        site.path("static_file/index.html.new"),
        site.path("static_file/index.html~"),
    );
    std::fs::write(&new, "renamed over").unwrap();
    std::fs::rename(&new, &file).unwrap();
    page.change();
    std::fs::rename(&file, &backup).unwrap();
    std::fs::write(&file, "written anew").unwrap();
    page.change();
    std::fs::remove_file(&file).unwrap();
    page.change();
    std::fs::write(&file, "back").unwrap();
    page.change();
}

#[test]
fn polling_sees_them_too() {
    let site = Site::small().conf("[reload]\nwatch = \"poll\"\n");
    let mut server = site.start();
    let mut page = Socket::open(&server);
    for n in 0..3 {
        site.write("static_file/index.html", format!("<p>edit {n}"));
        page.change();
    }
    let status = server.done("status");
    assert!(status.above.join("\n").contains("poll"), "{status:?}");
}

#[test]
fn status_counts_the_pages() {
    let mut server = Site::small().start();
    let pages = [Socket::open(&server), Socket::open(&server)];
    server.has_pages(2);
    drop(pages);
    server.has_pages(0);
}

#[test]
fn a_page_of_another_origin_hears_nothing() {
    let server = Site::small().start();
    for origin in ["http://evil.example", "null", "http://127.0.0.1:1"] {
        assert!(Socket::try_open(&server, Some(origin)).is_err(), "{origin}");
    }
    assert!(Socket::try_open(&server, None).is_ok());
}

#[test]
fn reload_refreshes_every_page() {
    let mut server = Site::small().start();
    let mut page = Socket::open(&server);
    server.done("reload");
    page.next("reload", |message| message["t"] == "reload");
}

#[test]
fn a_saved_stan_conf_refreshes_and_a_broken_one_is_shown() {
    let site = Site::small().conf("log = \"\"\n");
    let server = site.start();
    let mut page = Socket::open(&server);
    site.write("stan.conf", "log = \"\"\n[[route]]\npath = '/x'\ntext = 'x'\n");
    page.next("reload", |message| message["t"] == "reload");
    site.write("stan.conf", "prot = 1\n");
    let message = page.next("the error", |message| message["t"] == "error");
    assert!(message.to_string().contains("stan.conf:1:1"), "{message}");
}
