//! A folder as an archive.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufReader, Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use crate::common::{Server, Site};
use crate::common::{read_answer, read_head};

fn served() -> (Site, Server) {
    let site = Site::small()
        .file("static_file/d/b.txt", "hello")
        .file("static_file/d/写真/ü 1.jpg", vec![7; 300_000])
        .file("static_file/d/page/index.html", "<p>page")
        .file("static_file/d/.env", "secret")
        .file("static_file/d/id.key", "secret")
        .file("secret.txt", "secret");
    fs::create_dir(site.path("static_file/d/empty")).unwrap();
    for (to, name) in [("../../secret.txt", "out.txt"), ("b.txt", "in.txt"), (".", "self"), ("..", "up")] {
        std::os::unix::fs::symlink(to, site.path(&format!("static_file/d/{name}"))).unwrap();
    }
    let server = site.start();
    (site, server)
}

/// What Python's zipfile reads, each member with its size; it checks every checksum.
fn read(site: &Site, archive: &[u8]) -> serde_json::Value {
    const READ: &str = "import json, sys, zipfile\n\
        z = zipfile.ZipFile(sys.argv[1])\n\
        assert z.testzip() is None\n\
        print(json.dumps([[i.filename, i.file_size, list(i.date_time)] for i in z.infolist()]))";
    site.write("got.zip", archive);
    let out = Command::new("python3").args(["-c", READ]).arg(site.path("got.zip")).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

#[test]
fn all_that_is_served_and_nothing_else() {
    let (site, server) = served();
    let answer = server.get("/d/?zip").is(200);
    assert_eq!(answer.value("content-type"), "application/zip");
    assert_eq!(answer.value("content-disposition"), "attachment; filename=\"d.zip\"");
    assert_eq!(answer.value("content-length"), answer.body.len().to_string());
    assert_eq!(answer.value("content-encoding"), "");
    let members = read(&site, &answer.body);
    let names: Vec<_> = members.as_array().unwrap().iter().map(|member| member[0].as_str().unwrap()).collect();
    assert_eq!(names, ["empty/", "page/index.html", "写真/ü 1.jpg", "b.txt", "in.txt"]);
    assert_eq!((&members[2][1], &members[3][1]), (&300_000.into(), &5.into()));
}

#[test]
fn as_unzip_takes_it_out() {
    let (site, server) = served();
    let at = UNIX_EPOCH + Duration::from_secs(1_600_000_000);
    fs::File::options().write(true).open(site.path("static_file/d/b.txt")).unwrap().set_modified(at).unwrap();
    site.write("got.zip", server.get("/d/?zip").is(200).body);
    let Ok(out) = Command::new("unzip").args(["-q", "-d", "out", "got.zip"]).current_dir(site.root()).output() else {
        eprintln!("skipped: there is no unzip here");
        return;
    };
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stdout));
    assert_eq!(site.read("out/写真/ü 1.jpg"), vec![7; 300_000]);
    assert_eq!(site.text("out/b.txt"), "hello");
    assert_eq!(fs::metadata(site.path("out/b.txt")).unwrap().modified().unwrap(), at);
    assert!(site.path("out/empty").is_dir());
}

#[test]
fn head_and_folders_with_a_page() {
    let (_site, server) = served();
    let (get, head) = (server.get("/d/?zip").is(200), server.head("/d/?zip").is(200));
    for name in ["content-type", "content-length", "content-disposition"] {
        assert_eq!(head.value(name), get.value(name), "{name}");
    }
    // Its page is what such a folder answers, and others have no archive either.
    assert_eq!(server.get("/d/page/?zip").is(200).text(), "<p>page");
    assert_eq!(server.get("/d/b.txt?zip").is(200).text(), "hello");
    assert_eq!(server.get("/d?zip").is(301).value("location"), "/d/?zip");
}

#[test]
fn names_that_no_address_can_have_are_not_left_out() {
    let site = Site::small().file("static_file/d/back_slash", "plain");
    let folder = site.path("static_file/d");
    let names = [&b"line\nbreak"[..], b"esc\x1b[2J", b"not\xffutf8", b"back\\slash", b"stan.conf\n"];
    for name in names {
        fs::write(folder.join(OsStr::from_bytes(name)), vec![b'x'; 200_000]).unwrap();
    }
    let server = site.start();
    let members = read(&site, &server.get("/d/?zip=").is(200).body);
    let mut names: Vec<_> = members.as_array().unwrap().iter().map(|member| member[0].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["back_slash", "back_slash_2", "esc_[2J", "line_break", "not_utf8"]);
}

#[test]
fn more_members_than_the_plain_form_counts() {
    let site = Site::small();
    let folder = site.path("static_file/d");
    fs::create_dir_all(&folder).unwrap();
    for n in 0..66_000 {
        fs::File::create(folder.join(n.to_string())).unwrap();
    }
    let server = site.start();
    assert_eq!(read(&site, &server.get("/d/?zip").is(200).body).as_array().unwrap().len(), 66_000);
}

#[test]
fn a_file_that_changes_meanwhile_cuts_the_archive_off() {
    let site =
        Site::small().file("static_file/d/a.bin", vec![1; 30 << 20]).file("static_file/d/b.bin", vec![2; 1 << 20]);
    let server = site.start();
    let mut stream = server.connect();
    stream.write_all(&server.message("GET", "/d/?zip", &[("Accept", "*/*")], b"")).unwrap();
    let mut reader = BufReader::new(stream);
    let promised: usize = read_head(&mut reader).unwrap().value("content-length").parse().unwrap();
    // Both ends of the connection hold far less than the first file.
    site.write("static_file/d/b.bin", "short");
    let mut got = Vec::new();
    let _ = reader.read_to_end(&mut got);
    assert!(got.len() < promised, "{} of {promised}", got.len());
    server.get("/d/?json").is(200);
}

#[test]
fn a_client_that_leaves_ends_the_work() {
    let (_site, server) = served();
    for _ in 0..8 {
        let mut stream = server.connect();
        stream.write_all(&server.message("GET", "/d/?zip", &[], b"")).unwrap();
    }
    let mut stream = server.connect();
    stream.write_all(&server.message("GET", "/d/?zip", &[], b"")).unwrap();
    assert_eq!(read_answer(&mut BufReader::new(stream), false).unwrap().status, 200);
}
