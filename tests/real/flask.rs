//! Flask: sessions, uploads, streams, files, errors, and all of it below a mount.

use crate::browser::{Browser, between, digest};
use crate::common::{Form, Server, Site, noise};
use crate::software::{active, is_content, site, start};

/// Checked at the root, as it is below a mount.
const CONF: &str = "[[route]]\npath = \"/{*rest}\"\nwsgi = \"tower:checked\"\nworkers = 1\n\
    [[route]]\npath = \"/blog/{*rest}\"\nwsgi = \"tower:app\"\nworkers = 1\n";
const MOUNTS: [&str; 2] = ["", "/blog"];

fn flask() -> Site {
    site("flask", CONF)
}

#[test]
fn sessions_and_messages() {
    let site = flask();
    let server = start(&site);
    for mount in MOUNTS {
        let mut browser = Browser::of(&server);
        let home = format!("{mount}/");
        assert!(browser.get(&home).is(200).text().contains("Hello nobody"));
        let answer = browser.send(&format!("{mount}/login"), &[("name", "Ada & Grün")]).is(302);
        assert_eq!(answer.value("location"), home);
        let page = browser.follow(&answer).is(200).text();
        assert!(page.contains("Welcome, Ada &amp; Grün") && page.contains("Hello Ada &amp; Grün"), "{page}");
        assert!(!browser.get(&home).text().contains("Welcome"), "a message is shown once");
        // What was changed on its way is nobody's session.
        let forged = browser.cookie("session").unwrap().replacen('.', ".x", 1);
        let header = format!("session={forged}");
        assert!(server.ask("GET", &home, &[("Cookie", &header)], b"").is(200).text().contains("Hello nobody"));
        let answer = browser.send(&format!("{mount}/logout"), &[]).is(302);
        assert_eq!(answer.value("location"), server.url(&home), "an address of its own, whole");
        assert!(browser.follow(&answer).text().contains("Hello nobody"));
    }
    is_content(&server);
}

#[test]
fn uploads_arrive_whole() {
    let site = flask();
    let server = start(&site);
    for (mount, size) in [("", 9_000_001), ("/blog", 9_000_001), ("/blog", 0)] {
        let content = noise(size as u64, size);
        let form = Form::new().field("caption", "Meer & Küste").file("file", "Bild é.jpg", "image/jpeg", &content);
        let told = Browser::of(&server).send_form(&format!("{mount}/upload"), form).is(200).json();
        assert_eq!(told["digest"], digest(&content), "{mount} {size}");
        assert_eq!((told["name"].as_str(), told["caption"].as_str()), (Some("Bild é.jpg"), Some("Meer & Küste")));
    }
    is_content(&server);
}

#[test]
fn an_upload_in_chunks() {
    let site = flask();
    let server = start(&site);
    let content = noise(5, 3_000_000);
    let body = Form::new().field("caption", "-").file("file", "a", "a/b", &content).bytes();
    let mut chunks: Vec<u8> = Vec::new();
    for piece in body.chunks(70_001) {
        chunks.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        chunks.extend_from_slice(piece);
        chunks.extend_from_slice(b"\r\n");
    }
    chunks.extend_from_slice(b"0\r\n\r\n");
    let kind = Form::content_type();
    let headers = [("Content-Type", kind.as_str()), ("Transfer-Encoding", "chunked")];
    for mount in MOUNTS {
        let told = server.ask("POST", &format!("{mount}/upload"), &headers, &chunks).is(200).json();
        assert_eq!(told["digest"], digest(&content), "{mount}");
    }
}

#[test]
fn an_upload_that_is_too_large_is_refused() {
    let site = site("flask", &format!("{CONF}[limits]\nbody = \"1 MiB\"\n"));
    let server = start(&site);
    let body = Form::new().field("caption", "-").file("file", "a", "a/b", &noise(5, 2 << 20)).bytes();
    let chunks = [format!("{:x}\r\n", body.len()).as_bytes(), &body, b"\r\n0\r\n\r\n"].concat();
    let kind = Form::content_type();
    let kind = ("Content-Type", kind.as_str());
    for mount in MOUNTS {
        let target = format!("{mount}/upload");
        server.ask("POST", &target, &[kind], &body).is(413);
        server.ask("POST", &target, &[kind, ("Transfer-Encoding", "chunked")], &chunks).is(413);
        server.get(&format!("{mount}/")).is(200);
    }
}

