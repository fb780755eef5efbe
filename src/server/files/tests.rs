use super::*;
use crate::server::body::Received;
use http_body_util::BodyExt;
use std::fs;
use std::os::unix::fs::symlink;

/// A GET from loopback.
pub(crate) fn request(target: &str, headers: &[(&str, &str)]) -> Request {
    let mut builder = http::Request::get(target);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    let (head, ()) = builder.body(()).unwrap().into_parts();
    let path = percent_encoding::percent_decode_str(head.uri.path()).decode_utf8().unwrap().into_owned();
    let peer = ([127, 0, 0, 1], 4000).into();
    Request {
        head,
        body: Received::full(""),
        peer: crate::server::request::Peer::new(peer, None),
        path,
        params: Vec::new(),
        document: false,
    }
}

pub(super) fn wanted(target: &str, headers: &[(&str, &str)]) -> Wanted {
    let Request { head, path, .. } = request(target, headers);
    Wanted { method: head.method, uri: head.uri, headers: head.headers, below: path.clone(), path, document: false }
}

/// What came back, with the body as bytes.
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Got {
    pub(crate) async fn of(answer: Answer) -> Self {
        let (head, body) = answer.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Self { status: head.status.as_u16(), headers: head.headers, body }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

struct Site {
    dir: tempfile::TempDir,
    files: Files,
}

impl Site {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        let files = Files::new(dir.path(), &Options::default());
        Self { dir, files }
    }

    async fn lookup(&self, request: Request) -> Lookup {
        let path = request.path.clone();
        self.files.answer(&request, &path).await
    }

    async fn get_with(&self, target: &str, headers: &[(&str, &str)]) -> Got {
        match self.lookup(request(target, headers)).await {
            Lookup::Found(answer) => Got::of(answer).await,
            Lookup::KeptBack => panic!("{target} is kept back"),
            Lookup::Missing => panic!("{target} is missing"),
        }
    }

    async fn get(&self, target: &str) -> Got {
        self.get_with(target, &[]).await
    }
}

const HELLO: &[u8] = b"0123456789abcdefghij";

#[tokio::test]
async fn a_file_with_all_its_headers() {
    let site = Site::new(&[("a.txt", HELLO)]);
    let got = site.get("/a.txt").await;
    assert_eq!((got.status, got.body.as_slice()), (200, HELLO));
    assert_eq!(got.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(got.header("cache-control"), "no-cache");
    assert_eq!(got.header("x-content-type-options"), "nosniff");
    assert_eq!(got.header("cross-origin-resource-policy"), "same-origin");
    assert_eq!(got.header("accept-ranges"), "bytes");
    assert!(got.header("etag").starts_with('"') && got.header("last-modified").ends_with("GMT"));
}

#[tokio::test]
async fn cors_opens_to_every_origin() {
    let site = Site::new(&[("a.txt", HELLO)]);
    let files = Files::new(site.dir.path(), &Options { cors: true, ..Options::default() });
    let Lookup::Found(answer) = files.answer(&request("/a.txt", &[]), "/a.txt").await else { panic!() };
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    assert!(!answer.headers().contains_key("cross-origin-resource-policy"));
}

#[tokio::test]
async fn charset_on_text_that_is_utf8_only() {
    let big = "ü".repeat(100_000).into_bytes();
    let mut bad = big.clone();
    bad.push(0xff);
    let site = Site::new(&[
        ("latin.html", b"gr\xfc\xdfe"),
        ("a.css", b""),
        ("a.js", b"1"),
        ("a.json", b"{}"),
        ("a.svg", b"<svg/>"),
        ("a.png", b"x"),
        ("LICENSE", b"words"),
        ("blob", b"\xff\xfe\0"),
        ("big.txt", &big),
        ("bad.txt", &bad),
    ]);
    for (path, kind) in [
        ("/latin.html", "text/html"),
        ("/a.css", "text/css; charset=utf-8"),
        ("/a.js", "text/javascript; charset=utf-8"),
        ("/a.json", "application/json; charset=utf-8"),
        ("/a.svg", "image/svg+xml; charset=utf-8"),
        ("/a.png", "image/png"),
        ("/LICENSE", "text/plain; charset=utf-8"),
        ("/blob", "application/octet-stream"),
        ("/big.txt", "text/plain; charset=utf-8"),
        ("/bad.txt", "text/plain"),
    ] {
        assert_eq!(site.get(path).await.header("content-type"), kind, "{path}");
    }
}

#[tokio::test]
async fn hostile_paths_find_nothing() {
    let site = Site::new(&[
        ("site/a.txt", HELLO),
        ("site/.env", b"SECRET"),
        ("site/.git/config", b"SECRET"),
        ("secret.txt", b"SECRET"),
    ]);
    let files = Files::new(&site.dir.path().join("site"), &Options::default());
    for path in [
        "/../secret.txt",
        "/..",
        "/../",
        "/a/../../secret.txt",
        "//../secret.txt",
        "/./../secret.txt",
        "/..\\secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/.env",
        "/.ENV",
        "/.git/config",
        "/.git/",
        "/.git",
        "/a.txt/",
        "//a.txt",
        "/a.txt\0",
        "/a.txt\0.html",
        "/a.txt::$DATA",
        "/a.txt.",
        "/a.txt ",
        "/./a.txt",
        "/a.txt/.",
        "",
        "a.txt",
        "\\a.txt",
        "/\u{202e}",
    ] {
        let lookup = files.answer(&request("/x", &[]), path).await;
        assert!(!matches!(lookup, Lookup::Found(_)), "{path:?}");
    }
}

#[tokio::test]
async fn what_is_kept_back_is_told_from_what_is_missing() {
    let site = Site::new(&[(".env", b"x"), ("a.txt", b"x")]);
    symlink("/etc/passwd", site.dir.path().join("out")).unwrap();
    symlink("/etc/passwd", site.dir.path().join("page.html")).unwrap();
    for path in ["/.env", "/out", "/page", "/server.key", "/STAN.LOG"] {
        assert!(matches!(site.lookup(request(path, &[])).await, Lookup::KeptBack), "{path}");
    }
    for path in ["/nope", "/nope/", "/a.txt/"] {
        assert!(matches!(site.lookup(request(path, &[])).await, Lookup::Missing), "{path}");
    }
}

#[tokio::test]
async fn folders_redirect_to_their_slash_and_keep_the_query() {
    let site = Site::new(&[("my docs/index.html", b"index")]);
    let got = site.get("/my%20docs?a=1&b=/../c").await;
    assert_eq!((got.status, got.header("location")), (301, "/my%20docs/?a=1&b=/../c"));
    assert_eq!(site.get("/my%20docs/").await.body, b"index");
}

#[tokio::test]
async fn clean_urls_lead_to_pages() {
    let site = Site::new(&[
        ("about.html", b"about"),
        ("blog.html", b"blog"),
        ("blog/post.html", b"post"),
        ("docs.html", b"beside"),
        ("docs/index.html", b"inside"),
    ]);
    assert_eq!(site.get("/about").await.body, b"about");
    assert_eq!(site.get("/about").await.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(site.get("/blog").await.body, b"blog", "a folder without a page leaves its name to the page beside it");
    assert_eq!(site.get("/blog/post").await.body, b"post");
    assert_eq!(site.get("/docs").await.status, 301, "a folder with a page keeps its name");
    assert!(matches!(site.lookup(request("/about/", &[])).await, Lookup::Missing));
}

#[tokio::test]
async fn a_folder_without_a_page_is_listed() {
    let site = Site::new(&[("sub/a.txt", b"x")]);
    let got = site.get_with("/sub/", &[("accept", "text/html")]).await;
    assert!(got.text().contains("href=\"a.txt\"") && got.text().contains("href=\"../\""));
    let again = site.get_with("/sub/", &[("accept", "text/html"), ("if-none-match", got.header("etag"))]).await;
    assert_eq!(again.status, 304);
}

#[tokio::test]
async fn conditions_are_honoured() {
    let site = Site::new(&[("a.txt", HELLO)]);
    let first = site.get("/a.txt").await;
    let (etag, modified) = (first.header("etag"), first.header("last-modified"));
    let got = site.get_with("/a.txt", &[("if-none-match", etag)]).await;
    assert_eq!((got.status, got.body.len(), got.header("etag")), (304, 0, etag));
    assert_eq!(got.header("cache-control"), "no-cache");
    assert_eq!(site.get_with("/a.txt", &[("if-modified-since", modified)]).await.status, 304);
    assert_eq!(site.get_with("/a.txt", &[("if-match", "\"other\"")]).await.status, 412);
    fs::write(site.dir.path().join("a.txt"), "changed").unwrap();
    assert_eq!(site.get_with("/a.txt", &[("if-none-match", etag)]).await.status, 200);
}

#[tokio::test]
async fn one_range() {
    let site = Site::new(&[("a.txt", HELLO)]);
    for (range, status, content_range, body) in [
        ("bytes=0-3", 206, "bytes 0-3/20", "0123"),
        ("bytes=18-", 206, "bytes 18-19/20", "ij"),
        ("bytes=-2", 206, "bytes 18-19/20", "ij"),
        ("bytes=0-", 206, "bytes 0-19/20", "0123456789abcdefghij"),
        ("bytes=3-1", 200, "", "0123456789abcdefghij"),
        ("bytes=20-", 416, "bytes */20", "The file has 20 bytes.\n"),
    ] {
        let got = site.get_with("/a.txt", &[("range", range)]).await;
        assert_eq!((got.status, got.header("content-range"), got.text()), (status, content_range, body), "{range}");
    }
}

#[tokio::test]
async fn ranges_of_a_large_file() {
    let bytes: Vec<u8> = (0..300_000_u32).map(|n| (n % 253) as u8).collect();
    let site = Site::new(&[("big.bin", &bytes)]);
    assert_eq!(site.get("/big.bin").await.body, bytes);
    let got = site.get_with("/big.bin", &[("range", "bytes=1000-250999")]).await;
    assert_eq!(got.body, bytes[1000..251_000]);
    let got = site.get_with("/big.bin", &[("range", "bytes=0-1,200000-200001")]).await;
    assert!(got.header("content-type").starts_with("multipart/byteranges; boundary="));
    assert!(got.body.windows(2).any(|pair| pair == &bytes[200_000..200_002]));
}

#[tokio::test]
async fn several_ranges_come_as_parts() {
    let site = Site::new(&[("a.txt", HELLO)]);
    let got = site.get_with("/a.txt", &[("range", "bytes=0-1,-2")]).await;
    let boundary = got.header("content-type").split_once("boundary=").unwrap().1;
    let expected = [("0-1", "01"), ("18-19", "ij")]
        .map(|(span, bytes)| {
            let kind = "text/plain; charset=utf-8";
            format!("\r\n--{boundary}\r\nContent-Type: {kind}\r\nContent-Range: bytes {span}/20\r\n\r\n{bytes}")
        })
        .concat();
    assert_eq!((got.status, got.text()), (206, format!("{expected}\r\n--{boundary}--\r\n").as_str()));
    assert_eq!(got.header("content-range"), "");
}

#[tokio::test]
async fn a_range_counts_only_while_if_range_holds() {
    let site = Site::new(&[("a.txt", HELLO)]);
    let file = fs::File::options().write(true).open(site.dir.path().join("a.txt")).unwrap();
    file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000)).unwrap();
    let first = site.get("/a.txt").await;
    for (validator, status) in [
        (first.header("etag"), 206),
        (first.header("last-modified"), 206),
        ("\"x\"", 200),
        ("Wed, 15 Nov 2023 00:00:00 GMT", 200),
    ] {
        let got = site.get_with("/a.txt", &[("range", "bytes=0-1"), ("if-range", validator)]).await;
        assert_eq!(got.status, status, "{validator}");
    }
}

#[tokio::test]
async fn head_has_no_range() {
    let site = Site::new(&[("a.txt", HELLO)]);
    let mut head = request("/a.txt", &[("range", "bytes=0-1")]);
    head.head.method = Method::HEAD;
    let Lookup::Found(answer) = site.lookup(head).await else { panic!() };
    assert_eq!(answer.status(), 200);
    assert_eq!(http_body::Body::size_hint(answer.body()).exact(), Some(20));
}

#[tokio::test]
async fn a_document_is_given_whole_without_validators() {
    let site = Site::new(&[("index.html", b"<p>hi</p>"), ("a.txt", HELLO)]);
    let mut page = request("/", &[("range", "bytes=0-1"), ("if-none-match", "*")]);
    page.document = true;
    let Lookup::Found(answer) = site.lookup(page).await else { panic!() };
    let got = Got::of(answer).await;
    assert_eq!((got.status, got.text()), (200, "<p>hi</p>"));
    assert_eq!((got.header("etag"), got.header("last-modified"), got.header("accept-ranges")), ("", "", ""));
    let mut other = request("/a.txt", &[("range", "bytes=0-1")]);
    other.document = true;
    let Lookup::Found(answer) = site.lookup(other).await else { panic!() };
    assert_eq!(answer.status(), 206, "what is not HTML is served as ever");
}

#[tokio::test]
async fn the_error_page_is_read_fresh() {
    let site = Site::new(&[("wrong.html", b"lost?")]);
    let got = Got::of(site.files.error_page("wrong.html").await.unwrap()).await;
    assert_eq!((got.status, got.text(), got.header("etag")), (404, "lost?", ""));
    fs::write(site.dir.path().join("wrong.html"), "still lost?").unwrap();
    assert_eq!(Got::of(site.files.error_page("wrong.html").await.unwrap()).await.text(), "still lost?");
    assert!(site.files.error_page("none.html").await.is_none());
    assert!(site.files.error_page("../x").await.is_none());
}

#[tokio::test]
async fn a_root_may_be_made_or_swapped_later() {
    let dir = tempfile::tempdir().unwrap();
    let files = Files::new(&dir.path().join("current"), &Options::default());
    assert!(matches!(files.answer(&request("/a", &[]), "/a.txt").await, Lookup::Missing));
    for name in ["one", "two"] {
        fs::create_dir(dir.path().join(name)).unwrap();
        fs::write(dir.path().join(name).join("a.txt"), name).unwrap();
        let _ = fs::remove_file(dir.path().join("current"));
        symlink(name, dir.path().join("current")).unwrap();
        let Lookup::Found(answer) = files.answer(&request("/a", &[]), "/a.txt").await else { panic!() };
        assert_eq!(Got::of(answer).await.text(), name);
    }
}

#[tokio::test]
async fn a_file_that_may_not_be_read_says_so() {
    use std::os::unix::fs::PermissionsExt;
    let site = Site::new(&[("a.txt", b"x")]);
    let path = site.dir.path().join("a.txt");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&path).is_err() {
        assert_eq!(site.get("/a.txt").await.status, 403);
    }
}
