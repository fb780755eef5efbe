//! Clients that dawdle, never read, or speak something else: others must not notice.

use std::fs::File;
use std::time::{Duration, Instant};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::common::{Site, Wire, noise};
use crate::served::{Served, get, request, served};

/// Another client is answered, and soon.
#[track_caller]
fn others_are_served(server: &Served) {
    let begin = Instant::now();
    let mut wire = server.wire();
    wire.is_open();
    assert!(begin.elapsed() < Duration::from_secs(3), "another client waited {:?}", begin.elapsed());
}

fn alone() -> Served {
    Served::alone(Site::small().file("static_file/a.txt", "0123456789"))
}

#[test]
fn a_hundred_slow_heads_delay_nobody() {
    let server = alone();
    let mut wires: Vec<Wire> = (0..100).map(|_| server.wire()).collect();
    for (number, byte) in get("/a.txt").bytes().enumerate() {
        for wire in &mut wires {
            wire.send([byte]);
        }
        if number % 10 == 0 {
            others_are_served(&server);
        }
    }
    for wire in &mut wires {
        assert_eq!(wire.answer().is(200).text(), "0123456789");
    }
}

#[test]
fn fifty_clients_that_never_read_stop_nobody() {
    let server = alone();
    File::create(server.site.path("static_file/large.bin")).unwrap().set_len(50 << 20).unwrap();
    let mut wires: Vec<Wire> = (0..50).map(|_| server.wire()).collect();
    for wire in &mut wires {
        wire.send(get("/large.bin"));
        others_are_served(&server);
    }
    others_are_served(&server);
    drop(wires);
    others_are_served(&server);
}

#[test]
fn a_hundred_slow_bodies_delay_nobody() {
    let server = alone();
    let mut wires: Vec<Wire> = (0..100).map(|_| server.wire()).collect();
    for (number, wire) in wires.iter_mut().enumerate() {
        wire.send(request(&format!("PUT /upload/{number}.bin HTTP/1.1"), &["Content-Length: 3"]) + "a");
    }
    others_are_served(&server);
    for wire in &mut wires {
        wire.send("bc");
        wire.answer().is(201);
    }
    assert_eq!(server.site.names("uploads").len(), 100);
}

/// Bytes that are no HTTP are answered 400 at most, and soon.
#[track_caller]
fn no_http(bytes: &[u8]) {
    let server = served();
    let mut wire = server.wire();
    let begin = Instant::now();
    let _ = wire.try_send(bytes);
    // The end of what a client says, without which a server may wait for a line's end.
    wire.half_close();
    match wire.rest() {
        Ok(answer) => {
            let answer = String::from_utf8_lossy(&answer);
            let refused = ["", "HTTP/1.1 400 ", "HTTP/1.1 414 ", "HTTP/1.1 431 ", "HTTP/1.1 501 ", "HTTP/1.1 505 "];
            assert!(refused.iter().any(|start| answer.starts_with(start)) && answer.len() < 5000, "{answer}");
            assert!(!answer.contains("HTTP/1.1 200"), "{answer}");
        }
        Err(error) => assert!(error.kind() == std::io::ErrorKind::ConnectionReset, "{error}"),
    }
    assert!(begin.elapsed() < Duration::from_secs(5), "it took {:?}", begin.elapsed());
    others_are_served(&server);
}

#[test]
fn garbage_is_refused() {
    for seed in 0..20 {
        no_http(&noise(seed, 1 << (seed % 17)));
    }
    for byte in [0, b'\r', b'\n', b' ', b'A', 0xff] {
        no_http(&vec![byte; 100_000]);
    }
}

#[test]
fn a_tls_client_is_refused_at_once() {
    // A ClientHello, which has no line's end to wait for, from a client that waits for an answer.
    let hello = [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".as_slice(), &[7; 501]].concat();
    let begin = Instant::now();
    let mut wire = served().wire();
    wire.send(&hello);
    let rest = wire.rest().unwrap_or_default();
    let rest = String::from_utf8_lossy(&rest);
    assert!(rest.is_empty() || rest.starts_with("HTTP/1.1 400 "), "{rest}");
    assert!(begin.elapsed() < Duration::from_secs(5), "it took {:?}", begin.elapsed());
}

#[test]
fn other_protocols_are_refused() {
    for hello in [
        "SSH-2.0-OpenSSH_9.2\r\n",
        "EHLO localhost\r\n",
        "*1\r\n$4\r\nPING\r\n",
        "\0\0\0\x08\x04\u{d2}\x16/",
        "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nGET /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "RTSP/1.0 200 OK\r\n\r\n",
        "GET /a.txt\r\n",
    ] {
        no_http(hello.as_bytes());
    }
}

#[test]
fn a_pipe_in_the_root_holds_nobody_up() {
    let server = alone();
    for number in 0..10 {
        let name = server.site.path(&format!("static_file/pipe{number}.txt"));
        mknodat(CWD, name, FileType::Fifo, Mode::from(0o644), 0).unwrap();
    }
    let mut wires: Vec<Wire> = (0..10).map(|_| server.wire()).collect();
    for (number, wire) in wires.iter_mut().enumerate() {
        wire.send(get(&format!("/pipe{number}.txt")));
    }
    others_are_served(&server);
    for wire in &mut wires {
        let status = wire.answer().status;
        assert!((400..500).contains(&status), "{status} for a pipe");
    }
    std::fs::remove_file(server.site.path("static_file/index.html")).unwrap();
    server.get("/").is(200);
    server.get("/?json").is(200);
}

#[test]
fn thousands_of_requests_on_one_connection() {
    let server = alone();
    let mut wire = server.wire();
    let batch = get("/a.txt").repeat(100);
    for _ in 0..40 {
        wire.send(&batch);
        for _ in 0..100 {
            assert_eq!(wire.answer().is(200).body, b"0123456789");
        }
    }
    wire.is_open();
}

#[test]
fn three_hundred_clients_that_leave_at_once_harm_nobody() {
    let server = alone();
    for number in 0..300 {
        let mut wire = server.wire();
        match number % 3 {
            0 => wire.reset(),
            1 => drop(wire),
            _ => {
                wire.send(get("/a.txt"));
                wire.reset();
            }
        }
    }
    others_are_served(&server);
}

#[test]
fn clients_that_leave_within_an_answer_harm_nobody() {
    let server = alone();
    File::create(server.site.path("static_file/large.bin")).unwrap().set_len(50 << 20).unwrap();
    for _ in 0..20 {
        let mut wire = server.wire();
        wire.send(get("/large.bin"));
        wire.head();
        wire.reset();
    }
    others_are_served(&server);
}

#[test]
fn a_file_that_shrinks_while_it_is_sent_ends_that_answer_alone() {
    let server = alone();
    let file = File::create(server.site.path("static_file/large.bin")).unwrap();
    file.set_len(50 << 20).unwrap();
    let mut wire = server.wire();
    wire.send(get("/large.bin"));
    assert_eq!(wire.head().status, 200);
    file.set_len(1000).unwrap();
    let got = wire.rest().map_or(0, |rest| rest.len());
    assert!(got < 50 << 20, "{got} bytes of a file that has a thousand");
    others_are_served(&server);
}
