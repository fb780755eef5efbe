//! Token and PIN are in no log, no line and no answer.

use super::key::{cookie, far, guess, site};
use crate::common::eventually;

#[test]
fn neither_is_ever_logged() {
    for format in ["combined", "common", "json"] {
        let site = site(&format!("log_format = \"{format}\""));
        let mut server = site.start_with(&["-v"]);
        let (cookie, token) = cookie(&server);
        let link = format!("/upload?x=1&k={token}");
        let referer = format!("http://localhost{link}");
        let bearer = format!("Bearer {token}");
        far(&server, "GET", &link, &[], b"").is(303);
        for _ in 0..3 {
            // Also where the answer lies ready.
            far(&server, "GET", &format!("/?k={token}"), &[("Referer", &referer), ("Cookie", &cookie)], b"").is(200);
        }
        far(&server, "PUT", "/upload/a.txt", &[("Authorization", &bearer), ("Referer", &referer)], b"A").is(201);
        far(&server, "GET", &format!("/none?k={token}"), &[], b"").is(404);
        server.raw(format!("GET /upload?k={token} HTTP/1.1\r\n\r\n")).is(400);
        server.raw(format!("GET  /upload?k={token} HTTP/1.1\r\nHost: a\r\n\r\n")).is(400);
        guess(&server, "Summer25", &[]).is(403);
        server.line("of the link", |line| line.contains("GET /upload?x=1&k=*** 303"));
        server.done("log");
        server.done("url");
        server.type_line("stop");
        server.wait();
        let said = [server.out.whole().join("\n"), server.err.whole().join("\n")].concat();
        let log = eventually("the log", || Some(site.text("stan.log")).filter(|log| log.contains("/none")));
        for secret in [token.as_str(), "Summer24", "Summer25"] {
            assert!(!log.contains(secret), "{format}: {secret} in\n{log}");
            assert!(!said.contains(secret), "{format}: {secret} in\n{said}");
        }
    }
}
