//! Bodies through a proxy route: as they stream, as much as is allowed, and never with a false end.

use std::io::{BufRead, BufReader, Read};
use std::sync::Mutex;
use std::sync::mpsc::channel;

use crate::common::{Server, Site, Upstream, Wire, connect, eventually, noise, read_head};

fn serving(upstream: &Upstream, more: &str) -> Server {
    let conf = format!("{more}\n[[route]]\npath = \"/\"\nproxy = \"{}\"\n", upstream.url());
    Site::small().conf(&conf).start()
}

#[test]
fn events_come_when_they_happen() {
    let (tell, told) = channel::<()>();
    let told = Mutex::new(told);
    let upstream = Upstream::new(move |peer, _| {
        peer.say("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n");
        told.lock().unwrap().recv().unwrap();
        peer.say("data: 2\n\n");
        false
    });
    let server = serving(&upstream, "");
    let mut stream = BufReader::new(connect(server.port()));
    stream.get_mut().write_all_of("GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n");
    read_head(&mut stream).unwrap();
    let mut chunk = || {
        let mut lines = [String::new(), String::new()];
        stream.read_line(&mut lines[0]).unwrap();
        let mut data = vec![0; usize::from_str_radix(lines[0].trim(), 16).unwrap()];
        stream.read_exact(&mut data).unwrap();
        stream.read_line(&mut lines[1]).unwrap();
        String::from_utf8(data).unwrap()
    };
    assert_eq!(chunk(), "data: 1\n\n");
    tell.send(()).unwrap();
    assert_eq!((chunk(), chunk()), ("data: 2\n\n".to_owned(), String::new()));
}

trait WriteAll {
    fn write_all_of(&mut self, text: &str);
}

impl WriteAll for std::net::TcpStream {
    fn write_all_of(&mut self, text: &str) {
        std::io::Write::write_all(self, text.as_bytes()).unwrap();
    }
}

#[test]
fn a_body_is_passed_on_before_it_is_whole() {
    let (tell, told) = channel();
    let tell = Mutex::new(tell);
    let upstream = Upstream::new(move |peer, ask| {
        assert_eq!(ask.value("transfer-encoding"), "chunked");
        assert_eq!((peer.line().unwrap(), peer.exact(5)), ("3".to_owned(), b"abc\r\n".to_vec()));
        tell.lock().unwrap().send(()).unwrap();
        assert_eq!(peer.body(ask), b"def");
        peer.ok("whole");
        true
    });
    let server = serving(&upstream, "");
    let mut wire = Wire::to(server.port());
    wire.send("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    told.recv_timeout(crate::common::PATIENCE).unwrap();
    wire.send("3\r\ndef\r\n0\r\n\r\n");
    assert_eq!(wire.answer().is(200).text(), "whole");
}

#[test]
fn large_bodies_both_ways() {
    let upstream = Upstream::new(|peer, ask| {
        let body = peer.body(ask);
        peer.say(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()));
        peer.say(body);
        true
    });
    let server = serving(&upstream, "");
    let body = noise(7, 5_000_000);
    for _ in 0..2 {
        assert!(server.ask("POST", "/", &[], &body).is(200).body == body);
    }
    assert_eq!(upstream.last().connection, 0);
}

#[test]
fn as_much_as_is_allowed() {
    let upstream = Upstream::new(|peer, ask| {
        peer.body(ask);
        peer.ok("");
        true
    });
    let mut server = serving(&upstream, "[limits]\nbody = 10");
    server.ask("POST", "/", &[], b"0123456789").is(200);
    server.ask("POST", "/", &[], b"0123456789a").is(413);
    let chunked = [("Transfer-Encoding", "chunked")];
    server.ask("POST", "/", &chunked, b"b\r\n0123456789a\r\n0\r\n\r\n").is(413);
    server.ask("POST", "/", &chunked, b"a\r\n0123456789\r\n0\r\n\r\n").is(200);
    server.done("status");
    assert!(!server.out.all().iter().any(|line| line.starts_with("error ")), "nobody blames the upstream");
}

