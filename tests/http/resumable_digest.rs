//! Section "Integrity Digests", with the fields of RFC 9530; also for uploads that are not resumable.

use crate::resumable::{Upload, alone, problem, tell, with};
use crate::served::{request, served};

/// Of `hello`.
const SHA256: &str = "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:";
const SHA512: &str =
    "sha-512=:m3HSJL1i83hdltRq0+o9czGb+8KJDKra4t/3JRlnPKcjI8PZm6XBHXx6zG4UuMXaDEZjR1wuXDre9G9zvN7AQw==:";
/// Of `world`.
const WORLD: &str = "sha-256=:SG6kYiTRu0+2gPNPfJrZao8k7Ii+c+qOWmxlJg6cuKc=:";

fn field(name: &str, value: &str) -> String {
    format!("{name}: {value}")
}

#[test]
fn rfc9530_3_the_whole_is_checked_before_it_has_a_name() {
    let server = alone("");
    for (digest, right) in [(SHA256, true), (SHA512, true), (WORLD, false)] {
        let upload = Upload::begin(&server, "repr.txt", &[&field("Repr-Digest", digest)]);
        upload.append(0, false, b"hel").is(204);
        let answer = upload.append(3, true, b"lo");
        if right {
            answer.is(201);
            assert_eq!(server.site.text("uploads/repr.txt"), "hello");
            std::fs::remove_file(server.site.path("uploads/repr.txt")).unwrap();
        } else {
            let answer = answer.is(400);
            let value = problem(&answer, "digest-mismatching-values");
            assert_eq!(value["mismatching-digests"][0]["algorithm"], "sha-256");
            assert_eq!(answer.value("upload-complete"), "?1", "to go on would not mend it");
            upload.is_gone();
        }
    }
    assert!(server.site.names("uploads").is_empty());
}

#[test]
fn rfc9530_2_the_content_of_a_part_is_checked_before_it_counts() {
    let server = served();
    let upload = Upload::begin(&server, "content.txt", &[]);
    upload.append_with(0, false, &[&field("Content-Digest", SHA256)], b"hello").is(204);
    let answer = upload.append_with(5, true, &[&field("Content-Digest", WORLD)], b"wrong").is(400);
    let value = problem(&answer, "digest-mismatching-values");
    assert_eq!(value["mismatching-digests"][0]["provided-digest"], &WORLD[8..]);
    assert_eq!((answer.value("upload-offset"), answer.value("upload-complete")), ("5", "?0"));
    assert_eq!(upload.offset(), 5);
    upload.append_with(5, true, &[&field("Content-Digest", WORLD)], b"world").is(201);
    assert_eq!(server.site.text("uploads/content.txt"), "helloworld");
}

#[test]
fn rfc9530_2_the_content_of_a_creation_is_checked() {
    let server = served();
    let fields = ["Upload-Complete: ?0", &field("Content-Digest", WORLD)];
    let answer = tell(&server, with("POST /upload/creation.txt", &fields, b"hello")).is(400);
    problem(&answer, "digest-mismatching-values");
    assert_eq!(Upload::at(&server, &answer).offset(), 0);
    let fields = ["Upload-Complete: ?1", &field("Content-Digest", WORLD)];
    tell(&server, with("POST /upload/creation.txt", &fields, b"hello")).is(400);
    assert!(!server.site.path("uploads/creation.txt").exists());
}

#[test]
fn rfc9530_5_unknown_algorithms_are_ignored() {
    let server = served();
    for name in ["Repr-Digest", "Content-Digest"] {
        let fields = ["Upload-Complete: ?1", &field(name, "md5=:AQI=:, crc32c=:AQI=:")];
        tell(&server, with("POST /upload/unknown.txt", &fields, name.as_bytes())).is(201);
        let fields = [field(name, "md5=:AQI=:")];
        tell(&server, with("PUT /upload/unknown.txt", &[&fields[0]], name.as_bytes())).is(201);
    }
}

#[test]
fn a_value_that_cannot_be_is_refused_before_the_content() {
    let server = served();
    for line in ["PUT /upload/invalid.txt HTTP/1.1", "POST /upload/invalid.txt HTTP/1.1"] {
        for (name, complete) in
            [("Repr-Digest", "X: y"), ("Content-Digest", "X: y"), ("Repr-Digest", "Upload-Complete: ?1")]
        {
            let mut wire = server.wire();
            let fields = ["Content-Length: 5", "Expect: 100-continue", complete, &field(name, "sha-256=:AQI=:")];
            wire.send(request(line, &fields));
            let answer = wire.answer().is(400);
            let value = problem(&answer, "digest-invalid-values");
            assert_eq!(value["invalid-digests"][0]["header"].as_str().unwrap().to_lowercase(), name.to_lowercase());
        }
    }
}

#[test]
fn an_ordinary_upload_is_checked_too() {
    let server = served();
    for name in ["Repr-Digest", "Content-Digest"] {
        for method in ["PUT", "POST"] {
            let file = format!("{}-{name}.txt", method.to_lowercase());
            let line = format!("{method} /upload/{file}");
            let answer = tell(&server, with(&line, &[&field(name, WORLD)], b"hello")).is(400);
            problem(&answer, "digest-mismatching-values");
            assert!(!server.site.path(&format!("uploads/{file}")).exists());
            tell(&server, with(&line, &[&field(name, SHA512)], b"hello")).is(201);
            assert_eq!(server.site.text(&format!("uploads/{file}")), "hello");
        }
    }
}

#[test]
fn digests_that_contradict_each_other_cannot_both_be_right() {
    let server = served();
    let fields = [field("Repr-Digest", WORLD), field("Content-Digest", SHA256)];
    tell(&server, with("PUT /upload/both.txt", &fields.each_ref().map(String::as_str), b"hello")).is(400);
}

#[test]
fn rfc9530_4_a_digest_that_is_asked_for_is_told() {
    let server = served();
    for (line, complete) in [("PUT /upload/want.txt", "X: y"), ("POST /upload/want.txt", "Upload-Complete: ?1")] {
        for (want, told) in [("sha-256=1", Some(SHA256)), ("sha-512=3, sha-256=1", Some(SHA512)), ("md5=1", None)] {
            let answer = tell(&server, with(line, &[complete, &field("Want-Repr-Digest", want)], b"hello")).is(201);
            assert_eq!(answer.header("repr-digest"), told, "{line} {want}");
        }
    }
}

#[test]
fn a_digest_that_was_asked_for_at_creation_is_told_at_the_end() {
    let server = served();
    let upload = Upload::begin(&server, "wish.txt", &["Want-Repr-Digest: sha-512=5"]);
    assert_eq!(upload.append(0, false, b"hel").is(204).header("repr-digest"), None);
    assert_eq!(upload.append(3, true, b"lo").is(201).header("repr-digest"), Some(SHA512));
    let upload = Upload::begin(&server, "wish.txt", &[]);
    assert_eq!(upload.append(0, true, b"hello").is(201).header("repr-digest"), None);
}
