use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::time::{Duration, SystemTime};

use http::Method;

use crate::server::encode::Coding;
use crate::server::encode::testing::{decoded, noise, text};
use crate::server::files::tests::{Got, request};
use crate::server::files::{Files, Lookup, Options};
use crate::server::source::is_quiet;

struct Site {
    dir: tempfile::TempDir,
    files: Files,
}

impl Site {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mount = Files::new(dir.path(), &Options { sidecars: true, ..Options::default() });
        let site = Self { dir, files: mount };
        for (name, bytes) in files {
            site.write(name, bytes);
        }
        site
    }

    /// Writes a file and waits until it counts as left alone.
    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        while !is_quiet(&path.metadata().unwrap()) {
            std::thread::yield_now();
        }
    }

    async fn ask(&self, method: Method, target: &str, headers: &[(&str, &str)]) -> Got {
        let mut request = request(target, headers);
        request.head.method = method;
        match self.files.answer(&request, target).await {
            Lookup::Found(answer) => Got::of(answer).await,
            _ => panic!("{target} is not there"),
        }
    }

    async fn get(&self, target: &str, headers: &[(&str, &str)]) -> Got {
        self.ask(Method::GET, target, headers).await
    }

    async fn in_coding(&self, target: &str, coding: &str) -> Got {
        self.get(target, &[("accept-encoding", coding)]).await
    }
}

fn stamp(path: &std::path::Path, time: SystemTime) {
    File::options().append(true).open(path).unwrap().set_modified(time).unwrap();
}

#[tokio::test]
async fn text_comes_in_the_coding_asked_for() {
    for length in [1024, 50_000, 200_000, 700_000] {
        let site = Site::new(&[("a.js", &text(length))]);
        let plain = site.get("/a.js", &[]).await;
        assert_eq!((plain.header("vary"), plain.header("content-encoding")), ("Accept-Encoding", ""));
        assert_eq!(plain.header("accept-ranges"), "bytes");
        for coding in Coding::ALL {
            let got = site.in_coding("/a.js", coding.name()).await;
            assert_eq!((got.header("content-encoding"), got.header("vary")), (coding.name(), "Accept-Encoding"));
            assert_eq!(got.header("content-type"), "text/javascript; charset=utf-8");
            assert_eq!(got.header("etag"), coding.tag(plain.header("etag")));
            assert_eq!((got.header("accept-ranges"), got.header("cache-control")), ("", "no-cache"));
            assert!(decoded(coding, &got.body) == text(length), "{coding:?} {length}");
        }
    }
}

#[tokio::test]
async fn what_is_short_or_compressed_in_itself_stays() {
    let site =
        Site::new(&[("a.png", &text(5000)), ("a.js", &text(1000)), ("LICENSE", &text(3000)), ("blob", &[0; 3000])]);
    for (path, coding) in [("/a.png", ""), ("/a.js", ""), ("/LICENSE", "gzip"), ("/blob", "")] {
        assert_eq!(site.in_coding(path, "gzip").await.header("content-encoding"), coding, "{path}");
    }
    assert_eq!(site.in_coding("/a.png", "gzip").await.header("vary"), "");
}

#[tokio::test]
async fn what_gets_no_smaller_stays() {
    let noise = noise(20_000);
    let site = Site::new(&[("a.bmp", &noise)]);
    for _ in 0..2 {
        let got = site.in_coding("/a.bmp", "br").await;
        assert_eq!((got.header("content-encoding"), got.header("vary")), ("", "Accept-Encoding"));
        assert!(got.body == noise && got.header("accept-ranges") == "bytes");
    }
}

