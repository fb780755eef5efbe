//! Large bodies through WSGI apps, both ways: whole, in pieces, left halfway, and under load.

use std::io::{Read, Write};

use crate::common::{Server, Site, eventually, noise};

/// An app of many ways to read and to answer, checked by the standard library's validator.
const APP: &str = r#"
import os, wsgiref.validate

def start(start_response, length=None):
    headers = [("Content-Type", "application/octet-stream")]
    if length is not None:
        headers.append(("Content-Length", str(length)))
    start_response("200 OK", headers)

def pieces(body, size):
    while True:
        piece = body.read(size)
        if not piece:
            return
        yield piece

# How the body is read.
def whole(body, length):
    return [body.read(length)] if length else list(pieces(body, 1 << 30))
def small(body, length):
    return list(pieces(body, 1000))
def odd(body, length):
    return list(pieces(body, 300007))
def lines(body, length):
    return list(body)
def mixed(body, length):
    got = [body.readline(70000), body.read(5), body.readline(1)]
    return got + body.readlines(100000) + list(pieces(body, 2 << 20))

def echo(environ, start_response):
    _, way, back = environ["PATH_INFO"].split("/")
    got = globals()[way](environ["wsgi.input"], int(environ.get("CONTENT_LENGTH") or 0))
    if back == "write":
        send = start_response("200 OK", [("Content-Type", "application/octet-stream")])
        for piece in got:
            send(piece)
        return []
    if back == "list":
        start(start_response, sum(map(len, got)))
        return got
    start(start_response)
    return (piece for piece in got)

def stream(environ, start_response):
    """Answers while the body still comes."""
    start(start_response)
    return pieces(environ["wsgi.input"], 100000)

def half(environ, start_response):
    data = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]) // 2)
    start(start_response, len(data))
    return [data]

def never(environ, start_response):
    start(start_response, 1 << 20)
    return [b"n" * (1 << 20)]

def many(environ, start_response):
    start(start_response)
    return (bytes([n]) * (1 << 20) for n in range(100))

class Endless:
    def __iter__(self):
        return self
    def __next__(self):
        return b"x" * (1 << 20)
    def close(self):
        print("closed it", flush=True)

def endless(environ, start_response):
    start(start_response)
    return Endless()

def die(environ, start_response):
    environ["wsgi.input"].read(1 << 20)
    os._exit(3)

def gone(environ, start_response):
    try:
        list(pieces(environ["wsgi.input"], 1 << 20))
    except OSError as error:
        print("was told:", error, flush=True)
        raise
    start(start_response)
    return [b"whole"]

views = {"/" + f.__name__: f for f in (stream, half, never, many, endless, die, gone)}

def bare(environ, start_response):
    return views.get(environ["PATH_INFO"], echo)(environ, start_response)

checked = wsgiref.validate.validator(bare)

def app(environ, start_response):
    # The validator hides from the server whether an answer is a list.
    return (bare if "HTTP_X_BARE" in environ else checked)(environ, start_response)
"#;

fn site(workers: u32, threads: u32) -> Site {
    let conf = format!(
        "[limits]\nbody = \"100MB\"\n[[route]]\npath = \"/{{*rest}}\"\nwsgi = \"large:app\"\nworkers = {workers}\nthreads = {threads}\n"
    );
    Site::small().file("large.py", APP).conf(&conf)
}

/// Lines of all lengths, one of them very long.
fn text(seed: u64, length: usize) -> Vec<u8> {
    let mut bytes = noise(seed, length);
    for byte in bytes.iter_mut().skip(length / 3).take(length / 3) {
        *byte |= 1;
        if *byte == b'\n' | 1 {
            *byte = 0;
        }
    }
    bytes
}

/// In chunks of many sizes.
fn chunked(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + body.len() / 100 + 100);
    let (mut rest, mut size) = (body, 1);
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at(size.min(rest.len()));
        out.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        out.extend_from_slice(chunk);
        out.extend_from_slice(b"\r\n");
        rest = after;
        size = size * 3 % 200_003;
    }
    out.extend_from_slice(b"0\r\n\r\n");
    out
}

