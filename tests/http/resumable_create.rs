//! Section "Upload Creation".

use crate::common::{Form, noise};
use crate::resumable::{Upload, alone, problem, tell, with};
use crate::served::{request, served};

#[test]
fn creation_without_content_gives_a_place() {
    let server = served();
    let fields = ["Upload-Complete: ?0", "Upload-Length: 10"];
    let answer = tell(&server, with("POST /upload/careful.bin", &fields, b"")).is(201);
    assert_eq!(answer.value("upload-complete"), "?0");
    assert_eq!(answer.value("upload-offset"), "0");
    assert_eq!(answer.value("upload-limit"), "min-size=0, max-age=86400");
    let upload = Upload::at(&server, &answer);
    assert_eq!(upload.offset(), 0);
    assert_eq!(upload.head().value("upload-length"), "10");
    assert!(!server.site.path("uploads/careful.bin").exists());
}

#[test]
fn creation_with_all_is_answered_as_any_upload() {
    let server = served();
    let content = noise(40, 300_000);
    let answer = tell(&server, with("POST /upload/at%20once.bin", &["Upload-Complete: ?1"], &content)).is(201);
    assert_eq!(answer.value("upload-complete"), "?1");
    assert_eq!(answer.value("upload-offset"), "300000");
    assert_eq!(answer.value("location"), "/upload/at%20once.bin");
    assert_eq!(answer.json()["files"][0]["name"], "at once.bin");
    assert!(server.site.read("uploads/at once.bin") == content);
}

#[test]
fn creation_of_nothing_is_an_empty_file() {
    let server = served();
    tell(&server, with("PUT /upload/nothing.bin", &["Upload-Complete: ?1"], b"")).is(201);
    assert_eq!(server.site.read("uploads/nothing.bin"), b"");
}

#[test]
fn creation_with_a_part_keeps_it() {
    let server = served();
    let answer = tell(&server, with("PUT /upload/parts.bin", &["Upload-Complete: ?0"], b"12345")).is(201);
    assert_eq!(answer.value("upload-offset"), "5");
    let upload = Upload::at(&server, &answer);
    assert_eq!(upload.offset(), 5);
    assert_eq!(upload.append(5, true, b"678").is(201).value("location"), "/upload/parts.bin");
    assert_eq!(server.site.text("uploads/parts.bin"), "12345678");
}

#[test]
fn creation_takes_the_name_of_the_disposition() {
    let server = served();
    let name = "Content-Disposition: inline; filename=\"file name.jpg\"; filename*=UTF-8''na%C3%AFve%20n.jpg";
    let answer = tell(&server, with("POST /upload", &["Upload-Complete: ?1", name], b"a")).is(201);
    assert_eq!(answer.json()["files"][0]["name"], "naïve n.jpg");
    let hostile = "Content-Disposition: inline; filename=\"../../evil\\..\\.ssh\"";
    let answer = tell(&server, with("POST /upload", &["Upload-Complete: ?1", hostile], b"b")).is(201);
    assert_eq!(answer.json()["files"][0]["name"], "ssh");
}

#[test]
fn creation_without_a_name_has_one() {
    let server = alone("");
    for method in ["POST", "PUT"] {
        tell(&server, with(&format!("{method} /upload"), &["Upload-Complete: ?1"], method.as_bytes())).is(201);
    }
    assert_eq!(server.site.names("uploads"), ["unnamed", "unnamed (2)"]);
}

#[test]
fn creation_below_a_folder() {
    let server = served();
    let upload = Upload::begin(&server, "DCIM/100/a.jpg", &[]);
    let answer = upload.append(0, true, b"photo").is(201);
    assert_eq!(answer.value("location"), "/upload/DCIM/100/a.jpg");
    assert_eq!(server.site.text("uploads/DCIM/100/a.jpg"), "photo");
    assert_eq!(server.get("/upload/DCIM/100/a.jpg").is(200).text(), "photo");
}

#[test]
fn creation_of_chunks() {
    let server = served();
    let fields = ["Transfer-Encoding: chunked", "Upload-Complete: ?1", "Upload-Length: 11"];
    let head = request("PUT /upload/chunks.bin HTTP/1.1", &fields);
    tell(&server, head + "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n").is(201);
    assert_eq!(server.site.text("uploads/chunks.bin"), "hello world");
}

#[test]
fn completeness_that_is_malformed_is_ignored() {
    let server = served();
    for (n, value) in ["true", "1", "?2", "?1, ?0", "\"?1\""].iter().enumerate() {
        let fields = format!("Upload-Complete: {value}");
        let answer =
            tell(&server, with(&format!("PUT /upload/ordinary-{n}.bin"), &[&fields], value.as_bytes())).is(201);
        assert_eq!(answer.header("upload-complete"), None, "{value}");
    }
}

