//! Requests within requests: RFC 9112, section 11.2. What two readers could read differently is
//! refused, and what it hides is never carried out.

use crate::common::{Site, eventually};
use crate::served::{Served, get, request};

/// Sends it on a connection of its own; the hidden request must not have been carried out.
#[track_caller]
fn hides_nothing(requests: &[String]) {
    let server = Served::alone(Site::small().file("static_file/smuggled", "s").file("static_file/a.txt", "0123456789"));
    for (number, hiding) in requests.iter().enumerate() {
        let mut wire = server.wire();
        let _ = wire.try_send(hiding);
        wire.half_close();
        let rest = wire.rest().map(|rest| String::from_utf8_lossy(&rest).into_owned()).unwrap_or_default();
        assert!(!rest.starts_with("HTTP/1.1 2"), "carried out: {hiding:?}\n{rest}");
        // What is logged after it shows that all before it has been.
        server.get(&format!("/mark/{number}")).is(404);
        eventually("the mark in the log", || {
            server.out.all().iter().any(|line| line.contains(&format!("/mark/{number} "))).then_some(())
        });
        let seen = server.out.all().iter().any(|line| line.contains("/smuggled"));
        assert!(!seen, "a request was found within {hiding:?}");
    }
}

fn post(fields: &[&str], body: &str) -> String {
    request("POST /a.txt HTTP/1.1", fields) + body
}

#[test]
fn rfc9112_11_2_by_length_and_coding() {
    let hidden = get("/smuggled");
    let length = format!("Content-Length: {}", hidden.len() + 5);
    hides_nothing(&[
        post(&[&length, "Transfer-Encoding: chunked"], &format!("0\r\n\r\n{hidden}")),
        post(&["Transfer-Encoding: chunked", "Content-Length: 4"], &format!("5c\r\n{hidden}\r\n0\r\n\r\n")),
    ]);
}

#[test]
fn rfc9112_11_2_by_a_coding_in_disguise() {
    let body = format!("0\r\n\r\n{}", get("/smuggled"));
    let disguises = [
        "Transfer-Encoding : chunked",
        "Transfer-Encoding:\r\n chunked",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: \x0bchunked",
        "Transfer-Encoding: chunked\rX: y",
        "X: y\rTransfer-Encoding: chunked",
        " Transfer-Encoding: chunked",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: chunked, identity",
    ];
    hides_nothing(&disguises.map(|disguise| post(&[&format!("Content-Length: {}", body.len()), disguise], &body)));
}

#[test]
fn rfc9112_11_2_by_two_lengths() {
    let hidden = get("/smuggled");
    let long = format!("Content-Length: {}", hidden.len());
    hides_nothing(&[
        post(&["Content-Length: 0", &long], &hidden),
        post(&[&long, "Content-Length: 0"], &hidden),
        post(&[&format!("{long}, 0")], &hidden),
        post(&["Content-Length: 0\r\n ", &long], &hidden),
        post(&["Content-Length: +0"], &hidden),
        post(&["Content-Length: 0x0"], &hidden),
        post(&["Content-Length : 0"], &hidden),
    ]);
}

#[test]
fn rfc9112_11_2_by_chunks_that_end_in_two_ways() {
    let hidden = get("/smuggled");
    let chunked = |body: String| post(&["Transfer-Encoding: chunked"], &body);
    hides_nothing(&[
        chunked(format!("0\n\n{hidden}")),
        chunked(format!("0\r\n\n{hidden}")),
        chunked(format!("0\r\r{hidden}")),
        chunked(format!("0;\n\r\n\r\n{hidden}")),
        chunked(format!("-1\r\n\r\n{hidden}")),
        chunked(format!("10000000000000000\r\n\r\n{hidden}")),
    ]);
}

#[test]
fn rfc9112_11_2_by_a_bad_start() {
    let hidden = get("/smuggled");
    hides_nothing(&[
        format!("BAD\r\n\r\n{hidden}"),
        format!("GET /a.txt HTTP/1.1\rHost: localhost\r\r{hidden}"),
        format!("GET /a.txt HTTP/1.1\r\nHost: localhost\r\nX: \0\r\n\r\n{hidden}"),
        format!("GET /a.txt HTTP/2.0\r\nHost: localhost\r\n\r\n{hidden}"),
    ]);
}