#[test]
fn a_stream_comes_as_it_is_yielded() {
    let site = flask();
    let server = start(&site);
    for (n, mount) in MOUNTS.iter().enumerate() {
        let gate = site.path(&format!("gate{n}"));
        let mut wire = crate::common::Wire::to(server.port());
        wire.send(server.message("GET", &format!("{mount}/stream?gate={}", gate.display()), &[], b""));
        wire.until("first\n");
        std::fs::write(gate, "").unwrap();
        wire.until("last of /stream\n");
        // It has ended, and the connection can be used again.
        wire.until("0\r\n\r\n");
        wire.send(server.message("GET", "/shop/1/x", &[], b""));
        assert_eq!(wire.answer().status, 200);
    }
    is_content(&server);
}

#[test]
fn files_are_sent_whole_and_in_ranges() {
    let content = noise(9, 2_500_000);
    let site = flask().file("large.bin", &content);
    let server = start(&site);
    for mount in MOUNTS {
        let target = format!("{mount}/file/large.bin");
        let whole = server.get(&target).is(200);
        assert!(whole.body == content, "{} bytes", whole.body.len());
        assert!(whole.value("content-disposition").contains("large.bin"));
        let etag = whole.value("etag").to_owned();
        let some = server.ask("GET", &target, &[("Range", "bytes=1000000-1999999")], b"").is(206);
        assert!(some.body == content[1_000_000..2_000_000], "{} bytes", some.body.len());
        assert!(server.ask("GET", &target, &[("If-None-Match", &etag)], b"").is(304).body.is_empty());
        let head = server.head(&target).is(200);
        assert_eq!((head.value("content-length"), head.body.len()), ("2500000", 0));
    }
    is_content(&server);
}

#[test]
fn addresses_know_their_mount() {
    let site = flask();
    let server = start(&site);
    for mount in MOUNTS {
        let page = server.get(&format!("{mount}/")).is(200).text();
        let style = between(&page, "href=\"", "\"");
        assert_eq!(style, format!("{mount}/static/tower.css"));
        let style = server.get(style).is(200);
        assert!(style.value("content-type").starts_with("text/css") && style.text().contains("teal"));
        let told = server.get(&format!("{mount}/shop/7/gr%C3%BCn%20tea")).is(200).json();
        assert_eq!(told["root"], mount);
        assert_eq!(told["word"], "grün tea");
        assert_eq!(told["home"], format!("{mount}/"));
        // Flask's own answers to what it does not have.
        server.get(&format!("{mount}/none")).is(404);
        server.get(&format!("{mount}/refused")).is(403);
        server.get(&format!("{mount}/upload")).is(405);
        let options = server.ask("OPTIONS", &format!("{mount}/upload"), &[], b"").is(200);
        assert!(options.value("allow").contains("POST"), "{:?}", options.headers);
    }
    is_content(&server);
}

#[test]
fn what_goes_wrong_is_shown() {
    let conf = "[[route]]\npath = \"/{*rest}\"\nwsgi = \"tower:app\"\nworkers = 1\nenv = { FLASK_DEBUG = \"0\" }\n\
        [[route]]\npath = \"/debug/{*rest}\"\nwsgi = \"tower:app\"\nworkers = 1\n";
    let site = site("flask", conf);
    let mut server = start(&site);
    // Without its debug mode Flask catches what its views raise, says so on stderr, and answers with its own page.
    let page = server.page("/wrong").is(500).text();
    assert!(page.contains("Internal Server Error"), "{page}");
    server.line("with the traceback", |line| line.contains("ZeroDivisionError: division by zero"));
    // Unless somebody says otherwise it leaves that to the server, which shows it.
    let page = server.page("/debug/wrong").is(500).text();
    for part in ["ZeroDivisionError: division by zero", "tower.py", "get_flashed_messages())", "GET /debug/wrong"] {
        assert!(page.contains(part), "{part} in {page}");
    }
    server.line("with the error", |line| line.contains("tower:app: tower.py:") && line.contains("ZeroDivisionError"));
    server.get("/debug/").is(200);
}

#[test]
fn a_file_that_would_start_a_server_of_its_own() {
    let app = "from flask import Flask\napp = Flask(__name__)\n\n@app.route('/')\ndef home():\n    return 'at home'\n\napp.run(port=1, debug=True)\n";
    let site = Site::new().file("app.py", app);
    let mut command = site.stan(&["--plain", "--bind", "local", "-p", "0"]);
    command.arg(site.path("app.py"));
    let server = Server::start(active(&mut command));
    assert_eq!(server.get("/").is(200).text(), "at home");
}
