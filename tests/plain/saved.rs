//! stan.conf saved, broken, mended, deleted.

use std::io::{BufReader, Read, Write};

use crate::common::{Server, Site, eventually, free_port, noise, read_answer, read_head};

const HI: &str = "[[route]]\npath = \"/hi\"\ntext = \"hi\"\n";

fn answers(server: &Server, target: &str, status: u16) {
    eventually(&format!("{status} for {target}"), || (server.get(target).status == status).then_some(()));
}

#[test]
fn a_saved_file_is_applied_and_its_changes_are_listed() {
    let site = Site::small().conf("log = \"\"\n");
    let mut server = site.start();
    server.get("/hi").is(404);
    site.write("stan.conf", format!("log = \"\"\n{HI}"));
    answers(&server, "/hi", 200);
    server.line("that lists the change", |line| line.starts_with("note ") && line.contains("/hi"));
    site.write("stan.conf", "log = \"\"\n");
    answers(&server, "/hi", 404);
}

#[test]
fn a_new_file_is_read() {
    let site = Site::small();
    let server = site.start();
    site.write("stan.conf", HI);
    answers(&server, "/hi", 200);
}

#[test]
fn no_connection_is_dropped() {
    let site = Site::small().conf("log = \"\"\n");
    let server = site.start();
    let mut stream = server.connect();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut ask = |target: &str| {
        stream.write_all(&server.message("GET", target, &[], b"")).unwrap();
        read_answer(&mut reader, false).unwrap()
    };
    ask("/").is(200);
    site.write("stan.conf", format!("log = \"\"\n{HI}"));
    answers(&server, "/hi", 200);
    ask("/hi").is(200);
}

#[test]
fn what_is_in_flight_ends_on_what_it_began_with() {
    let content = noise(5, 48 << 20);
    let site =
        Site::small().file("files/big.bin", &content).conf("[[route]]\npath = \"/f/{*rest}\"\nstatic = \"files\"\n");
    let server = site.start();
    let mut stream = server.connect();
    stream.write_all(&server.message("GET", "/f/big.bin", &[], b"")).unwrap();
    let mut stream = BufReader::with_capacity(1 << 10, stream);
    read_head(&mut stream).unwrap().is(200);
    site.write("stan.conf", HI);
    answers(&server, "/f/big.bin", 404);
    let mut body = vec![0; content.len()];
    stream.read_exact(&mut body).unwrap();
    assert!(body == content, "not whole");
}

#[test]
fn a_broken_file_is_shown_and_the_last_good_goes_on() {
    let site = Site::small().conf(HI);
    let mut server = site.start();
    server.get("/hi").is(200);
    site.write("stan.conf", format!("{HI}\nport = \"x\"\n"));
    let line = server.line("of the error", |line| line.starts_with("error "));
    assert!(line.starts_with("error stan.conf:"), "{line}");
    server.get("/hi").is(200);
    site.write("stan.conf", "[[route]]\npath = \"/mended\"\ntext = \"m\"\n");
    answers(&server, "/mended", 200);
    server.get("/hi").is(404);
}

#[test]
fn the_error_line_has_the_place() {
    let site = Site::small().conf("log = \"\"\n");
    let mut server = site.start();
    site.write("stan.conf", "log = \"\"\n\nport = 70000\n");
    let line = server.line("of the error", |line| line.starts_with("error "));
    assert_eq!(line, "error stan.conf:3:8 expected a number from 0 to 65535");
}

#[test]
fn a_broken_site_is_refused_as_a_broken_file_is() {
    let site = Site::small().conf(HI);
    let mut server = site.start();
    site.write("stan.conf", "[[route]]\npath = \"/x\"\ntemplate = \"none.html\"\n");
    server.line("of the error", |line| line.starts_with("error stan.conf:3:"));
    server.get("/hi").is(200);
}

#[test]
fn a_broken_file_that_is_mended_is_said_though_nothing_changed() {
    let site = Site::small().conf(HI);
    let mut server = site.start();
    site.write("stan.conf", "prot = 1\n");
    server.line("of the error", |line| line.starts_with("error stan.conf:1:1"));
    site.write("stan.conf", HI);
    server.line("that it is good", |line| line.starts_with("note stan.conf is good again"));
    server.get("/hi").is(200);
}

#[test]
fn a_deleted_file_is_said() {
    let site = Site::small().conf(HI);
    let mut server = site.start();
    std::fs::remove_file(site.path("stan.conf")).unwrap();
    server.line("that tells of it", |line| {
        (line.starts_with("note ") || line.starts_with("error ")) && line.contains("stan.conf")
    });
    server.get("/hi").is(200);
    site.write("stan.conf", "[[route]]\npath = \"/back\"\ntext = \"b\"\n");
    answers(&server, "/back", 200);
}

#[test]
fn a_typed_port_outlives_a_save() {
    let site = Site::small().conf("port = 0\nbind = \"local\"\n");
    let mut server = site.start_as(&["--plain"]);
    server.done("port 0");
    let port = server.port();
    site.write("stan.conf", format!("port = 0\nbind = \"local\"\n{HI}"));
    answers(&server, "/hi", 200);
    assert_eq!(server.port(), port);
    // Unless the file changes that very key.
    let chosen = free_port();
    site.write("stan.conf", format!("port = {chosen}\nbind = \"local\"\n{HI}"));
    server.line("that it moved", |line| line == format!("listening http://127.0.0.1:{chosen}"));
    server.get("/hi").is(200);
}

#[test]
fn the_number_that_port_0_got_outlives_a_save() {
    let site = Site::small().conf("port = 0\nbind = \"local\"\n");
    let server = site.start_as(&["--plain"]);
    let port = server.port();
    site.write("stan.conf", format!("port = 0\nbind = \"local\"\n{HI}"));
    answers(&server, "/hi", 200);
    assert_eq!(server.port(), port);
}

#[test]
fn a_typed_setting_outlives_a_save() {
    let site = Site::small().conf("log = \"\"\n");
    let mut server = site.start();
    server.done("set upload.exists refuse");
    site.write("stan.conf", format!("log = \"\"\n{HI}"));
    answers(&server, "/hi", 200);
    server.put("/upload/a", b"1").is(201);
    server.put("/upload/a", b"2").is(409);
}

#[test]
fn reload_reads_it_too() {
    let site = Site::small().conf("log = \"\"\n[reload]\nwatch = \"poll\"\n");
    let mut server = site.start();
    site.write("stan.conf", format!("log = \"\"\n[reload]\nwatch = \"poll\"\n{HI}"));
    server.done("reload");
    server.get("/hi").is(200);
    site.write("stan.conf", "prot = 1\n");
    let answer = server.refused("reload");
    assert!(answer.line.contains("stan.conf:1:1"), "{}", answer.line);
    server.get("/hi").is(200);
}
