//! Where the port and the address come from, and ports that are taken.

use crate::common::{Ended, Server, Site, taken_port};

fn run(site: &Site, arguments: &[&str], environment: &[(&str, &str)]) -> Server {
    Server::spawn(site.stan(&["--plain"]).args(arguments).envs(environment.iter().copied()))
}

/// It must not start, since its port is taken.
fn refused(site: &Site, port: u16, arguments: &[&str], environment: &[(&str, &str)]) -> Ended {
    let mut server = run(site, arguments, environment);
    let code = server.wait().code();
    let ended = Ended { code, out: server.out.whole().join("\n"), err: server.err.whole().join("\n") };
    assert_eq!(ended.code, Some(1), "{arguments:?} {environment:?}\n{ended:?}");
    assert!(ended.err.contains(&port.to_string()), "{ended:?}");
    ended
}

/// It must start.
fn listens(site: &Site, arguments: &[&str], environment: &[(&str, &str)]) -> Server {
    let mut server = run(site, arguments, environment);
    server.line("that tells the address", |line| line.starts_with("listening "));
    server
}

#[test]
fn a_typed_port_that_is_taken_names_its_owner_and_a_free_one() {
    let (_held, port) = taken_port();
    let site = Site::small();
    let ended = refused(&site, port, &["--bind", "local", "-p", &port.to_string()], &[]);
    assert!(ended.err.contains(&std::process::id().to_string()), "no owner: {}", ended.err);
    assert!(ended.err.contains("free"), "no free port: {}", ended.err);
    assert_eq!(ended.out, "");
}

#[test]
fn a_configured_port_counts_as_typed() {
    let (_held, port) = taken_port();
    let site = Site::small().conf(&format!("port = {port}\nbind = \"local\"\n"));
    refused(&site, port, &[], &[]);
}

#[test]
fn a_port_that_nobody_typed_moves_on_and_says_so() {
    // Where somebody else has it already, that is as good.
    let _held = std::net::TcpListener::bind("127.0.0.1:8000");
    let mut server = listens(&Site::small(), &["--bind", "local"], &[]);
    assert!(server.port() > 8000);
    server.skip();
    assert!(
        server.out.all().iter().any(|line| line.starts_with("note ") && line.contains("8000")),
        "{:?}",
        server.out.all()
    );
}

#[test]
fn flag_then_environment_then_file() {
    let (_held, port) = taken_port();
    let taken = port.to_string();
    let site = Site::small();
    let local = ["--bind", "local"];
    refused(&site, port, &local, &[("STAN_PORT", &taken)]);
    refused(&site, port, &local, &[("PORT", &taken)]);
    refused(&site, port, &local, &[("STAN_PORT", &taken), ("PORT", "0")]);
    refused(&site, port, &local, &[("STAN_PORT", ""), ("PORT", &taken)]);
    refused(&site, port, &["--bind", "local", "-p", &taken], &[("STAN_PORT", "0")]);
    listens(&site, &local, &[("STAN_PORT", "0"), ("PORT", &taken)]);
    listens(&site, &["--bind", "local", "-p", "0"], &[("STAN_PORT", &taken)]);
    site.write("stan.conf", format!("port = {taken}\n"));
    listens(&site, &local, &[("PORT", "0")]);
    refused(&site, port, &local, &[("PORT", "")]);
}

#[test]
fn the_address_too() {
    let site = Site::small();
    let server = listens(&site, &["-p", "0"], &[("STAN_BIND", "local")]);
    let lines = server.out.all();
    let mut urls = lines.iter().filter_map(|line| line.strip_prefix("listening http://"));
    assert!(urls.all(|url| url.starts_with("127.0.0.1:") || url.starts_with("[::1]:")), "{lines:?}");
    let server = listens(&site, &["-p", "0", "--host", "127.0.0.2"], &[("STAN_BIND", "local")]);
    assert_eq!(server.out.all()[0], format!("listening http://127.0.0.2:{}", server.port()));
}

#[test]
fn a_bad_variable_is_named() {
    let site = Site::small();
    for (name, value) in [("STAN_PORT", "eight"), ("PORT", "99999"), ("STAN_BIND", "everywhere")] {
        let mut server = run(&site, &[], &[(name, value)]);
        assert_eq!(server.wait().code(), Some(2), "{name}={value}");
        let err = server.err.whole().join("\n");
        assert!(err.contains(name) && err.contains(value), "{err}");
    }
}

#[test]
fn an_address_that_is_not_ours_is_1() {
    // TEST-NET-1: no machine has it.
    let ended = Site::small().run(&["--plain", "-p", "0", "--bind", "192.0.2.1"]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.contains("192.0.2.1"), "{}", ended.err);
}
