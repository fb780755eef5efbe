//! PEP 3333 to its letter, where the validator does not look.

use crate::common::{Server, Site, Wire, eventually, noise};
use crate::software::{site, start};

fn serving() -> (Site, Server) {
    let site = site("letter", "[[route]]\npath = \"/l/{*rest}\"\nwsgi = \"letter:app\"\nworkers = 1\n");
    let server = start(&site);
    (site, server)
}

fn noted(server: &mut Server, text: &str) -> String {
    server.line(&format!("that says {text}"), |line| line.contains(text))
}

/// Waits until the answers of these names have been closed, each once.
fn closed(server: &Server, names: &[&str]) {
    let told = || server.get("/l/told").is(200).text();
    let closed = |text: &str, name: &str| text.lines().filter(|line| *line == name).count();
    eventually("close()", || {
        let text = told();
        names.iter().all(|name| closed(&text, name) > 0).then_some(())
    });
    let text = told();
    assert!(names.iter().all(|name| closed(&text, name) == 1), "{text}");
}

#[test]
fn what_start_response_refuses() {
    let (_site, mut server) = serving();
    for (name, why) in [
        ("wrong_header", "letter.py"),
        ("wrong_header", "holds a line break"),
        ("wrong_status", "fine"),
        ("wrong_length", "many"),
        ("two_lengths", "content-length"),
        ("bytes_header", "str (PEP 3333)"),
        ("twice", "twice without exc_info"),
        ("never", "before it called start_response"),
        ("never_empty", "before it called start_response"),
        ("nothing", "returned None"),
    ] {
        let answer = server.page(&format!("/l/{name}")).is(500);
        let text = answer.text().to_lowercase();
        assert!(text.contains(&why.to_lowercase()), "{name}: {text}");
        assert!(answer.header("set-cookie").is_none());
        noted(&mut server, "letter:app: ");
    }
    assert_eq!(server.get("/l/status").is(299).text(), "fine");
}

#[test]
fn what_belongs_to_the_connection_is_the_servers() {
    let (_site, server) = serving();
    let mut wire = Wire::to(server.port());
    for _ in 0..2 {
        wire.send(server.message("GET", "/l/hop_by_hop", &[], b""));
        let answer = wire.answer();
        assert_eq!((answer.status, answer.text().as_str()), (200, "plain"));
        for name in ["connection", "transfer-encoding", "keep-alive", "upgrade"] {
            assert_eq!(answer.header(name), None, "{name}");
        }
        assert_eq!(answer.value("content-length"), "5");
        assert!(answer.value("date").ends_with(" GMT"), "there is one Date");
        assert_eq!(answer.value("server"), "mine");
    }
}

#[test]
fn answers_that_go_wrong_are_cut_and_closed() {
    let (_site, mut server) = serving();
    for (name, error) in [("after_the_head", "too late"), ("in_the_middle", "in the middle")] {
        let mut wire = Wire::to(server.port());
        wire.send(server.message("GET", &format!("/l/{name}"), &[], b""));
        wire.until("begun\n");
        let rest = wire.rest().unwrap_or_default();
        assert!(!rest.ends_with(b"0\r\n\r\n"), "{name} looks whole: {rest:?}");
        noted(&mut server, error);
    }
    server.get("/l/before_the_first").is(500);
    noted(&mut server, "before the first");
    // What close() does wrong comes too late for the client, and is told.
    assert_eq!(server.get("/l/wrong_close").is(200).text(), "all is sent");
    noted(&mut server, "in close");
    closed(&server, &["after_the_head", "in_the_middle", "before_the_first", "wrong_close"]);
    let pid = server.get("/l/told").is(200).text();
    assert!(!pid.is_empty());
}

#[test]
fn an_answer_is_as_long_as_it_says() {
    let (_site, mut server) = serving();
    assert_eq!(server.get("/l/endless").is(200).text(), "1234123412");
    let mut wire = Wire::to(server.port());
    wire.send(server.message("GET", "/l/short", &[], b""));
    wire.until("123456");
    assert_eq!(wire.rest().unwrap_or_default(), b"", "nothing comes in the place of what is missing");
    noted(&mut server, "4 bytes shorter than its Content-Length");
    let none = server.get("/l/bodiless").is(204);
    assert_eq!((none.header("content-length"), none.header("transfer-encoding")), (None, None));
    let late = server.get("/l/late_start").is(202);
    assert_eq!(late.text(), "late");
    let head = server.head("/l/exact").is(200);
    assert_eq!(head.value("content-length"), "300000");
    assert!(server.head("/l/events").is(200).body.is_empty());
    closed(&server, &["endless", "short", "bodiless", "late_start", "exact", "events"]);
}

#[test]
fn threads_are_kept_whatever_they_answer() {
    let (_site, server) = serving();
    for _ in 0..30 {
        for name in ["exact", "late_start", "bodiless", "kinds?map"] {
            server.get(&format!("/l/{name}"));
        }
        server.head("/l/exact");
    }
    let number: u32 = server.get("/l/told").is(200).text().lines().next().unwrap().parse().unwrap();
    assert!(number < 20, "thread {number} answers");
}

#[test]
fn iterables_of_every_kind() {
    let (_site, server) = serving();
    for kind in ["tuple", "bytearray", "map", "dict", "set"] {
        assert_eq!(server.get(&format!("/l/kinds?{kind}")).is(200).text(), "ab", "{kind}");
    }
    assert_eq!(server.get("/l/kinds?old").is(200).text(), "old style");
    assert_eq!(server.get("/l/kinds?file").is(200).text(), "a\nb");
    let empty = server.get("/l/kinds?empty").is(200);
    assert_eq!((empty.text().as_str(), empty.value("content-length")), ("", "0"));
}

