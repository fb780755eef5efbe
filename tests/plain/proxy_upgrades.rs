//! Other protocols through a proxy route, those of web sockets among them.

use std::io::{Read, Write};

use tokio_tungstenite::tungstenite::{Message, client};

use crate::common::{Server, Site, Upstream, Wire, connect};

fn serving(upstream: &Upstream) -> Server {
    Site::small().conf(&format!("[[route]]\npath = \"/\"\nproxy = \"{}\"\n", upstream.url())).start()
}

/// An upstream that accepts a protocol, says `hello`, and repeats what it hears.
fn echo() -> Upstream {
    Upstream::new(|peer, ask| {
        assert_eq!((ask.value("upgrade"), ask.value("connection")), ("echo", "upgrade"));
        peer.say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\nhello ");
        while let Some(line) = peer.line() {
            peer.say(format!("{line}\n"));
        }
        peer.say("end");
        false
    })
}

const ASK: &str = "GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\nUpgrade: echo\r\n\r\n";

#[test]
fn another_protocol_passes_both_ways_to_its_end() {
    let server = serving(&echo());
    let mut stream = connect(server.port());
    stream.write_all(ASK.as_bytes()).unwrap();
    stream.write_all(b"early\n").unwrap();
    let mut seen = String::new();
    while !seen.ends_with("early\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        seen.push(byte[0] as char);
    }
    assert!(seen.starts_with("HTTP/1.1 101 ") && seen.ends_with("\r\n\r\nhello early\n"), "{seen}");
    assert!(seen.contains("upgrade: echo\r\n") && seen.contains("connection: upgrade\r\n"), "{seen}");
    stream.write_all(b"more\n").unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "more\nend");
}

#[test]
fn a_refusal_is_an_answer_like_any_other() {
    let upstream = Upstream::new(|peer, ask| {
        peer.say(
            "HTTP/1.1 426 Upgrade Required\r\nUpgrade: other\r\nConnection: Upgrade\r\nContent-Length: 2\r\n\r\nno",
        );
        ask.connection == 0
    });
    let server = serving(&upstream);
    let mut wire = Wire::to(server.port());
    let answer = wire.send(ASK).answer().is(426);
    assert_eq!((answer.value("upgrade"), answer.text().as_str()), ("other", "no"));
}

#[test]
fn stop_does_not_wait_for_them() {
    let mut server = serving(&echo());
    let mut stream = connect(server.port());
    stream.write_all(ASK.as_bytes()).unwrap();
    let mut seen = [0; 12];
    stream.read_exact(&mut seen).unwrap();
    let began = std::time::Instant::now();
    server.type_line("stop");
    assert_eq!(server.wait().code(), Some(0));
    assert!(began.elapsed().as_secs() < 4, "it waited for {:?}", began.elapsed());
}

#[test]
fn a_websocket() {
    // stan's own, behind another stan.
    let behind = Site::small().start();
    let conf = format!("[[route]]\npath = \"/behind/{{*rest}}\"\nproxy = \"{}\"\nstrip = true\n", behind.url(""));
    let server = Site::small().conf(&conf).start();
    let url = format!("ws://127.0.0.1:{}/behind/__stan/live", server.port());
    let (mut socket, answer) = client(url.as_str(), connect(server.port())).unwrap();
    assert_eq!(answer.status(), 101);
    let Message::Text(hello) = socket.read().unwrap() else { panic!("no text") };
    assert!(hello.contains("hello"), "{hello}");
    socket.close(None).unwrap();
    while socket.read().is_ok() {}
}

#[test]
fn a_protocol_that_nobody_asked_for_does_not_pass() {
    for told in ["Upgrade: h2c\r\n", "Upgrade: echo, other\r\n", ""] {
        let upstream = Upstream::new(move |peer, _| {
            peer.say(format!("HTTP/1.1 101 Switching Protocols\r\n{told}Connection: Upgrade\r\n\r\n"));
            false
        });
        Wire::to(serving(&upstream).port()).send(ASK).answer().is(502);
    }
}
