//! Requests that another server answers: heads, paths, and which server.

use std::io::{BufRead as _, BufReader, Write as _};

use crate::common::{Server, Site, Upstream};

/// A server with one route to these upstreams.
fn serving(path: &str, upstreams: &[&Upstream], more: &str) -> Server {
    let urls: Vec<_> = upstreams.iter().map(|upstream| format!("\"{}\"", upstream.url())).collect();
    let conf = format!("[[route]]\npath = \"{path}\"\nproxy = [{}]\n{more}\n", urls.join(", "));
    Site::small().conf(&conf).start()
}

#[test]
fn a_request_and_its_answer_pass() {
    let upstream = Upstream::new(|peer, ask| {
        let body = peer.body(ask);
        let head = "HTTP/1.1 201 Made\r\nX-Odd_Name: a b\r\nSet-Cookie: a=1; Path=/x\r\nSet-Cookie: b=2\r\n\
            Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nContent-Length: ";
        peer.say(format!("{head}{}\r\n\r\n", body.len()));
        peer.say(body);
        true
    });
    let server = serving("/api/{*rest}", &[&upstream], "");
    let headers = [
        ("X_Under", "1"),
        ("X-Empty", ""),
        ("Connection", "X-Mine"),
        ("X-Mine", "1"),
        ("Proxy-Connection", "keep-alive"),
        ("X-Forwarded-For", "6.6.6.6"),
        ("Cookie", "a=1; b=2"),
    ];
    let answer = server.ask("POST", "/api/a%20b//c%2Fd?q=%20&r", &headers, b"hello").is(201);
    assert_eq!(answer.body, b"hello");
    assert_eq!((answer.value("x-odd_name"), answer.value("via")), ("a b", "1.1 stan"));
    let cookies: Vec<_> = answer.headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, v)| v).collect();
    assert_eq!(cookies, ["a=1; Path=/x", "b=2"]);
    for gone in ["x-hop", "keep-alive", "x-content-type-options", "cross-origin-resource-policy"] {
        assert_eq!(answer.header(gone), None, "{gone}");
    }
    let ask = upstream.last();
    assert_eq!(ask.line, "POST /api/a%20b//c%2Fd?q=%20&r HTTP/1.1");
    let host = format!("127.0.0.1:{}", server.port());
    assert_eq!((ask.value("host"), ask.value("x-forwarded-host")), (host.as_str(), host.as_str()));
    assert_eq!((ask.value("x_under"), ask.has("x-empty"), ask.value("cookie")), ("1", true, "a=1; b=2"));
    assert_eq!((ask.value("x-forwarded-for"), ask.value("x-forwarded-proto")), ("127.0.0.1", "http"));
    assert_eq!(ask.value("forwarded"), format!("for=127.0.0.1;host=\"{host}\";proto=http"));
    assert!(!ask.has("x-mine") && !ask.has("proxy-connection"));
}

#[test]
fn any_method_and_all_below_a_path() {
    let upstream = Upstream::named("up");
    let server = serving("/", &[&upstream], "");
    for (method, target) in [("GET", "/"), ("OPTIONS", "/x"), ("DELETE", "/a/b"), ("PURGE", "/"), ("PROPFIND", "/c/")] {
        assert_eq!(server.ask(method, target, &[], b"").is(200).text(), "up");
        assert_eq!(upstream.last().line, format!("{method} {target} HTTP/1.1"));
    }
    server.get("/__stan/health").is(200);
    server.get("/a/%2e%2e/b").is(400);
}

#[test]
fn connections_are_used_again() {
    let upstream = Upstream::named("up");
    let server = serving("/api", &[&upstream], "");
    for _ in 0..5 {
        server.get("/api").is(200);
        server.ask("POST", "/api/x", &[], b"body").is(200);
    }
    assert_eq!(upstream.asks().iter().map(|ask| ask.connection).max(), Some(0));
}

#[test]
fn a_connection_that_died_waiting_is_replaced() {
    // It says nothing of that, and closes after each answer.
    let upstream = Upstream::new(|peer, ask| {
        peer.body(ask);
        peer.ok("up");
        false
    });
    let server = serving("/api", &[&upstream], "");
    for _ in 0..5 {
        server.get("/api").is(200);
    }
    assert_eq!(upstream.asks().len(), 5);
}

#[test]
fn a_stripped_prefix_comes_back_in_answers() {
    let upstream = Upstream::new(|peer, ask| {
        let host = ask.value("host").to_owned();
        peer.say(format!(
            "HTTP/1.1 302 Found\r\nLocation: http://{host}/login?x\r\nContent-Location: /here\r\n\
             Set-Cookie: a=1; Path=/; HttpOnly\r\nContent-Length: 0\r\n\r\n"
        ));
        true
    });
    let server = serving("/u/{id}/{*rest}", &[&upstream], "strip = true\nhost = \"upstream\"");
    let answer = server.get("/u/a%20b/c/d?q").is(302);
    assert_eq!(answer.value("location"), "/u/a%20b/login?x");
    assert_eq!(answer.value("content-location"), "/u/a%20b/here");
    assert_eq!(answer.value("set-cookie"), "a=1; Path=/u/a%20b/; HttpOnly");
    let ask = upstream.last();
    assert_eq!((ask.line.as_str(), ask.value("x-forwarded-prefix")), ("GET /c/d?q HTTP/1.1", "/u/a%20b"));
    assert_eq!(ask.value("host"), &upstream.url()[7..]);
}

