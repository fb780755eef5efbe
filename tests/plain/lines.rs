//! The lines of plain mode: stable first words, stable fields.

use std::io::Write;

use crate::common::{Site, eventually};

/// Whether `line` is `request 127.0.0.1 GET /index.html 200 1043 1.2ms`.
fn is_request(line: &str, method: &str, target: &str, status: u16, bytes: usize) -> bool {
    let fields: Vec<_> = line.split(' ').collect();
    let [word, ip, m, t, s, b, ms] = fields[..] else { return false };
    let Some((whole, tenths)) = ms.strip_suffix("ms").and_then(|ms| ms.split_once('.')) else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    (word, ip, m, t) == ("request", "127.0.0.1", method, target)
        && s == status.to_string()
        && b == bytes.to_string()
        && digits(whole)
        && tenths.len() == 1
        && digits(tenths)
}

#[test]
fn listening_comes_first() {
    let server = Site::small().start();
    assert_eq!(server.out.all()[0], format!("listening http://127.0.0.1:{}", server.port()));
}

#[test]
fn a_request_has_seven_fields() {
    let site = Site::small().file("static_file/a.txt", "hello");
    let mut server = site.start();
    server.get("/a.txt?x=1&y=%20").is(200);
    server.line("of the request", |line| is_request(line, "GET", "/a.txt?x=1&y=%20", 200, 5));
    server.head("/a.txt").is(200);
    server.line("of HEAD, which sends no body", |line| is_request(line, "HEAD", "/a.txt", 200, 0));
    let body = server.get("/none").is(404).body.len();
    server.line("of the 404", |line| is_request(line, "GET", "/none", 404, body));
}

#[test]
fn a_saved_file_is_told() {
    let site = Site::small().file("static_file/app.css", "a{}");
    let mut server = site.start();
    site.write("static_file/app.css", "b{}");
    server.line("of the change", |line| line == "changed static_file/app.css");
    site.write("static_file/sub/new.html", "new");
    server.line("of a file in a new folder", |line| line == "changed static_file/sub/new.html");
}

#[test]
fn an_upload_is_told() {
    let site = Site::small();
    let mut server = site.start();
    server.put("/upload/IMG_0001.jpg", b"jpeg!").is(201);
    server.line("of the upload", |line| line == "upload 127.0.0.1 IMG_0001.jpg 5 done");
    assert_eq!(site.names("uploads"), ["IMG_0001.jpg"]);
}

#[test]
fn what_is_refused_is_noted() {
    let site = Site::small().file("static_file/.env", "KEY=1");
    let mut server = site.start();
    server.get("/.env").is(404);
    server.line("of the file kept back", |line| line == "note kept back /.env");
    server.ask("GET", "/", &[("Host", "example.org")], b"").is(421);
    server.line("of the host", |line| line == "note refused host example.org: see hosts in stan.conf");
}

#[test]
fn quiet_leaves_out_requests_and_changes() {
    let site = Site::small();
    let mut server = site.start_with(&["-q"]);
    server.get("/").is(200);
    site.write("static_file/index.html", "second");
    eventually("the new content", || (server.get("/").text() == "second").then_some(()));
    server.put("/upload/a.txt", b"x").is(201);
    server.line("of the upload", |line| line.starts_with("upload "));
    server.done("status");
    let lines = server.out.all();
    assert!(!lines.iter().any(|line| line.starts_with("request ") || line.starts_with("changed ")), "{lines:?}");
    // What was asked for is told all the same.
    let log = server.done("log");
    assert!(log.above.iter().any(|line| line.starts_with("request ")), "{log:?}");
}

#[test]
fn the_end_of_stdin_does_not_stop_it() {
    let mut server = Site::small().start();
    server.end_input();
    server.get("/").is(200);
    server.line("of the request", |line| line.starts_with("request "));
    server.get("/").is(200);
}

#[test]
fn nothing_that_comes_from_outside_reaches_the_terminal_raw() {
    let site = Site::small();
    let mut server = site.start();
    let mut stream = server.connect();
    stream.write_all(b"GET /\x1b[2J HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    server.ask("GET", "/%1b%5b2J?\u{202e}", &[("User-Agent", "\u{1b}[31m"), ("Referer", "\u{9b}31m")], b"");
    server.put("/upload/a%1b%5b2J%E2%80%AEb.txt", b"x");
    server.ask("GET", "/", &[("Host", "evil\u{1b}[2J")], b"");
    server.type_line("frob \u{1b}[2J");
    server.refused("nonsense \u{202e}");
    for line in server.out.all() {
        let raw = line.chars().any(|c| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c));
        assert!(!raw, "{line:?}");
    }
}

#[test]
fn routes_print_the_table_in_use() {
    let site = Site::small()
        .file("templates/about.html", "about")
        .file("templates/_part.html", "part")
        .conf("[[route]]\npath = \"/hello/{name}\"\ntext = \"hi\"\n");
    let mut server = site.start();
    let table = server.done("routes").above;
    for path in ["/hello/{name}", "/about", "/upload"] {
        assert!(table.iter().any(|row| row.contains(path)), "{path} is not in {table:#?}");
    }
    assert!(!table.iter().any(|row| row.contains("_part")), "{table:#?}");
}
