use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::Request;

use super::*;
use crate::server::answer;
use crate::server::files::conditional::Validators;
use crate::server::http1::testing::with_head;
use crate::server::source::{State, is_quiet};

struct Kept {
    _folder: tempfile::TempDir,
    path: PathBuf,
    ready: Ready,
}

fn wish(fields: &[(&str, &str)]) -> Option<Wish> {
    let mut request = Request::get("/a.txt?b");
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    Wish::of(&request.body(()).unwrap().into_parts().0)
}

fn keep(ready: &Ready, wish: Wish, path: &Path, body: impl Into<Bytes>) {
    let meta = path.metadata().unwrap();
    let mut answer = answer::with(StatusCode::OK, "text/plain", Body::full(body));
    Validators::of_file(&meta).write(answer.headers_mut(), SystemTime::now());
    answer.extensions_mut().insert(Sources::of(path, &[], State::of(&meta)).unwrap());
    ready.keep(wish, &mut answer, &"static a".into());
}

fn kept() -> Kept {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    fs::write(&path, "one").unwrap();
    let ready = Ready::default();
    keep(&ready, wish(&[]).unwrap(), &path, "one");
    Kept { _folder: folder, path, ready }
}

fn find(ready: &Ready, head: &str) -> Option<(Vec<u8>, Kind)> {
    let request = format!("{head}\r\n\r\n");
    with_head(&request, |head| {
        let (prepared, kind) = ready.find(head.method, head.target, head)?;
        Some((prepared.parts(kind).2.to_vec(), kind))
    })
}

fn kind(ready: &Ready, head: &str) -> Option<Kind> {
    find(ready, head).map(|(_, kind)| kind)
}

const GET: &str = "GET /a.txt HTTP/1.1";

#[test]
fn the_same_request_is_answered() {
    let Kept { _folder, path, ready } = kept();
    assert_eq!(find(&ready, GET), Some((b"one".to_vec(), Kind::Whole)));
    assert_eq!(kind(&ready, "GET /a.txt?x=y HTTP/1.0"), Some(Kind::Whole));
    assert_eq!(find(&ready, "HEAD /a.txt HTTP/1.1"), Some((Vec::new(), Kind::Head)));
    let etag = Validators::of_file(&path.metadata().unwrap()).etag;
    let asked = |field: &str| kind(&ready, &format!("{GET}\r\n{field}"));
    assert_eq!(asked(&format!("If-None-Match: {etag}")), Some(Kind::NotModified));
    assert_eq!(asked("If-None-Match: \"other\""), Some(Kind::Whole));
    assert_eq!(asked("If-Match: \"other\""), None);
}

#[test]
fn another_request_is_not() {
    let Kept { _folder, ready, .. } = kept();
    for head in [
        "GET /b.txt HTTP/1.1",
        "GET /a%2etxt HTTP/1.1",
        "POST /a.txt HTTP/1.1",
        "GET /a.txt?a#b HTTP/1.1",
        "GET /a.txt HTTP/1.1\r\nRange: bytes=0-",
        "GET /a.txt HTTP/1.1\r\nAccept: text/html",
        "GET /a.txt HTTP/1.1\r\nAccept-Encoding: gzip",
    ] {
        assert_eq!(kind(&ready, head), None, "{head}");
    }
    assert!(wish(&[("range", "bytes=0-")]).is_none());
    assert!(wish(&[("accept-encoding", "gzip"), ("accept-encoding", "br")]).is_none());
    assert!(wish(&[("accept-encoding", &"x".repeat(1000))]).is_none());
}

#[test]
fn each_coding_has_its_own() {
    let Kept { _folder, path, ready } = kept();
    keep(&ready, wish(&[("accept-encoding", "gzip")]).unwrap(), &path, "gzipped");
    let asked = |coding: &str| find(&ready, &format!("{GET}\r\nAccept-Encoding: {coding}")).map(|found| found.0);
    assert_eq!(asked("gzip"), Some(b"gzipped".to_vec()));
    assert_eq!(asked("br"), None);
    assert_eq!(asked("gzip\r\nAccept-Encoding: br"), None);
    assert_eq!(find(&ready, GET), Some((b"one".to_vec(), Kind::Whole)));
}

#[test]
fn any_change_is_seen_at_once() {
    type Edit = fn(&Path);
    let edits: [Edit; 5] = [
        |path| fs::write(path, "two").unwrap(),
        |path| fs::File::options().append(true).open(path).and_then(|f| f.set_len(1)).unwrap(),
        |path| fs::remove_file(path).unwrap(),
        |path| {
            let other = path.with_extension("new");
            fs::write(&other, "one").unwrap();
            fs::rename(other, path).unwrap();
        },
        |path| {
            let file = fs::File::options().append(true).open(path).unwrap();
            file.set_modified(UNIX_EPOCH).unwrap();
        },
    ];
    for edit in edits {
        let Kept { _folder, path, ready } = kept();
        // File systems stamp by a clock that ticks slowly: whoever keeps waits for a tick.
        while !is_quiet(&path.metadata().unwrap()) {
            std::thread::yield_now();
        }
        assert_eq!(kind(&ready, GET), Some(Kind::Whole));
        edit(&path);
        assert_eq!(kind(&ready, GET), None);
    }
}

#[test]
fn it_stays_within_its_bounds() {
    let Kept { _folder, path, ready } = kept();
    for i in 0..2 * BUDGET / LARGEST {
        let wish = Wish { path: format!("/{i}").into(), variant: Variant { document: false, coding: None } };
        keep(&ready, wish, &path, vec![0; LARGEST]);
    }
    for i in 0..3 * VARIANTS {
        keep(&ready, wish(&[("accept-encoding", &format!("x{i}"))]).unwrap(), &path, "one");
    }
    let shelf = ready.0.lock();
    let all = shelf.kept.values().flatten();
    assert_eq!(shelf.bytes, all.map(|kept| kept.weight()).sum::<usize>());
    assert!(shelf.bytes <= BUDGET);
    assert_eq!(shelf.kept["/a.txt"].len(), VARIANTS);
}

#[test]
fn what_is_larger_or_not_made_of_files_is_not_kept() {
    let Kept { _folder, path, ready } = kept();
    let large = || wish(&[("accept-encoding", "large")]).unwrap();
    keep(&ready, large(), &path, vec![0; LARGEST + 1]);
    ready.keep(large(), &mut answer::text(StatusCode::OK, "made"), &"text".into());
    assert_eq!(kind(&ready, &format!("{GET}\r\nAccept-Encoding: large")), None);
}
