//! CGI: what a script is told, what its answer becomes, and what is said where there is none.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::common::{Server, Site, Wire};

pub(crate) const CONF: &str =
    "[[route]]\npath = \"/cgi-bin/{*rest}\"\ncgi = \"cgi-bin\"\nenv = { GREETING = \"hello\" }\n";

/// A site with these scripts, which may be run.
pub(crate) fn scripts(conf: &str, scripts: &[(&str, &str)]) -> Site {
    let site = Site::small().conf(conf);
    fs::create_dir_all(site.path("cgi-bin")).unwrap();
    for (name, text) in scripts {
        let path = format!("cgi-bin/{name}");
        site.write(&path, text);
        fs::set_permissions(site.path(&path), fs::Permissions::from_mode(0o755)).unwrap();
    }
    site
}

fn serving(name: &str, script: &str) -> (Site, Server) {
    let site = scripts(CONF, &[(name, script)]);
    let server = site.start();
    (site, server)
}

#[test]
fn a_script_answers_with_what_it_was_told() {
    let script = "#!/bin/sh\necho 'Content-Type: text/plain'\necho\necho \"$@\"\npwd\nenv\n";
    let (site, server) = serving("env.cgi", script);
    let answer =
        server.ask("GET", "/cgi-bin/env.cgi/a%20b/c?x=1", &[("X-Probe", "1"), ("Proxy", "http://evil")], b"").is(200);
    assert_eq!(answer.value("content-type"), "text/plain");
    let text = answer.text();
    let lines: Vec<&str> = text.lines().collect();
    let port = format!("SERVER_PORT={}", server.port());
    for line in [
        "PATH_INFO=/a b/c",
        "SCRIPT_NAME=/cgi-bin/env.cgi",
        "QUERY_STRING=x=1",
        "REQUEST_URI=/cgi-bin/env.cgi/a%20b/c?x=1",
        "REQUEST_METHOD=GET",
        "REMOTE_ADDR=127.0.0.1",
        "SERVER_NAME=127.0.0.1",
        "GATEWAY_INTERFACE=CGI/1.1",
        "HTTP_X_PROBE=1",
        "GREETING=hello",
        port.as_str(),
        site.path("cgi-bin").canonicalize().unwrap().to_str().unwrap(),
    ] {
        assert!(lines.contains(&line), "{line} in\n{text}");
    }
    assert!(!text.contains("HTTP_PROXY") && !text.contains("STAN_") && !text.contains("CONTENT_LENGTH"), "{text}");
    assert!(server.get("/cgi-bin/env.cgi?one+two").text().starts_with("one two\n"));
}

#[test]
fn bodies_go_in_and_come_out() {
    let (_site, server) = serving(
        "echo",
        "#!/bin/sh\nprintf 'Content-Type: a/b\\r\\nX-Length: %s\\r\\n\\r\\n' \"$CONTENT_LENGTH\"\nexec cat\n",
    );
    let body = crate::common::noise(7, 3 << 20);
    let answer = server.ask("POST", "/cgi-bin/echo", &[], &body).is(200);
    assert_eq!(answer.value("x-length"), body.len().to_string());
    assert!(answer.body == body);
    let chunked = [b"400\r\n".as_slice(), &body[..1024], b"\r\n0\r\n\r\n"].concat();
    let answer = server.ask("PUT", "/cgi-bin/echo", &[("Transfer-Encoding", "chunked")], &chunked).is(200);
    assert_eq!(answer.value("x-length"), "1024");
    assert!(answer.body == body[..1024]);
}

#[test]
fn a_script_need_not_read_what_it_is_sent() {
    let (_site, server) = serving("deaf", "#!/bin/sh\nexec <&-\nprintf 'Content-Type: text/plain\\n\\ndone'\n");
    let answer = server.ask("POST", "/cgi-bin/deaf", &[], &vec![b'x'; 100_000]).is(200);
    assert_eq!(answer.text(), "done");
}

