//! How another device gets here, on a network that the test makes: a name space of its own with a
//! wireless card, a bridge of containers, and a phone at the other end of a wire. Nothing leaves it.

use std::process::{Command, Output};

use rustix::process::geteuid;

use crate::common::{Server, Site, eventually};

/// What makes the network and becomes the server.
const NETWORK: &str = "
    ip link set lo up &&
    ip link add docker0 type bridge && ip addr add 172.17.0.1/16 dev docker0 && ip link set docker0 up &&
    ip link add wlan0 type veth peer name phone0 && ip addr add 192.168.1.20/24 dev wlan0 &&
    ip link set wlan0 up && ip link set phone0 up && ip route add default via 192.168.1.1 && ";

fn unshare() -> Command {
    let mut command = Command::new("unshare");
    command.arg("--net");
    if !geteuid().is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    command
}

/// The server on that network; `None`, with a word, where the machine lets nobody make one.
fn networked(site: &Site) -> Option<Server> {
    let tried = unshare().args(["sh", "-c", &format!("{NETWORK} true")]).output();
    if !tried.as_ref().is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: no network name spaces here: {tried:?}");
        return None;
    }
    let stan = format!("{NETWORK} exec {} --plain -p 0", env!("CARGO_BIN_EXE_stan"));
    Some(Server::start(unshare().args(["sh", "-c", &stan]).current_dir(site.root())))
}

/// Runs something on the server's network.
fn there(server: &Server, command: &[&str]) -> Output {
    let mut nsenter = Command::new("nsenter");
    nsenter.args(["--net", "--target", &server.pid().to_string()]);
    if !geteuid().is_root() {
        nsenter.args(["--user", "--preserve-credentials"]);
    }
    let output = nsenter.args(command).output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
    output
}

#[test]
fn the_best_address_first_and_again_when_the_network_changes() {
    let site = Site::small();
    let Some(mut server) = networked(&site) else { return };
    let port = server.port();
    let url = |host: &str| format!("http://{host}:{port}");
    let shown: Vec<String> =
        server.out.all().iter().filter_map(|l| l.strip_prefix("listening ")).map(String::from).collect();
    assert_eq!(shown, [url("127.0.0.1"), url("192.168.1.20"), url("172.17.0.1")]);
    assert_eq!(server.done("url").line, url("192.168.1.20"));

    let first = server.done("qr");
    assert!(first.line.starts_with(&url("192.168.1.20")), "{first:?}");
    assert!(first.above.iter().any(|line| line.contains("1 of 2")), "{first:?}");
    assert!(server.done("qr next").line.starts_with(&url("172.17.0.1")));

    there(&server, &["sh", "-c", "ip addr add 192.168.43.1/24 dev wlan0; ip addr del 192.168.1.20/24 dev wlan0"]);
    let note = server.line("of the change", |line| line.starts_with("note the network changed"));
    assert_eq!(note, format!("note the network changed: now {}", url("192.168.43.1")));
    assert!(server.done("qr").line.starts_with(&url("192.168.43.1")));
}

#[test]
fn it_has_a_name_on_the_network_and_answers_to_it() {
    let site = Site::small();
    let Some(mut server) = networked(&site) else { return };
    let named = format!("http://stan.local:{}", server.port());
    eventually("the name", || server.done("url").above.contains(&named).then_some(()));
    assert!(server.done("status").above.iter().any(|line| line.starts_with("mDNS") && line.ends_with("stan.local")));
    let resolve = format!("stan.local:{}:192.168.1.20", server.port());
    there(&server, &["curl", "-sf", "--resolve", &resolve, &named]);
    server.done("bind local");
    assert!(!server.done("url").above.contains(&named));
    server.done("stop");
}

#[test]
fn on_loopback_there_is_no_name() {
    let mut server = Site::small().start();
    let status = server.done("status").above;
    assert!(status.iter().any(|line| line.starts_with("mDNS") && line.contains("off")), "{status:?}");
}
