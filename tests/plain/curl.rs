//! curl, as people type it.

use std::process::Command;

use crate::common::{Site, noise};

fn curl(arguments: &[&str]) -> String {
    let output = Command::new("curl").args(["-sS", "--noproxy", "*", "--max-time", "20"]).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("curl ({error}): bash tests/run installs it"));
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn gets_pages_and_listings_as_they_are() {
    let site = Site::small().file("static_file/d/a.txt", "a");
    let server = site.start();
    assert_eq!(curl(&[&server.url("/")]), "<!doctype html><title>small</title><p>first");
    assert_eq!(curl(&["-L", &server.url("/d/a.txt")]), "a");
    assert_eq!(curl(&["-o", "/dev/null", "-w", "%{http_code}", &server.url("/none")]), "404");
    assert_eq!(curl(&["-r", "0-1", "-w", "%{http_code}", &server.url("/")]), "<!206");
}

#[test]
fn sends_a_form() {
    let site = Site::small().file("photo 1.jpg", noise(11, 3_000_000)).file("b.txt", "b");
    let server = site.start();
    let (photo, text) =
        (format!("file=@{}", site.path("photo 1.jpg").display()), format!("x=@{}", site.path("b.txt").display()));
    let answer = curl(&["-F", &photo, "-F", &text, "-F", "note=hello", &server.url("/upload")]);
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["files"].as_array().unwrap().len(), 2, "{answer}");
    assert!(site.read("uploads/photo 1.jpg") == site.read("photo 1.jpg"));
    assert_eq!(site.names("uploads"), ["b.txt", "photo 1.jpg"]);
}

#[test]
fn sends_a_file() {
    let site = Site::small().file("video.mp4", noise(12, 5_000_000));
    let mut server = site.start();
    let file = site.path("video.mp4").display().to_string();
    // A URL that ends with a slash takes the file's own name.
    curl(&["-f", "-T", &file, &server.url("/upload/")]);
    assert!(site.read("uploads/video.mp4") == site.read("video.mp4"));
    curl(&["-f", "-T", &file, "-H", "Transfer-Encoding: chunked", &server.url("/upload/other.mp4")]);
    assert!(site.read("uploads/other.mp4") == site.read("video.mp4"));
    server.line("of the upload", |line| line == "upload 127.0.0.1 video.mp4 5000000 done");
}

#[test]
fn sends_a_form_to_a_template() {
    let site = Site::small()
        .file(
            "templates/form.html",
            "{{ form.name }} {% if files.f %}{{ files.f.filename }} {{ files.f.size }}{% endif %}",
        )
        .file("a.bin", "12345");
    let server = site.start();
    let file = format!("f=@{}", site.path("a.bin").display());
    assert_eq!(curl(&["-F", "name=Ada", "-F", &file, &server.url("/form")]), "Ada a.bin 5");
    assert_eq!(curl(&["-d", "name=Ada", &server.url("/form")]).trim_end(), "Ada");
}