#[test]
fn what_is_written_is_sent_at_once() {
    let (_site, server) = serving(
        "slow",
        "#!/bin/sh\nprintf 'Content-Type: text/event-stream\\n\\nfirst\\n'\nread line\nprintf 'second %s\\n' \"$line\"\n",
    );
    let mut wire = Wire::to(server.port());
    wire.send("POST /cgi-bin/slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\n");
    wire.until("first\n");
    wire.send("hello\n");
    wire.until("second hello\n");
}

#[test]
fn a_client_that_has_said_all_is_still_answered() {
    let (_site, server) = serving("a", "#!/bin/sh\nsleep 0.2\nprintf 'Content-Type: text/plain\\n\\nlate'\n");
    let mut wire = Wire::to(server.port());
    wire.send("GET /cgi-bin/a HTTP/1.1\r\nHost: localhost\r\n\r\n").half_close();
    assert_eq!(wire.answer().text(), "late");
}

#[test]
fn head_and_a_length_of_its_own() {
    let (_site, server) =
        serving("fixed", "#!/bin/sh\nprintf 'Content-Type: text/plain\\nContent-Length: 4\\n\\nfour and more'\n");
    assert_eq!(server.get("/cgi-bin/fixed").is(200).text(), "four");
    let head = server.head("/cgi-bin/fixed").is(200);
    assert_eq!((head.value("content-length"), head.body.len()), ("4", 0));
}

#[test]
fn status_and_redirects() {
    let site = scripts(
        CONF,
        &[
            ("status", "#!/bin/sh\nprintf 'Status: 418 Teapot\\nContent-Type: text/plain\\n\\nshort'\n"),
            ("away", "#!/bin/sh\nprintf 'Location: https://example.org/x\\n\\n'\n"),
            ("here", "#!/bin/sh\nprintf 'Location: /page.txt?a=b\\n\\n'\n"),
            ("told", "#!/bin/sh\nprintf 'Status: 303 See Other\\nLocation: /page.txt\\n\\n'\n"),
            ("circle", "#!/bin/sh\nprintf 'Location: /cgi-bin/circle\\n\\n'\n"),
        ],
    )
    .file("static_file/page.txt", "the page");
    let server = site.start();
    assert_eq!(server.get("/cgi-bin/status").is(418).text(), "short");
    assert_eq!(server.get("/cgi-bin/away").is(302).value("location"), "https://example.org/x");
    assert_eq!(server.get("/cgi-bin/here").is(200).text(), "the page");
    assert_eq!(server.ask("POST", "/cgi-bin/here", &[], b"x=1").is(200).text(), "the page");
    assert_eq!(server.get("/cgi-bin/told").is(303).value("location"), "/page.txt");
    assert!(server.get("/cgi-bin/circle").is(500).text().contains("5 times"));
}

#[test]
fn what_is_no_script_is_not_found() {
    let site =
        scripts(CONF, &[(".hidden", "#!/bin/sh\n"), ("sub/a.cgi", "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\n'\n")])
            .file("outside", "#!/bin/sh\n");
    symlink("../outside", site.path("cgi-bin/out")).unwrap();
    let server = site.start();
    server.get("/cgi-bin/sub/a.cgi").is(200);
    for path in [
        "/cgi-bin/",
        "/cgi-bin/nope",
        "/cgi-bin/sub/",
        "/cgi-bin/.hidden",
        "/cgi-bin/out",
        "/cgi-bin/sub/a.cgi/%2e%2e/x",
    ] {
        server.get(path).is(404);
    }
}

#[test]
fn scripts_are_never_served_as_files() {
    let conf = "static = \".\"\n[[route]]\npath = \"/run/{*rest}\"\ncgi = \"cgi-bin\"\n";
    let site = scripts(conf, &[("a", "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\n'\n")]);
    let server = site.start();
    server.get("/run/a").is(200);
    server.get("/cgi-bin/a").is(404);
}

