//! Upstreams that are not there, are slow, or speak nonsense.

use std::net::TcpListener;

use crate::common::{Server, Site, Upstream, eventually, free_port};

fn serving(upstreams: &str, more: &str) -> Server {
    Site::small().conf(&format!("[[route]]\npath = \"/\"\nproxy = {upstreams}\n{more}\n")).start()
}

fn errors(server: &mut Server) -> usize {
    server.done("url");
    server.out.all().iter().filter(|line| line.starts_with("error proxy ")).count()
}

#[test]
fn one_that_is_not_there_is_named_and_said_once() {
    let port = free_port();
    let mut server = serving(&format!("\"http://127.0.0.1:{port}\""), "");
    for _ in 0..3 {
        let answer = server.get("/").is(502);
        assert!(answer.text().contains(&format!("http://127.0.0.1:{port} cannot be reached")), "{}", answer.text());
    }
    let strange = server.ask("GET", "/", &[("X-Forwarded-For", "1.2.3.4")], b"").is(502);
    assert!(!strange.text().contains("127.0.0.1"), "not to everybody: {}", strange.text());
    assert!(server.page("/").is(502).text().contains("/__stan/client.js"), "it refreshes by itself");
    assert_eq!(errors(&mut server), 1);
    let upstream = Upstream::on(TcpListener::bind(("127.0.0.1", port)).unwrap(), |peer, _| {
        peer.ok("back");
        true
    });
    assert_eq!(server.get("/").is(200).text(), "back");
    server.line("the news", |line| line.starts_with("note ") && line.contains("answers again"));
    drop(upstream);
}

#[test]
fn one_that_is_not_there_is_passed_over() {
    let upstream = Upstream::named("up");
    let mut server = serving(&format!("[\"http://127.0.0.1:{}\", \"{}\"]", free_port(), upstream.url()), "");
    for _ in 0..6 {
        assert_eq!(server.ask("POST", "/", &[], b"body").is(200).text(), "up");
    }
    assert_eq!(errors(&mut server), 1);
}

#[test]
fn one_that_is_slow() {
    let upstream = Upstream::new(|peer, _| {
        peer.rest();
        false
    });
    let mut server = serving(&format!("\"{}\"", upstream.url()), "timeout = \"50ms\"");
    for _ in 0..2 {
        let answer = server.get("/").is(504);
        assert!(answer.text().contains("has not answered within 50ms"), "{}", answer.text());
    }
    assert_eq!(errors(&mut server), 1);
}

#[test]
fn one_that_speaks_something_else() {
    let upstream = Upstream::new(|peer, ask| {
        peer.say(match ask.line.split(' ').nth(1) {
            Some("/ssh") => "SSH-2.0-Sirius\r\n",
            Some("/two") => "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            Some("/switch") => "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
            _ => "",
        });
        false
    });
    let server = serving(&format!("\"{}\"", upstream.url()), "");
    for target in ["/ssh", "/two", "/nothing", "/switch"] {
        server.get(target).is(502);
    }
}

#[test]
fn round_in_circles() {
    let port = free_port();
    let site = Site::small().conf(&format!("[[route]]\npath = \"/\"\nproxy = \"http://127.0.0.1:{port}\"\n"));
    let server = site.start_as(&["--plain", "--bind", "local", "-p", &port.to_string()]);
    assert!(server.get("/").is(508).text().contains("in circles"));
}

/// An upstream that says `first`, then nothing until its client ends; and what tells of that end.
fn silent(first: &'static str) -> (Upstream, std::sync::mpsc::Receiver<()>) {
    let (tell, told) = std::sync::mpsc::channel();
    let tell = std::sync::Mutex::new(tell);
    let upstream = Upstream::new(move |peer, ask| {
        peer.body(ask);
        peer.say(first);
        peer.rest();
        tell.lock().unwrap().send(()).unwrap();
        false
    });
    (upstream, told)
}

#[test]
fn a_client_that_leaves_a_silent_upstream_ends_the_request_too() {
    for first in ["", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: x\n\n"] {
        let (upstream, told) = silent(first);
        let mut server = serving(&format!("\"{}\"", upstream.url()), "");
        let mut wire = crate::common::Wire::to(server.port());
        wire.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody");
        eventually("the request", || upstream.asks().pop());
        if !first.is_empty() {
            wire.head();
        }
        drop(wire);
        eventually("the end at the upstream", || told.try_recv().ok());
        if first.is_empty() {
            server.line("the request", |line| line.starts_with("request ") && line.contains(" 499 "));
        }
        assert_eq!(errors(&mut server), 0);
    }
}

