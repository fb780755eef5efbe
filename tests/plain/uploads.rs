//! Files that arrive: whole under their final name, or not at all.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Barrier;

use crate::common::{Form, Server, Site, eventually, noise, percent};

fn post(server: &Server, accept: &str, body: Form) -> crate::common::Response {
    server.ask("POST", "/upload", &[("Content-Type", &Form::content_type()), ("Accept", accept)], &body.bytes())
}

/// Everything in the uploads folder, hidden ones and those below too, folders left out.
fn everything(site: &Site) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![site.path("uploads")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path.display().to_string()) }
        }
    }
    found
}

#[test]
fn put_answers_with_json() {
    let site = Site::small();
    let server = site.start();
    let answer = server.put("/upload/caf%C3%A9.txt", b"hello").is(201);
    let file = &answer.json()["files"][0];
    assert_eq!((file["name"].as_str(), file["size"].as_u64()), (Some("café.txt"), Some(5)), "{file}");
    assert_eq!(file["digest"], "xxh3-128:b5e9c1ad071b3e7fc779cfaa5e523818");
    assert_eq!(site.text("uploads/café.txt"), "hello");
    assert_eq!(everything(&site).len(), 1);
    assert_eq!(server.get(file["url"].as_str().unwrap()).is(200).text(), "hello");
}

#[test]
fn post_of_raw_bytes() {
    let site = Site::small();
    let server = site.start();
    server.ask("POST", "/upload/raw.bin", &[("Content-Type", "application/octet-stream")], &[0, 1, 2]).is(201);
    assert_eq!(site.read("uploads/raw.bin"), [0, 1, 2]);
}

