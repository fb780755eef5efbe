//! The PIN: typed, guessed, and where it leads.

use super::key::{far, guess, site};
use crate::common::Server;

#[test]
fn it_leads_back_to_where_it_was_asked_and_nowhere_else() {
    let server = site("").start();
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    for (to, location) in [
        ("/upload/a.txt", "/upload/a.txt"),
        ("/form%3Fa%3D1", "/form?a=1"),
        ("", "/upload"),
        ("//evil.example", "/upload"),
        ("%2F%5Cevil.example", "/upload"),
        ("/%09/evil.example", "/upload"),
        ("http://evil.example/", "/upload"),
        ("/a%0D%0AX-A:1", "/upload"),
    ] {
        let body = format!("pin=Summer24&to={to}");
        let answer = far(&server, "POST", "/__stan/key", &[form], body.as_bytes()).is(303);
        assert_eq!(answer.value("location"), location, "{to}");
    }
}

#[test]
fn programs_get_json() {
    let server = site("").start();
    let json = ("Accept", "application/json");
    let right = guess(&server, "Summer24", &[json]).is(200);
    assert!(right.json()["ok"] == true && right.value("set-cookie").starts_with("stan_key_"));
    let wrong = guess(&server, "123456", &[json]).is(403);
    assert_eq!(
        (wrong.value("content-type"), wrong.json()["title"].as_str()),
        ("application/problem+json", Some("wrong PIN"))
    );
    assert!(wrong.header("set-cookie").is_none());
}

#[test]
fn what_is_no_pin_is_refused() {
    let server = site("").start();
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    far(&server, "POST", "/__stan/key", &[], b"pin=Summer24").is(415);
    far(&server, "POST", "/__stan/key", &[form], &[b'a'; 10_000]).is(413);
    far(&server, "POST", "/__stan/key", &[form, ("Origin", "http://evil.example")], b"pin=Summer24").is(403);
    far(&server, "POST", "/__stan/key?pin=Summer24", &[form], b"x=1").is(403);
    far(&server, "PUT", "/__stan/key", &[], b"").is(405);
    far(&server, "GET", "/__stan/key", &[("Accept", "text/html")], b"").is(403);
    assert_eq!(server.get("/__stan/key").is(303).value("location"), "/upload");
}

/// A guess from one of five hundred addresses.
fn guess_from(server: &Server, n: usize, pin: &str) -> (u16, String) {
    let from = format!("10.0.{}.{}", n / 256 % 2, n % 256);
    let body = format!("pin={pin}");
    let headers = [("X-Forwarded-For", from.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
    let answer = server.ask("POST", "/__stan/key", &headers, body.as_bytes());
    let retry = answer.value("retry-after").to_owned();
    (answer.status, retry)
}

#[test]
fn a_thousand_guesses_from_five_hundred_addresses() {
    let site = site("");
    let mut server = site.start();
    let (_, token) = super::key::cookie(&server);
    let server_ref = &server;
    let answers: Vec<(u16, String)> = std::thread::scope(|scope| {
        let tasks: Vec<_> = (0..8)
            .map(|task| {
                scope.spawn(move || {
                    let mine = (0..125).map(|n| guess_from(server_ref, (task * 125 + n) % 500, &format!("{n:06}")));
                    mine.collect::<Vec<_>>()
                })
            })
            .collect();
        tasks.into_iter().flat_map(|task| task.join().unwrap()).collect()
    });
    let looked_at = answers.iter().filter(|(status, _)| *status == 403).count();
    assert_eq!(looked_at, 5);
    let others: Vec<_> = answers.iter().filter(|(status, _)| *status != 403).collect();
    assert!(others.iter().all(|(status, retry)| *status == 429 && (1..=61).contains(&retry.parse().unwrap_or(0))));
    guess(&server, "Summer24", &[]).is(429);
    let page = guess(&server, "Summer24", &[("Accept", "text/html")]).is(429);
    assert!(page.text().contains("Too many wrong PINs"), "{}", page.text());
    let bearer = format!("Bearer {token}");
    far(&server, "PUT", "/upload/a.txt", &[("Authorization", &bearer)], b"A").is(201);
    far(&server, "GET", &format!("/upload?k={token}"), &[], b"").is(303);
    server.line("of the guesses", |line| line.starts_with("error someone is guessing the PIN"));
    let told = server.out.all().iter().filter(|line| line.contains("guessing")).count();
    assert_eq!(told, 1, "once");
}
