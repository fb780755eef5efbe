//! Text both ways: from a phone into a file and a line, and from here to whoever asks.

use crate::common::{Response, Server, Site};

const PLAIN: (&str, &str) = ("Content-Type", "text/plain; charset=utf-8");
const PHONE: (&str, &str) = ("User-Agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X)");

fn shared(server: &Server, headers: &[(&str, &str)]) -> Response {
    server.ask("GET", "/upload/.text", headers, b"")
}

#[test]
fn a_text_from_a_phone_is_a_note_and_a_file() {
    let site = Site::small();
    let mut server = site.start();
    let text = "https://example.org/\u{1f389}?a=b";
    let answer = server.ask("POST", "/upload/.text", &[PLAIN, PHONE], text.as_bytes()).is(201).json();
    let name = answer["files"][0]["name"].as_str().unwrap().to_owned();
    assert_eq!(site.text(&format!("uploads/{name}")), text);
    server.line("with the text", |line| line == format!("note text from iPhone: {text}"));
    assert!(server.done("uploads").above.iter().any(|line| line.starts_with('1') && line.contains(&name)));
    assert_eq!(server.get(answer["files"][0]["url"].as_str().unwrap()).is(200).text(), text);
}

#[test]
fn nothing_in_a_text_escapes_its_line() {
    let mut server = Site::small().start();
    server.ask("POST", "/upload/.text", &[PLAIN], "a\x1b]52;c;eA==\x07\u{202e}b\nerror not of ours".as_bytes()).is(201);
    let line = server.line("with the text", |line| line.starts_with("note text from "));
    assert!(line.contains("a\\x1b]52;c;eA==\\x07\\u{202e}b …"), "{line}");
    server.done("status");
    assert!(!server.out.all().iter().any(|line| line.starts_with("error not of ours")));
}

#[test]
fn a_text_of_a_megabyte_makes_the_round() {
    let site = Site::small();
    let text = "words \u{1f389}\n".repeat(80_000);
    let site = site.file("long.txt", &text);
    let mut server = site.start();
    server.ask("POST", "/upload/.text", &[PLAIN], text.as_bytes()).is(201);
    assert!(site.text(&format!("uploads/{}", site.names("uploads")[0])) == text);
    server.done("text < long.txt");
    assert!(shared(&server, &[]).is(200).json()["text"] == text.as_str());
}

#[test]
fn words_are_shared_shown_and_taken_back() {
    let mut server = Site::small().start();
    shared(&server, &[]).is(204);
    assert!(server.done("text").line.starts_with("nothing is shared"));
    server.done("text “quotes” — as typed");
    let answer = shared(&server, &[]).is(200);
    assert_eq!(answer.json()["text"], "“quotes” — as typed");
    shared(&server, &[("If-None-Match", answer.value("etag"))]).is(304);
    assert_eq!(server.done("text").line, "shared: “quotes” — as typed");
    assert!(server.done("status").above.iter().any(|line| line.starts_with("text ")));
    server.done("text other");
    let other = shared(&server, &[("If-None-Match", answer.value("etag"))]).is(200).json();
    assert!(other["id"].as_u64() > answer.json()["id"].as_u64());
    server.done("reload");
    shared(&server, &[]).is(200);
    server.done("text clear");
    shared(&server, &[]).is(204);
}

#[test]
fn what_cannot_be_shared_is_said() {
    let site = Site::small().file("binary", b"\xff\xfe").file("empty", "");
    let mut server = site.start();
    for (order, why) in [
        ("text < none.txt", "cannot read none.txt"),
        ("text < binary", "not a text in UTF-8"),
        ("text < empty", "is empty"),
        ("text < static_file", "is not a file"),
        ("text <", "a file's name"),
    ] {
        let answer = server.refused(order);
        assert!(answer.line.contains(why), "{order}: {answer:?}");
    }
    shared(&server, &[]).is(204);
}

#[test]
fn another_page_neither_sends_nor_reads() {
    let mut server = Site::small().conf("cors = true\n").start();
    server.done("text secret");
    let evil = ("Origin", "http://evil.example");
    shared(&server, &[evil]).is(403);
    server.ask("POST", "/upload/.text", &[PLAIN, evil], b"a").is(403);
    server.ask("PUT", "/upload/.text", &[PLAIN], b"a").is(405);
    server.ask("POST", "/upload/.text", &[("Content-Type", "text/html")], b"a").is(415);
}

#[test]
fn asking_for_news_where_there_is_none_is_not_shown() {
    let site = Site::small();
    let mut server = site.start();
    shared(&server, &[]).is(204);
    server.done("text words");
    let tag = shared(&server, &[]).is(200).value("etag").to_owned();
    shared(&server, &[("If-None-Match", &tag)]).is(304);
    server.get("/").is(200);
    server.line("of the last request", |line| line.contains(" GET / "));
    let shown: Vec<_> = server.out.all().into_iter().filter(|line| line.contains("/.text")).collect();
    assert!(matches!(shown.as_slice(), [line] if line.contains(" 200 ")), "{shown:?}");
    assert!(server.done("status").above.iter().any(|line| line.starts_with("requests  4 ")), "all are counted");
    server.done("stop");
    assert_eq!(site.text("stan.log").matches("/upload/.text").count(), 3, "all are logged");
}
