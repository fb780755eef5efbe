//! Nothing outside the folder, nothing that holds secrets, by any spelling or link.

use std::os::unix::fs::symlink;

use crate::common::{Server, Site, exchange};

const SECRET: &str = "TOP-SECRET-CONTENT";

fn site() -> Site {
    Site::small()
        .file("secret.txt", SECRET)
        .file("static_file_2/secret.txt", SECRET)
        .file("templates/_part.txt", SECRET)
        .file("static_file/a/x.txt", "inside")
}

fn leaks(server: &Server, target: &str) -> Option<u16> {
    let request = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    // A server that closes without a word has told nothing.
    let answer = exchange(server.port(), request.as_bytes()).ok()?;
    assert!(!answer.text().contains(SECRET), "{target} leaks");
    Some(answer.status)
}

#[test]
fn no_spelling_leads_outside() {
    let site = site();
    let server = site.start();
    let depth = site.root().components().count() + 2;
    let up = |step: &str| step.repeat(depth) + &site.path("secret.txt").display().to_string()[1..];
    let mut targets: Vec<String> = [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/%2E%2E/secret.txt",
        "/.%2e/secret.txt",
        "/%2e./secret.txt",
        "/..%2fsecret.txt",
        "/..%2Fsecret.txt",
        "/%2e%2e%2fsecret.txt",
        "/..%5csecret.txt",
        "/..\\secret.txt",
        "/%252e%252e/secret.txt",
        "/%252e%252e%252fsecret.txt",
        "/a/../../secret.txt",
        "/a/..%2f..%2fsecret.txt",
        "/a/%2e%2e/%2e%2e/secret.txt",
        "/static_file/../secret.txt",
        "/static_file/../../secret.txt",
        "/static_file/%2e%2e/secret.txt",
        "/static_file%2f..%2fsecret.txt",
        "/./../secret.txt",
        "//../secret.txt",
        "/....//secret.txt",
        "/..;/secret.txt",
        "/a/..;/..;/secret.txt",
        "/%c0%ae%c0%ae/secret.txt",
        "/%c0%ae%c0%ae%c0%afsecret.txt",
        "/%e0%80%ae%e0%80%ae/secret.txt",
        "/%uff0e%uff0e/secret.txt",
        "/..%00/secret.txt",
        "/../secret.txt%00.html",
        "/.../secret.txt",
        "/.. /secret.txt",
        "/..%20/secret.txt",
        "/static_file_2/secret.txt",
        "/../static_file_2/secret.txt",
        "/secret.txt",
        "/templates/_part.txt",
        "/_part.txt",
        "/_part",
        "/a/x.txt/../../../secret.txt",
        "http://localhost/../secret.txt",
        "http://localhost/%2e%2e/secret.txt",
        "../secret.txt",
        "/upload/../../secret.txt",
        "/upload/..%2fsecret.txt",
        "/upload/%2e%2e%2f%2e%2e%2fsecret.txt",
        "/__stan/../../secret.txt",
        "/__stan/..%2f..%2fsecret.txt",
        "/file:///etc/passwd",
        "/proc/self/environ",
    ]
    .map(str::to_owned)
    .to_vec();
    targets.push(up("/.."));
    targets.push(up("/%2e%2e"));
    targets.push(up("/..%2f"));
    targets.push(site.path("secret.txt").display().to_string());
    targets.push(format!("/{}", site.path("secret.txt").display()));
    for target in &targets {
        if let Some(status) = leaks(&server, target) {
            assert!(status != 200 && status < 500, "{target}: {status}");
        }
    }
    server.get("/a/x.txt").is(200);
}

#[test]
fn dotfiles_and_secrets_are_kept_back() {
    let kept = [
        ".env",
        ".env.local",
        ".git/config",
        ".htpasswd",
        "server.pem",
        "id.key",
        "ID.KEY",
        "Server.PEM",
        "stan.conf",
        "STAN.CONF",
        "stan.log",
        "a/.ssh/id",
        "a/stan.conf",
        ".ENV",
    ];
    let site = kept.iter().fold(site(), |site, name| site.file(&format!("static_file/{name}"), SECRET));
    site.write("static_file/.well-known/security.txt", "public");
    let mut server = site.start();
    for name in kept {
        for target in [format!("/{name}"), format!("/static_file/{name}"), format!("/{}", name.replace('.', "%2e"))] {
            assert_eq!(leaks(&server, &target), Some(404), "{target}");
        }
        server.line(&format!("that {name} is kept back"), |line| line == format!("note kept back /{name}"));
    }
    assert_eq!(server.get("/.well-known/security.txt").is(200).text(), "public");
}

#[test]
fn a_bare_folder_keeps_its_own_back() {
    let site = Site::new().file("x.txt", "x").file("stan.conf", "log = \"stan.log\"\n");
    let server = site.start();
    server.get("/x.txt").is(200);
    server.put("/upload/a.html", b"<script>1</script>").is(201);
    server.get("/stan.conf").is(404);
    server.get("/stan.log").is(404);
    server.get("/uploads/a.html").is(404);
    server.get("/uploads/").is(404);
}

#[test]
fn links_are_followed_only_inside() {
    let site = site();
    let link = |to: &str, name: &str| symlink(site.path(to), site.path(&format!("static_file/{name}"))).unwrap();
    site.write("static_file/.env", SECRET);
    link("static_file/a/x.txt", "inside.txt");
    link("static_file/a", "inside");
    link("secret.txt", "out.txt");
    link("static_file_2", "out");
    link("static_file/.env", "innocent.txt");
    link("nowhere", "broken.txt");
    symlink("../secret.txt", site.path("static_file/relative.txt")).unwrap();
    symlink("loop", site.path("static_file/loop")).unwrap();
    let server = site.start();
    assert_eq!(server.get("/inside.txt").is(200).text(), "inside");
    assert_eq!(server.get("/inside/x.txt").is(200).text(), "inside");
    for target in
        ["/out.txt", "/out/secret.txt", "/out/", "/out", "/innocent.txt", "/broken.txt", "/relative.txt", "/loop"]
    {
        assert_eq!(leaks(&server, target), Some(404), "{target}");
    }
    let listing = server.ask("GET", "/a/", &[("Accept", "text/plain")], b"").is(200).text();
    assert_eq!(listing, "x.txt\n");
}
