//! Requests that are refused before a target sees them, and the manners of the connection.

use std::io::{BufReader, Read, Write};

use crate::common::{Server, Site, read_answer};

fn with_host(server: &Server, host: &str) -> u16 {
    server.ask("GET", "/", &[("Host", host)], b"").status
}

#[test]
fn hosts_that_are_ours() {
    let server = Site::small().conf("hosts = [\"demo.example\"]\n").start();
    let port = server.port();
    for host in [
        format!("127.0.0.1:{port}"),
        format!("[::1]:{port}"),
        format!("localhost:{port}"),
        "LOCALHOST".into(),
        "192.168.7.7".into(),
        "demo.example".into(),
        "Demo.Example:80".into(),
    ] {
        assert_eq!(with_host(&server, &host), 200, "{host}");
    }
}

#[test]
fn another_host_is_misdirected_and_not_echoed() {
    let server = Site::small().start();
    for host in
        ["evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example", "demo.example"]
    {
        for target in ["/", "/none", "/upload", "/__stan/health", "/__stan/client.js"] {
            let answer = server.ask("GET", target, &[("Host", host)], b"").is(421);
            assert!(!answer.text().contains("example"), "{}", answer.text());
            assert!(!answer.headers.iter().any(|(_, value)| value.contains("example")), "{:?}", answer.headers);
        }
    }
    server.ask("GET", "http://evil.example/", &[], b"").is(421);
}

#[test]
fn a_request_has_one_host() {
    let server = Site::small().start();
    server.raw("GET / HTTP/1.1\r\n\r\n").is(400);
    server.raw("GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n").is(400);
    server.raw("GET / HTTP/1.0\r\n\r\n").is(200);
}

#[test]
fn what_is_no_http_is_400() {
    let server = Site::small().start();
    for request in [
        "GARBAGE\r\n\r\n",
        "GET /\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "GET /a\x01b HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ] {
        server.raw(request).is(400);
        server.get("/").is(200);
    }
}

#[test]
fn state_is_changed_only_from_the_same_origin() {
    let site = Site::small();
    let server = site.start();
    let send = |origin: &str, method: &str, target: &str| {
        server.ask(method, target, &[("Origin", origin), ("Accept", "*/*")], b"hello").status
    };
    let own = server.url("");
    for origin in ["http://evil.example", "null", "http://127.0.0.1:1", "file://"] {
        assert_eq!(send(origin, "PUT", "/upload/a.txt"), 403, "{origin}");
        assert_eq!(send(origin, "POST", "/upload/a.txt"), 403, "{origin}");
        assert_eq!(send(origin, "POST", "/upload"), 403, "{origin}");
    }
    assert!(site.names("uploads").is_empty());
    assert_eq!(send(&own, "PUT", "/upload/a.txt"), 201);
    assert_eq!(send(&own.replace("http:", "https:"), "PUT", "/upload/b.txt"), 201);
    assert_eq!(server.put("/upload/c.txt", b"no origin at all").status, 201);
}

#[test]
fn a_persons_own_routes_are_their_own() {
    let site = Site::small().file("templates/f.html", "{{ form.a }}").conf("[[route]]\npath = '/t'\ntext = 't'\n");
    let server = site.start();
    let headers = [("Origin", "http://evil.example"), ("Content-Type", "application/x-www-form-urlencoded")];
    assert_eq!(server.ask("POST", "/f", &headers, b"a=1").is(200).text(), "1");
    server.ask("POST", "/t", &headers, b"a=1").is(200);
}

#[test]
fn options_and_405_tell_what_is_allowed() {
    let site = Site::small().file("templates/f.html", "f").file("static_file/a.txt", "a");
    let server = site.start();
    for (target, has, has_not) in [
        ("/a.txt", "GET, HEAD", "POST"),
        ("/f", "POST", "DELETE"),
        ("/upload", "POST", "DELETE"),
        ("/__stan/health", "GET", "POST"),
    ] {
        let options = server.ask("OPTIONS", target, &[], b"");
        assert!(matches!(options.status, 200 | 204), "{target}: {}", options.status);
        let refused = server.ask("DELETE", target, &[], b"").is(405);
        for answer in [options, refused] {
            let allow = answer.value("allow").to_owned();
            assert!(has.split(", ").all(|method| allow.contains(method)), "{target}: {allow}");
            assert!(!allow.contains(has_not) && allow.contains("OPTIONS"), "{target}: {allow}");
        }
    }
}

#[test]
fn several_requests_on_one_connection() {
    let server = Site::small().file("static_file/a.txt", "aa").file("static_file/b.txt", "bb").start();
    let mut stream = server.connect();
    let both =
        [server.message("GET", "/a.txt", &[], b""), server.message("GET", "/b.txt", &[("Connection", "close")], b"")];
    stream.write_all(&both.concat()).unwrap();
    let mut stream = BufReader::new(stream);
    assert_eq!(read_answer(&mut stream, false).unwrap().text(), "aa");
    assert_eq!(read_answer(&mut stream, false).unwrap().text(), "bb");
    assert_eq!(stream.read(&mut [0]).unwrap(), 0, "closed as asked");
}

#[test]
fn a_body_beyond_the_limit_is_413() {
    let site = Site::small().file("templates/f.html", "{{ form.a }}").conf("[limits]\nbody = 1000\n");
    let server = site.start();
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let send = |bytes: usize| server.ask("POST", "/f", &[form], format!("a={}", "x".repeat(bytes)).as_bytes()).status;
    assert_eq!(send(900), 200);
    assert_eq!(send(2000), 413);
    let chunked = format!("7d0\r\na={}\r\n0\r\n\r\n", "x".repeat(1998));
    server.ask("POST", "/f", &[form, ("Transfer-Encoding", "chunked")], chunked.as_bytes()).is(413);
}

#[test]
fn a_client_that_waits_for_100_is_told_to_go_on() {
    let server = Site::small().start();
    let mut stream = server.connect();
    let head = server.message("PUT", "/upload/a.txt", &[("Expect", "100-continue"), ("Content-Length", "5")], b"");
    stream.write_all(&head).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    assert_eq!(crate::common::read_head(&mut reader).unwrap().status, 100);
    stream.write_all(b"hello").unwrap();
    read_answer(&mut reader, false).unwrap().is(201);
}

#[test]
fn headers_cannot_be_split() {
    let site = Site::small().file("static_file/d/x.txt", "x");
    let server = site.start();
    for target in ["/d?%0d%0aX-Evil:1", "/d%0d%0aX-Evil:1", "/%0d%0aX-Evil:%201", "/hello%0aSet-Cookie:a=b"] {
        let answer = server.get(target);
        let evil = |name: &str| name.eq_ignore_ascii_case("x-evil") || name.eq_ignore_ascii_case("set-cookie");
        assert!(!answer.headers.iter().any(|(name, _)| evil(name)), "{target}: {:?}", answer.headers);
    }
}