fn echoes(server: &Server, path: &str, body: &[u8]) {
    for bare in [&[][..], &[("X-Bare", "1")]] {
        let answer = server.ask("POST", path, bare, body).is(200);
        assert!(answer.body == body, "{path}: {} bytes of {}", answer.body.len(), body.len());
    }
}

fn echoes_chunked(server: &Server, path: &str, body: &[u8]) {
    let answer = server.ask("POST", path, &[("Transfer-Encoding", "chunked")], &chunked(body)).is(200);
    assert!(answer.body == body, "{path} in chunks: {} bytes of {}", answer.body.len(), body.len());
}

const SIZES: [usize; 14] = [
    0,
    1,
    (32 << 10) - 1,
    32 << 10,
    (32 << 10) + 1,
    (64 << 10) - 1,
    64 << 10,
    (64 << 10) + 1,
    (1 << 20) - 1,
    1 << 20,
    (1 << 20) + 1,
    (2 << 20) + 1,
    3_000_000,
    5 << 20,
];

#[test]
fn bodies_of_every_size_come_back() {
    let site = site(1, 1);
    let server = site.start();
    for size in SIZES {
        let body = text(size as u64, size);
        for path in ["/whole/list", "/odd/generator"] {
            echoes(&server, path, &body);
            echoes_chunked(&server, path, &body);
        }
    }
}

#[test]
fn bodies_are_read_in_every_way() {
    let site = site(1, 1);
    let server = site.start();
    for size in [1000, 70_000, (1 << 20) + 1, 5 << 20] {
        let body = text(size as u64, size);
        for path in ["/small/list", "/lines/generator", "/mixed/write", "/odd/write", "/mixed/list", "/whole/write"] {
            echoes(&server, path, &body);
            echoes_chunked(&server, path, &body);
        }
    }
}

#[test]
fn a_very_large_body_comes_back() {
    let site = site(1, 2);
    let server = site.start();
    let body = noise(9, 40 << 20);
    echoes(&server, "/whole/list", &body);
    echoes_chunked(&server, "/odd/list", &body);
}

#[test]
fn an_answer_may_begin_before_the_body_has_ended() {
    let site = site(1, 1);
    let server = site.start();
    for size in [200_000, 5 << 20, 20 << 20] {
        let body = noise(size as u64, size);
        let mut client = server.connect();
        let mut sends = client.try_clone().unwrap();
        let message = server.message("POST", "/stream", &[("Connection", "close")], &body);
        let answer = std::thread::scope(|scope| {
            scope.spawn(move || sends.write_all(&message).unwrap());
            let mut answer = Vec::new();
            client.read_to_end(&mut answer).unwrap();
            answer
        });
        assert!(unchunked(&answer) == body, "{size} bytes");
    }
}

/// The body of an answer in chunks.
fn unchunked(answer: &[u8]) -> Vec<u8> {
    let end = |bytes: &[u8]| bytes.windows(2).position(|two| two == b"\r\n").unwrap();
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let (mut rest, mut body) = (&answer[head + 4..], Vec::new());
    loop {
        let line = end(rest);
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..line]).unwrap(), 16).unwrap();
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&rest[line + 2..line + 2 + size]);
        rest = &rest[line + size + 4..];
    }
}

#[test]
fn a_body_may_be_read_in_part_or_not_at_all() {
    let site = site(1, 1);
    let server = site.start();
    for size in [70_000, 1 << 20, (1 << 20) + 500_000, 5 << 20] {
        let body = noise(size as u64, size);
        for bare in [&[][..], &[("X-Bare", "1")]] {
            assert!(server.ask("POST", "/half", bare, &body).is(200).body == body[..size / 2], "{size} bytes");
            assert_eq!(server.ask("POST", "/never", bare, &body).is(200).body.len(), 1 << 20);
        }
        echoes(&server, "/whole/list", &body);
    }
}