#[tokio::test]
async fn conditions_are_of_the_coding_that_would_be_sent() {
    let site = Site::new(&[("a.js", &text(5000))]);
    let plain = site.get("/a.js", &[]).await.header("etag").to_owned();
    let brotli = site.in_coding("/a.js", "br").await.header("etag").to_owned();
    let gzip = site.in_coding("/a.js", "gzip").await.header("etag").to_owned();
    for (accept, name, tag, status) in [
        ("br", "if-none-match", &brotli, 304),
        ("br", "if-none-match", &gzip, 200),
        ("br", "if-none-match", &plain, 200),
        ("gzip", "if-none-match", &gzip, 304),
        ("", "if-none-match", &plain, 304),
        ("", "if-none-match", &brotli, 200),
        ("br", "if-match", &brotli, 200),
        ("br", "if-match", &plain, 412),
        ("", "if-match", &plain, 200),
    ] {
        let got = site.get("/a.js", &[("accept-encoding", accept), (name, tag)]).await;
        assert_eq!(got.status, status, "{accept} {name} {tag}");
        assert_eq!(got.header("vary"), "Accept-Encoding");
        if status == 304 {
            assert_eq!((got.header("etag"), got.header("content-encoding"), got.body.len()), (tag.as_str(), "", 0));
        }
    }
}

#[tokio::test]
async fn a_range_is_of_the_bytes_themselves() {
    let site = Site::new(&[("a.js", &text(5000))]);
    let plain = site.get("/a.js", &[]).await.header("etag").to_owned();
    let brotli = site.in_coding("/a.js", "br").await.header("etag").to_owned();
    let asked = [("accept-encoding", "br"), ("range", "bytes=0-9")];
    let part = site.get("/a.js", &asked).await;
    assert_eq!((part.status, part.header("etag"), part.header("vary")), (206, plain.as_str(), "Accept-Encoding"));
    assert!(part.body == text(5000)[..10]);
    for (tag, status) in [(&plain, 206), (&brotli, 200)] {
        let got = site.get("/a.js", &[asked[0], asked[1], ("if-range", tag)]).await;
        assert_eq!((got.status, got.header("content-encoding")), (status, ""));
    }
}

#[tokio::test]
async fn head_says_what_get_says() {
    let site = Site::new(&[("a.js", &text(5000)), ("b.js", &text(90_000)), ("b.js.gz", b"gzipped")]);
    for path in ["/a.js", "/b.js"] {
        let asked = [("accept-encoding", "gzip")];
        let (get, head) = (site.get(path, &asked).await, site.ask(Method::HEAD, path, &asked).await);
        assert_eq!((get.headers, get.body.len()), (head.headers, head.body.len()));
    }
}

#[tokio::test]
async fn just_saved_or_kept_the_bytes_of_a_tag_are_the_same() {
    let site = Site::new(&[]);
    for coding in Coding::ALL {
        let path = site.dir.path().join("a.js");
        fs::write(&path, text(50_000)).unwrap();
        let first = site.in_coding("/a.js", coding.name()).await;
        while !is_quiet(&path.metadata().unwrap()) {
            std::thread::yield_now();
        }
        let second = site.in_coding("/a.js", coding.name()).await;
        assert!(first.headers == second.headers && first.body == second.body, "{coding:?}");
    }
}

#[tokio::test]
async fn a_change_is_seen_at_once() {
    let site = Site::new(&[("a.js", &text(5000))]);
    let first = site.in_coding("/a.js", "gzip").await;
    for length in 5001..5020 {
        fs::write(site.dir.path().join("a.js"), text(length)).unwrap();
        let got = site.get("/a.js", &[("accept-encoding", "gzip"), ("if-none-match", first.header("etag"))]).await;
        assert!(got.status == 200 && decoded(Coding::Gzip, &got.body) == text(length), "{length}");
    }
}

