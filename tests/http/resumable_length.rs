//! Section "Length": enforced whatever `Content-Length` says.

use crate::common::eventually;
use crate::resumable::{PARTIAL, Upload, alone, problem, tell, with};
use crate::served::served;

#[test]
fn more_than_the_length_voids_the_upload() {
    let server = alone("");
    let upload = Upload::begin(&server, "more.bin", &["Upload-Length: 5"]);
    problem(&upload.append(0, true, b"012345").is(400), "inconsistent-upload-length");
    upload.is_gone();
    assert!(server.site.names("uploads").is_empty());
}

#[test]
fn more_than_the_length_in_chunks_voids_the_upload() {
    let server = alone("");
    let upload = Upload::begin(&server, "more.bin", &["Upload-Length: 5"]);
    let mut wire = upload.chunked(0, false, &[]);
    wire.send("3\r\n012\r\n3\r\n345\r\n0\r\n\r\n");
    problem(&wire.answer().is(400), "inconsistent-upload-length");
    upload.is_gone();
    assert!(server.site.names("uploads").is_empty());
    eventually("its space is free", || {
        std::fs::read_dir(server.site.path("uploads/.part")).map_or(true, |mut dir| dir.next().is_none()).then_some(())
    });
}

#[test]
fn less_than_the_length_stays_incomplete() {
    let server = served();
    let upload = Upload::begin(&server, "less.bin", &["Upload-Length: 5"]);
    let mut wire = upload.chunked(0, true, &[]);
    wire.send("3\r\n012\r\n0\r\n\r\n");
    let answer = wire.answer().is(400);
    problem(&answer, "inconsistent-upload-length");
    assert_eq!((answer.value("upload-complete"), answer.value("upload-offset")), ("?0", "3"));
    assert!(!server.site.path("uploads/less.bin").exists());
    upload.append(3, true, b"34").is(201);
    assert_eq!(server.site.text("uploads/less.bin"), "01234");
}

#[test]
fn another_length_is_inconsistent_and_changes_nothing() {
    let server = served();
    let upload = Upload::begin(&server, "other.bin", &["Upload-Length: 5"]);
    problem(&upload.append_with(0, false, &["Upload-Length: 6"], b"0").is(400), "inconsistent-upload-length");
    problem(&upload.append(0, true, b"0123").is(400), "inconsistent-upload-length");
    assert_eq!(upload.offset(), 0);
    upload.append_with(0, true, &["Upload-Length: 5"], b"01234").is(201);
}

#[test]
fn a_length_that_is_said_late_counts() {
    let server = served();
    let upload = Upload::begin(&server, "late.bin", &[]);
    upload.append(0, false, b"012").is(204);
    problem(&upload.append_with(3, false, &["Upload-Length: 2"], b"").is(400), "inconsistent-upload-length");
    upload.append_with(3, false, &["Upload-Length: 5"], b"3").is(204);
    assert_eq!(upload.head().is(204).value("upload-length"), "5");
    problem(&upload.append(4, false, b"45").is(400), "inconsistent-upload-length");
    upload.is_gone();
}

#[test]
fn a_length_by_completeness_is_recorded() {
    let server = served();
    let upload = Upload::begin(&server, "recorded.bin", &[]);
    let mut wire = server.wire();
    let fields = [PARTIAL, "Upload-Offset: 0", "Upload-Complete: ?1", "Content-Length: 10"];
    wire.send(crate::served::request(&format!("PATCH {} HTTP/1.1", upload.at), &fields) + "01234").half_close();
    wire.answer().is(400);
    let answer = upload.head().is(204);
    assert_eq!((answer.value("upload-offset"), answer.value("upload-length")), ("5", "10"));
    upload.append(5, true, b"56789").is(201);
}

#[test]
fn more_than_the_limit_voids_the_upload() {
    let server = alone("[upload]\nmax_size = 10\n");
    let upload = Upload::begin(&server, "limit.bin", &[]);
    upload.append(0, false, b"01234").is(204);
    let mut wire = upload.chunked(5, false, &[]);
    wire.send("6\r\n012345\r\n0\r\n\r\n");
    assert!(wire.answer().is(413).value("upload-limit").starts_with("max-size=10"));
    upload.is_gone();
}

#[test]
fn more_than_the_limit_is_refused_before_it_comes() {
    let server = alone("[upload]\nmax_size = 10\n");
    let upload = Upload::begin(&server, "limit.bin", &[]);
    let fields = [PARTIAL, "Upload-Offset: 0", "Upload-Complete: ?1", "Expect: 100-continue"];
    let head = with(&format!("PATCH {}", upload.at), &fields, &[b'x'; 11]);
    assert!(tell(&server, &head[..head.len() - 11]).is(413).value("upload-limit").starts_with("max-size=10"));
}
