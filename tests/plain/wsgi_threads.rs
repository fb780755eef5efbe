//! How an app's requests share its threads and workers.

use std::fs;
use std::io::{Read, Write};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread::scope;

use crate::common::{Server, Site, eventually};

const APP: &str = r#"
import os, threading, time

gate, inside, most = threading.Barrier(4), 0, 0

def text(start_response, data):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [data]

def wait_for(name):
    while not os.path.exists(name):
        time.sleep(0.002)

def quick(environ, start_response):
    return text(start_response, b"quick")

def meet(environ, start_response):
    gate.wait(20)
    return text(start_response, b"met")

def count(environ, start_response):
    global inside, most
    inside += 1
    most = max(most, inside)
    time.sleep(0.002)
    inside -= 1
    return text(start_response, b"%d" % most)

def slow(environ, start_response):
    wait_for(environ["QUERY_STRING"])
    return text(start_response, b"slow")

def die(environ, start_response):
    wait_for("now")
    os._exit(3)

def endless(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    def pieces():
        while True:
            yield b"piece\n" * 100
            time.sleep(0.002)
    return pieces()

def app(environ, start_response):
    return globals()[environ["PATH_INFO"][1:]](environ, start_response)
"#;

fn site(settings: &str) -> Site {
    let route = "[[route]]\npath = \"/{*rest}\"\nwsgi = \"t:app\"\nworkers = 1\n";
    Site::small().file("t.py", APP).conf(&format!("{route}{settings}"))
}

/// Has the app known for quick.
fn warm(server: &Server) {
    scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..50).for_each(|_| drop(server.get("/quick").is(200))));
        }
    });
}

#[test]
fn threads_join_when_the_app_waits() {
    let site = site("threads = 4\n");
    let server = site.start();
    for _ in 0..3 {
        warm(&server);
        scope(|scope| {
            let all: Vec<_> = (0..4).map(|_| scope.spawn(|| server.get("/meet").is(200).text())).collect();
            for one in all {
                assert_eq!(one.join().unwrap(), "met");
            }
        });
    }
}

#[test]
fn an_app_of_one_thread_never_runs_twice_at_once() {
    let site = site("threads = 1\n");
    let server = site.start();
    warm(&server);
    scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..10).for_each(|_| assert_eq!(server.get("/count").is(200).text(), "1")));
        }
    });
}

#[test]
fn no_answer_is_kept_back_behind_a_slow_one() {
    let site = site("threads = 2\n");
    let server = site.start();
    warm(&server);
    for round in 0..30 {
        let name = format!("go{round}");
        let (mut first, mut second) = (server.connect(), server.connect());
        first.write_all(&server.message("GET", "/quick", &[], b"")).unwrap();
        second.write_all(&server.message("GET", &format!("/slow?{name}"), &[], b"")).unwrap();
        let mut some = [0; 12];
        first.read_exact(&mut some).unwrap();
        assert_eq!(&some, b"HTTP/1.1 200");
        // Only now may the slow one go on.
        fs::write(site.path(&name), "").unwrap();
        second.read_exact(&mut some).unwrap();
        assert_eq!(&some, b"HTTP/1.1 200");
    }
}

#[test]
fn answers_without_end_on_all_threads_are_no_reason_to_end_the_worker() {
    let site = site("threads = 2\ntimeout = \"700ms\"\n");
    let server = site.start();
    eventually("the app", || (server.get("/quick").status == 200).then_some(()));
    let mut streams: Vec<_> = (0..2)
        .map(|_| {
            let mut stream = server.connect();
            stream.write_all(&server.message("GET", "/endless", &[], b"")).unwrap();
            stream.read_exact(&mut [0; 1000]).unwrap();
            stream
        })
        .collect();
    server.get("/quick").is(503);
    streams[1].read_exact(&mut [0; 5000]).unwrap();
    streams.remove(0);
    eventually("a free thread", || (server.get("/quick").status == 200).then_some(()));
    streams[0].read_exact(&mut [0; 5000]).unwrap();
}

#[test]
fn clients_that_leave_cost_no_thread() {
    let site = site("threads = 2\n");
    let server = site.start();
    for _ in 0..40 {
        let mut stream = server.connect();
        stream.write_all(&server.message("GET", "/endless", &[], b"")).unwrap();
        stream.read_exact(&mut [0; 700]).unwrap();
        drop(stream);
        server.get("/quick").is(200);
    }
    let mut both = [server.connect(), server.connect()];
    for stream in &mut both {
        stream.write_all(&server.message("GET", "/endless", &[], b"")).unwrap();
        stream.read_exact(&mut [0; 700]).unwrap();
    }
}

#[test]
fn what_a_dying_worker_has_not_begun_is_answered_by_another() {
    let site = site("threads = 1\n");
    let server = site.start();
    warm(&server);
    let (asked, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    scope(|scope| {
        scope.spawn(|| assert_eq!(server.get("/die").status, 500));
        let (server, asked, failed) = (&server, &asked, &failed);
        for _ in 0..40 {
            scope.spawn(move || {
                let mut stream = server.connect();
                stream.write_all(&server.message("GET", "/quick", &[], b"")).unwrap();
                asked.fetch_add(1, Relaxed);
                let mut some = [0; 12];
                stream.read_exact(&mut some).unwrap();
                failed.fetch_add(usize::from(&some != b"HTTP/1.1 200"), Relaxed);
            });
        }
        eventually("all have asked", || (asked.load(Relaxed) == 40).then_some(()));
        fs::write(site.path("now"), "").unwrap();
    });
    // What it may have begun: one for the thread, and as many as it may hold back.
    assert!(failed.load(Relaxed) <= 9, "{} failed", failed.load(Relaxed));
    server.get("/quick").is(200);
}

#[test]
fn what_an_app_does_not_say_is_left_unsaid() {
    let site = site("");
    let server = site.start();
    let answer = server.get("/quick").is(200);
    assert_eq!((answer.value("x-content-type-options"), answer.value("cross-origin-resource-policy")), ("", ""));
}
