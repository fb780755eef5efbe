//! The process is killed at random moments while files arrive in every way: what has its final name is
//! whole, what was begun can be resumed, nothing else is left.

use std::collections::BTreeMap;
use std::io::{BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use rustix::process::Signal;

use crate::common::{Form, Response, Server, Site, eventually, noise, read_answer};

const KILLS: u64 = 100;
/// Bytes of the file that is resumed until it is whole.
const LONG: usize = 6 << 20;
/// The latest moment after the first byte, in microseconds.
const LATEST: u64 = 25_000;

/// Numbers without a pattern, the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// Sends in pieces until the server is gone; the answer if there was one.
fn send(mut stream: TcpStream, message: &[u8]) -> Option<Response> {
    for piece in message.chunks(64 << 10) {
        stream.write_all(piece).ok()?;
    }
    read_answer(&mut BufReader::new(stream), false).ok()
}

/// The file that is sent again and again, until it is whole.
struct Long {
    name: String,
    content: Vec<u8>,
    at: Option<String>,
    /// What the server has said that it has.
    acknowledged: usize,
}

impl Long {
    fn new(number: u64) -> Self {
        Self { name: format!("long-{number}.bin"), content: noise(number, LONG), at: None, acknowledged: 0 }
    }

    /// Asks how far it is, and sends a piece; whether it is whole.
    fn go_on(&mut self, server: &Server, dice: &mut Dice) -> Option<bool> {
        let Some(at) = &self.at else {
            let length = self.content.len().to_string();
            let headers = [("Upload-Complete", "?0"), ("Upload-Length", length.as_str())];
            let message = server.message("POST", &format!("/upload/{}", self.name), &headers, b"");
            self.at = Some(send(server.connect(), &message)?.value("location").to_owned());
            return Some(false);
        };
        let stand = send_head(server, at)?;
        // It was whole before the server was killed, and the new one knows nothing of it.
        if stand.status == 404 {
            return Some(true);
        }
        let offset: usize = stand.value("upload-offset").parse().unwrap();
        assert!(offset >= self.acknowledged, "{offset} bytes of {} acknowledged ones are left", self.acknowledged);
        self.acknowledged = offset;
        let end = (offset + 1 + dice.below(2 << 20) as usize).min(self.content.len());
        let complete = if end == self.content.len() { "?1" } else { "?0" };
        let from = offset.to_string();
        let headers = [
            ("Content-Type", "application/partial-upload"),
            ("Upload-Offset", from.as_str()),
            ("Upload-Complete", complete),
        ];
        let message = server.message("PATCH", at, &headers, &self.content[offset..end]);
        let answer = send(server.connect(), &message)?;
        assert!(answer.status < 300, "{} {}", answer.status, answer.text());
        self.acknowledged = end;
        Some(complete == "?1")
    }
}

fn send_head(server: &Server, at: &str) -> Option<Response> {
    let mut stream = server.connect();
    stream.write_all(&server.message("HEAD", at, &[], b"")).ok()?;
    read_answer(&mut BufReader::new(stream), true).ok()
}

/// Every file under a final name is one of those that were sent, and whole.
fn all_whole(site: &Site, sent: &BTreeMap<String, Vec<u8>>) -> usize {
    let names: Vec<String> = site.names("uploads").into_iter().filter(|name| name != ".part").collect();
    for name in &names {
        let expected = sent.get(name).unwrap_or_else(|| panic!("{name} was never sent"));
        let there = site.read(&format!("uploads/{name}"));
        assert!(there == *expected, "{name} has {} of {} bytes, or others", there.len(), expected.len());
    }
    names.len()
}

/// Whether nothing is in `.part` but what can be resumed: bytes and a record. Some of it nobody will go
/// on with: its sender was cut off before it heard where.
fn only_resumable(site: &Site) -> Option<()> {
    let entries = std::fs::read_dir(site.path("uploads/.part")).into_iter().flatten().flatten();
    let names: Vec<String> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
    let paired = |name: &String| {
        let other = match name.split_once('.') {
            Some((token, "part")) => format!("{token}.json"),
            Some((token, "json")) => format!("{token}.part"),
            _ => return false,
        };
        names.contains(&other)
    };
    names.iter().all(paired).then_some(())
}

#[test]
fn a_hundred_kills_leave_whole_files_and_what_can_be_resumed() {
    let site = Site::small();
    let mut dice = Dice(0x5eed_0f57_a4ab_cdef);
    let mut sent = BTreeMap::new();
    let mut long = Long::new(0);
    let mut resumed = 0;
    for round in 0..KILLS {
        let mut server = site.start();
        eventually("the rest of the last run to go", || only_resumable(&site));
        if let Some(at) = &long.at {
            assert!([200, 204, 404].contains(&send_head(&server, at).unwrap().status));
        }
        sent.insert(long.name.clone(), long.content.clone());
        let mut content = |name: String, size: usize| {
            let bytes = noise(1_000_000 + round * 10 + sent.len() as u64, size);
            sent.insert(name.clone(), bytes.clone());
            (name, bytes)
        };
        let (put, put_bytes) = content(format!("put-{round}.bin"), 1_500_000);
        let (small, small_bytes) = content(format!("small-{round}.bin"), 50_000);
        let (one, one_bytes) = content(format!("one-{round}.bin"), 100_000);
        let (two, two_bytes) = content(format!("two-{round}.bin"), 900_000);
        let form = Form::new().file("a", &one, "x/y", &one_bytes).file("b", &two, "x/y", &two_bytes).bytes();
        let kind = Form::content_type();
        let messages = [
            server.message("PUT", &format!("/upload/{put}"), &[], &put_bytes),
            server.message("PUT", &format!("/upload/{small}"), &[], &small_bytes),
            server.message("POST", "/upload", &[("Content-Type", kind.as_str()), ("Accept", "*/*")], &form),
        ];
        let moment = Duration::from_micros(dice.below(LATEST));
        std::thread::scope(|scope| {
            for message in &messages {
                let stream = server.connect();
                scope.spawn(move || send(stream, message));
            }
            let (long, dice, server) = (&mut long, &mut dice, &server);
            scope.spawn(move || {
                let mut whole = false;
                while let Some(is) = if whole { None } else { long.go_on(server, dice) } {
                    whole = is;
                }
                if whole {
                    *long = Long::new(round + 1);
                }
            });
            // The moment is the point; nothing is waited for by it.
            std::thread::sleep(moment);
            server.signal(Signal::KILL);
        });
        server.wait();
        all_whole(&site, &sent);
        resumed += usize::from(long.at.is_some());
    }
    let server = site.start();
    while long.at.is_some() && long.go_on(&server, &mut dice).is_some_and(|whole| !whole) {}
    let whole = all_whole(&site, &sent);
    println!("{KILLS} kills: {whole} files whole, {resumed} times an upload was to be resumed");
    assert!(whole > 10 && resumed > 10, "the moments were badly chosen: {whole} whole, {resumed} resumed");
    only_resumable(&site).expect("nothing else is left");
}
