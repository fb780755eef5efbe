//! What uploads may cost, and what happens when a name is taken.

use std::io::{BufReader, Write};

use crate::common::{Form, Server, Site, noise, read_answer};

fn chunked(server: &Server, target: &str, content: &[u8]) -> crate::common::Response {
    let body = [format!("{:x}\r\n", content.len()).as_bytes(), content, b"\r\n0\r\n\r\n"].concat();
    server.ask("PUT", target, &[("Transfer-Encoding", "chunked")], &body)
}

#[test]
fn a_taken_name_may_be_refused() {
    let site = Site::small().conf("[upload]\nexists = \"refuse\"\n");
    let server = site.start();
    server.put("/upload/a.txt", b"one").is(201);
    let answer = server.put("/upload/a.txt", b"two").is(409);
    assert!(answer.value("content-type").starts_with("application/problem+json"), "{:?}", answer.headers);
    assert_eq!(answer.json()["status"], 409);
    assert_eq!(site.text("uploads/a.txt"), "one");
    let form = Form::new().file("f", "a.txt", "text/plain", b"three").bytes();
    server.ask("POST", "/upload", &[("Content-Type", &Form::content_type()), ("Accept", "*/*")], &form).is(409);
    assert_eq!(site.names("uploads"), ["a.txt"]);
}

#[test]
fn a_taken_name_may_be_replaced() {
    let site = Site::small().conf("[upload]\nexists = \"replace\"\n");
    let server = site.start();
    server.put("/upload/a.txt", b"one").is(201);
    assert_eq!(server.put("/upload/a.txt", b"two").is(201).json()["files"][0]["name"], "a.txt");
    assert_eq!(site.text("uploads/a.txt"), "two");
    assert_eq!(site.names("uploads"), ["a.txt"]);
}

#[test]
fn a_file_that_is_too_large_is_413() {
    let site = Site::small().conf("[upload]\nmax_size = \"10 KB\"\n");
    let server = site.start();
    server.put("/upload/fits.bin", &[1; 10_000]).is(201);
    let answer = server.put("/upload/large.bin", &[1; 10_001]).is(413);
    assert!(answer.value("content-type").starts_with("application/problem+json"), "{:?}", answer.headers);
    chunked(&server, "/upload/large.bin", &[1; 12_000]).is(413);
    let form = Form::new().file("f", "large.bin", "x/y", &[1; 12_000]).bytes();
    server.ask("POST", "/upload", &[("Content-Type", &Form::content_type()), ("Accept", "*/*")], &form).is(413);
    assert_eq!(site.names("uploads"), ["fits.bin"]);
}

#[test]
fn the_reserve_is_never_touched() {
    let site = Site::small().conf("[upload]\nreserve = \"9000 TiB\"\n");
    let server = site.start();
    server.put("/upload/a.txt", b"x").is(507);
    assert!(site.names("uploads").is_empty());
}

#[test]
fn an_empty_file_is_a_file() {
    let site = Site::small();
    let server = site.start();
    assert_eq!(server.put("/upload/empty.txt", b"").is(201).json()["files"][0]["size"], 0);
    chunked(&server, "/upload/b.txt", b"chunk").is(201);
    assert_eq!(site.read("uploads/empty.txt"), b"");
    assert_eq!(site.text("uploads/b.txt"), "chunk");
}

#[test]
fn a_form_without_a_file_stores_nothing() {
    let site = Site::small();
    let server = site.start();
    let form = Form::new().file("f", "", "application/octet-stream", b"").bytes();
    let answer = server.ask("POST", "/upload", &[("Content-Type", &Form::content_type()), ("Accept", "*/*")], &form);
    assert!(answer.status < 500, "{}", answer.text());
    assert!(site.names("uploads").is_empty());
    let answer = server.put("/upload/", b"nameless");
    assert!((400..500).contains(&answer.status), "{}", answer.status);
}

#[test]
fn a_form_cut_before_its_end_is_400() {
    let site = Site::small();
    let server = site.start();
    let mut form = Form::new().file("f", "a.txt", "text/plain", b"hello").bytes();
    form.truncate(form.len() - 20);
    server.ask("POST", "/upload", &[("Content-Type", &Form::content_type()), ("Accept", "*/*")], &form).is(400);
    assert!(site.names("uploads").is_empty(), "its end was never seen");
}

/// Sends `size` bytes after `head` and before `tail`, and says how many kilobytes of memory the
/// server took more than before, at the most.
fn memory_for(server: &Server, head: &[u8], size: usize, tail: &[u8]) -> u64 {
    let before = server.memory("VmRSS").max(server.memory("VmHWM"));
    let block = noise(9, 1 << 20);
    let mut stream = server.connect();
    stream.write_all(head).unwrap();
    for _ in 0..size >> 20 {
        stream.write_all(&block).unwrap();
    }
    stream.write_all(tail).unwrap();
    read_answer(&mut BufReader::new(stream), false).unwrap().is(201);
    // The kernel counts by processor, and sums up roughly.
    server.memory("VmHWM").saturating_sub(before)
}

#[test]
fn any_size_goes_through_little_memory() {
    let length = if cfg!(debug_assertions) { 256 << 20 } else { 1 << 30 };
    let site = Site::small().conf("[upload]\nflush = false\n");
    let server = site.start();
    // The first of each kind pays for what every one shares.
    server.put("/upload/first.bin", &noise(10, 4 << 20)).is(201);
    let put = server.message("PUT", "/upload/put.bin", &[("Content-Length", &length.to_string())], b"");
    let more = memory_for(&server, &put, length, b"");
    println!("PUT of {length} bytes: {more} KiB more");
    assert!(more < 8 << 10, "PUT took {more} KiB");
    std::fs::remove_file(site.path("uploads/put.bin")).unwrap();

    let (head, tail) = Form::around("form.bin");
    let whole = (head.len() + length + tail.len()).to_string();
    let headers = [("Content-Type", Form::content_type()), ("Content-Length", whole), ("Accept", "*/*".into())];
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let head = [server.message("POST", "/upload", &headers, b""), head].concat();
    let more = memory_for(&server, &head, length, &tail);
    println!("form of {length} bytes: {more} KiB more");
    assert!(more < 8 << 10, "the form took {more} KiB");
    assert_eq!(site.path("uploads/form.bin").metadata().unwrap().len(), length as u64);
}