#[test]
fn the_input_is_read_in_every_way() {
    let (_site, server) = serving();
    let body = b"one\ntwo three\n\nend";
    for (how, got) in [
        ("read", "[b'one\\ntwo three\\n\\nend', b'', b'']"),
        ("size", "[b'one', b'', b'\\ntwo three\\n\\nend', b'']"),
        ("line", "[b'one\\n', b'tw', b'o three\\n', b'\\n', b'end']"),
        ("lines", "[b'one\\n', b'two three\\n', b'\\n', b'end']"),
        ("hint", "[b'one\\n', b'two three\\n', b'\\nend']"),
        ("iter", "[b'one\\n', b'two three\\n', b'\\n', b'end']"),
        ("mixed", "[b'o', b'ne\\n', b'tw', b'o three\\n', b'\\nend']"),
    ] {
        let target = format!("/l/reading?{how}");
        assert_eq!(server.ask("POST", &target, &[], body).is(200).text(), got, "{how}");
        // The same in chunks of every size.
        for size in 1..6 {
            let mut chunks = Vec::new();
            for piece in body.chunks(size) {
                chunks.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
                chunks.extend_from_slice(&[piece, b"\r\n"].concat());
            }
            chunks.extend_from_slice(b"0\r\n\r\n");
            let answer = server.ask("POST", &target, &[("Transfer-Encoding", "chunked")], &chunks).is(200);
            assert_eq!(answer.text(), got, "{how} in chunks of {size}");
        }
    }
}

#[test]
fn what_an_app_does_not_read_is_not_the_next_request() {
    let (_site, server) = serving();
    // Of a large one the rest need not be read: the connection is closed instead.
    let large = server.message("POST", "/l/status", &[], &noise(1, 3_000_000));
    let mut wire = Wire::to(server.port());
    let mut sender = wire.another();
    std::thread::scope(|scope| {
        // It may be refused at some point.
        scope.spawn(move || sender.try_send(&large));
        assert_eq!(wire.answer().text(), "fine");
    });
    let body = noise(2, 60_000);
    let plain = server.message("POST", "/l/status", &[], &body);
    let chunks = [format!("{:x}\r\n", body.len()).as_bytes(), &body, b"\r\n0\r\n\r\n"].concat();
    let chunked = server.message("POST", "/l/status", &[("Transfer-Encoding", "chunked")], &chunks);
    let head = server.message("HEAD", "/l/status", &[], b"");
    let mut wire = Wire::to(server.port());
    let mut sender = wire.another();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            sender.send([&plain[..], &chunked, &head, &plain].concat());
        });
        assert_eq!(wire.answer().text(), "fine");
        assert_eq!(wire.answer().text(), "fine");
        assert_eq!(wire.answer_to_head().status, 299);
        assert_eq!(wire.answer().text(), "fine");
    });
}

#[test]
fn the_apps_own_connections_are_not_the_clients() {
    let (_site, mut server) = serving();
    let page = server.page("/l/own_reset").is(500).text();
    assert!(page.contains("ConnectionResetError: the database has gone") && page.contains("letter.py"), "{page}");
    noted(&mut server, "the database has gone");
}

#[test]
fn files_are_wrapped() {
    let content = noise(1, 400_000).to_ascii_lowercase();
    let (site, server) = serving();
    site.write("plain.bin", &content);
    let mut gzip = std::process::Command::new("gzip");
    assert!(gzip.args(["-k", "-S", ".z"]).arg(site.path("plain.bin")).status().unwrap().success());
    for how in ["plain.bin", "plain.bin.z&gzip", "plain.bin&temporary", "plain.bin&memory"] {
        let answer = server.get(&format!("/l/file?{how}")).is(200);
        assert!(answer.body == content, "{how}: {} bytes", answer.body.len());
    }
    assert!(server.get("/l/file?plain.bin&part").is(200).body == content[..200_000]);
    assert!(server.get("/l/file?plain.bin&loud").is(200).body == content.to_ascii_uppercase());
    assert!(server.head("/l/file?plain.bin").is(200).body.is_empty());
}

#[test]
fn paths_are_bytes_in_latin_1() {
    let (_site, server) = serving();
    for (target, info) in [
        ("/l/path/%C3%BC/%E2%82%AC", "/path/\\xc3\\xbc/\\xe2\\x82\\xac"),
        ("/l/path/a+b%20c", "/path/a+b c"),
        ("/l/path/a;b=c,d&e", "/path/a;b=c,d&e"),
        ("/l/path//two", "/path//two"),
        ("/l/path/", "/path/"),
        ("/l/path/%2525", "/path/%25"),
    ] {
        let text = server.get(&format!("{target}?%C3%BC=+&x")).is(200).text();
        let host = format!("127.0.0.1:{}", server.port());
        assert_eq!(text, format!("['/l', '{info}', '%C3%BC=+&x', None, None, '{host}', None]"));
    }
}

#[test]
fn the_environ_is_a_plain_dict_of_texts() {
    let (_site, mut server) = serving();
    let headers = [("X-Odd", "\u{e9}"), ("Content-Type", "a/b"), ("X-Empty", "")];
    assert_eq!(server.ask("POST", "/l/types?x", &headers, b"12").is(200).text(), "as they should be");
    noted(&mut server, "to wsgi.errors");
    let mut wire = Wire::to(server.port());
    wire.send("GET /l/types HTTP/1.0\r\n\r\n");
    assert_eq!(wire.answer().text(), "as they should be");
    // Whatever else an app has put where modules are.
    let number = || server.get("/l/told").is(200).text();
    for _ in 0..10 {
        assert_eq!(server.get("/l/lazy").is(200).text(), "lazy");
    }
    assert!(number().lines().next().unwrap().parse::<u32>().unwrap() < 10, "its threads go on");
}
