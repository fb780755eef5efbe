//! httpbin: what clients are tested with tests a server as well.

use crate::browser::Browser;
use crate::common::{Form, Server, Site, noise};
use crate::software::{is_content, start};

fn httpbin() -> (Site, Server) {
    let conf = "[[route]]\npath = \"/bin/{*rest}\"\nwsgi = \"httpbin:app\"\nworkers = 1\n";
    let site = Site::new().conf(conf);
    let server = start(&site);
    (site, server)
}

#[test]
fn what_was_asked_comes_back() {
    let (_site, server) = httpbin();
    let told =
        server.ask("GET", "/bin/get?a=1&a=2&b=%C3%BC", &[("X-Probe", "1"), ("X-Probe", "2")], b"").is(200).json();
    assert_eq!(told["args"], serde_json::json!({"a": ["1", "2"], "b": "ü"}));
    assert_eq!(told["headers"]["X-Probe"], "1,2");
    assert_eq!(told["origin"], "127.0.0.1");
    assert_eq!(told["url"], server.url("/bin/get?a=1&a=2&b=ü"));
    let form = Form::new().field("a", "b").file("file", "x", "text/plain", b"some text");
    let told = Browser::of(&server).send_form("/bin/post", form).is(200).json();
    assert_eq!((&told["form"]["a"], &told["files"]["file"]), (&"b".into(), &"some text".into()));
    let chunked = [("Transfer-Encoding", "chunked")];
    let told = server.ask("PUT", "/bin/put", &chunked, b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n").is(200).json();
    assert_eq!(told["data"], "abcde");
    for method in ["PATCH", "DELETE"] {
        let told = server.ask(method, "/bin/anything/x", &[("Content-Length", "2")], b"hi").is(200).json();
        assert_eq!((&told["method"], &told["data"]), (&method.into(), &"hi".into()));
    }
    let told = server.ask("GET", "/bin/headers", &[("Accept", "a/b, c/d")], b"").is(200).json();
    assert_eq!(told["headers"]["Accept"], "a/b, c/d");
    is_content(&server);
}

#[test]
fn statuses_redirects_cookies_and_passwords() {
    let (_site, server) = httpbin();
    assert!(server.get("/bin/status/418").is(418).text().contains("teapot"));
    for status in [200, 201, 204, 304, 400, 404, 429, 500, 503, 599] {
        server.get(&format!("/bin/status/{status}")).is(status);
    }
    let mut browser = Browser::of(&server);
    let mut answer = browser.get("/bin/redirect/3").is(302);
    while answer.status == 302 {
        answer = browser.follow(&answer);
    }
    assert_eq!(answer.is(200).json()["url"], server.url("/bin/get"));
    let answer = browser.get("/bin/absolute-redirect/1").is(302);
    assert_eq!(answer.value("location"), server.url("/bin/get"));
    let answer = browser.get("/bin/cookies/set?taste=bitter&size=2").is(302);
    assert_eq!(browser.follow(&answer).json()["cookies"], serde_json::json!({"taste": "bitter", "size": "2"}));
    let asked = browser.get("/bin/basic-auth/ada/sesame").is(401);
    assert!(asked.value("www-authenticate").starts_with("Basic"));
    let known = [("Authorization", "Basic YWRhOnNlc2FtZQ==")];
    assert_eq!(server.ask("GET", "/bin/basic-auth/ada/sesame", &known, b"").is(200).json()["authenticated"], true);
    server.ask("GET", "/bin/etag/abc", &[("If-None-Match", "\"abc\"")], b"").is(304);
    let told = server.get("/bin/response-headers?X-A=1&X-A=2").is(200);
    assert_eq!(told.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("x-a")).count(), 2);
    is_content(&server);
}

#[test]
fn bodies_of_every_kind() {
    let (_site, server) = httpbin();
    assert_eq!(server.get("/bin/stream/20").is(200).text().lines().count(), 20);
    assert_eq!(server.get("/bin/drip?numbytes=7&duration=0.05&delay=0").is(200).text(), "*******");
    assert_eq!(server.get("/bin/bytes/50000?seed=1").is(200).body.len(), 50_000);
    let bytes = server.get("/bin/stream-bytes/50000?seed=1&chunk_size=777").is(200).body;
    assert_eq!(bytes.len(), 50_000);
    let some = server.ask("GET", "/bin/range/1024", &[("Range", "bytes=26-51")], b"").is(206);
    assert_eq!(some.text(), "abcdefghijklmnopqrstuvwxyz");
    // What the app has encoded itself is passed as it is.
    for (name, magic) in [("gzip", &[0x1f, 0x8b][..]), ("deflate", &[0x78]), ("brotli", &[])] {
        let answer =
            server.ask("GET", &format!("/bin/{name}"), &[("Accept-Encoding", "gzip, br, deflate")], b"").is(200);
        assert_eq!(answer.value("content-encoding"), if name == "brotli" { "br" } else { name });
        assert!(answer.body.starts_with(magic), "{name}");
    }
    assert!(server.get("/bin/image/png").is(200).body.starts_with(b"\x89PNG"));
    assert!(server.get("/bin/encoding/utf8").is(200).text().contains("STARGΛ̊TE"));
    let data = noise(4, 2_000_000);
    let told = server.ask("POST", "/bin/post", &[("Content-Type", "application/octet-stream")], &data).is(200).json();
    assert!(told["data"].as_str().unwrap().starts_with("data:application/octet-stream;base64,"));
    let head = server.head("/bin/bytes/1000").is(200);
    assert_eq!((head.body.len(), head.value("content-length")), (0, "1000"));
    is_content(&server);
}