#[test]
fn an_answer_that_is_cut_off_stays_cut_off() {
    let upstream = Upstream::new(|peer, ask| {
        peer.say(match ask.line.split(' ').nth(1) {
            Some("/length") => "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
            _ => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        });
        false
    });
    let server = serving(&upstream, "");
    for target in ["/length", "/chunks"] {
        let mut stream = connect(server.port());
        stream.write_all_of(&format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        let mut all = String::new();
        // A reset is as good as an end.
        let _ = stream.read_to_string(&mut all);
        assert!(all.contains("half") && !all.ends_with("0\r\n\r\n"), "{all}");
    }
}

#[test]
fn trailers_pass() {
    let upstream = Upstream::new(|peer, _| {
        peer.say(
            "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\
             X-Sum: 42\r\nContent-Length: 5\r\n\r\n",
        );
        true
    });
    let server = serving(&upstream, "");
    let mut stream = connect(server.port());
    stream.write_all_of("GET / HTTP/1.1\r\nHost: localhost\r\nTE: trailers\r\nConnection: close, TE\r\n\r\n");
    let mut all = String::new();
    stream.read_to_string(&mut all).unwrap();
    assert!(all.ends_with("\r\n3\r\nabc\r\n0\r\nx-sum: 42\r\n\r\n"), "{all}");
    assert_eq!(upstream.last().value("te"), "trailers");
}

#[test]
fn trailers_of_requests_pass() {
    let upstream = Upstream::new(|peer, _| {
        let mut said = String::new();
        while !said.ends_with("||") {
            said.push_str(&peer.line().unwrap());
            said.push('|');
        }
        peer.ok(&said);
        true
    });
    let server = serving(&upstream, "");
    let mut wire = Wire::to(server.port());
    let head = "POST / HTTP/1.1\r\nHost: localhost\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n";
    let answer = wire.send(format!("{head}3\r\nabc\r\n0\r\nX-Sum: 42\r\nContent-Length: 5\r\n\r\n")).answer().is(200);
    assert_eq!((answer.text().as_str(), upstream.last().value("trailer")), ("3|abc|0|x-sum: 42||", "X-Sum"));
    assert_eq!(wire.send(format!("{head}3\r\nabc\r\n0\r\n\r\n")).answer().is(200).text(), "3|abc|0||");
}

#[test]
fn a_client_that_waits_hears_what_the_upstream_says() {
    let upstream = Upstream::new(|peer, ask| {
        assert_eq!(ask.value("expect"), "100-continue");
        if ask.line.contains("/no") {
            peer.say("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n");
            return false;
        }
        peer.say("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
        let body = peer.body(ask);
        peer.ok(str::from_utf8(&body).unwrap());
        true
    });
    let server = serving(&upstream, "");
    let head = |target| {
        format!("POST {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
    };
    let mut wire = Wire::to(server.port());
    assert_eq!(wire.send(head("/no")).head().status, 417);
    let mut wire = Wire::to(server.port());
    assert_eq!(wire.send(head("/yes")).head().status, 100);
    assert_eq!(wire.send("abc").answer().is(200).text(), "abc");
}

#[test]
fn a_client_that_leaves_in_the_middle_is_not_the_upstreams_fault() {
    let (tell, told) = channel();
    let tell = Mutex::new(tell);
    let upstream = Upstream::new(move |peer, _| {
        let _ = tell.lock().unwrap().send(peer.rest());
        false
    });
    let mut server = serving(&upstream, "");
    let mut wire = Wire::to(server.port());
    wire.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nabc");
    eventually("the request at the upstream", || upstream.asks().pop());
    wire.half_close().answer().is(400);
    assert_eq!(told.recv_timeout(crate::common::PATIENCE).unwrap(), b"abc", "and no more");
    server.done("url");
    assert!(!server.out.all().iter().any(|line| line.starts_with("error ")));
}

#[test]
fn a_client_that_stands_still_is_not_the_upstreams_fault() {
    let upstream = Upstream::new(|peer, _| {
        peer.rest();
        false
    });
    let conf = format!(
        "[limits]\nidle_timeout = \"1s\"\n[[route]]\npath = \"/\"\nproxy = \"{}\"\ntimeout = \"50ms\"\n",
        upstream.url()
    );
    let mut server = Site::small().conf(&conf).start();
    let mut wire = Wire::to(server.port());
    wire.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nfour").answer().is(408);
    server.done("url");
    assert!(!server.out.all().iter().any(|line| line.starts_with("error ")));
}

#[test]
fn interim_answers_pass_to_who_reads_them() {
    let upstream = Upstream::new(|peer, ask| {
        peer.say(
            "HTTP/1.1 104 Upload Resumption Supported\r\nUpload-Offset: 5\r\nConnection: x-hop\r\nX-Hop: 1\r\n\r\n",
        );
        peer.body(ask);
        peer.ok("done");
        true
    });
    let server = serving(&upstream, "");
    for reads in [true, false] {
        let asks = if reads { "Upload-Draft-Interop-Version: 8\r\n" } else { "" };
        let mut wire = Wire::to(server.port());
        wire.send(format!("POST / HTTP/1.1\r\nHost: localhost\r\n{asks}Content-Length: 4\r\n\r\n"));
        if reads {
            let head = wire.head();
            assert_eq!((head.status, head.value("upload-offset"), head.header("x-hop")), (104, "5", None));
        }
        assert_eq!(wire.send("body").answer().is(200).text(), "done");
    }
}

#[test]
fn an_answer_without_a_body_has_no_length() {
    let upstream = Upstream::new(|peer, _| {
        peer.say("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n");
        true
    });
    let server = serving(&upstream, "");
    for _ in 0..2 {
        assert_eq!(server.get("/").is(204).header("content-length"), None);
    }
}

#[test]
fn a_refusal_before_the_end_of_a_body_arrives() {
    // It closes with much unread, which resets the connection.
    let upstream = Upstream::new(|peer, _| {
        peer.exact(100);
        peer.say("HTTP/1.1 413 Too Much\r\nContent-Length: 4\r\nConnection: close\r\n\r\nmuch");
        false
    });
    let mut server = serving(&upstream, "");
    let body = noise(3, 3_000_000);
    for _ in 0..20 {
        assert_eq!(server.ask("POST", "/", &[], &body).is(413).text(), "much");
    }
    server.done("url");
    assert!(!server.out.all().iter().any(|line| line.starts_with("error ")));
}
