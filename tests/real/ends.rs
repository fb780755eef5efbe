//! However stan ends, no process of an app is left, with threads busy in it.

use std::fs;

use rustix::process::Signal;

use crate::common::{Server, Wire, eventually};
use crate::processes::{descendants, lives};
use crate::software::{site, start};

/// Whether it is what the app has started.
fn is_helper(pid: u32) -> bool {
    let command = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    command.split('\0').any(|word| word == "import time; time.sleep(3600)")
}

/// Requests under way: one that sleeps, one that will not be woken, one that waits for its body, one
/// that streams.
fn busy(server: &Server) -> Vec<Wire> {
    let mut wires = Vec::new();
    for (target, length) in [("/sleep", "0"), ("/deaf", "0"), ("/read", "1000000"), ("/stream", "0")] {
        let mut wire = Wire::to(server.port());
        wire.send(server.message("POST", target, &[("Content-Length", length)], b""));
        wires.push(wire);
    }
    wires[3].until("and on\n");
    wires
}

/// Ends a busy server in some way; gives its exit code, if it ended by itself.
#[track_caller]
fn nothing_is_left(end: impl FnOnce(&mut Server)) -> Option<i32> {
    let conf = "[[route]]\npath = \"/{*rest}\"\nwsgi = \"busy:app\"\nworkers = 2\nthreads = 4\n";
    let site = site("busy", conf);
    let mut server = start(&site);
    server.get("/").is(200);
    let wires = busy(&server);
    // Each of two workers has started one.
    let all = eventually("two helpers", || {
        let all = descendants(server.pid());
        (all.iter().filter(|pid| is_helper(**pid)).count() == 2).then_some(all)
    });
    end(&mut server);
    let code = server.wait().code();
    eventually("the end of all that was started", || {
        let left: Vec<&u32> = all.iter().filter(|pid| lives(**pid)).collect();
        left.is_empty().then_some(())
    });
    drop(wires);
    code
}

#[test]
fn stop() {
    let code = nothing_is_left(|server| {
        server.done("stop");
    });
    assert_eq!(code, Some(0));
}

#[test]
fn ctrl_c() {
    assert_eq!(nothing_is_left(|server| server.signal(Signal::INT)), Some(0));
}

#[test]
fn ctrl_c_twice() {
    let code = nothing_is_left(|server| {
        server.signal(Signal::INT);
        // Two that wait at the same time are one.
        server.line("that it stops", |line| line.contains("stopping") || line.contains("requests"));
        server.signal(Signal::INT);
    });
    assert_eq!(code, Some(130));
}

#[test]
fn kill_minus_nine() {
    assert_eq!(nothing_is_left(|server| server.signal(Signal::KILL)), None);
}

#[test]
fn the_command_restart() {
    let code = nothing_is_left(|server| {
        server.done("restart");
        server.get("/").is(200);
        server.signal(Signal::KILL);
    });
    assert_eq!(code, None);
}