#[test]
fn requests_are_balanced() {
    let (one, two) = (Upstream::named("1"), Upstream::named("2"));
    let server = serving("/api", &[&one, &two], "");
    let said: String = (0..6).map(|_| server.get("/api").is(200).text()).collect();
    assert!(said == "121212" || said == "212121", "{said}");
    let server = serving("/api", &[&one, &two], "balance = \"client\"");
    let said: String = (0..6).map(|_| server.get("/api").is(200).text()).collect();
    assert!(said == "111111" || said == "222222", "{said}");
    let server = serving("/api", &[&one, &two], "balance = \"least-connections\"");
    assert_eq!((0..6).filter(|_| server.get("/api").is(200).text() == "1").count(), 3);
}

#[test]
fn over_http_2_and_a_socket_in_the_file_system() {
    let trusting = Site::small().conf("trusted_proxies = [\"127.0.0.1\"]\n");
    let behind = trusting.file("static_file/a.txt", "a text").start();
    let conf = format!("[[route]]\npath = \"/\"\nproxy = \"h2c://127.0.0.1:{}\"\n", behind.port());
    let server = Site::small().conf(&conf).start();
    for _ in 0..3 {
        assert_eq!(server.get("/a.txt").is(200).text(), "a text");
    }
    assert_eq!(server.head("/a.txt").is(200).value("content-length"), "6");
    server.get("/none").is(404);
    let big = vec![b'x'; 300_000];
    server.put("/upload/big.bin", &big).is(201);

    let site = Site::small().conf("[[route]]\npath = \"/\"\nproxy = \"unix:app.sock\"\n");
    let listener = std::os::unix::net::UnixListener::bind(site.path("app.sock")).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut stream = BufReader::new(stream);
            let mut line = String::new();
            while line != "\r\n" {
                line.clear();
                stream.read_line(&mut line).unwrap();
            }
            stream.get_mut().write_all(b"HTTP/1.0 200 OK\r\n\r\nby socket").unwrap();
        }
    });
    assert_eq!(site.start().get("/").is(200).text(), "by socket");
}

#[test]
fn head_and_answers_without_a_body() {
    let upstream = Upstream::new(|peer, ask| {
        peer.say(match ask.line.split(' ').nth(1) {
            Some("/long") => "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
            Some("/chunked") => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            Some("/same") => "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n",
            _ => "HTTP/1.1 204 No Content\r\n\r\n",
        });
        true
    });
    let server = serving("/", &[&upstream], "");
    assert_eq!(server.head("/long").is(200).value("content-length"), "1000");
    assert_eq!(server.head("/chunked").is(200).header("content-length"), None);
    assert_eq!(server.get("/same").is(304).value("etag"), "\"a\"");
    server.get("/none").is(204);
    assert_eq!(upstream.last().connection, 0, "all on one connection");
}

#[test]
fn documents_get_the_live_reload_script() {
    let upstream = Upstream::new(|peer, _| {
        peer.say(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nETag: \"a\"\r\nTransfer-Encoding: chunked\r\n\r\n\
             17\r\n<!doctype html><head><p\r\n4\r\n>end\r\n0\r\n\r\n",
        );
        true
    });
    let server = serving("/", &[&upstream], "");
    let page = server.page("/").is(200);
    assert!(page.text().contains("/__stan/client.js") && page.text().ends_with(">end"), "{}", page.text());
    assert_eq!(upstream.last().value("accept-encoding"), "identity");
    let etag = page.value("etag").to_owned();
    server.ask("GET", "/", &[("Accept", "text/html"), ("If-None-Match", &etag)], b"").is(304);
    let plain = server.get("/").is(200);
    assert_eq!((plain.value("etag"), plain.text().as_str()), ("\"a\"", "<!doctype html><head><p>end"));
}

#[test]
fn a_trusted_proxys_word_is_passed_on() {
    let upstream = Upstream::named("up");
    let route = format!("[[route]]\npath = \"/\"\nproxy = \"{}\"\n", upstream.url());
    let through = [("X-Forwarded-For", "192.168.7.7"), ("X-Forwarded-Proto", "https")];
    for (trusted, told, proto) in
        [("trusted_proxies = [\"127.0.0.1\"]\n", "192.168.7.7, 127.0.0.1", "https"), ("", "127.0.0.1", "http")]
    {
        let server = Site::small().conf(&format!("{trusted}{route}")).start();
        server.ask("GET", "/", &through, b"").is(200);
        let ask = upstream.last();
        assert_eq!((ask.value("x-forwarded-for"), ask.value("x-forwarded-proto")), (told, proto));
    }
}

#[test]
fn with_cors_other_origins_may_read_what_upstreams_answer() {
    let upstream = Upstream::named("up");
    let conf = format!("cors = true\n[[route]]\npath = \"/\"\nproxy = \"{}\"\n", upstream.url());
    let server = Site::small().conf(&conf).start();
    assert_eq!(server.get("/").is(200).value("access-control-allow-origin"), "*");
}
