//! What nobody means to happen: readers that are gone, pipes in place of files, wishes that fail.

use std::io::{BufReader, Read, Write};
use std::process::{Command, Stdio};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::{Pid, Signal, kill_process};

use crate::common::{Form, Site, eventually, read_answer, taken_port};

/// A server whose stdout is a pipe that the test holds or has let go.
fn with_stdout(site: &Site) -> std::process::Child {
    let arguments = ["--plain", "--bind", "local", "-p", "0"];
    let mut command: Command = site.stan(&arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

#[test]
fn a_reader_that_is_gone_keeps_nobody_from_stopping() {
    let site = Site::small();
    let mut child = with_stdout(&site);
    let mut out = child.stdout.take().unwrap();
    let mut first = [0; 10];
    out.read_exact(&mut first).unwrap();
    drop(out);
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"url\nurl\nurl\nstop\n").unwrap();
    let status = eventually("the end", || child.try_wait().unwrap());
    assert_eq!(status.code(), Some(0));
}

#[test]
fn a_reader_that_does_not_read_keeps_nobody_from_stopping() {
    let site = Site::small();
    let mut child = with_stdout(&site);
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut [0; 10]).unwrap();
    let mut input = child.stdin.take().unwrap();
    // Far more than a pipe holds.
    for _ in 0..3000 {
        input.write_all(b"help\n").unwrap();
    }
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let status = eventually("the end", || child.try_wait().unwrap());
    assert_eq!(status.code(), Some(0));
}

#[test]
fn a_pipe_among_the_data_files_is_a_problem_and_nothing_waits_for_it() {
    let site = Site::small().file("data/good.json", "1").file("templates/d.html", "{{ data.good }}");
    mknodat(CWD, site.path("data/pipe.json"), FileType::Fifo, Mode::from(0o644), 0).unwrap();
    let mut server = site.start();
    assert_eq!(server.get("/d").is(200).text(), "1");
    server.line("of the pipe", |line| line.starts_with("error ") && line.contains("data/pipe.json"));
}