#[test]
fn one_in_http_2_that_was_started_again() {
    let port = free_port();
    let behind = || {
        let site = Site::small().conf("trusted_proxies = [\"127.0.0.1\"]\n").file("static_file/a.txt", "text");
        site.start_as(&["--plain", "--bind", "local", "-p", &port.to_string()])
    };
    let mut first = behind();
    let server = serving(&format!("\"h2c://127.0.0.1:{port}\""), "");
    assert_eq!(server.get("/a.txt").is(200).text(), "text");
    first.type_line("stop");
    first.wait();
    server.get("/a.txt").is(502);
    let _second = behind();
    server.put("/upload/b.txt", b"sent").is(201);
    assert_eq!(server.get("/a.txt").is(200).text(), "text");
}

#[test]
fn what_may_not_be_sent_twice_is_not_and_what_was_not_sent_is() {
    // Each connection is closed after one answer, or after half a request.
    let upstream = Upstream::new(|peer, ask| {
        if ask.line.contains("/cut") {
            return false;
        }
        peer.body(ask);
        peer.ok_and_end("up");
        false
    });
    let server = serving(&format!("\"{}\"", upstream.url()), "");
    for _ in 0..5 {
        assert_eq!(server.ask("POST", "/", &[], b"body").is(200).text(), "up");
    }
    server.ask("POST", "/cut", &[], b"body").is(502);
    assert_eq!(upstream.asks().iter().filter(|ask| ask.line.contains("/cut")).count(), 1);
}

#[test]
fn a_client_that_leaves_ends_the_request_to_the_upstream() {
    let (tell, told) = std::sync::mpsc::channel();
    let tell = std::sync::Mutex::new(tell);
    let upstream = Upstream::new(move |peer, _| {
        peer.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        let end = std::time::Instant::now() + crate::common::PATIENCE;
        // Until nobody takes it any more.
        while peer
            .try_say(b"3e8\r\n")
            .and_then(|()| peer.try_say([b'x'; 1000]))
            .and_then(|()| peer.try_say(b"\r\n"))
            .is_ok()
        {
            assert!(std::time::Instant::now() < end);
        }
        tell.lock().unwrap().send(()).unwrap();
        false
    });
    let server = serving(&format!("\"{}\"", upstream.url()), "");
    let mut wire = crate::common::Wire::to(server.port());
    wire.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    wire.head();
    wire.reset();
    eventually("the end at the upstream", || told.try_recv().ok());
}

#[test]
fn one_that_takes_no_connection_is_passed_over_and_left_alone() {
    // Its queue is full, so that the system answers nobody.
    let full = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    full.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    full.listen(0).unwrap();
    let at = full.local_addr().unwrap().as_socket().unwrap();
    let wait = std::time::Duration::from_millis(200);
    let _queue: Vec<_> = std::iter::from_fn(|| std::net::TcpStream::connect_timeout(&at, wait).ok()).take(8).collect();
    let upstream = Upstream::named("up");
    let mut server = serving(&format!("[\"http://{at}\", \"{}\"]", upstream.url()), "timeout = \"300ms\"");
    for _ in 0..4 {
        assert_eq!(server.ask("POST", "/", &[], b"body").is(200).text(), "up");
    }
    server.line("the news", |line| line.contains("cannot be reached: no connection within 300ms"));
    assert_eq!(errors(&mut server), 1);
}

#[test]
fn one_that_closes_at_once_is_passed_over_and_left_alone() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let dead = listener.local_addr().unwrap();
    std::thread::spawn(move || listener.incoming().for_each(drop));
    let upstream = Upstream::named("up");
    let mut server = serving(&format!("[\"http://{dead}\", \"{}\"]", upstream.url()), "");
    for _ in 0..6 {
        assert_eq!(server.get("/").is(200).text(), "up");
    }
    server.line("the news", |line| line.contains("closes the connection without an answer"));
    assert_eq!(errors(&mut server), 1);
}
