//! Small files are answered from memory, and never from a memory that is out of date.
//!
//! Each version of a file is one line over and over, so that a torn answer shows.

use std::fs;
use std::io::{BufReader, Write};
use std::net::TcpStream;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use crate::common::{Response, Site, connect, read_answer};
use crate::served::request;

/// A version's bytes: as many for all, so that no length gives them away.
fn content(version: u32) -> String {
    format!("version {version:08}\n").repeat(200)
}

/// The version in a file's bytes; nothing where it is not whole.
fn version(body: &str) -> Option<u32> {
    let number = body.lines().next()?.strip_prefix("version ")?.parse().ok()?;
    (body == content(number)).then_some(number)
}

fn ask(stream: &mut TcpStream, fields: &[&str]) -> Response {
    stream.write_all(request("GET /a.js HTTP/1.1", fields).as_bytes()).unwrap();
    read_answer(&mut BufReader::new(stream), false).unwrap()
}

fn in_place(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
}

fn renamed(path: &Path, text: &str) {
    let beside = path.with_extension("tmp");
    fs::write(&beside, text).unwrap();
    fs::rename(beside, path).unwrap();
}

fn with_backup(path: &Path, text: &str) {
    fs::rename(path, path.with_extension("js~")).unwrap();
    fs::write(path, text).unwrap();
}

fn removed_first(path: &Path, text: &str) {
    fs::remove_file(path).unwrap();
    fs::write(path, text).unwrap();
}

fn with_its_old_time(path: &Path, text: &str) {
    let before = fs::metadata(path).unwrap().modified().unwrap();
    let mut file = fs::File::create(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file.set_modified(before).unwrap();
}

fn by_link(path: &Path, text: &str) {
    let target = path.with_extension("target");
    let link = path.with_extension("link");
    let _ = fs::remove_file(&target);
    fs::write(&target, text).unwrap();
    symlink(&target, &link).unwrap();
    fs::rename(link, path).unwrap();
}

type Edit = fn(&Path, &str);

/// Who never shows a file half written.
const WHOLE: [Edit; 2] = [renamed, by_link];
const ALL: [Edit; 6] = [in_place, renamed, with_backup, removed_first, with_its_old_time, by_link];

/// Edits a file under a hail of requests. After each save the next answer has it.
fn hammered(conf: &str, fields: &'static [&'static str], edits: &[Edit]) {
    let site = Site::small().conf(conf).file("static_file/a.js", content(0));
    let server = site.start_with(&["-q"]);
    let port = server.port();
    let done = Arc::new(AtomicBool::new(false));
    let only_whole = edits.iter().all(|edit| WHOLE.iter().any(|whole| std::ptr::fn_addr_eq(*whole, *edit)));
    let others: Vec<_> = (0..2)
        .map(|_| {
            let done = done.clone();
            std::thread::spawn(move || {
                let mut stream = connect(port);
                let mut seen = 0;
                while !done.load(SeqCst) {
                    let answer = ask(&mut stream, fields);
                    let Some(number) = whole(&answer) else {
                        assert!(!only_whole, "torn: {} {:?}", answer.status, answer.headers);
                        continue;
                    };
                    assert!(number >= seen, "{number} after {seen}");
                    seen = number;
                }
            })
        })
        .collect();
    let path = site.path("static_file/a.js");
    let mut stream = connect(port);
    let mut tags = std::collections::HashSet::new();
    for number in 1..=60 {
        edits[number as usize % edits.len()](&path, &content(number));
        let answer = ask(&mut stream, fields).is(200);
        assert_eq!(whole(&answer), Some(number), "stale or torn");
        assert!(tags.insert(answer.value("etag").to_owned()), "version {number} has the tag of another");
        // One that is kept by now: the next edit has to be noticed, not only to come in time.
        if number % 3 == 0 {
            std::thread::sleep(std::time::Duration::from_millis(25));
            assert_eq!(whole(&ask(&mut stream, fields).is(200)), Some(number));
        }
    }
    done.store(true, SeqCst);
    for other in others {
        other.join().unwrap();
    }
}

fn whole(answer: &Response) -> Option<u32> {
    if answer.status != 200 {
        return None;
    }
    if answer.header("content-encoding") == Some("gzip") {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&*answer.body), &mut text).ok()?;
        return version(&text);
    }
    version(&answer.text())
}

#[test]
fn no_answer_is_older_than_the_save_before_it() {
    hammered("", &[], &ALL);
}

#[test]
fn nor_where_files_are_polled() {
    hammered("[reload]\nwatch = \"poll\"\n", &[], &ALL);
}

#[test]
fn nor_when_it_is_compressed() {
    hammered("", &["Accept-Encoding: gzip"], &ALL);
}

#[test]
fn what_is_saved_whole_is_never_seen_torn() {
    hammered("", &[], &WHOLE);
}
