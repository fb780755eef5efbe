use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, ALLOW, CONNECTION, CONTENT_DISPOSITION, CONTENT_TYPE, LOCATION};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use serde_json::Value;
use tempfile::TempDir;

use super::*;
use crate::config::Exists;
use crate::event::feed;
use crate::server::body::Received;

/// An upload folder and the way to it.
pub(super) struct Way {
    _dir: TempDir,
    pub(super) upload: Upload,
}

pub(super) fn way_with(change: impl FnOnce(&mut config::Upload)) -> Way {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config::Upload {
        enabled: true,
        path: "/upload".to_owned(),
        dir: dir.path().to_owned(),
        max_size: 0,
        reserve: 0,
        open: 512,
        keep: Duration::from_secs(3600),
        exists: Exists::Rename,
        flush: false,
        bell: false,
    };
    change(&mut config);
    let second = Duration::from_secs(1);
    let limits = config::Limits { body: 1000, headers_timeout: second, idle_timeout: second, connections: 10 };
    let path = "/upload".to_owned();
    let upload = Upload {
        path,
        lettered: false,
        files: Files::new(&config.dir, &crate::server::files::Options::default()),
        dir: config.dir.clone(),
        store: Store::new(feed().0),
        config: Arc::new(config),
        limits,
    };
    Way { _dir: dir, upload }
}

pub(super) fn way() -> Way {
    way_with(|_| {})
}

fn request(method: &str, headers: &[(&str, &str)], body: Received) -> Request {
    let mut builder = http::Request::builder().method(method).uri("/upload");
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    let (head, ()) = builder.body(()).unwrap().into_parts();
    let peer = (Ipv4Addr::LOCALHOST, 1).into();
    Request {
        head,
        body,
        peer: crate::server::request::Peer::new(peer, None),
        path: "/upload".to_owned(),
        params: Vec::new(),
        document: false,
    }
}

/// A body in pieces, cut off where a piece is an error.
pub(super) fn pieces(pieces: Vec<std::io::Result<&'static str>>) -> Received {
    let frames = pieces.into_iter().map(|piece| piece.map(|text| Frame::data(Bytes::from(text))));
    Received::Stream(Box::pin(StreamBody::new(futures_util::stream::iter(frames))))
}

pub(super) fn cut() -> std::io::Result<&'static str> {
    Err(std::io::ErrorKind::ConnectionReset.into())
}

const FORM: (&str, &str) = ("content-type", "multipart/form-data; boundary=B");

fn file(name: &str, bytes: &str) -> String {
    format!("--B\r\nContent-Disposition: form-data; name=\"any\"; filename=\"{name}\"\r\n\r\n{bytes}\r\n")
}

impl Way {
    pub(super) async fn ask(&self, method: &str, rest: &str, headers: &[(&str, &str)], body: Received) -> Answer {
        self.upload.answer(request(method, headers, body), rest).await
    }

    async fn put(&self, name: &str, bytes: &'static str) -> Answer {
        self.ask("PUT", name, &[], Received::full(bytes)).await
    }

    async fn form(&self, body: String) -> Answer {
        self.ask("POST", "", &[FORM], Received::full(body)).await
    }

    /// Names in the folder; nothing may be left among the parts.
    pub(super) fn names(&self) -> Vec<String> {
        assert_eq!(fs::read_dir(self.upload.dir.join(".part")).map_or(0, Iterator::count), 0);
        let names = fs::read_dir(&self.upload.dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| name != ".part").collect();
        names.sort();
        names
    }

    pub(super) fn path(&self, name: &str) -> std::path::PathBuf {
        Path::new(&self.upload.dir).join(name)
    }
}

