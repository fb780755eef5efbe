//! CGI: how scripts end, in time or not, and that nothing of them is left behind.

use std::path::PathBuf;

use rustix::process::{Pid, Signal, test_kill_process};

use super::cgi::{CONF, scripts};
use crate::common::{Server, Site, Wire, eventually};

/// Writes the number of a child of its own, which would go on for long, and then waits for it.
fn lingering(before: &str) -> String {
    format!("#!/bin/sh\nsleep 1000 > /dev/null 2>&1 &\necho $! > \"$PIDS/pid\"\n{before}\nwait\n")
}

fn serving(conf: &str, before: &str) -> (Site, Server) {
    let site = scripts("", &[("a", &lingering(before))]);
    let conf = conf.replace("env = {", &format!("env = {{ PIDS = \"{}\",", site.root().display()));
    let site = site.conf(&conf);
    let server = site.start();
    (site, server)
}

/// The script's child, once there is one.
fn child(site: &Site) -> Pid {
    let path: PathBuf = site.path("pid");
    eventually("the script's child", || {
        let text = std::fs::read_to_string(&path).ok()?;
        Pid::from_raw(text.strip_suffix('\n')?.parse().ok()?)
    })
}

fn ends(pid: Pid) {
    eventually("the end of the script's child", || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
        (test_kill_process(pid).is_err() || stat.contains(") Z ")).then_some(())
    });
}

fn ask(server: &Server) -> Wire {
    let mut wire = Wire::to(server.port());
    wire.send("GET /cgi-bin/a HTTP/1.1\r\nHost: localhost\r\n\r\n");
    wire
}

#[test]
fn a_script_that_does_nothing_is_ended_with_all_that_it_started() {
    let (site, mut server) = serving(&CONF.replace("env", "timeout = \"200ms\"\nenv"), "");
    let answer = server.get("/cgi-bin/a").is(504);
    assert!(answer.text().contains("200ms"), "{}", answer.text());
    ends(child(&site));
    server.line("the timeout", |line| line.contains("cgi-bin/a: it did nothing for 200ms"));
}

#[test]
fn one_that_stops_in_the_middle_has_its_answer_cut() {
    let (site, mut server) =
        serving(&CONF.replace("env", "timeout = \"200ms\"\nenv"), "printf 'Content-Type: a/b\\n\\nhalf'");
    let mut wire = ask(&server);
    wire.until("half");
    let end = wire.rest().unwrap_or_default();
    assert!(!end.ends_with(b"0\r\n\r\n"), "it seems whole");
    ends(child(&site));
    server.line("the cut", |line| line.contains("the answer is cut"));
}

#[test]
fn a_client_that_goes_takes_the_script_along() {
    let (site, server) = serving(CONF, "");
    let wire = ask(&server);
    let child = child(&site);
    drop(wire);
    ends(child);
}

#[test]
fn a_client_that_goes_in_the_middle_too() {
    let (site, server) = serving(CONF, "printf 'Content-Type: a/b\\n\\nhalf'");
    let mut wire = ask(&server);
    wire.until("half");
    let child = child(&site);
    drop(wire);
    ends(child);
}

#[test]
fn what_a_script_leaves_behind_ends_with_it() {
    let (site, server) = serving(CONF, "printf 'Content-Type: a/b\\n\\nall'; exit 0");
    assert_eq!(server.get("/cgi-bin/a").is(200).text(), "all");
    ends(child(&site));
}

#[test]
fn stop_ends_scripts() {
    let (site, mut server) = serving(CONF, "");
    let _wire = ask(&server);
    let child = child(&site);
    server.signal(Signal::TERM);
    server.signal(Signal::TERM);
    server.wait();
    ends(child);
}

#[test]
fn nothing_outlives_a_stan_that_was_killed() {
    let (site, mut server) = serving(CONF, "");
    let _wire = ask(&server);
    let child = child(&site);
    server.signal(Signal::KILL);
    server.wait();
    ends(child);
}

#[test]
fn so_many_at_once_and_the_others_wait() {
    let site = scripts(
        CONF,
        &[(
            "a",
            "#!/bin/sh\necho x >> ../count\nwhile [ ! -e ../go ]; do sleep 0.02; done\nprintf 'Content-Type: a/b\\n\\nyes'\n",
        )],
    );
    let server = site.start();
    let mut wires: Vec<Wire> = (0..40).map(|_| ask(&server)).collect();
    eventually("32 scripts", || (site.path("count").exists() && site.text("count").len() >= 64).then_some(()));
    assert_eq!(site.text("count").len(), 64, "no more than 32 at once");
    site.write("go", "");
    for wire in &mut wires {
        wire.until("yes");
    }
}

#[test]
fn what_was_left_open_for_stan_is_not_for_scripts() {
    let list = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\n[ -e /proc/self/fd/9 ] && echo nine\necho end\n";
    let site = scripts(CONF, &[("a", list)]);
    let mut command = std::process::Command::new("sh");
    let stan = env!("CARGO_BIN_EXE_stan");
    command.args(["-c", "exec 9</dev/null; exec \"$0\" --plain -p 0", stan]).current_dir(site.root());
    let server = Server::start(&mut command);
    assert_eq!(server.get("/cgi-bin/a").is(200).text(), "end\n");
}
