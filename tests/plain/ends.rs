//! How it ends: `stop` and signals, and what is in flight then.

use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::common::{Response, Server, Site, Socket, eventually, noise, read_answer, read_head};

/// More than the sockets' buffers of both sides hold.
const BIG: usize = 48 << 20;

/// A download of which only the head was read.
struct Download {
    stream: BufReader<TcpStream>,
    head: Response,
}

impl Download {
    fn begin(server: &Server, target: &str) -> Self {
        let mut stream = server.connect();
        stream.write_all(&server.message("GET", target, &[], b"")).unwrap();
        let mut stream = BufReader::with_capacity(1 << 10, stream);
        let head = read_head(&mut stream).unwrap().is(200);
        Self { stream, head }
    }

    fn finish(mut self) -> Vec<u8> {
        let mut body = vec![0; self.head.value("content-length").parse().unwrap()];
        self.stream.read_exact(&mut body).unwrap();
        body
    }
}

fn refuses(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_err()
}

#[test]
fn stop_is_at_once_when_nothing_is_in_flight() {
    let site = Site::small();
    let mut server = site.start();
    server.get("/").is(200);
    // A connection that is kept alive and an open page are no reason to wait.
    let mut idle = server.connect();
    idle.write_all(&server.message("GET", "/", &[], b"")).unwrap();
    read_answer(&mut BufReader::new(idle.try_clone().unwrap()), false).unwrap().is(200);
    let _page = Socket::open(&server);
    let port = server.port();
    let began = Instant::now();
    server.type_line("stop");
    let status = server.wait();
    let took = began.elapsed();
    println!("stop took {took:?}");
    assert_eq!(status.code(), Some(0));
    assert!(took < Duration::from_millis(500), "{took:?}");
    assert!(server.out.whole().iter().any(|line| line.starts_with("✓ ")), "{:?}", server.out.all());
    assert!(refuses(port));
}

#[test]
fn the_port_is_free_at_once() {
    let site = Site::small();
    let mut server = site.start();
    let port = server.port().to_string();
    server.get("/").is(200);
    server.type_line("stop");
    server.wait();
    let again = site.start_as(&["--plain", "--bind", "local", "-p", &port]);
    again.get("/").is(200);
}

#[test]
fn other_words_for_stop() {
    for word in ["quit", "exit", "Stop", "/stop"] {
        let mut server = Site::small().start();
        server.type_line(word);
        assert_eq!(server.wait().code(), Some(0), "{word}");
    }
}

#[test]
fn signals_end_it_with_0() {
    for signal in [Signal::INT, Signal::TERM] {
        let mut server = Site::small().start();
        server.signal(signal);
        assert_eq!(server.wait().code(), Some(0), "{signal:?}");
    }
}

#[test]
fn a_download_in_flight_is_finished_first() {
    let content = noise(1, BIG);
    let site = Site::small().file("static_file/big.bin", &content);
    for end in [None, Some(Signal::TERM), Some(Signal::INT)] {
        let mut server = site.start();
        let download = Download::begin(&server, "/big.bin");
        let port = server.port();
        match end {
            None => server.type_line("stop"),
            Some(signal) => server.signal(signal),
        }
        eventually("the listener to close", || refuses(port).then_some(()));
        assert!(download.finish() == content, "{end:?}: not whole");
        assert_eq!(server.wait().code(), Some(0), "{end:?}");
    }
}

#[test]
fn the_second_signal_ends_at_once() {
    let site = Site::small().file("static_file/big.bin", noise(2, BIG));
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let mut server = site.start();
        let _hangs = Download::begin(&server, "/big.bin");
        let port = server.port();
        server.signal(signal);
        eventually("the listener to close", || refuses(port).then_some(()));
        server.signal(signal);
        assert_eq!(server.wait().code(), Some(code));
    }
}

#[test]
fn what_hangs_is_cut_off_after_five_seconds() {
    let site = Site::small().file("static_file/big.bin", noise(3, BIG));
    let mut server = site.start();
    let _hangs = Download::begin(&server, "/big.bin");
    let began = Instant::now();
    server.type_line("stop");
    assert_eq!(server.wait().code(), Some(0));
    let took = began.elapsed();
    assert!((Duration::from_secs(4)..Duration::from_secs(9)).contains(&took), "{took:?}");
}

#[test]
fn hangup_reloads() {
    let site = Site::small().conf("log = \"\"\n");
    let mut server = site.start();
    site.write("stan.conf", "log = \"\"\n[[route]]\npath = \"/new\"\ntext = \"new\"\n");
    server.signal(Signal::HUP);
    eventually("the new route", || (server.get("/new").status == 200).then_some(()));
    server.signal(Signal::HUP);
    server.line("that answers", |line| line.starts_with("✓ "));
    server.get("/").is(200);
}

#[test]
fn a_page_is_told_that_the_server_stops() {
    let mut server = Site::small().start();
    let page = Socket::open(&server);
    server.type_line("stop");
    server.wait();
    let rest = page.rest();
    assert!(rest.iter().any(|message| message["t"] == "bye"), "{rest:?}");
}