async fn text(answer: Answer) -> String {
    String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

pub(super) async fn value(answer: Answer) -> Value {
    serde_json::from_str(&text(answer).await).unwrap()
}

#[tokio::test]
async fn put_and_raw_post_answer_with_the_file() {
    let way = way();
    for (method, name) in [("PUT", "a b.txt"), ("POST", "c.txt")] {
        let answer = way.ask(method, name, &[], Received::full("hello")).await;
        assert_eq!(answer.status(), StatusCode::CREATED);
        let url = answer.headers()[LOCATION].to_str().unwrap().to_owned();
        let value = value(answer).await;
        let file = &value["files"][0];
        assert_eq!((&file["name"], &file["size"], &file["duplicate"]), (&name.into(), &5.into(), &false.into()));
        assert_eq!(file["url"], url);
        assert!(file["digest"].as_str().unwrap().starts_with("xxh3-128:"));
    }
    assert_eq!(way.names(), ["a b.txt", "c.txt"]);
}

#[tokio::test]
async fn a_form_with_any_field_names_lands_its_files() {
    let way = way();
    let body = format!(
        "{}{}{}--B\r\nContent-Disposition: form-data; name=note\r\n\r\nhi\r\n--B--\r\n",
        file("a.txt", "one"),
        file("empty", ""),
        file("", "")
    );
    let value = value(way.form(body).await).await;
    assert_eq!(value["files"].as_array().unwrap().len(), 2);
    assert_eq!(value["fields"]["note"], "hi");
    assert_eq!(way.names(), ["a.txt", "empty"]);
    assert_eq!(fs::read(way.path("a.txt")).unwrap(), b"one");
}

#[tokio::test]
async fn a_browser_without_the_script_gets_a_page() {
    let way = way();
    let headers = [FORM, ("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
    let body = format!("{}--B--", file("<b>.txt", "one"));
    let answer = way.ask("POST", "", &headers, Received::full(body)).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    assert!(answer.headers()[CONTENT_TYPE].to_str().unwrap().starts_with("text/html"));
    let page = text(answer).await;
    assert!(page.contains("_b_.txt") && page.contains("href=\"/upload\""), "{page}");
}

#[tokio::test]
async fn a_cut_form_keeps_its_whole_files_and_says_so() {
    let way = way();
    let start = format!(
        "{}{}",
        file("whole.txt", "one"),
        "--B\r\nContent-Disposition: form-data; name=f; filename=half.txt\r\n\r\nha"
    );
    let start: &'static str = start.leak();
    let answer = way.ask("POST", "", &[FORM], pieces(vec![Ok(start), cut()])).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert_eq!(answer.headers()[CONTENT_TYPE], "application/problem+json");
    let value = value(answer).await;
    assert_eq!((&value["title"], &value["files"][0]["name"]), (&"incomplete".into(), &"whole.txt".into()));
    let answer = way.ask("POST", "", &[FORM], pieces(vec![Ok(start)])).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert_eq!(way.names(), ["whole.txt"]);
}

#[tokio::test]
async fn a_cut_put_leaves_nothing() {
    let way = way();
    let answer = way.ask("PUT", "a.txt", &[], pieces(vec![Ok("some"), cut()])).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert_eq!(value(answer).await["title"], "incomplete");
    assert!(way.names().is_empty());
}

#[tokio::test]
async fn a_silent_sender_is_given_up() {
    let mut way = way();
    way.upload.limits.idle_timeout = Duration::from_millis(20);
    let body = StreamBody::new(futures_util::stream::pending::<std::io::Result<Frame<Bytes>>>());
    let answer = way.ask("PUT", "a.txt", &[], Received::Stream(Box::pin(body))).await;
    assert_eq!(answer.status(), StatusCode::REQUEST_TIMEOUT);
    assert!(way.names().is_empty());
}

#[tokio::test]
async fn refusals_are_problems_and_close_the_connection() {
    let way = way_with(|config| {
        config.exists = Exists::Refuse;
        config.max_size = 10;
    });
    assert_eq!(way.put("a.txt", "one").await.status(), StatusCode::CREATED);
    for (name, bytes, status) in [
        ("a.txt", "two", StatusCode::CONFLICT),
        ("b.txt", "more than ten bytes", StatusCode::PAYLOAD_TOO_LARGE),
        ("", "x", StatusCode::BAD_REQUEST),
    ] {
        let answer = way.put(name, bytes).await;
        assert_eq!(answer.status(), status, "{name}");
        assert_eq!(answer.headers()[CONNECTION], "close");
        assert_eq!(value(answer).await["status"], status.as_u16());
    }
    assert_eq!(way.names(), ["a.txt"]);
    let full = way_with(|config| config.reserve = 1 << 62);
    assert_eq!(full.put("a", "x").await.status(), StatusCode::INSUFFICIENT_STORAGE);
}

#[tokio::test]
async fn what_a_raw_body_cannot_be() {
    let way = way();
    for (header, status) in [
        (("content-range", "bytes 0-1/2"), StatusCode::BAD_REQUEST),
        (("content-encoding", "gzip"), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (("expect", "magic"), StatusCode::EXPECTATION_FAILED),
    ] {
        assert_eq!(way.ask("PUT", "a", &[header], Received::full("x")).await.status(), status, "{header:?}");
    }
    assert!(way.names().is_empty());
}

#[tokio::test]
async fn a_refused_body_is_drained_only_so_far_and_not_asked_for() {
    let way = way();
    let expect = [("expect", "100-continue")];
    for (headers, most) in [(&[][..], 1_200_000), (&expect[..], 0)] {
        let read = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let count = read.clone();
        let endless = futures_util::stream::repeat_with(move || {
            count.fetch_add(100_000, std::sync::atomic::Ordering::Relaxed);
            std::io::Result::Ok(Frame::data(Bytes::from(vec![0; 100_000])))
        });
        let body = Received::Stream(Box::pin(StreamBody::new(endless)));
        let answer = way.ask("PUT", "", headers, body).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
        assert!(read.load(std::sync::atomic::Ordering::Relaxed) <= most);
    }
}

#[tokio::test]
async fn uploads_that_are_off() {
    let way = way_with(|config| config.enabled = false);
    assert_eq!(way.put("a", "x").await.status(), StatusCode::FORBIDDEN);
    assert_eq!(way.form(format!("{}--B--", file("a", "x"))).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(way.ask("GET", "", &[], Received::full("")).await.status(), StatusCode::FORBIDDEN);
    assert!(way.names().is_empty());
}

#[tokio::test]
async fn forms_that_are_none() {
    let way = way();
    assert_eq!(way.form("--B--".to_owned()).await.status(), StatusCode::BAD_REQUEST);
    let plain = way.ask("POST", "", &[("content-type", "text/plain")], Received::full("x")).await;
    assert_eq!(plain.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let none = way.ask("POST", "", &[("content-type", "multipart/form-data")], Received::full("x")).await;
    assert_eq!(none.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_finished_upload_is_given_back_as_a_download() {
    let way = way();
    way.put("page.html", "<script>alert(1)</script>").await;
    let answer = way.ask("GET", "page.html", &[], Received::full("")).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(answer.headers()[CONTENT_DISPOSITION].to_str().unwrap().starts_with("attachment"));
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    assert!(answer.headers()["content-security-policy"].to_str().unwrap().contains("sandbox"));
    assert_eq!(text(answer).await, "<script>alert(1)</script>");
    for name in ["other", "../secret", ".part", "page.html/x"] {
        assert_eq!(way.ask("GET", name, &[], Received::full("")).await.status(), StatusCode::NOT_FOUND, "{name}");
    }
}

#[tokio::test]
async fn links_and_folders_are_not_given_back() {
    let way = way();
    fs::create_dir(way.path("folder")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", way.path("link")).unwrap();
    assert!(way.upload.find("folder").is_none() && way.upload.find("link").is_none());
}

#[tokio::test]
async fn a_large_file_comes_back_whole() {
    let way = way();
    let bytes: Vec<u8> = (0..1_000_003_u32).map(|i| (i % 251) as u8).collect();
    way.ask("PUT", "big", &[], Received::full(bytes.clone())).await;
    let answer = way.ask("GET", "big", &[], Received::full("")).await;
    assert!(answer.into_body().collect().await.unwrap().to_bytes() == bytes);
}

#[tokio::test]
async fn methods_beyond_are_refused_with_those_that_are_not() {
    let way = way();
    way.put("a.txt", "one").await;
    let answer = way.ask("DELETE", "a.txt", &[], Received::full("")).await;
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.headers()[ALLOW], "GET, HEAD, PUT, POST, OPTIONS");
    let answer = way.ask("OPTIONS", "", &[], Received::full("")).await;
    assert_eq!(
        (answer.status(), &answer.headers()[ALLOW]),
        (StatusCode::NO_CONTENT, &"GET, HEAD, POST, OPTIONS".parse().unwrap())
    );
    assert_eq!(way.names(), ["a.txt"]);
}

#[tokio::test]
async fn hostile_names_stay_inside() {
    let way = way();
    for (name, kept) in [("..\\..\\x", "x"), ("a/../../y", "y"), (".hidden", "hidden")] {
        assert_eq!(value(way.put(name, "x").await).await["files"][0]["name"], kept);
    }
    let body = format!("{}--B--", file("../../etc/z", "x"));
    assert_eq!(value(way.form(body).await).await["files"][0]["name"], "z");
    assert_eq!(way.names(), ["hidden", "x", "y", "z"]);
}

#[tokio::test]
async fn the_modified_time_is_the_senders() {
    let way = way();
    for (header, value) in [("x-last-modified", "1000000000123"), ("last-modified", "Sun, 09 Sep 2001 01:46:40 GMT")] {
        way.ask("PUT", header, &[(header, value)], Received::full("x")).await;
        let modified = way.path(header).metadata().unwrap().modified().unwrap();
        assert_eq!(modified.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs(), 1_000_000_000);
    }
    way.ask("PUT", "odd", &[("x-last-modified", "18446744073709551615")], Received::full("x")).await;
    assert!(way.path("odd").exists());
}

#[tokio::test]
async fn the_page_knows_its_path_and_limit() {
    let way = way_with(|config| config.max_size = 5000);
    let answer = way.ask("GET", "/", &[(ACCEPT.as_str(), "text/html")], Received::full("")).await;
    let page = text(answer).await;
    assert!(page.contains("action=\"/upload\"") && page.contains("data-max=\"5000\""));
}
