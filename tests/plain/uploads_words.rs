//! Words for single uploads: found by number, renamed, deleted, given up, and nothing else touched.

use std::io::Write;

use crate::common::{Server, Site, eventually, noise};

/// A server that has received `a.txt` as 1 and `b.txt` as 2.
fn received(site: &Site) -> Server {
    let mut server = site.start();
    for name in ["a.txt", "b.txt"] {
        server.put(&format!("/upload/{name}"), name.as_bytes()).is(201);
        server.line("of the upload", |line| line.starts_with("upload ") && line.contains(name));
    }
    server
}

#[test]
fn the_table_says_what_the_screen_says() {
    let site = Site::small();
    let mut server = received(&site);
    let answer = server.done("uploads");
    assert_eq!(answer.line, "2 arrived, 10 B, 0 under way");
    // The line of a request may come in between.
    let rows: Vec<_> = answer.above.iter().filter(|line| !line.starts_with("request ")).collect();
    assert!(rows[0].starts_with("2  b.txt  5 B  127.0.0.1") && rows[0].ends_with("  done"), "{answer:?}");
    let status = server.done("status").above.join("\n");
    assert!(status.contains("uploads   2 received (10 B), 0 under way, into "), "{status}");
}

#[test]
fn a_renamed_file_answers_at_its_new_url() {
    let site = Site::small();
    let mut server = received(&site);
    assert_eq!(server.done("uploads rename 1 day at the beach.txt").line, "upload 1 is day at the beach.txt now");
    assert_eq!(site.names("uploads"), ["b.txt", "day at the beach.txt"]);
    server.get("/upload/a.txt").is(404);
    assert_eq!(server.get("/upload/day%20at%20the%20beach.txt").is(200).text(), "a.txt");
    assert!(server.done("uploads").above.iter().any(|line| line.starts_with("1  day at the beach.txt  ")));
    assert_eq!(server.done("uploads path 1").line, site.path("uploads/day at the beach.txt").display().to_string());
    let told = server.out.all().iter().filter(|line| line.starts_with("upload ")).count();
    assert_eq!(told, 2, "a new name is no new upload");
}

#[test]
fn no_name_leaves_the_folder_or_takes_another_files_place() {
    let site = Site::small();
    let mut server = received(&site);
    for name in ["../a.txt", "/etc/passwd", "sub/a.txt", "..", "\\\\host\\a"] {
        let answer = server.refused(&format!("uploads rename 1 {name}"));
        assert!(answer.line.contains("is not a file's name"), "{answer:?}");
    }
    let answer = server.refused("uploads rename 1 b.txt");
    assert!(answer.line.contains("a file named b.txt is there already"), "{answer:?}");
    assert_eq!(server.done("uploads rename 1 .hidden?").line, "upload 1 is hidden_ now, made safe");
    assert_eq!(
        (site.names("uploads"), site.text("uploads/b.txt")),
        (vec!["b.txt".into(), "hidden_".into()], "b.txt".into())
    );
}

#[test]
fn deleting_needs_a_yes() {
    let site = Site::small();
    let mut server = received(&site);
    let answer = server.refused("uploads delete 1");
    assert_eq!(answer.line, "this deletes a.txt (5 B) from disk: uploads delete 1 yes");
    assert_eq!(site.names("uploads").len(), 2);
    assert_eq!(server.done("uploads delete 1 yes").line, "deleted a.txt");
    assert_eq!(site.names("uploads"), ["b.txt"]);
    server.get("/upload/a.txt").is(404);
    assert_eq!(server.refused("uploads delete 1 yes").line, "upload 1, a.txt, was deleted");
    assert!(
        server.done("uploads").above.iter().any(|line| line.starts_with("1  a.txt  ") && line.ends_with("deleted"))
    );
    assert_eq!(server.done("uploads delete last yes").line, "deleted b.txt");
    assert_eq!(server.refused("uploads open last").line, "nothing has arrived yet");
}

#[test]
fn what_is_not_the_file_that_arrived_is_left_alone() {
    let site = Site::small().file("precious.txt", "precious");
    let mut server = received(&site);
    std::fs::remove_file(site.path("uploads/a.txt")).unwrap();
    assert!(server.refused("uploads delete 1 yes").line.contains("is gone from disk"));
    std::os::unix::fs::symlink(site.path("precious.txt"), site.path("uploads/a.txt")).unwrap();
    for order in ["uploads delete 1 yes", "uploads rename 1 x.txt", "uploads path 1", "uploads open 1"] {
        assert!(server.refused(order).line.contains("no longer what arrived"), "{order}");
    }
    assert_eq!(site.text("precious.txt"), "precious");
    assert!(server.refused("uploads open 9").line.starts_with("no upload 9 has arrived"));
    assert!(server.refused("uploads cancel 9").line.starts_with("no upload 9 is under way"));
    assert!(server.refused("uploads cancel 2").line.contains("b.txt has arrived already"));
}

#[test]
fn one_under_way_is_given_up() {
    let site = Site::small();
    let mut server = site.start();
    let photo = noise(3, 4_000_000);
    let message = server.message("PUT", "/upload/photo.jpg", &[], &photo);
    let mut stream = server.connect();
    stream.write_all(&message[..1_000_000]).unwrap();
    let under_way = |server: &mut Server| server.done("uploads").line.contains("1 under way");
    while !under_way(&mut server) {}
    let early = server.refused("uploads path 1");
    assert_eq!(early.line, "upload 1 has not arrived yet; uploads cancel 1 gives it up");
    assert_eq!(server.done("uploads cancel last").line, "upload 1 is cancelled");
    // The rest may find nobody to read it.
    let _ = stream.write_all(&message[1_000_000..]);
    server.line("that it failed", |line| {
        line.starts_with("upload ") && line.contains("photo.jpg") && line.contains("failed")
    });
    assert!(site.names("uploads").is_empty());
}

#[test]
fn the_sender_of_one_that_was_given_up_hears_of_it_when_it_comes_back() {
    let mut server = Site::small().start();
    let begun = server.ask("POST", "/upload/a.bin", &[("Upload-Complete", "?0"), ("Upload-Length", "10")], b"").is(201);
    let place = begun.value("location").to_owned();
    server.head(&place).is(204);
    server.done("uploads cancel last");
    server.line("that it failed", |line| line.starts_with("upload ") && line.contains("failed"));
    eventually("410", || (server.head(&place).status == 410).then_some(()));
}
