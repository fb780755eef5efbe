//! More connections than one would think of.

use std::io::{BufReader, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::common::{Server, Site, connect, eventually, read_answer};
use crate::served::get;

/// Processor time that a process has used.
fn cpu(server: &Server) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", server.pid())).unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_ascii_whitespace().collect();
    let ticks: u64 = [11, 12].iter().map(|at| fields[*at].parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}

fn asked(stream: &mut TcpStream) -> u16 {
    stream.write_all(get("/index.html").as_bytes()).unwrap();
    read_answer(&mut BufReader::new(stream), false).unwrap().status
}

#[test]
fn without_descriptors_new_connections_are_refused_and_nobody_spins() {
    let site = Site::small();
    let plain = site.stan(&["--plain", "--bind", "local", "-p", "0"]);
    // A shell can set a limit before the program begins.
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -n 40; exec \"$0\" \"$@\""]).arg(plain.get_program()).args(plain.get_args());
    limited.env_clear().envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    limited.current_dir(site.root());
    let mut server = Server::start(&mut limited);
    let port = server.port();
    let held: Vec<TcpStream> = (0..60).map(|_| connect(port)).collect();
    server.line("of the descriptors", |line| line.starts_with("error refused connections") && line.contains("ulimit"));
    let (begin, before) = (Instant::now(), cpu(&server));
    while begin.elapsed() < Duration::from_secs(1) {
        std::thread::sleep(Duration::from_millis(50));
    }
    let used = cpu(&server).saturating_sub(before);
    assert!(used < Duration::from_millis(200), "it spins: {used:?} in a second");
    drop(held);
    let answered = eventually("a new connection", || {
        let mut stream = connect(port);
        stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
        stream.write_all(get("/index.html").as_bytes()).unwrap();
        read_answer(&mut BufReader::new(stream), false).ok()
    });
    assert_eq!(answered.status, 200);
}

#[test]
fn ten_thousand_idle_connections_are_held_in_little_memory() {
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(u64::MAX).min(12_000);
    setrlimit(Resource::Nofile, Rlimit { current: Some(most), maximum: limit.maximum }).unwrap();
    // Where the system allows fewer, as many as it allows.
    let count = usize::try_from(most).unwrap().saturating_sub(1000).min(10_000);
    let site =
        Site::small().conf("[limits]\nconnections = 20000\nheaders_timeout = \"300s\"\nidle_timeout = \"300s\"\n");
    let server = site.start_with(&["-q"]);
    let port = server.port();
    let mut idle: Vec<TcpStream> = (0..count)
        .map(|_| {
            let mut stream = connect(port);
            assert_eq!(asked(&mut stream), 200);
            stream
        })
        .collect();
    let held = server.memory("VmRSS");
    assert!(held < 100 << 10, "{held} kB for {count} connections");
    let begin = Instant::now();
    assert_eq!(asked(&mut connect(port)), 200);
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
    for stream in idle.iter_mut().step_by(997) {
        assert_eq!(asked(stream), 200);
    }
}
