//! Sections "Concurrency" and "Upload Cancellation": a newer request takes over from one that hangs.

use std::time::{Duration, Instant};

use crate::common::Wire;
use crate::resumable::{Upload, alone, problem};
use crate::served::served;

/// How long taking over may take (requirement 10).
const MOMENT: Duration = Duration::from_secs(1);

const CONTENT: &[u8] = b"01234567";

/// A request that appends, is heard, and then says no more than `bytes`.
fn hanging(upload: &Upload<'_>, offset: u64, bytes: &str) -> Wire {
    let mut wire = upload.chunked(offset, true, &["Expect: 100-continue"]);
    assert_eq!(wire.head().status, 100);
    wire.send(bytes);
    wire
}

/// Sends what is missing of [`CONTENT`].
#[track_caller]
fn complete(upload: &Upload<'_>, offset: u64) {
    upload.append(offset, true, &CONTENT[usize::try_from(offset).unwrap()..]).is(201);
}

#[test]
fn the_offset_can_be_asked_for_while_a_request_hangs() {
    let server = served();
    let upload = Upload::begin(&server, "hang-head.bin", &[]);
    let _hangs = hanging(&upload, 0, "5\r\n01234\r\n");
    let began = Instant::now();
    let offset = upload.offset();
    assert!(began.elapsed() < MOMENT, "{:?}", began.elapsed());
    complete(&upload, offset);
    assert_eq!(server.site.read("uploads/hang-head.bin"), CONTENT);
}

#[test]
fn who_hangs_is_told_if_it_still_listens() {
    let server = served();
    let upload = Upload::begin(&server, "hang-told.bin", &[]);
    let mut hangs = hanging(&upload, 0, "5\r\n01234\r\n");
    let offset = upload.offset().to_string();
    let answer = hangs.answer().is(409);
    assert_eq!((answer.value("upload-offset"), answer.value("upload-complete")), (offset.as_str(), "?0"));
}

#[test]
fn an_append_takes_over_from_one_that_hangs() {
    let server = served();
    let upload = Upload::begin(&server, "hang-append.bin", &["Upload-Length: 8"]);
    let mut hangs = hanging(&upload, 0, "");
    let began = Instant::now();
    complete(&upload, 0);
    assert!(began.elapsed() < MOMENT, "{:?}", began.elapsed());
    // What comes too late changes nothing.
    let _ = hangs.try_send("2\r\nxx\r\n0\r\n\r\n");
    hangs.answer().is(409);
    assert_eq!(server.site.read("uploads/hang-append.bin"), CONTENT);
}

#[test]
fn cancelling_takes_over_from_one_that_hangs() {
    let server = alone("");
    let upload = Upload::begin(&server, "hang-cancel.bin", &[]);
    let mut hangs = hanging(&upload, 0, "5\r\n01234\r\n");
    let began = Instant::now();
    upload.delete().is(204);
    assert!(began.elapsed() < MOMENT, "{:?}", began.elapsed());
    upload.is_gone();
    let status = hangs.answer().status;
    assert!(matches!(status, 409 | 410), "{status}");
    let left = std::fs::read_dir(server.site.path("uploads/.part")).map_or(0, Iterator::count);
    assert_eq!((left, server.site.names("uploads").len()), (0, 0));
}

#[test]
fn a_creation_that_hangs_is_taken_over_too() {
    let server = served();
    let mut hangs = server.wire();
    let fields = ["Upload-Complete: ?1", "Content-Length: 8", crate::resumable::VERSION];
    hangs.send(crate::served::request("POST /upload/hang.bin HTTP/1.1", &fields) + "01234");
    let upload = Upload::at(&server, &hangs.head());
    let offset = upload.offset();
    complete(&upload, offset);
    assert_eq!(server.site.read("uploads/hang.bin"), CONTENT);
}

#[test]
fn many_at_once_lose_and_double_nothing() {
    let server = served();
    let upload = Upload::begin(&server, "many.bin", &[]);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                loop {
                    let offset = upload.offset();
                    if offset >= 40 {
                        break;
                    }
                    let status = upload.append(offset, false, &[b'a' + (offset % 26) as u8]).status;
                    assert!(matches!(status, 204 | 409), "{status}");
                }
            });
        }
    });
    let offset = upload.offset();
    upload.append(offset, true, b"").is(201);
    let text = server.site.text("uploads/many.bin");
    let expected: String = (0..offset).map(|n| char::from(b'a' + (n % 26) as u8)).collect();
    assert_eq!(text, expected);
}

#[test]
fn a_cancelled_upload_is_gone() {
    let server = served();
    let upload = Upload::begin(&server, "cancel.bin", &[]);
    upload.append(0, false, b"01234").is(204);
    assert_eq!(upload.delete().is(204).body, b"");
    upload.is_gone();
    assert!(matches!(upload.delete().status, 404 | 410));
    assert!(!server.site.path("uploads/cancel.bin").exists());
}

#[test]
fn cancelling_a_complete_upload_leaves_the_file() {
    let server = served();
    let upload = Upload::begin(&server, "stays.bin", &[]);
    upload.append(0, true, b"01234").is(201);
    let answer = upload.delete().is(409);
    problem(&answer, "completed-upload");
    assert_eq!(answer.value("upload-complete"), "?1");
    assert_eq!(server.site.text("uploads/stays.bin"), "01234");
}
