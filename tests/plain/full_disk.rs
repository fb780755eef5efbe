//! A disk that is full, a folder that goes or cannot be written: a clear answer, and nothing broken.
//!
//! A tiny file system is mounted over the upload folder in a mount namespace of the test's own, where the
//! test may make one.

use std::io::{BufReader, Write};
use std::process::Command;

use crate::common::{Response, Server, Site, eventually, noise, read_answer};

/// The binary with a file system of `options` at `uploads`; `None` where that is not allowed.
fn mounted(site: &Site, options: &str) -> Option<Server> {
    std::fs::create_dir_all(site.path("uploads")).unwrap();
    let may = Command::new("unshare").args(["-m", "mount", "-t", "tmpfs", "tmpfs"]).arg(site.path("uploads")).status();
    if !may.is_ok_and(|status| status.success()) {
        println!("skipped: no mount namespace to be had here");
        return None;
    }
    let stan = site.stan(&["-p", "0", "--bind", "local"]);
    let mut command = Command::new("unshare");
    let script = format!("mount -t tmpfs -o {options} tmpfs \"$0\" && exec \"$@\"");
    command.args(["-m", "sh", "-c", &script]).arg(site.path("uploads")).arg(stan.get_program()).args(stan.get_args());
    for (name, value) in stan.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    if let Some(dir) = stan.get_current_dir() {
        command.current_dir(dir);
    }
    Some(Server::start(&mut command))
}

/// A body without a declared length.
fn chunked(server: &Server, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
    let headers = [headers, &[("Transfer-Encoding", "chunked")]].concat();
    let mut stream = server.connect();
    stream.write_all(&server.message(method, target, &headers, b"")).unwrap();
    for piece in body.chunks(64 << 10) {
        let piece = [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat();
        // It is refused while it sends.
        if stream.write_all(&piece).is_err() {
            break;
        }
    }
    let _ = stream.write_all(b"0\r\n\r\n");
    read_answer(&mut BufReader::new(stream), false).unwrap()
}

fn problem(answer: &Response, status: u16) {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert!(answer.value("content-type").starts_with("application/problem+json"), "{:?}", answer.headers);
}

#[test]
fn a_disk_filled_to_the_brim() {
    let site = Site::small().conf("[upload]\nreserve = 0\n");
    let Some(mut server) = mounted(&site, "size=4m") else { return };
    let first = noise(1, 3 << 20);
    server.put("/upload/first.bin", &first).is(201);
    // Said before the body where the size is known, and with it where it is not.
    let early = server.message("PUT", "/upload/early.bin", &[("Content-Length", "2000000")], b"");
    let early = server.raw([&early[..], &noise(2, 2_000_000)].concat());
    problem(&early, 507);
    problem(&chunked(&server, "PUT", "/upload/late.bin", &[], &noise(3, 2 << 20)), 507);
    let told = server.line("about the disk", |line| line.contains("no room left"));
    assert!(told.contains("upload.reserve"), "what to do: {told}");
    // What may be resumed keeps what fitted, and goes on when there is room again.
    let content = noise(4, 2 << 20);
    let headers = [("Upload-Complete", "?0")];
    let at = server.ask("POST", "/upload/resumed.bin", &headers, b"").is(201).value("location").to_owned();
    let append = |offset: usize, bytes: &[u8]| {
        let offset = offset.to_string();
        let kind = ("Content-Type", "application/partial-upload");
        chunked(&server, "PATCH", &at, &[kind, ("Upload-Offset", &offset), ("Upload-Complete", "?1")], bytes)
    };
    problem(&append(0, &content), 507);
    let offset: usize = server.head(&at).is(204).value("upload-offset").parse().unwrap();
    assert!(offset <= 1 << 20, "{offset}");
    assert!(server.get("/upload/first.bin").is(200).body == first);
    for name in ["early.bin", "late.bin", "resumed.bin"] {
        server.get(&format!("/upload/{name}")).is(404);
    }
    assert!(server.done("uploads delete 1 yes").ok);
    let offset: usize = server.head(&at).is(204).value("upload-offset").parse().unwrap();
    let offset_text = offset.to_string();
    let kind = ("Content-Type", "application/partial-upload");
    let headers = [kind, ("Upload-Offset", offset_text.as_str()), ("Upload-Complete", "?1")];
    server.ask("PATCH", &at, &headers, &content[offset..]).is(201);
    assert!(server.get("/upload/resumed.bin").is(200).body == content);
}

#[test]
fn a_folder_that_cannot_be_written_is_said() {
    let site = Site::small();
    let Some(mut server) = mounted(&site, "ro") else { return };
    for answer in [
        server.put("/upload/a.txt", b"a"),
        server.put("/upload/b.bin", &noise(5, 1 << 20)),
        server.ask("POST", "/upload/c.bin", &[("Upload-Complete", "?0")], b""),
    ] {
        problem(&answer, 500);
        let text = answer.text();
        assert!(text.contains("cannot write into its upload folder") && !text.contains("/uploads"), "{text}");
    }
    server.line("about the folder", |line| line.contains("cannot write into") && line.contains("--uploads"));
}

#[test]
fn a_folder_that_goes_while_a_file_comes_is_said() {
    let site = Site::small();
    let server = site.start();
    let content = noise(6, 2 << 20);
    let message = server.message("PUT", "/upload/gone.bin", &[], &content);
    let mut stream = server.connect();
    stream.write_all(&message[..1 << 20]).unwrap();
    eventually("the part file", || std::fs::read_dir(site.path("uploads/.part")).ok()?.next().map(|_| ()));
    std::fs::remove_dir_all(site.path("uploads")).unwrap();
    stream.write_all(&message[1 << 20..]).unwrap();
    problem(&read_answer(&mut BufReader::new(stream), false).unwrap(), 500);
    // The next one finds a folder made anew.
    server.put("/upload/gone.bin", &content).is(201);
    assert!(site.read("uploads/gone.bin") == content);
}
