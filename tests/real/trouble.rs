//! Apps that print, hang, crash and grow: reported, replaced, and the others go on.

use std::collections::BTreeSet;

use crate::common::{Server, Site, Wire, eventually};
use crate::software::{site, start};

fn serving(settings: &str) -> (Site, Server) {
    let route = |path: &str| format!("[[route]]\npath = \"{path}/{{*rest}}\"\nwsgi = \"trouble:app\"\n{settings}");
    // One that is in trouble, and another that has nothing to do with it.
    let conf = format!("{}{}env = {{ NAME = \"other\" }}\n", route("/a"), route("/b"));
    let site = site("trouble", &conf);
    let server = start(&site);
    for path in ["/a/", "/b/"] {
        eventually("the app", || (server.get(path).status == 200).then_some(()));
    }
    (site, server)
}

fn noted(server: &mut Server, text: &str) -> String {
    server.line(&format!("that says {text}"), |line| line.contains(text))
}

#[test]
fn what_is_printed_is_shown_with_its_name() {
    let (_site, mut server) = serving("workers = 1\n");
    server.get("/a/print").is(200);
    let words = ["printed to stdout", "printed to stderr", "written to wsgi.errors", "not by\u{fffd} Python"];
    let mut missing: BTreeSet<&str> = words.into();
    while !missing.is_empty() {
        let line = server.line("with what was printed", |line| missing.iter().any(|word| line.contains(word)));
        assert!(line.contains("note trouble:app: "), "{line}");
        missing.retain(|word| !line.contains(word));
    }
}

#[test]
fn one_that_hangs() {
    let (_site, mut server) = serving("workers = 1\ntimeout = \"400ms\"\n");
    let first = server.get("/a/").text();
    server.get("/a/hang").is(504);
    noted(&mut server, "no answer within 400ms");
    eventually("another worker", || (server.get("/a/").is(200).text() != first).then_some(()));
    server.get("/b/").is(200);
}

#[test]
fn one_that_crashes() {
    let (_site, mut server) = serving("workers = 2\n");
    for (target, how) in [("/a/exit", "exit status: 7"), ("/a/segfault", "SIGSEGV"), ("/a/exit", "exit status: 7")] {
        server.get(target).is(500);
        // From the very next request on nobody notices.
        for _ in 0..20 {
            server.get("/a/").is(200);
            server.get("/b/").is(200);
        }
        let line = noted(&mut server, how);
        assert!(line.contains("another takes its place"), "{line}");
    }
}

#[test]
fn one_that_crashes_in_the_middle_of_its_answer() {
    let (_site, mut server) = serving("workers = 1\n");
    let mut wire = Wire::to(server.port());
    wire.send(server.message("GET", "/a/half", &[], b""));
    wire.until("the first half\n");
    // The end does not come, so that nobody takes it for the whole.
    let rest = wire.rest().unwrap_or_default();
    assert!(!rest.ends_with(b"0\r\n\r\n"), "{rest:?}");
    noted(&mut server, "exit status: 8");
    server.get("/a/").is(200);
}

#[test]
fn one_that_calls_sys_exit() {
    let (_site, mut server) = serving("workers = 1\n");
    let pid = server.get("/a/").text();
    server.get("/a/sys-exit").is(500);
    noted(&mut server, "SystemExit: the app has had enough");
    assert_eq!(server.get("/a/").is(200).text(), pid, "it goes on");
}

#[test]
fn one_that_grows() {
    let (_site, mut server) = serving("workers = 1\n");
    let pid = server.get("/a/grow").is(200).text();
    // It is looked at now and then.
    eventually("another worker", || (server.get("/a/").is(200).text() != pid).then_some(()));
    let line = noted(&mut server, "has grown to");
    assert!(line.contains("MiB; another takes its place"), "{line}");
    server.get("/b/").is(200);
    eventually("the end of the large one", || (!std::path::Path::new("/proc").join(&pid).exists()).then_some(()));
}