#[test]
fn a_pipe_in_place_of_stan_conf_is_an_error() {
    let site = Site::new().file("static_file/index.html", "<p>");
    mknodat(CWD, site.path("stan.conf"), FileType::Fifo, Mode::from(0o644), 0).unwrap();
    let ended = site.run(&["--plain", "-p", "0"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.err.contains("not a file"), "{ended:?}");
}

#[test]
fn a_form_of_another_origin_leaves_no_file() {
    let site = Site::small()
        .file("templates/f.html", "{{ form.a }}{% for f in files.all('file') %}{{ f.filename }}{% endfor %}");
    let server = site.start();
    let send = |origin: &str, form: Form| {
        let kind = Form::content_type();
        server.ask("POST", "/f", &[("Origin", origin), ("Content-Type", &kind)], &form.bytes())
    };
    let with_file = || Form::new().field("a", "1").file("file", "x.txt", "text/plain", b"x");
    send("http://evil.example", with_file()).is(403);
    assert!(!site.path("uploads/x.txt").exists());
    assert_eq!(send("http://evil.example", Form::new().field("a", "1")).is(200).text(), "1");
    send(server.url("").trim_end_matches('/'), with_file()).is(200);
    assert!(site.path("uploads/x.txt").exists());
}

#[test]
fn a_move_that_failed_is_tried_again_when_asked_again() {
    let (_held, taken) = taken_port();
    let mut server = Site::small().start();
    for _ in 0..2 {
        let answer = server.refused(&format!("set port {taken}"));
        assert!(answer.line.contains("is taken"), "{}", answer.line);
    }
    server.get("/").is(200);
}

#[test]
fn a_client_that_comes_late_is_still_answered_after_a_move() {
    let mut server = Site::small().start();
    let mut stream = BufReader::new(server.connect());
    let request = server.message("GET", "/", &[], b"");
    stream.get_mut().write_all(&request).unwrap();
    read_answer(&mut stream, false).unwrap().is(200);
    server.done("port 0");
    // An idle client cannot know of the move; what it sends at once must not be lost.
    stream.get_mut().write_all(&request).unwrap();
    let last = read_answer(&mut stream, false).unwrap().is(200);
    assert_eq!(last.header("connection"), Some("close"));
    assert_eq!(stream.read(&mut [0; 1]).unwrap(), 0);
}

#[test]
fn a_folder_redirects_to_its_slash_wherever_it_is_mounted() {
    let site = Site::small().file("docs/index.html", "docs").conf("[[route]]\npath = \"/d\"\nstatic = \"docs\"\n");
    let server = site.start();
    assert_eq!(server.get("/d?a=b").is(301).header("location"), Some("/d/?a=b"));
    assert_eq!(server.get("/d/").is(200).text(), "docs");
    assert_eq!(server.get("/static_file").is(301).header("location"), Some("/static_file/"));
}

#[test]
fn a_routes_header_wins_over_the_top() {
    let conf = "headers = { x-a = \"top\", x-b = \"top\" }\n[[route]]\npath = \"/r\"\ntext = \"t\"\nheaders = { x-a = \"route\" }\n";
    let server = Site::small().conf(conf).start();
    let answer = server.get("/r").is(200);
    assert_eq!((answer.value("x-a"), answer.value("x-b")), ("route", "top"));
}

#[test]
fn derived_patterns_that_collide_have_a_place() {
    let conf = "[[route]]\npath = \"/dl\"\nstatic = \"static_file\"\n[[route]]\npath = \"/dl/{*x}\"\ntext = \"t\"\n";
    let ended = Site::small().conf(conf).run(&["check"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.err.contains("stan.conf:5:8") && ended.err.contains("collides"), "{ended:?}");
}

#[test]
fn several_ranges_of_an_upload_keep_their_boundary() {
    let server = Site::small().start();
    server.put("/upload/a.jpg", b"0123456789").is(201);
    let answer = server.ask("GET", "/upload/a.jpg", &[("Range", "bytes=0-1,5-6")], b"").is(206);
    assert!(answer.value("content-type").starts_with("multipart/byteranges; boundary="), "{answer:?}");
    assert!(answer.value("content-disposition").starts_with("attachment"));
}

#[test]
fn what_may_be_done_with_an_upload_depends_on_its_path() {
    let server = Site::small().start();
    let page = server.ask("OPTIONS", "/upload", &[], b"").is(204);
    assert!(!page.value("allow").contains("PUT"), "{page:?}");
    let file = server.ask("DELETE", "/upload/a.jpg", &[], b"").is(405);
    assert!(file.value("allow").contains("PUT"), "{file:?}");
}

#[test]
fn loopback_is_listed_in_both_families() {
    let mut server = Site::small().start();
    let urls = server.done("url").above;
    assert!(urls[0].starts_with("http://127.0.0.1:"), "{urls:?}");
    if std::net::TcpListener::bind("[::1]:0").is_ok() {
        assert!(urls.iter().any(|url| url.starts_with("http://[::1]:")), "{urls:?}");
    }
}

#[test]
fn two_routes_share_a_path_by_their_methods() {
    let conf = "[[route]]\npath = \"/r\"\nmethods = [\"GET\"]\ntext = \"got\"\n\
        [[route]]\npath = \"/r\"\nmethods = [\"POST\"]\ntext = \"posted\"\n";
    let server = Site::small().conf(conf).start();
    assert_eq!(server.get("/r").is(200).text(), "got");
    assert_eq!(server.ask("POST", "/r", &[], b"").is(200).text(), "posted");
    let refused = server.ask("PUT", "/r", &[], b"").is(405);
    assert!(refused.value("allow").contains("GET") && refused.value("allow").contains("POST"), "{refused:?}");
}
