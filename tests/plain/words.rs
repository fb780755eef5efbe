//! Typed commands: every one answers with one line, and is forgiving about how it was typed.

use crate::common::Site;

#[test]
fn every_command_answers() {
    let mut server = Site::small().start();
    for word in [
        "help",
        "help port",
        "?",
        "routes",
        "uploads",
        "log",
        "url",
        "status",
        "filter 4xx",
        "filter",
        "clear",
        "reload",
        "restart",
    ] {
        server.done(word);
    }
}

#[test]
fn help_tells_of_every_word() {
    let mut server = Site::small().start();
    let help = server.done("help").above.join("\n");
    for spec in stan::command::table() {
        assert!(help.contains(spec.word), "{} is not in\n{help}", spec.word);
    }
    assert!(server.done("help port").above.join("\n").contains("port 8080"));
}

#[test]
fn how_it_is_typed_does_not_matter() {
    let mut server = Site::small().start();
    for typed in ["STATUS", ":status", "/status", "  status  ", "Status\r", "\u{a0}status\u{a0}"] {
        server.done(typed);
    }
    server.done("set upload.exists \u{201c}refuse\u{201d}");
    server.put("/upload/a.txt", b"one").is(201);
    server.put("/upload/a.txt", b"two").is(409);
    server.done("port\u{a0}0");
}

#[test]
fn an_unknown_word_gets_the_nearest() {
    let mut server = Site::small().start();
    let answer = server.refused("stauts");
    assert!(answer.line.contains("did you mean") && answer.line.contains("status"), "{}", answer.line);
    let answer = server.refused("sto");
    assert!(answer.line.contains("stop"), "a prefix does not run: {}", answer.line);
    server.get("/").is(200);
}

#[test]
fn what_is_missing_or_wrong_is_said() {
    let mut server = Site::small().start();
    for (typed, says) in [
        ("port", "0 to 65535"),
        ("port 70000", "0 to 65535"),
        ("port x", "0 to 65535"),
        ("bind nowhere", "local"),
        ("set", "stan.conf"),
        ("set prot 1", "port"),
        ("set upload.exists maybe", "rename"),
    ] {
        let answer = server.refused(typed);
        assert!(answer.line.contains(says), "{typed}: {}", answer.line);
    }
}

#[test]
fn the_log_has_the_last_twenty() {
    let mut server = Site::small().start();
    for n in 0..25 {
        server.get(&format!("/?n={n}")).is(200);
    }
    server.line("of the last request", |line| line.contains("/?n=24 "));
    let log = server.done("log").above;
    assert_eq!(log.len(), 20, "{log:#?}");
    assert!(log[0].contains("/?n=5 ") && log[19].contains("/?n=24 "), "{log:#?}");
    server.done("clear");
    assert!(server.done("log").above.is_empty());
}

#[test]
fn a_filter_narrows_the_request_lines() {
    let site = Site::small().file("static_file/a.png", "png");
    let mut server = site.start();
    server.done("filter 4xx !png");
    server.get("/").is(200);
    server.get("/none.png").is(404);
    server.get("/none").is(404);
    server.line("of the one that fits", |line| line.starts_with("request ") && line.contains(" /none "));
    assert_eq!(server.out.all().iter().filter(|line| line.starts_with("request ")).count(), 1);
    server.done("filter");
    server.get("/?again").is(200);
    server.line("of what follows", |line| line.contains("/?again"));
}

#[test]
fn url_and_status_tell_the_address() {
    let mut server = Site::small().start();
    server.get("/").is(200);
    server.line("of the request", |line| line.starts_with("request "));
    let url = format!("http://127.0.0.1:{}", server.port());
    let answer = server.done("url");
    assert!(answer.line.contains(&url), "{answer:?}");
    let status = server.done("status");
    let text = format!("{}\n{}", status.above.join("\n"), status.line);
    assert!(text.contains(&url) && text.contains("1 request"), "{text}");
    for word in ["uptime", "errors", "pages", "watch", "uploads"] {
        assert!(text.contains(word), "{word} is not in\n{text}");
    }
}

#[test]
fn qr_on_the_loopback_says_what_to_do() {
    let mut server = Site::small().start();
    assert!(server.refused("qr").line.contains("bind lan first"));
}

#[test]
fn uploads_prints_what_arrived() {
    let mut server = Site::small().start();
    server.put("/upload/photo.jpg", b"12345").is(201);
    server.line("of the upload", |line| line.starts_with("upload "));
    let mut table = server.done("uploads").above;
    // The request of the upload ends after it, perhaps only now.
    table.retain(|line| !line.starts_with("request "));
    assert_eq!(table.len(), 1, "{table:#?}");
    assert!(table[0].contains("photo.jpg") && table[0].contains("done"), "{table:#?}");
}

#[test]
fn a_setting_changes_for_this_run() {
    let site = Site::small().conf("port = 0\n");
    let mut server = site.start();
    server.done("set error_page gone.html");
    site.write("static_file/gone.html", "<p>gone");
    assert!(server.page("/none").is(404).text().contains("<p>gone"));
    assert_eq!(site.text("stan.conf"), "port = 0\n", "the file is the person's");
}
