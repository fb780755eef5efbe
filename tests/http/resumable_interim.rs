//! Section "Status Code 104 (Upload Resumption Supported)".

use http::{Method, StatusCode};

use crate::common::{Wire, eventually, noise};
use crate::http2;
use crate::resumable::{Upload, VERSION, alone, tell};
use crate::served::{Served, request, served};

const COMPLETE: &str = "Upload-Complete: ?1";

fn parts(server: &Served) -> usize {
    std::fs::read_dir(server.site.path("uploads/.part")).map_or(0, Iterator::count)
}

/// The beginning of an upload of ten bytes at once.
fn begun(server: &Served, name: &str, more: &[&str]) -> Wire {
    let mut wire = server.wire();
    let fields = [&[COMPLETE, "Content-Length: 10"], more].concat();
    wire.send(request(&format!("POST /upload/{name} HTTP/1.1"), &fields));
    wire
}

#[test]
fn creation_is_announced_before_its_content() {
    let server = served();
    let mut wire = begun(&server, "announced.bin", &[VERSION]);
    let interim = wire.head();
    assert_eq!(interim.status, 104);
    assert_eq!(interim.header("upload-draft-interop-version"), Some("8"));
    assert_eq!(interim.value("upload-limit"), "min-size=0, max-age=86400");
    assert_eq!(interim.header("content-length"), None);
    Upload::at(&server, &interim);
    wire.send("0123456789");
    assert_eq!(wire.head().status, 201, "one 104, then the answer");
    assert_eq!(server.site.text("uploads/announced.bin"), "0123456789");
}

#[test]
fn an_upload_that_is_cut_is_resumed_where_it_was_announced() {
    let server = served();
    let mut wire = begun(&server, "cut.bin", &[VERSION]);
    let upload = Upload::at(&server, &wire.head());
    wire.send("01234");
    wire.reset();
    // A reset may overtake what was sent before it.
    let offset = upload.offset();
    assert!(offset <= 5, "{offset}");
    let rest = &b"0123456789"[usize::try_from(offset).unwrap()..];
    assert_eq!(upload.append(offset, true, rest).is(201).value("upload-complete"), "?1");
    assert_eq!(server.site.text("uploads/cut.bin"), "0123456789");
}

#[test]
fn an_upload_that_is_half_closed_says_how_far_it_came() {
    let server = served();
    let mut wire = begun(&server, "half.bin", &[VERSION]);
    let upload = Upload::at(&server, &wire.head());
    wire.send("01234").half_close();
    let answer = wire.answer().is(400);
    assert_eq!((answer.value("upload-complete"), answer.value("upload-offset")), ("?0", "5"));
    assert_eq!(answer.value("location"), upload.at);
    assert_eq!(upload.offset(), 5);
}

#[test]
fn location_is_the_same_in_all_answers_to_one_request() {
    let server = served();
    let mut wire = server.wire();
    wire.send(request("POST /upload/same.bin HTTP/1.1", &["Upload-Complete: ?0", "Content-Length: 3", VERSION]));
    let interim = wire.head();
    assert_eq!(interim.status, 104);
    wire.send("abc");
    let answer = wire.answer().is(201);
    assert_eq!(answer.header("location"), interim.header("location"));
    wire.is_open();
}

#[test]
fn no_other_version_hears_of_it() {
    let server = served();
    for (n, version) in ["", "X: y", "7", "9", "\"8\"", "8.0", "?1", "8, 8"].iter().enumerate() {
        let field = format!("Upload-Draft-Interop-Version: {version}");
        let field = if version.contains(':') { (*version).to_owned() } else { field };
        let mut wire = begun(&server, &format!("version-{n}.bin"), &[&field]);
        wire.send("0123456789");
        assert_eq!(wire.head().status, 201, "{version:?}");
    }
}

#[test]
fn http_1_0_has_no_interim_answers() {
    let server = served();
    let mut wire = server.wire();
    let fields = [COMPLETE, "Content-Length: 10", VERSION];
    wire.send(request("POST /upload/old.bin HTTP/1.1", &fields).replace("HTTP/1.1", "HTTP/1.0") + "0123456789");
    assert_eq!(wire.head().status, 201);
}