#[test]
fn creation_with_lengths_that_contradict_is_refused() {
    let server = alone("");
    for (complete, length) in [("?1", 4), ("?1", 6), ("?0", 4)] {
        let fields = [format!("Upload-Complete: {complete}"), format!("Upload-Length: {length}")];
        let fields = fields.each_ref().map(String::as_str);
        let answer = tell(&server, with("POST /upload/odd.bin", &fields, b"12345")).is(400);
        problem(&answer, "inconsistent-upload-length");
    }
    assert!(!server.site.path("uploads/odd.bin").exists());
    assert_eq!(std::fs::read_dir(server.site.path("uploads/.part")).map_or(0, Iterator::count), 0);
}

#[test]
fn content_of_another_length_than_was_said_is_refused() {
    let server = alone("");
    for chunks in ["3\r\n012\r\n", "6\r\n012345\r\n"] {
        let fields = ["Transfer-Encoding: chunked", "Upload-Complete: ?1", "Upload-Length: 5"];
        let head = request("PUT /upload/another.bin HTTP/1.1", &fields);
        problem(&tell(&server, format!("{head}{chunks}0\r\n\r\n")).is(400), "inconsistent-upload-length");
    }
    assert!(server.site.names("uploads").is_empty());
}

#[test]
fn length_that_is_malformed_is_ignored() {
    let server = served();
    for (n, value) in ["-1", "ten", "1.0", "?1"].iter().enumerate() {
        let fields = ["Upload-Complete: ?1", &format!("Upload-Length: {value}")];
        tell(&server, with(&format!("PUT /upload/length-{n}.bin"), &fields, value.as_bytes())).is(201);
    }
}

#[test]
fn creation_beyond_the_limit_says_the_limit() {
    let server = alone("[upload]\nmax_size = 10\n");
    for fields in [vec!["Upload-Complete: ?0", "Upload-Length: 11"], vec!["Upload-Complete: ?1"]] {
        let content: &[u8] = if fields.len() == 2 { b"" } else { b"12345678901" };
        let answer = tell(&server, with("POST /upload/a.bin", &fields, content)).is(413);
        assert_eq!(answer.value("upload-limit"), "max-size=10, min-size=0, max-age=86400");
    }
    let fields = ["Transfer-Encoding: chunked", "Upload-Complete: ?0"];
    let head = request("PUT /upload/a.bin HTTP/1.1", &fields);
    let answer = tell(&server, head + "b\r\n12345678901\r\n0\r\n\r\n").is(413);
    assert!(answer.value("upload-limit").starts_with("max-size=10"));
    assert!(server.site.names("uploads").is_empty());
}

#[test]
fn a_form_that_comes_at_once_is_a_form() {
    let server = served();
    let form = Form::new().file("a", "in a form.txt", "text/plain", b"hello").bytes();
    let kind = format!("Content-Type: {}", Form::content_type());
    tell(&server, with("POST /upload", &["Upload-Complete: ?1", &kind], &form)).is(201);
    assert_eq!(server.site.text("uploads/in a form.txt"), "hello");
}

#[test]
fn what_cannot_be_a_file_is_refused_before_its_content() {
    let server = served();
    for (field, status) in [("Content-Encoding: gzip", 415), ("Content-Range: bytes 0-1/5", 400)] {
        let mut wire = server.wire();
        let fields = ["Upload-Complete: ?1", "Content-Length: 5", "Expect: 100-continue", field];
        wire.send(request("POST /upload/no.bin HTTP/1.1", &fields));
        assert_eq!(wire.head().status, status, "{field}");
    }
}

#[test]
fn uris_cannot_be_guessed() {
    let server = served();
    let places: std::collections::HashSet<_> = (0..20).map(|_| Upload::begin(&server, "guess.bin", &[]).at).collect();
    assert_eq!(places.len(), 20);
    assert!(places.iter().all(|at| at.rsplit('/').next().unwrap().len() >= 22), "{places:?}");
}

#[test]
fn creation_by_another_origin_is_refused() {
    let server = served();
    let fields = ["Upload-Complete: ?0", "Origin: http://evil.example"];
    tell(&server, with("POST /upload/evil.bin", &fields, b"")).is(403);
    let upload = Upload::begin(&server, "origin.bin", &[]);
    let origin = ["Origin: http://evil.example"];
    upload.append_with(0, true, &origin, b"evil").is(403);
    tell(&server, request(&format!("DELETE {} HTTP/1.1", upload.at), &origin)).is(403);
    assert_eq!(upload.offset(), 0);
}
