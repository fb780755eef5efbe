//! Edits of what a Flask app is made of: templates, modules, and an answer that streams meanwhile.

use crate::common::{Site, Wire, eventually};
use crate::software::{site, start};

fn flask() -> Site {
    site("flask", "[[route]]\npath = \"/{*rest}\"\nwsgi = \"tower:app\"\n")
}

#[test]
fn templates_are_new_when_they_are_saved() {
    let site = flask();
    let server = start(&site);
    assert!(server.get("/").is(200).text().contains("Hello nobody"));
    for n in 1..=10 {
        site.write("templates/home.html", format!("<p>{{{{ name }}}} number {n}.</p>"));
        eventually("the new template", || {
            server.get("/").is(200).text().contains(&format!("nobody number {n}.")).then_some(())
        });
    }
    // One that is broken is an error of the app, and mended it is a page again.
    site.write("templates/home.html", "{% for %}");
    eventually("the broken template", || (server.get("/").status == 500).then_some(()));
    site.write("templates/home.html", "mended");
    eventually("the mended template", || (server.get("/").status == 200).then_some(()));
}

#[test]
fn what_an_app_writes_for_itself_refreshes_no_page() {
    let site = flask().file("tower.sqlite3", "one");
    let mut server = start(&site);
    server.get("/").is(200);
    for name in ["tower.sqlite3", "tower.sqlite3-journal", "instance/uploads/photo.jpg"] {
        site.write(name, "two");
    }
    // What its pages are made of does, and is heard of after the rest.
    site.write("static/tower.css", "body { color: navy }");
    let mut heard = Vec::new();
    server.line("about the style sheet", |line| {
        heard.push(line.to_owned());
        line == "changed static/tower.css"
    });
    heard.retain(|line| line.starts_with("changed") && line != "changed static/tower.css");
    assert!(heard.is_empty(), "{heard:?}");
}

#[test]
fn an_answer_that_streams_ends_whole_while_the_app_is_replaced() {
    let site = flask();
    let server = start(&site);
    let gate = site.path("gate");
    let mut wire = Wire::to(server.port());
    wire.send(server.message("GET", &format!("/stream?gate={}", gate.display()), &[], b""));
    wire.until("first\n");
    let code = site.text("tower.py");
    for (n, word) in ["one", "two", "three"].iter().enumerate() {
        site.write("tower.py", code.replace("not today", word).replace("last of", &format!("{n} end of")));
        eventually("the new code", || (server.get("/refused").is(403).text() == *word).then_some(()));
    }
    site.write("gate", "");
    wire.until("last of /stream\n");
    wire.until("0\r\n\r\n");
    wire.send(server.message("GET", "/refused", &[], b""));
    assert_eq!(wire.answer().text(), "three");
}
