//! Upstreams that are asked whether they are well.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::common::{Server, Site, Upstream, eventually, free_port};

fn serving(upstreams: &[&str], more: &str) -> Server {
    let upstreams: Vec<_> = upstreams.iter().map(|url| format!("\"{url}\"")).collect();
    let conf = format!("[[route]]\npath = \"/\"\nproxy = [{}]\nhealth = \"/up?x\"\n{more}\n", upstreams.join(", "));
    Site::small().conf(&conf).start()
}

/// How many lines tell of this upstream.
fn lines(server: &mut Server, upstream: &str) -> usize {
    server.done("url");
    server.out.all().iter().filter(|line| line.contains(&format!("proxy {upstream}"))).count()
}

#[test]
fn one_that_is_not_well_is_passed_over_until_it_is() {
    let well = Arc::new(AtomicBool::new(false));
    let says = well.clone();
    let sick = Upstream::new(move |peer, ask| {
        let up = says.load(Relaxed) || !ask.line.contains("/up");
        let status = if up { 200 } else { 503 };
        peer.say(format!("HTTP/1.1 {status} Said\r\nContent-Length: 4\r\n\r\nsick"));
        true
    });
    let good = Upstream::named("good");
    let (sick_at, good_at) = (sick.url(), good.url());
    let mut server = serving(&[&sick_at, &good_at], "health_interval = \"1s\"");
    server.line("that it is not", |line| line == format!("error proxy {sick_at} answers its health check with 503"));
    for _ in 0..6 {
        assert_eq!(server.get("/").is(200).text(), "good");
    }
    eventually("another check", || (sick.asks().len() > 2).then_some(()));
    let ask = sick.last();
    assert_eq!((ask.line.as_str(), ask.value("host"), ask.connection), ("GET /up?x HTTP/1.1", &sick_at[7..], 0));
    assert_eq!(lines(&mut server, &sick_at), 1);
    well.store(true, Relaxed);
    server.line("that it is", |line| line == format!("note proxy {sick_at} answers again"));
    let said: Vec<_> = (0..4).map(|_| server.get("/").is(200).text()).collect();
    assert_eq!(said.iter().filter(|said| *said == "sick").count(), 2, "{said:?}");
    assert_eq!((lines(&mut server, &sick_at), lines(&mut server, &good_at)), (2, 0));
}

#[test]
fn one_that_is_not_there_is_found_before_a_client_finds_it() {
    let port = free_port();
    let at = format!("http://127.0.0.1:{port}");
    let mut server = serving(&[&at], "health_interval = \"1s\"");
    server.line("the news", |line| line.starts_with(&format!("error proxy {at} cannot be reached")));
    // There is no other, so that it is tried.
    server.get("/").is(502);
    let _up = Upstream::on(TcpListener::bind(("127.0.0.1", port)).unwrap(), |peer, _| {
        peer.ok("up");
        true
    });
    server.line("the news", |line| line.ends_with("answers again"));
    assert_eq!(server.get("/").is(200).text(), "up");
    assert_eq!(lines(&mut server, &at), 2);
}

#[test]
fn a_save_of_something_else_changes_nothing_for_them() {
    let upstream = Upstream::named("up");
    let route = format!("[[route]]\npath = \"/\"\nproxy = \"{}\"\nhealth = \"/up\"\n", upstream.url());
    let site = Site::small().conf(&route);
    let mut server = site.start();
    server.get("/").is(200);
    site.write("stan.conf", format!("delay = \"1ms\"\n{route}"));
    server.done("reload");
    server.get("/").is(200);
    assert_eq!(upstream.asks().iter().map(|ask| ask.connection).max(), Some(0), "the same connection");
    assert_eq!(upstream.asks().iter().filter(|ask| ask.line.contains("/up")).count(), 1, "the same checks");
}