#[test]
fn a_long_answer_arrives_whole() {
    let site = site(1, 1);
    let server = site.start();
    let answer = server.get("/many").is(200);
    assert_eq!(answer.body.len(), 100 << 20);
    assert!(answer.body.chunks(1 << 20).enumerate().all(|(n, piece)| piece.iter().all(|byte| *byte as usize == n)));
}

#[test]
fn an_app_is_told_of_a_client_that_left() {
    let site = site(1, 1);
    let mut server = site.start();
    for (sent, told) in [(100_000, "cut short"), (3 << 20, "cut short")] {
        let mut client = server.connect();
        let message = server.message("POST", "/gone", &[], &noise(1, 5 << 20));
        client.write_all(&message[..sent]).unwrap();
        drop(client);
        server.line("that says so", |line| line.contains("was told") && line.contains(told));
    }
    let mut client = server.connect();
    client.write_all(&server.message("GET", "/endless", &[], b"")).unwrap();
    client.read_exact(&mut vec![0; 3 << 20]).unwrap();
    drop(client);
    server.line("closed it", |line| line.contains("closed it"));
    let body = noise(3, 3 << 20);
    echoes(&server, "/whole/list", &body);
}

/// The most memory that a process has had, in KiB.
fn peak(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn nothing_is_gathered_for_a_client_that_is_slow() {
    let site = site(1, 1);
    let server = site.start();
    echoes(&server, "/whole/list", &noise(1, 1 << 20));
    let before = peak(server.pid());
    let mut client = server.connect();
    client.write_all(&server.message("GET", "/endless", &[], b"")).unwrap();
    let mut piece = vec![0; 16 << 10];
    for _ in 0..4000 {
        client.read_exact(&mut piece).unwrap();
        std::thread::yield_now();
    }
    let after = peak(server.pid());
    assert!(after < before + (16 << 10), "{before} KiB, then {after}");
}

#[test]
fn many_at_once() {
    let site = site(2, 4);
    let server = site.start();
    std::thread::scope(|scope| {
        for client in 0..12 {
            let server = &server;
            scope.spawn(move || {
                for (turn, size) in [1 << 20, 50_000, 3 << 20, 1000, (1 << 20) + 1, 700_000].into_iter().enumerate() {
                    let body = noise(client * 100 + turn as u64, size);
                    echoes(server, if client % 2 == 0 { "/whole/list" } else { "/odd/generator" }, &body);
                    echoes_chunked(server, "/lines/write", &body);
                }
            });
        }
    });
}

#[test]
fn a_worker_that_dies_in_the_middle_is_replaced() {
    let site = site(1, 2);
    let mut server = site.start();
    let body = noise(1, 3 << 20);
    echoes(&server, "/whole/list", &body);
    server.ask("POST", "/die", &[], &body).is(500);
    server.line("another takes its place", |line| line.contains("another takes its place"));
    echoes(&server, "/whole/list", &body);
}

/// KiB of shared memory that a process has, in how many mappings.
fn shared(pid: u32) -> (u64, usize) {
    let smaps = std::fs::read_to_string(format!("/proc/{pid}/smaps")).unwrap();
    let (mut within, mut sum, mut count) = (false, 0, 0);
    for line in smaps.lines() {
        // A mapping's first line has the addresses, those that follow a name and a colon.
        if !line.split(' ').next().is_some_and(|word| word.ends_with(':')) {
            within = line.contains("memfd:stan");
            count += usize::from(within);
        } else if let Some(rest) = line.strip_prefix("Rss:").filter(|_| within) {
            sum += rest.trim().trim_end_matches(" kB").parse::<u64>().unwrap();
        }
    }
    (sum, count)
}

#[test]
fn memory_is_held_while_it_is_used() {
    let site = site(1, 2);
    let server = site.start();
    let mut client = server.connect();
    client.write_all(&server.message("GET", "/endless", &[], b"")).unwrap();
    client.read_exact(&mut vec![0; 1 << 20]).unwrap();
    assert!(shared(server.pid()).0 >= 1 << 10, "an answer is under way");
    echoes(&server, "/whole/list", &noise(3, 3 << 20));
    drop(client);
    eventually("an idle thread gives it back", || (shared(server.pid()).0 == 0).then_some(()));
}