#[test]
fn what_fails_is_explained_here_and_in_the_terminal() {
    let site = scripts(
        CONF,
        &[
            ("python", "#!/bin/sh\necho 'Traceback: line 3' >&2\nexit 3\n"),
            ("html", "#!/bin/sh\nprintf '<p>Hello\\n\\n'\n"),
            ("none", "import cgi\nprint('x'\n"),
            ("missing", "#!/opt/none/python9\n"),
            ("nph-x", "#!/bin/sh\n"),
            ("windows", "#!/bin/sh\r\n"),
        ],
    )
    .file("cgi-bin/plain.cgi", "#!/bin/sh\n");
    let mut server = site.start();
    for (path, status, in_page, in_note) in [
        ("python", 500, "Traceback: line 3", "error cgi-bin/python: Traceback: line 3 (it ended with status 3)"),
        ("none", 500, "#! line", "begin it with #!/usr/bin/env python3"),
        ("html", 500, "<p>Hello", "cgi-bin/html: a line of its header is no header: <p>Hello"),
        ("missing", 500, "#!/opt/none/python9", "not there: #!/opt/none/python9"),
        ("windows", 500, "line ends of Unix", "Windows"),
        ("nph-x", 501, "nph-", "nph-"),
        ("plain.cgi", 500, "chmod +x", "chmod +x"),
    ] {
        let answer = server.get(&format!("/cgi-bin/{path}")).is(status);
        assert!(answer.text().contains(in_page), "{path}: {}", answer.text());
        server.line(in_note, |line| line.contains(in_note));
    }
    let stranger = [("X-Forwarded-For", "192.168.1.5")];
    let answer = server.ask("GET", "/cgi-bin/python", &stranger, b"").is(500);
    assert!(!answer.text().contains("Traceback"), "{}", answer.text());
}

#[test]
fn what_a_script_says_beside_its_answer_is_told() {
    let (_site, mut server) =
        serving("a", "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\n'\necho 'a warning' >&2\nexit 4\n");
    server.get("/cgi-bin/a").is(200);
    server.line("the warning", |line| line == "note cgi-bin/a: a warning");
    server.line("the end", |line| {
        line.contains("cgi-bin/a: the script ended with status 4 after its header: the answer has no body")
    });
}

#[test]
fn a_page_refreshes_like_any_other() {
    let (_site, server) =
        serving("a", "#!/bin/sh\nprintf 'Content-Type: text/html\\n\\n<html><body>x</body></html>'\n");
    assert!(server.page("/cgi-bin/a").is(200).text().contains("/__stan/client.js"));
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    let site = Site::small().conf("[[route]]\npath = \"/cgi-bin/{*rest}\"\ncgi = \"cgi-bin\"\n");
    let ended = site.run(&["check"]);
    assert_eq!(ended.code, Some(2));
    assert!((ended.out.clone() + &ended.err).contains("a folder that exists"), "{ended:?}");
}

#[test]
fn python_reads_forms() {
    // `cgi` left the library in 3.13; where it is gone, what it did with a form is done by hand.
    let script = "#!/usr/bin/env python3\nimport os, sys, warnings\nwarnings.simplefilter('ignore')\ntry:\n    import cgi\n    \
        name = cgi.FieldStorage().getvalue('name')\nexcept ImportError:\n    from urllib.parse import parse_qs\n    \
        name = parse_qs(sys.stdin.read(int(os.environ['CONTENT_LENGTH'])))['name'][0]\n\
        print('Content-Type: text/plain; charset=utf-8\\n')\nprint(f'Hello {name}')\n";
    let (_site, server) = serving("form.py", script);
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    assert_eq!(server.ask("POST", "/cgi-bin/form.py", &form, b"name=Ada+L&x=1").is(200).text(), "Hello Ada L\n");
}