#[tokio::test]
async fn a_sidecar_is_served_with_a_tag_of_its_own() {
    let site = Site::new(&[("a.js", &text(5000))]);
    let made = site.in_coding("/a.js", "br").await.header("etag").to_owned();
    site.write("a.js.br", b"brotli!");
    site.write("a.js.gz", b"gzipped");
    site.write("a.js.zst", b"zstd...");
    for (accept, body) in
        [("br", "brotli!"), ("gzip", "gzipped"), ("zstd", "zstd..."), ("gzip, deflate, br, zstd", "brotli!")]
    {
        let got = site.in_coding("/a.js", accept).await;
        assert_eq!((got.text(), got.header("content-type")), (body, "text/javascript; charset=utf-8"));
        assert_ne!(got.header("etag"), made);
        let again = site.get("/a.js", &[("accept-encoding", accept), ("if-none-match", got.header("etag"))]).await;
        assert_eq!(again.status, 304);
    }
    assert!(site.get("/a.js", &[]).await.body == text(5000));
    assert_eq!(site.in_coding("/a.js.br", "").await.text(), "brotli!", "it is a file like any other");
}

#[tokio::test]
async fn a_sidecar_that_the_client_takes_goes_before_a_coding_yet_to_be_made() {
    let site = Site::new(&[("a.js", &text(5000)), ("a.js.gz", b"gzipped")]);
    assert_eq!(site.in_coding("/a.js", "br, gzip").await.text(), "gzipped");
    assert_eq!(site.in_coding("/a.js", "br").await.header("content-encoding"), "br");
}

#[tokio::test]
async fn a_sidecar_older_than_its_file_or_empty_is_passed_over() {
    let site = Site::new(&[("a.js", &text(5000)), ("a.js.gz", b"old"), ("b.js", &text(5000)), ("b.js.gz", b"")]);
    let now = SystemTime::now();
    stamp(&site.dir.path().join("a.js"), now - Duration::from_secs(10));
    stamp(&site.dir.path().join("a.js.gz"), now - Duration::from_secs(11));
    for path in ["/a.js", "/b.js"] {
        let got = site.in_coding(path, "gzip").await;
        assert!(decoded(Coding::Gzip, &got.body) == text(5000), "{path}");
    }
    stamp(&site.dir.path().join("a.js.gz"), now - Duration::from_secs(10));
    assert_eq!(site.in_coding("/a.js", "gzip").await.text(), "old", "of the same time, it is taken for current");
}

#[tokio::test]
async fn a_sidecar_falls_under_the_rules_of_any_file() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("x.gz"), "outside").unwrap();
    let site = Site::new(&[
        ("a.js", &text(5000)),
        ("b.js", &text(5000)),
        ("c.js", &text(5000)),
        ("d.js", &text(5000)),
        (".hidden", b"hidden"),
    ]);
    let at = |name: &str| site.dir.path().join(name);
    symlink(outside.path().join("x.gz"), at("a.js.gz")).unwrap();
    symlink(at(".hidden"), at("b.js.gz")).unwrap();
    let fifo = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, at("c.js.gz"), fifo, rustix::fs::Mode::from_raw_mode(0o600), 0).unwrap();
    fs::create_dir(at("d.js.gz")).unwrap();
    for path in ["/a.js", "/b.js", "/c.js", "/d.js"] {
        let got = site.in_coding(path, "gzip").await;
        assert!(decoded(Coding::Gzip, &got.body) == text(5000), "{path}");
    }
}

#[tokio::test]
async fn where_strangers_name_the_files_there_are_no_sidecars() {
    let site = Site::new(&[("a.txt", &text(5000)), ("a.txt.gz", b"another file")]);
    let uploads = Files::new(site.dir.path(), &Options::default());
    let asked = request("/a.txt", &[("accept-encoding", "gzip")]);
    let Lookup::Found(answer) = uploads.answer(&asked, "/a.txt").await else { panic!() };
    assert!(decoded(Coding::Gzip, &Got::of(answer).await.body) == text(5000));
}

#[tokio::test]
async fn the_page_of_a_folder_and_clean_urls_too() {
    let site = Site::new(&[("about.html", &text(5000)), ("about.html.gz", b"gzipped"), ("index.html", &text(6000))]);
    assert_eq!(site.in_coding("/about", "gzip").await.text(), "gzipped");
    assert_eq!(site.in_coding("/", "gzip").await.header("content-encoding"), "gzip");
}
