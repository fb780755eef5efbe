//! Upstreams that speak https.

use std::io::{Read as _, Write as _};

use crate::common::{Secure, Server, Site, Upstream, connect};

const BOTH: &[&str] = &["h2", "http/1.1"];

fn serving(url: &str, more: &str, pem: &str) -> Server {
    let conf = format!("[[route]]\npath = \"/api/{{*rest}}\"\nstrip = true\nproxy = \"{url}\"\n{more}\n");
    Site::small().file("ca.pem", pem).conf(&conf).start()
}

#[test]
fn one_that_is_not_trusted_is_refused_with_what_to_do() {
    let secure = Secure::new("localhost", BOTH, false);
    let mut server = serving(&secure.url(), "", "");
    for _ in 0..2 {
        let text = server.get("/api/x").is(502).text();
        let said = format!("{} has a certificate that is not trusted: nobody", secure.url());
        assert!(text.contains(&said) && text.contains("ca = ") && text.contains("verify = false"), "{text}");
    }
    server.line("the news", |line| line.starts_with("error proxy ") && line.contains("is not trusted"));
    assert_eq!(secure.connections(), 0);
}

#[test]
fn unchecked_and_in_http_2() {
    let secure = Secure::new("another.example", BOTH, false);
    let server = serving(&secure.url(), "verify = false\nhost = \"upstream\"", "");
    for _ in 0..3 {
        let body = vec![b'x'; 300_000];
        let answer = server.ask("POST", "/api/x", &[("Expect", "100-continue")], &body).is(200);
        assert_eq!(answer.value("x-told"), format!("HTTP/2 /x at localhost:{}", secure.port));
        assert_eq!(answer.value("location"), "/api/elsewhere");
        assert!(answer.body == body);
    }
    assert_eq!(secure.connections(), 1);
}

#[test]
fn by_a_file_of_certificates() {
    for authority in [false, true] {
        let secure = Secure::new("localhost", &["http/1.1"], authority);
        let server = serving(&secure.url(), "ca = \"ca.pem\"", &secure.pem);
        for _ in 0..3 {
            let host = format!("127.0.0.1:{}", server.port());
            assert_eq!(server.get("/api/x").is(200).value("x-told"), format!("HTTP/1 /x at {host}"));
        }
        assert_eq!(secure.connections(), 1);
    }
    let secure = Secure::new("another.example", BOTH, true);
    let text = serving(&secure.url(), "ca = \"ca.pem\"", &secure.pem).get("/api/x").is(502).text();
    assert!(text.contains("not valid for name \"localhost\""), "{text}");
    let text = serving(&secure.url(), "ca = \"ca.pem\"", "nothing").get("/api/x").is(502).text();
    assert!(text.contains("ca.pem: there is no certificate in it"), "{text}");
}

#[test]
fn by_the_systems_authorities() {
    let secure = Secure::new("localhost", &[], false);
    let conf = format!("[[route]]\npath = \"/\"\nproxy = \"{}\"\n", secure.url());
    let site = Site::small().file("ca.pem", &secure.pem).conf(&conf);
    let mut command = site.stan(&["--plain", "--bind", "local", "-p", "0"]);
    let server = Server::start(command.env("SSL_CERT_FILE", site.path("ca.pem")));
    assert!(server.get("/x").is(200).value("x-told").starts_with("HTTP/1 /x at "));
}

#[test]
fn one_that_speaks_http_is_told_apart() {
    let upstream = Upstream::named("up");
    let text = serving(&upstream.url().replace("http:", "https:"), "verify = false", "").get("/api/x").is(502).text();
    assert!(text.contains("makes no secure connection") && text.contains("http://"), "{text}");
}

#[test]
fn another_protocol_in_http_1_though_both_could_do_more() {
    let secure = Secure::new("localhost", BOTH, false);
    let server = serving(&secure.url(), "verify = false", "");
    assert!(server.get("/api/x").is(200).value("x-told").starts_with("HTTP/2 "));
    let mut stream = connect(server.port());
    stream
        .write_all(b"GET /api/s HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello")
        .unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut seen = String::new();
    stream.read_to_string(&mut seen).unwrap();
    assert!(seen.starts_with("HTTP/1.1 101 ") && seen.ends_with("\r\n\r\nhello"), "{seen}");
}

#[test]
fn what_a_web_socket_needs_says_nothing_of_other_requests() {
    let secure = Secure::new("localhost", BOTH, false);
    let server = serving(&secure.url(), "verify = false", "");
    let mut stream = connect(server.port());
    stream
        .write_all(b"GET /api/s HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
        .unwrap();
    stream.read_exact(&mut [0; 12]).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| server.get("/api/x").is(200));
        }
    });
    assert_eq!(secure.connections(), 2, "its own, and one for all others");
}

#[test]
fn a_file_of_certificates_may_be_replaced() {
    for authority in [false, true] {
        let (secure, other) = (Secure::new("localhost", BOTH, authority), Secure::new("localhost", BOTH, authority));
        let conf = format!("[[route]]\npath = \"/\"\nproxy = \"{}\"\nca = \"ca.pem\"\n", secure.url());
        let site = Site::small().file("ca.pem", &other.pem).conf(&conf);
        let server = site.start();
        let text = server.get("/x").is(502).text();
        assert!(text.contains("nobody whom stan") && text.contains("into the file that ca names"), "{text}");
        site.write("ca.pem", &secure.pem);
        server.get("/x").is(200);
    }
}
