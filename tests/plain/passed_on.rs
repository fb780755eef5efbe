//! What scripts pass on to other routes, and what of a request other programs are given.

use super::cgi::{CONF, scripts};
use crate::common::Server;

const RIGHT: (&str, &str) = ("Authorization", "Basic YWRhOm93bg==");

/// Counts its runs beside the scripts, then passes on.
fn counting(to: &str) -> String {
    format!("#!/bin/sh\necho >> ../runs\nprintf 'Location: {to}\\n\\n'\n")
}

fn runs(site: &crate::common::Site) -> usize {
    site.text("runs").len()
}

#[test]
fn what_a_script_passes_on_to_is_not_kept_under_its_own_path() {
    let conf = format!(
        "{CONF}[[route]]\npath = \"/secret/{{*f}}\"\nstatic = \"secret\"\nauth = [\"ada:own\"]\nthrottle = \"1 MB/s\"\n"
    );
    let site = scripts(&conf, &[("go", &counting("/secret/s.txt")), ("open", &counting("/a.txt"))])
        .file("secret/s.txt", "secret")
        .file("static_file/a.txt", "abc");
    let server = site.start();
    for count in 1..4 {
        assert_eq!(server.ask("GET", "/cgi-bin/go", &[RIGHT], b"").is(200).text(), "secret");
        assert_eq!(runs(&site), count);
    }
    server.get("/cgi-bin/go").is(401);
    let document = server.ask("GET", "/cgi-bin/go", &[RIGHT, ("Accept", "text/html")], b"").is(200);
    assert!(document.value("set-cookie").starts_with("stan_pass_"), "the other route's pass is set too");
    let before = runs(&site);
    for count in 1..4 {
        assert_eq!(server.get("/cgi-bin/open").is(200).text(), "abc");
        assert_eq!(runs(&site), before + count);
    }
}

#[test]
fn what_is_passed_on_counts_once() {
    let conf = format!("rate = \"2/h\"\n{CONF}");
    let site = scripts(&conf, &[("go", &counting("/a.txt"))]).file("static_file/a.txt", "abc");
    let server = site.start();
    let status = || server.get("/cgi-bin/go").status;
    assert_eq!([status(), status(), status()], [200, 200, 429]);
}

#[test]
fn a_script_that_has_passed_on_is_not_run_for_ever() {
    let conf = CONF.replace("env", "timeout = \"200ms\"\nenv");
    let script = |head: &str| format!("#!/bin/sh\nprintf '{head}\\n\\n'\nwhile echo x; do sleep 0.05; done\n");
    let site = scripts(&conf, &[("go", &script("Location: /a.txt")), ("head", &script("Content-Type: a/b"))])
        .file("static_file/a.txt", "abc");
    let mut server = site.start();
    server.get("/cgi-bin/go").is(200);
    server.line("the end", |line| {
        line == "error cgi-bin/go: the script was ended: it went on for too long after its answer"
    });
    server.head("/cgi-bin/head").is(200);
    server.line("the other end", |line| line.starts_with("error cgi-bin/head: the script was ended"));
}

/// The variables of a script that was asked with these headers.
fn told(server: &Server, headers: &[(&str, &str)]) -> String {
    server.ask("GET", "/cgi-bin/env", headers, b"").is(200).text()
}

const ENV: &str = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\nenv\n";

#[test]
fn cookies_of_stans_own_are_for_nobody_else() {
    let server = scripts(CONF, &[("env", ENV)]).start();
    let all = told(&server, &[("Cookie", "a=1; stan_key_8000=K; stan_pass_8000_0a=P; b=2")]);
    assert!(all.contains("HTTP_COOKIE=a=1; b=2\n"), "{all}");
    assert!(!told(&server, &[("Cookie", "stan_key_8000=K")]).contains("COOKIE"));
}

#[test]
fn https_through_a_proxy_has_its_own_port() {
    let conf = format!("trusted_proxies = [\"127.0.0.1\"]\n{CONF}");
    let server = scripts(&conf, &[("env", ENV)]).start();
    let all = told(&server, &[("Host", "localhost"), ("X-Forwarded-For", "10.0.0.1"), ("X-Forwarded-Proto", "https")]);
    assert!(all.contains("HTTPS=on\n") && all.contains("SERVER_PORT=443\n"), "{all}");
}

#[test]
fn a_script_is_told_the_host_over_http_2_too() {
    let server = scripts(CONF, &[("env", ENV), ("go", &counting("/cgi-bin/env"))]).start();
    let host = format!("HTTP_HOST=127.0.0.1:{}\n", server.port());
    for target in ["/cgi-bin/env", "/cgi-bin/go"] {
        let mut curl = std::process::Command::new("curl");
        curl.args(["-s", "--noproxy", "*", "--http2-prior-knowledge", "-m", "20", &server.url(target)]);
        let all = String::from_utf8(curl.output().unwrap().stdout).unwrap();
        assert!(all.contains(&host), "{target} {all}");
    }
}
