//! Two hundred saves of a module while clients ask without pause.

use std::io::{BufReader, Write as _};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crate::common::{PATIENCE, Server, Site, connect, read_answer};
use crate::software::start;

const EDITS: usize = 200;
const CLIENTS: usize = 3;
/// One save of so many is broken, and one is followed by the next before anybody has looked.
const BROKEN: usize = 10;
const HASTY: usize = 7;

const APP: &str = "import time\nfrom number import NUMBER\n\
    def app(environ, start_response):\n    time.sleep(0.002)\n    \
    start_response('200 OK', [('Content-Type', 'text/plain')])\n    return [b'%d' % NUMBER]\n";

/// Asks on one connection until it is over; how many answers there were.
fn ask(port: u16, over: &AtomicBool, newest: &AtomicUsize) -> usize {
    let mut stream = BufReader::new(connect(port));
    let message = format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
    let (mut answers, mut last) = (0, 0);
    while !over.load(Relaxed) {
        stream.get_mut().write_all(message.as_bytes()).unwrap();
        let answer = read_answer(&mut stream, false).unwrap().is(200);
        let number: usize = answer.text().parse().unwrap();
        assert!(number >= last, "{number} after {last}: older code answers after newer");
        assert!(number <= EDITS);
        newest.fetch_max(number, Relaxed);
        (answers, last) = (answers + 1, number);
    }
    answers
}

/// Some editors write into the file, some put another in its place.
fn save_as_editors_do(site: &Site, n: usize) {
    let code = format!("NUMBER = {n}\n");
    if n.is_multiple_of(2) {
        site.write("number.py", code);
    } else {
        site.write(".number.py.new", code);
        std::fs::rename(site.path(".number.py.new"), site.path("number.py")).unwrap();
    }
}

/// The time from each save to the first answer of the new code.
fn save(site: &Site, server: &mut Server, newest: &AtomicUsize) -> Vec<Duration> {
    let mut taken = Vec::new();
    for n in 1..=EDITS {
        let before = newest.load(Relaxed);
        if n % BROKEN == 0 && n < EDITS {
            server.skip();
            site.write("number.py", format!("NUMBER = {n} +\n"));
            let line = server.line("about the broken save", |line| line.contains("SyntaxError"));
            assert!(line.contains("number.py:1"), "{line}");
            assert_eq!(server.get("/").is(200).text(), before.to_string(), "the old code goes on");
            continue;
        }
        let saved = Instant::now();
        save_as_editors_do(site, n);
        if n % HASTY == 0 && (n + 1) % BROKEN != 0 && n < EDITS {
            continue;
        }
        while newest.load(Relaxed) < n {
            assert!(saved.elapsed() < PATIENCE, "save {n} is never seen, only {}", newest.load(Relaxed));
            std::thread::sleep(Duration::from_millis(1));
        }
        taken.push(saved.elapsed());
    }
    taken
}

#[test]
fn two_hundred_under_load() {
    // One worker, for of two one may have imported a file just before its save is heard of.
    let conf = "[[route]]\npath = \"/{*rest}\"\nwsgi = \"live:app\"\nworkers = 1\n";
    let site = Site::small().file("live.py", APP).file("number.py", "NUMBER = 0\n").conf(conf);
    let mut server = start(&site);
    server.get("/").is(200);
    let (over, newest) = (AtomicBool::new(false), AtomicUsize::new(0));
    let port = server.port();
    let (mut taken, answers) = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(|| ask(port, &over, &newest))).collect();
        let taken = save(&site, &mut server, &newest);
        over.store(true, Relaxed);
        (taken, asked.into_iter().map(|client| client.join().expect("every answer is 200")).sum::<usize>())
    });
    assert_eq!(server.get("/").is(200).text(), EDITS.to_string());
    taken.sort();
    let at = |part: usize| taken[(taken.len() - 1) * part / 100].as_millis();
    println!(
        "{EDITS} saves under load: new code answers after {} ms (median), {} ms (90 %), {} ms (slowest); \
         {answers} requests, none failed",
        at(50),
        at(90),
        at(100)
    );
    assert!(answers > EDITS, "there was no load: {answers} requests");
}
