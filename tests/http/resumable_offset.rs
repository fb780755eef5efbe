//! Section "Offset Retrieval".

use crate::resumable::{Upload, alone, tell};
use crate::served::{request, served};

#[test]
fn how_far_an_upload_is() {
    let server = served();
    let upload = Upload::begin(&server, "far.bin", &["Upload-Length: 10"]);
    upload.append(0, false, b"0123").is(204);
    let answer = upload.head().is(204);
    assert_eq!(answer.value("upload-offset"), "4");
    assert_eq!(answer.value("upload-complete"), "?0");
    assert_eq!(answer.value("upload-length"), "10");
    assert_eq!(answer.value("upload-limit"), "min-size=0, max-age=86400");
    assert_eq!(answer.value("cache-control"), "no-store");
}

#[test]
fn a_length_that_nobody_said_is_not_told() {
    let server = served();
    let upload = Upload::begin(&server, "endless.bin", &[]);
    upload.append(0, false, b"0123").is(204);
    assert_eq!(upload.head().is(204).header("upload-length"), None);
}

#[test]
fn a_complete_upload_says_so_and_where_the_file_is() {
    let server = served();
    let upload = Upload::begin(&server, "complete.bin", &[]);
    upload.append(0, true, b"0123").is(201);
    let answer = upload.head().is(204);
    assert_eq!(answer.value("upload-complete"), "?1");
    assert_eq!((answer.value("upload-offset"), answer.value("upload-length")), ("4", "4"));
    assert_eq!(answer.value("cache-control"), "no-store");
    assert_eq!(answer.value("location"), "/upload/complete.bin");
}

#[test]
fn all_bytes_are_not_yet_complete() {
    let server = served();
    let upload = Upload::begin(&server, "all.bin", &["Upload-Length: 4"]);
    upload.append(0, false, b"0123").is(204);
    assert_eq!(upload.offset(), 4);
    assert!(!server.site.path("uploads/all.bin").exists());
    assert_eq!(upload.append(4, true, b"").is(201).value("upload-complete"), "?1");
    assert_eq!(server.site.text("uploads/all.bin"), "0123");
}

#[test]
fn an_unknown_upload_is_none() {
    let server = served();
    for token in ["0", "..", "%2e%2e", "0123456789abcdef0123456789abcdef", "a%2fb", "🙂"] {
        for method in ["HEAD", "PATCH", "DELETE"] {
            let line = format!("{method} /upload/.part/{token} HTTP/1.1");
            if line.is_ascii() {
                let answer = tell(&server, request(&line, &["Content-Length: 0"]));
                assert!((400..500).contains(&answer.status), "{line}: {}", answer.status);
            }
        }
    }
}

#[test]
fn an_upload_is_no_file() {
    let server = served();
    let upload = Upload::begin(&server, "no-file.bin", &[]);
    for method in ["GET", "POST", "PUT"] {
        let answer =
            tell(&server, request(&format!("{method} {} HTTP/1.1", upload.at), &["Content-Length: 0"])).is(405);
        assert_eq!(answer.value("allow"), "HEAD, PATCH, DELETE, OPTIONS");
    }
    assert_eq!(upload.offset(), 0);
}

#[test]
fn the_age_is_that_of_the_settings() {
    let server = alone("[upload]\nkeep = \"1h\"\nmax_size = \"1 KiB\"\n");
    let upload = Upload::begin(&server, "age.bin", &[]);
    assert_eq!(upload.head().is(204).value("upload-limit"), "max-size=1024, min-size=0, max-age=3600");
}