#[test]
fn a_form_of_any_field_names() {
    let site = Site::small();
    let server = site.start();
    let form = Form::new().field("note", "from me").file("whatever", "a.txt", "text/plain", b"A").file(
        "b[]",
        "b.txt",
        "text/plain",
        b"BB",
    );
    let answer = post(&server, "*/*", form).is(201).json();
    let names: Vec<_> = answer["files"].as_array().unwrap().iter().map(|file| file["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["a.txt", "b.txt"]);
    assert_eq!((site.text("uploads/a.txt"), site.text("uploads/b.txt")), ("A".into(), "BB".into()));
}

#[test]
fn a_browser_without_javascript_gets_a_page() {
    let site = Site::small();
    let server = site.start();
    let page = server.page("/upload").is(200).text();
    assert!(page.contains("type=\"file\"") || page.contains("type=file"), "{page}");
    assert!(page.contains("multipart/form-data"), "{page}");
    let answer = post(&server, "text/html,*/*;q=0.8", Form::new().file("f", "<b>.txt", "text/plain", b"x")).is(201);
    assert!(answer.value("content-type").starts_with("text/html"));
    assert!(!answer.text().contains("<b>.txt"), "not escaped");
}

#[test]
fn two_hundred_photos_of_one_name_at_once() {
    let site = Site::small();
    let server = site.start();
    let barrier = Barrier::new(200);
    std::thread::scope(|scope| {
        for n in 0..200u64 {
            let (server, barrier) = (&server, &barrier);
            scope.spawn(move || {
                let photo = noise(n, 10_000 + n as usize);
                barrier.wait();
                if n % 2 == 0 {
                    server.put("/upload/image.jpg", &photo).is(201);
                } else {
                    post(server, "*/*", Form::new().file("file", "image.jpg", "image/jpeg", &photo)).is(201);
                }
            });
        }
    });
    let names = site.names("uploads");
    assert_eq!(names.len(), 200, "{names:?}");
    assert!(names.contains(&"image.jpg".into()) && names.contains(&"image (2).jpg".into()), "{names:?}");
    let sizes: BTreeSet<_> = names.iter().map(|name| site.read(&format!("uploads/{name}")).len()).collect();
    assert_eq!(sizes, (10_000..10_200).collect());
    assert_eq!(everything(&site).len(), 200, "nothing is left of them");
}

#[test]
fn the_same_bytes_are_stored_once() {
    let site = Site::small();
    let server = site.start();
    server.put("/upload/a.txt", b"same").is(201);
    let again = server.put("/upload/a.txt", b"same");
    assert!(matches!(again.status, 200 | 201), "{}", again.status);
    assert_eq!(again.json()["files"][0]["duplicate"], true);
    assert_eq!(site.names("uploads"), ["a.txt"]);
    assert_eq!(server.put("/upload/a.txt", b"other").is(201).json()["files"][0]["name"], "a (2).txt");
}

#[test]
fn a_client_that_goes_away_leaves_nothing() {
    let site = Site::small();
    let mut server = site.start();
    let photo = noise(7, 1_000_000);
    let form = Form::new().file("file", "form.jpg", "image/jpeg", &photo).bytes();
    let messages = [
        server.message("PUT", "/upload/put.jpg", &[], &photo),
        server.message("POST", "/upload", &[("Content-Type", &Form::content_type())], &form),
    ];
    for (message, name) in messages.iter().zip(["put.jpg", "form.jpg"]) {
        let mut stream = server.connect();
        stream.write_all(&message[..message.len() / 5]).unwrap();
        eventually("a part file", || (!everything(&site).is_empty()).then_some(()));
        assert!(site.names("uploads").is_empty(), "under its final name too early");
        drop(stream);
        server.line("that it failed", |line| {
            line.starts_with("upload ") && line.contains(name) && line.contains("failed")
        });
        eventually("its space back", || everything(&site).is_empty().then_some(()));
    }
    server.put("/upload/put.jpg", &photo).is(201);
    assert!(site.read("uploads/put.jpg") == photo);
}

#[test]
fn the_files_of_a_form_that_arrived_whole_are_kept() {
    let site = Site::small();
    let mut server = site.start();
    let form = Form::new()
        .file("f", "whole.txt", "text/plain", b"whole")
        .file("f", "cut.bin", "x/y", &noise(8, 500_000))
        .bytes();
    let message = server.message("POST", "/upload", &[("Content-Type", &Form::content_type())], &form);
    let mut stream = server.connect();
    stream.write_all(&message[..message.len() / 2]).unwrap();
    drop(stream);
    server.line("that it failed", |line| line.contains("cut.bin") && line.contains("failed"));
    assert_eq!(site.names("uploads"), ["whole.txt"]);
    assert_eq!(site.text("uploads/whole.txt"), "whole");
}

#[test]
fn no_name_leaves_the_folder() {
    let site = Site::small();
    let server = site.start();
    let names = [
        "../evil.txt",
        "../../evil.txt",
        "..\\\\evil.txt",
        "/etc/evil.txt",
        "C:\\\\evil.txt",
        "..",
        ".",
        "",
        " ",
        "a/b/c.txt",
        ".hidden",
        ".part",
        "nul",
        "con.txt",
        "x\u{202e}gpj.exe",
        "a\u{200b}b.txt",
        "a:b.txt",
        "trailing. .",
        "%2e%2e%2fevil.txt",
        "....//evil.txt",
    ];
    let outside = || site.names("").into_iter().chain(site.names("static_file")).collect::<Vec<_>>();
    std::fs::create_dir_all(site.path("uploads")).unwrap();
    let before = outside();
    let mut stored = 0;
    for name in names {
        let answer = post(&server, "*/*", Form::new().file("f", name, "text/plain", name.as_bytes()));
        assert!(answer.status < 500, "{name:?}: {} {}", answer.status, answer.text());
        stored += usize::from(answer.status == 201);
        let answer = server.put(&format!("/upload/{}", percent(name)), format!("put {name}").as_bytes());
        assert!(answer.status < 500, "{name:?}: {} {}", answer.status, answer.text());
    }
    let long = "x".repeat(400) + ".jpg";
    server.put(&format!("/upload/{long}"), b"long").is(201);
    assert!(stored > names.len() / 2, "most have a safe name: {stored}");
    let mut now = outside();
    now.retain(|name| name != "stan.log");
    let mut before = before;
    before.retain(|name| name != "stan.log");
    assert_eq!(now, before, "something was written outside");
    assert!(!site.root().parent().unwrap().join("evil.txt").exists());
    for path in everything(&site) {
        let name = path.rsplit('/').next().unwrap().to_owned();
        assert!(!name.starts_with('.') && name.len() <= 255, "{name:?}");
        assert!(!name.chars().any(|c| c.is_control() || "\\:\u{202e}\u{200b}".contains(c)), "{name:?}");
    }
    assert_eq!(site.names("uploads").len(), everything(&site).len(), "all of it right in the folder");
}

#[test]
fn what_was_received_is_never_active() {
    let server = Site::small().start();
    server.put("/upload/evil.html", b"<script>alert(1)</script>").is(201);
    let answer = server.page("/upload/evil.html").is(200);
    assert!(answer.value("content-disposition").starts_with("attachment"), "{:?}", answer.headers);
    assert!(answer.value("content-security-policy").contains("sandbox"), "{:?}", answer.headers);
    assert_eq!(answer.value("x-content-type-options"), "nosniff");
    assert_eq!(answer.text(), "<script>alert(1)</script>", "no script of ours in it either");
    server.get("/uploads/evil.html").is(404);
}

#[test]
fn an_upload_is_never_removed_from_outside() {
    let site = Site::small();
    let server = site.start();
    server.put("/upload/a.txt", b"stay").is(201);
    let answer = server.ask("DELETE", "/upload/a.txt", &[], b"");
    assert!((400..500).contains(&answer.status), "{}", answer.status);
    assert_eq!(site.text("uploads/a.txt"), "stay");
    server.get("/upload/none.txt").is(404);
}

#[test]
fn uploads_never_refresh_a_page() {
    let site = Site::small();
    let mut server = site.start();
    server.put("/upload/a.html", b"x").is(201);
    server.line("of the upload", |line| line.starts_with("upload "));
    site.write("static_file/index.html", "second");
    server.line("of the page", |line| line == "changed static_file/index.html");
    let told: Vec<_> = server.out.all().into_iter().filter(|line| line.starts_with("changed ")).collect();
    assert!(told.iter().all(|line| line == "changed static_file/index.html"), "{told:?}");
}

#[test]
fn a_url_is_encoded_whole() {
    let server = Site::small().conf("[upload]\npath = \"/hoch laden\"\n").start();
    let answer = server.put("/hoch%20laden/DCIM/a%20b.txt", b"hello").is(201);
    let file = &answer.json()["files"][0];
    assert_eq!((&file["name"], &file["url"]), (&"DCIM/a b.txt".into(), &"/hoch%20laden/DCIM/a%20b.txt".into()));
    assert_eq!(server.get("/hoch%20laden/DCIM/a%20b.txt").is(200).text(), "hello");
    let mark = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    let known = server.get(&format!("/hoch%20laden/.known?size=5&mark={mark}&bytes=5")).is(200).json();
    assert_eq!(known["file"]["url"], "/hoch%20laden/DCIM/a%20b.txt");
    assert_eq!(known["file"]["sha256"], mark);
    let headers = [("Upload-Complete", "?0"), ("Upload-Length", "5"), ("Stan-Mark", mark)];
    let begun = server.ask("POST", "/hoch%20laden/c.txt", &headers, b"he").is(201);
    let known = server.get(&format!("/hoch%20laden/.known?size=5&mark={mark}")).is(200).json();
    assert_eq!((known["part"]["url"].as_str(), &known["part"]["offset"]), (Some(begun.value("location")), &2.into()));
}

#[test]
fn what_was_received_is_never_for_other_sites() {
    let server = Site::small().conf("cors = true\n").start();
    server.put("/upload/a.txt", b"hello").is(201);
    for target in ["/upload", "/upload/a.txt", "/upload/.known?size=5&mark=00", "/upload/.text"] {
        let answer = server.ask("GET", target, &[("Origin", "https://evil.example")], b"");
        assert_eq!(answer.header("access-control-allow-origin"), None, "{target}");
        assert_eq!(answer.value("cross-origin-resource-policy"), "same-origin", "{target}");
    }
}