#[test]
fn http_2_is_answered_without_interim_answers() {
    let server = served();
    let mut create = http2::request(Method::POST, "/upload/h2.bin");
    create.headers_mut().insert("upload-complete", "?0".parse().unwrap());
    create.headers_mut().insert("upload-draft-interop-version", "8".parse().unwrap());
    let answer = http2::run(async { http2::ask(&http2::connect(server.port()).await, create, "01234").await });
    assert_eq!(answer.status, StatusCode::CREATED);
    let at = answer.headers["location"].to_str().unwrap().to_owned();
    let upload = Upload { served: &server, at };
    assert_eq!(upload.offset(), 5);
    let mut append = http2::request(Method::PATCH, &upload.at);
    for (name, value) in
        [("upload-complete", "?1"), ("upload-offset", "5"), ("content-type", "application/partial-upload")]
    {
        append.headers_mut().insert(name, value.parse().unwrap());
    }
    let answer = http2::run(async { http2::ask(&http2::connect(server.port()).await, append, "567").await });
    assert_eq!((answer.status, &answer.headers["upload-complete"]), (StatusCode::CREATED, &"?1".parse().unwrap()));
    assert_eq!(server.site.text("uploads/h2.bin"), "01234567");
}

#[test]
fn what_could_not_be_announced_is_not_kept() {
    let server = alone("");
    let mut wire = begun(&server, "lost.bin", &[]);
    wire.send("01234");
    eventually("the part", || (parts(&server) > 0).then_some(()));
    wire.reset();
    eventually("the part is gone", || (parts(&server) == 0).then_some(()));
    assert!(server.site.names("uploads").is_empty());
}

#[test]
fn an_expectation_is_met_all_the_same() {
    let server = served();
    let mut wire = begun(&server, "expected-104.bin", &[VERSION, "Expect: 100-continue"]);
    let mut heard = [wire.head().status, wire.head().status];
    heard.sort_unstable();
    assert_eq!(heard, [100, 104]);
    wire.send("0123456789");
    assert_eq!(wire.head().status, 201);
}

#[test]
fn a_refusal_announces_nothing() {
    let server = served();
    let mut wire = begun(&server, "odd.bin", &[VERSION, "Upload-Length: 11", "Expect: 100-continue"]);
    assert_eq!(wire.head().status, 400);
}

#[test]
fn requests_of_one_connection_each_have_their_own() {
    let server = served();
    let mut wire = server.wire();
    for n in 0..3 {
        let fields = ["Upload-Complete: ?0", "Content-Length: 1", VERSION];
        wire.send(request(&format!("POST /upload/each-{n}.bin HTTP/1.1"), &fields) + "a");
        assert_eq!(wire.head().status, 104);
        assert_eq!(wire.answer().is(201).value("upload-offset"), "1");
    }
    wire.is_open();
}

#[test]
fn progress_is_told_while_content_comes() {
    let server = alone("[upload]\nreserve = 0\n");
    let upload = Upload::begin(&server, "progress.bin", &[]);
    let mut wire = upload.chunked(0, false, &[VERSION]);
    let piece = noise(7, 1 << 20);
    let chunk = [b"100000\r\n", &piece[..], b"\r\n"].concat();
    for _ in 0..65 {
        wire.send(&chunk);
    }
    let told = std::thread::scope(|scope| {
        let mut sender = wire.another();
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        scope.spawn(move || {
            // One byte at a time, until progress has been heard.
            while stopped.recv_timeout(std::time::Duration::from_millis(20)).is_err() {
                sender.send("1\r\nx\r\n");
            }
            sender.send("0\r\n\r\n");
        });
        let told = wire.head();
        stop.send(()).unwrap();
        told
    });
    assert_eq!(told.status, 104);
    assert_eq!(told.header("upload-draft-interop-version"), Some("8"));
    assert_eq!(told.header("location"), None, "never to who appends");
    let offset: u64 = told.value("upload-offset").parse().unwrap();
    assert!((1..=65 << 20).contains(&(offset)), "{offset}");
    let answer = wire.answer().is(204);
    assert!(answer.value("upload-offset").parse::<u64>().unwrap() >= 65 << 20);
    // To be sure that it is over before the folder goes.
    tell(&server, request(&format!("DELETE {} HTTP/1.1", upload.at), &[])).is(204);
}
