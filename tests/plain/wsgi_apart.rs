//! What one request to an app does to others: nothing.

use std::fs;
use std::io::{Read, Write};
use std::process::Command;
use std::thread::scope;

use crate::common::{Server, Site, eventually};

const APP: &str = r#"
import collections, os, threading, time

runs = collections.Counter()

def text(start_response, data):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [data]

def quick(environ, start_response):
    return text(start_response, b"quick")

def token(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return iter([environ["QUERY_STRING"].encode()])

def count(environ, start_response):
    runs[environ["QUERY_STRING"]] += 1
    return text(start_response, b"counted")

def twice(environ, start_response):
    return text(start_response, b"%d" % sum(n > 1 for n in runs.values()))

def hang(environ, start_response):
    threading.Event().wait()

def hold(environ, start_response):
    while not os.path.exists("go"):
        time.sleep(0.002)
    return text(start_response, b"held")

class Endless:
    def __iter__(self):
        return self
    def __next__(self):
        time.sleep(0.002)
        return b"piece\n" * 100

def endless(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return Endless()

class Stuck(list):
    def close(self):
        threading.Event().wait()

def stuck(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return Stuck([b"done"])

def scribble(environ, start_response):
    for fd in range(25):
        try:
            os.write(fd, b"\xffnonsense" * 20)
        except OSError:
            pass
    hang(environ, start_response)

def fork(environ, start_response):
    child = os.fork()
    return text(start_response, b"%d" % child)

def late(environ, start_response):
    import views
    return text(start_response, views.text)

class Late:
    """All that was declared, then an error; without a close()."""
    def __init__(self):
        self.pieces = iter([b"x" * 200000])
    def __iter__(self):
        return self
    def __next__(self):
        for piece in self.pieces:
            return piece
        raise RuntimeError("afterwards")

def error(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "200000")])
    return Late()

def silent(environ, start_response):
    environ["wsgi.input"].read()
    return [b"no start_response"]

def echo(environ, start_response):
    return text(start_response, environ["wsgi.input"].read())

def app(environ, start_response):
    return globals()[environ["PATH_INFO"][1:]](environ, start_response)
"#;

fn site(settings: &str) -> Site {
    let route = "[[route]]\npath = \"/{*rest}\"\nwsgi = \"t:app\"\nworkers = 1\n";
    Site::small().file("t.py", APP).file("views.py", "text = b'old'\n").conf(&format!("{route}{settings}"))
}

fn begin(server: &Server, path: &str) -> impl Read + use<> {
    let mut stream = server.connect();
    stream.write_all(&server.message("GET", path, &[], b"")).unwrap();
    stream
}

fn ready(server: &Server) {
    eventually("the app", || (server.get("/quick").status == 200).then_some(()));
}

#[test]
fn every_client_gets_its_own_answer() {
    let site = site("threads = 3\n");
    let server = site.start();
    scope(|scope| {
        for client in 0..6 {
            let server = &server;
            scope.spawn(move || {
                for n in 0..100 {
                    let token = format!("{client}-{n}");
                    assert_eq!(server.get(&format!("/token?{token}")).is(200).text(), token);
                }
            });
        }
    });
}

#[test]
fn a_client_that_reads_nothing_stops_nobody() {
    let site = site("threads = 2\n");
    let server = site.start();
    ready(&server);
    let idle = begin(&server, "/endless");
    for n in 0..50 {
        assert_eq!(server.get(&format!("/token?{n}")).is(200).text(), n.to_string());
    }
    drop(idle);
    server.get("/token?last").is(200);
}

#[test]
fn nothing_runs_twice_when_a_worker_is_replaced() {
    let site = site("threads = 1\ntimeout = \"500ms\"\n");
    let server = site.start();
    ready(&server);
    for _ in 0..300 {
        server.get("/quick").is(200);
    }
    scope(|scope| {
        let server = &server;
        // Whichever of them comes first.
        scope.spawn(|| assert!([503, 504].contains(&server.get("/hold").status)));
        for n in 0..20 {
            scope.spawn(move || server.ask("POST", &format!("/count?{n}"), &[], b"").status);
        }
    });
    fs::write(site.path("go"), "").unwrap();
    eventually("an answer", || (server.get("/quick").status == 200).then_some(()));
    assert_eq!(server.get("/twice").is(200).text(), "0");
}

#[test]
fn a_request_that_hangs_is_found_though_nobody_waits_for_it() {
    let site = site("threads = 1\ntimeout = \"400ms\"\n");
    let mut server = site.start();
    ready(&server);
    let url = server.url("/hang");
    let curl = Command::new("curl").args(["-s", "--http2-prior-knowledge", "-m", "0.1", &url]).status().unwrap();
    assert_eq!(curl.code(), Some(28), "curl gave up");
    server.line("that says so", |line| line.contains("no answer within"));
    eventually("another worker", || (server.get("/quick").status == 200).then_some(()));
}

#[test]
fn a_close_without_end_keeps_no_worker() {
    let site = site("threads = 1\ntimeout = \"400ms\"\n");
    let mut server = site.start();
    ready(&server);
    assert_eq!(server.get("/stuck").is(200).text(), "done");
    server.line("that says so", |line| line.contains("no answer within"));
    eventually("another worker", || (server.get("/quick").status == 200).then_some(()));
}

#[test]
fn a_worker_that_writes_nonsense_is_replaced() {
    let site = site("threads = 2\n");
    let mut server = site.start();
    ready(&server);
    server.get("/scribble").is(500);
    server.line("that says so", |line| line.contains("another takes its place"));
    eventually("another worker", || (server.get("/quick").status == 200).then_some(()));
}

#[test]
fn an_answer_outlives_a_change_of_its_app() {
    let site = site("threads = 2\n");
    let mut server = site.start();
    ready(&server);
    let mut stream = begin(&server, "/endless");
    stream.read_exact(&mut [0; 1000]).unwrap();
    let conf = fs::read_to_string(site.path("stan.conf")).unwrap();
    fs::write(site.path("stan.conf"), conf.replace("threads = 2", "threads = 3")).unwrap();
    server.line("of the change", |line| line.contains("changed"));
    ready(&server);
    // Far more than lies in any buffer.
    stream.read_exact(&mut vec![0; 4 << 20]).unwrap();
}

#[test]
fn an_import_that_failed_is_tried_again() {
    let site = site("threads = 1\n").file("gate.txt", "open");
    let app = format!("import os\nif not os.path.exists('gate.txt'): raise RuntimeError('no database')\n{APP}");
    fs::write(
        site.path("t.py"),
        app.replace("def hang(", "def die(environ, start_response):\n    os._exit(1)\n\ndef hang("),
    )
    .unwrap();
    let mut server = site.start();
    ready(&server);
    fs::remove_file(site.path("gate.txt")).unwrap();
    server.get("/die").is(500);
    server.line("that says so", |line| line.contains("no database"));
    fs::write(site.path("gate.txt"), "").unwrap();
    eventually("the app again", || (server.get("/quick").status == 200).then_some(()));
}

#[test]
fn a_module_that_is_imported_late_does_not_take_the_app_down() {
    let site = site("threads = 1\n");
    let mut server = site.start();
    assert_eq!(server.get("/late").is(200).text(), "old");
    fs::write(site.path("views.py"), "text = b'new'\nthis is no Python\n").unwrap();
    server.line("that says so", |line| line.contains("views.py:2"));
    assert_eq!(server.get("/late").is(200).text(), "old");
    fs::write(site.path("views.py"), "text = b'mended'\n").unwrap();
    server.line("that says so", |line| line.contains("answers again"));
    eventually("the new code", || (server.get("/late").text() == "mended").then_some(()));
}

#[test]
fn a_fork_is_no_second_worker() {
    let site = site("threads = 1\n");
    let server = site.start();
    for n in 0..5 {
        assert_ne!(server.get("/fork").is(200).text(), "0");
        assert_eq!(server.get(&format!("/token?{n}")).is(200).text(), n.to_string());
    }
}

#[test]
fn a_body_that_breaks_off_is_not_the_apps_failure() {
    let site = site("threads = 1\n");
    let mut server = site.start();
    let broken = b"5\r\nhello\r\nnonsense\r\n";
    server.ask("POST", "/echo", &[("Transfer-Encoding", "chunked")], broken).is(400);
    server.get("/quick").is(200);
    server.line("of the next request", |line| {
        assert!(!line.contains("cut short"), "it is told as the app's");
        line.contains("/quick")
    });
}

#[test]
fn an_error_after_the_answer_is_of_no_other() {
    let site = site("threads = 1\n");
    let mut server = site.start();
    for n in 0..5 {
        assert_eq!(server.get("/error").is(200).body.len(), 200_000);
        server.line("that says so", |line| line.contains("afterwards"));
        assert_eq!(server.get(&format!("/token?{n}")).is(200).text(), n.to_string());
    }
}

#[test]
fn an_app_that_never_begins_its_answer_keeps_no_thread() {
    let site = site("threads = 1\ntimeout = \"700ms\"\n");
    let mut server = site.start();
    ready(&server);
    for _ in 0..3 {
        server.ask("POST", "/silent", &[], &vec![b'x'; 200_000]).is(500);
    }
    // All connections serve again.
    for n in 0..20 {
        assert_eq!(server.get(&format!("/token?{n}")).is(200).text(), n.to_string());
    }
    server.get("/quick?last").is(200);
    server.line("of the last request", |line| {
        assert!(!line.contains("no answer within"), "{line}");
        line.contains("/quick?last")
    });
}
