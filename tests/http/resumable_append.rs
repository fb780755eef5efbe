//! Section "Upload Append".

use crate::common::noise;
use crate::resumable::{PARTIAL, Upload, problem, tell, with};
use crate::served::served;

#[test]
fn parts_become_a_file() {
    let server = served();
    let content = noise(41, 250_000);
    let upload = Upload::begin(&server, "series.bin", &[]);
    for (n, part) in content.chunks(100_000).enumerate() {
        let offset = 100_000 * n as u64;
        let last = part.len() < 100_000;
        let answer = upload.append(offset, last, part);
        if last {
            let answer = answer.is(201);
            assert_eq!(answer.value("upload-complete"), "?1");
            assert_eq!(answer.json()["files"][0]["size"], 250_000);
        } else {
            let answer = answer.is(204);
            let offset = (offset + part.len() as u64).to_string();
            assert_eq!((answer.value("upload-complete"), answer.value("upload-offset")), ("?0", offset.as_str()));
        }
    }
    assert!(server.site.read("uploads/series.bin") == content);
}

#[test]
fn a_browser_without_a_script_gets_a_page_for_the_last_part() {
    let server = served();
    let upload = Upload::begin(&server, "page.bin", &[]);
    let answer = upload.append_with(0, true, &["Accept: text/html"], b"abc").is(201);
    assert!(answer.value("content-type").starts_with("text/html"));
    assert_eq!(answer.value("upload-complete"), "?1");
}

#[test]
fn another_offset_is_a_conflict() {
    let server = served();
    let upload = Upload::begin(&server, "conflict.bin", &[]);
    upload.append(0, false, b"01234").is(204);
    for offset in [0, 4, 6, 999_999] {
        let answer = upload.append(offset, true, b"x").is(409);
        assert_eq!((answer.value("upload-offset"), answer.value("upload-complete")), ("5", "?0"));
        let value = problem(&answer, "mismatching-upload-offset");
        assert_eq!((&value["expected-offset"], &value["provided-offset"]), (&5.into(), &offset.into()));
    }
    assert_eq!(upload.offset(), 5);
    upload.append(5, true, b"56").is(201);
    assert_eq!(server.site.text("uploads/conflict.bin"), "0123456");
}

#[test]
fn another_type_is_415() {
    let server = served();
    let upload = Upload::begin(&server, "type.bin", &[]);
    for kind in ["", "Content-Type: application/octet-stream", "Content-Type: application/partial-upload2"] {
        let fields = ["Upload-Offset: 0", "Upload-Complete: ?1", kind];
        let fields = if kind.is_empty() { &fields[..2] } else { &fields[..] };
        let answer = tell(&server, with(&format!("PATCH {}", upload.at), fields, b"x")).is(415);
        assert_eq!(answer.value("accept-patch"), "application/partial-upload");
    }
    let kind = "Content-Type: Application/Partial-Upload; x=y";
    let fields = ["Upload-Offset: 0", "Upload-Complete: ?1", kind];
    tell(&server, with(&format!("PATCH {}", upload.at), &fields, b"x")).is(201);
}

#[test]
fn both_fields_have_to_be_there() {
    let server = served();
    let upload = Upload::begin(&server, "fields.bin", &[]);
    for fields in [
        ["Upload-Offset: 0", "X: y"],
        ["X: y", "Upload-Complete: ?1"],
        ["Upload-Offset: -1", "Upload-Complete: ?1"],
        ["Upload-Offset: 0", "Upload-Complete: 1"],
    ] {
        let fields = [&[PARTIAL], &fields[..]].concat();
        let answer = tell(&server, with(&format!("PATCH {}", upload.at), &fields, b"x")).is(400);
        assert_eq!(answer.value("content-type"), "application/problem+json");
    }
    assert_eq!(upload.offset(), 0);
}

#[test]
fn a_complete_upload_is_not_changed() {
    let server = served();
    let upload = Upload::begin(&server, "whole.bin", &[]);
    upload.append(0, true, b"0123").is(201);
    for complete in [false, true] {
        let answer = upload.append(4, complete, b"4").is(400);
        problem(&answer, "inconsistent-upload-length");
        let answer = upload.append(4, complete, b"").is(400);
        problem(&answer, "completed-upload");
        assert_eq!(answer.value("upload-complete"), "?1");
    }
    assert_eq!(server.site.text("uploads/whole.bin"), "0123");
    assert_eq!(upload.head().is(204).value("upload-offset"), "4");
}

#[test]
fn what_came_of_a_part_that_was_cut_is_kept() {
    let server = served();
    let upload = Upload::begin(&server, "cut-part.bin", &[]);
    let mut wire = upload.chunked(0, true, &[]);
    wire.send("5\r\n01234\r\n").half_close();
    let answer = wire.answer().is(400);
    assert_eq!((answer.value("upload-complete"), answer.value("upload-offset")), ("?0", "5"));
    assert_eq!(upload.offset(), 5);
    assert!(!server.site.path("uploads/cut-part.bin").exists(), "it was not the whole content");
    upload.append(5, true, b"56").is(201);
    assert_eq!(server.site.text("uploads/cut-part.bin"), "0123456");
}

#[test]
fn a_name_that_was_taken_meanwhile_is_numbered() {
    let server = served();
    let upload = Upload::begin(&server, "meanwhile.bin", &[]);
    upload.append(0, false, b"one").is(204);
    server.put("/upload/meanwhile.bin", b"other").is(201);
    assert_eq!(upload.append(3, true, b"").is(201).value("location"), "/upload/meanwhile%20%282%29.bin");
    assert_eq!(server.site.text("uploads/meanwhile.bin"), "other");
}

#[test]
fn a_refusal_of_the_file_itself_is_marked_as_complete() {
    let server = crate::resumable::alone("[upload]\nexists = \"refuse\"\n");
    let upload = Upload::begin(&server, "taken.bin", &[]);
    server.put("/upload/taken.bin", b"other").is(201);
    let answer = upload.append(0, true, b"one").is(409);
    assert_eq!(answer.value("upload-complete"), "?1");
    upload.is_gone();
    assert_eq!(server.site.text("uploads/taken.bin"), "other");
}
