//! Moving, pausing and beginning anew, without dropping anyone.

use std::io::{BufReader, Read, Write};
use std::net::TcpStream;

use crate::common::{Site, Socket, eventually, free_port, noise, read_head, taken_port};

fn refuses(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_err()
}

#[test]
fn port_0_moves_to_a_free_one() {
    let mut server = Site::small().start();
    let old = server.port();
    let answer = server.done("port 0");
    assert!(answer.above.iter().any(|line| line.starts_with("listening ")), "before the ✓: {answer:?}");
    assert_ne!(server.port(), old);
    assert!(answer.line.contains(&server.port().to_string()), "{}", answer.line);
    eventually("the old port to refuse", || refuses(old).then_some(()));
    server.get("/").is(200);
}

#[test]
fn port_n_is_that_one() {
    let mut server = Site::small().start();
    let port = free_port();
    let answer = server.done(&format!("port {port}"));
    assert_eq!(answer.line, format!("moved to port {port}"));
    assert_eq!(server.port(), port);
    server.get("/").is(200);
    server.done(&format!("port {port}"));
    server.get("/").is(200);
}

#[test]
fn a_taken_port_keeps_the_old() {
    let (_held, taken) = taken_port();
    let mut server = Site::small().start();
    let old = server.port();
    let answer = server.refused(&format!("port {taken}"));
    for says in [taken.to_string(), std::process::id().to_string(), "free".to_owned()] {
        assert!(answer.line.contains(&says), "{says} is not in {}", answer.line);
    }
    assert_eq!(server.port(), old);
    server.get("/").is(200);
}

#[test]
fn a_download_on_the_old_port_is_finished() {
    let content = noise(4, 48 << 20);
    let site = Site::small().file("static_file/big.bin", &content);
    let mut server = site.start();
    let mut stream = server.connect();
    stream.write_all(&server.message("GET", "/big.bin", &[], b"")).unwrap();
    let mut stream = BufReader::with_capacity(1 << 10, stream);
    read_head(&mut stream).unwrap().is(200);
    server.done("port 0");
    server.get("/").is(200);
    let mut body = vec![0; content.len()];
    stream.read_exact(&mut body).unwrap();
    assert!(body == content, "not whole");
}

#[test]
fn open_pages_follow() {
    let mut server = Site::small().start();
    let mut page = Socket::open(&server);
    server.done("port 0");
    let message = page.next("move", |message| message["t"] == "move");
    assert_eq!(message["port"], server.port());
}

#[test]
fn bind_moves_to_another_address() {
    let mut server = Site::small().start();
    let port = server.port();
    let answer = server.done("bind 127.0.0.2");
    assert!(answer.above.contains(&format!("listening http://127.0.0.2:{port}")), "{answer:?}");
    TcpStream::connect(("127.0.0.2", port)).unwrap();
    server.done("bind local");
    assert_eq!(server.port(), port);
    server.get("/").is(200);
    let answer = server.refused("bind 192.0.2.1");
    assert!(answer.line.contains("192.0.2.1"), "{}", answer.line);
    server.get("/").is(200);
}

#[test]
fn bind_moves_where_its_own_sockets_are_in_the_way() {
    // Both loopback addresses to one of them: the new socket cannot be had beside the old ones.
    let mut server = Site::small().start();
    let port = server.port();
    for place in ["127.0.0.1", "local", "127.0.0.1"] {
        let answer = server.done(&format!("bind {place}"));
        assert!(answer.above.contains(&format!("listening http://127.0.0.1:{port}")), "{place}: {answer:?}");
        server.get("/").is(200);
    }
}

#[test]
fn pause_and_start() {
    let mut server = Site::small().start();
    let port = server.port();
    server.done("pause");
    eventually("the port to refuse", || refuses(port).then_some(()));
    server.done("pause");
    let status = server.done("status");
    assert!(status.line.contains("paused"), "{}", status.line);
    let answer = server.done("start");
    assert!(answer.above.contains(&format!("listening http://127.0.0.1:{port}")), "{answer:?}");
    server.get("/").is(200);
}

#[test]
fn a_port_may_be_chosen_while_paused() {
    let mut server = Site::small().start();
    let port = free_port();
    server.done("pause");
    server.done(&format!("port {port}"));
    assert!(refuses(port), "still paused");
    server.done("start");
    assert_eq!(server.port(), port);
    server.get("/").is(200);
}

#[test]
fn stop_while_paused() {
    let mut server = Site::small().start();
    server.done("pause");
    server.type_line("stop");
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn restart_keeps_the_number_that_port_0_got() {
    let site = Site::small();
    let mut server = site.start();
    let port = server.port();
    server.done("restart");
    assert_eq!(server.port(), port);
    server.get("/").is(200);
    server.done("port 0");
    let moved = server.port();
    server.done("restart");
    assert_eq!(server.port(), moved);
    server.get("/").is(200);
}

#[test]
fn set_moves_as_port_does() {
    let mut server = Site::small().start();
    let port = free_port();
    server.done(&format!("set port {port}"));
    assert_eq!(server.port(), port);
    server.get("/").is(200);
}
