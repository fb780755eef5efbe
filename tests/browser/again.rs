//! Files that are picked again, change, are paused or given up, and a server that moves.

use std::path::PathBuf;
use std::time::Duration;

use crate::chromium::{Browser, Page};
use crate::common::{Fault, Faulty, Server, Site, eventually, noise};
use crate::list::{ANDROID, IPHONE};

const FILM: usize = 24_000_000;

fn site() -> Site {
    Site::small()
        .conf("[upload]\nflush = false\n")
        .file("phone/film.mov", noise(1, FILM))
        .file("phone/small.jpg", noise(2, 50_000))
        .file("phone/photo.jpg", noise(3, 900_000))
}

fn phone(site: &Site) -> impl Fn(&str) -> PathBuf {
    let root = site.path("phone");
    move |name| root.join(name)
}

/// A page whose film hangs in the middle.
fn hanging(site: &Site, server: &Server) -> (Faulty, Page) {
    let network = Faulty::to(server.port()).at(FILM as u64 / 2, Fault::Stall);
    let mut page = Browser::start().phone(IPHONE).list(&network.url("/upload"));
    page.pick(&[site.path("phone/film.mov")]);
    eventually("the stall", || network.faults().contains(&Fault::Stall).then_some(()));
    (network, page)
}

#[test]
fn after_a_reload_a_file_goes_on_by_its_content() {
    let site = site();
    let server = site.start();
    let (network, mut page) = hanging(&site, &server);
    page.go(&network.url("/upload"));
    page.until("document.documentElement.classList.contains('script')");
    // As iOS gives it: another name, another date.
    std::fs::copy(site.path("phone/film.mov"), site.path("phone/IMG_7.MOV")).unwrap();
    page.pick(&[site.path("phone/IMG_7.MOV")]);
    let row = page.is("IMG_7.MOV", "good");
    let total = FILM as u64;
    assert!(network.sent() <= total + total / 20, "{} for {total}", network.sent());
    let names = site.names("uploads");
    assert_eq!(names.len(), 1, "{row:?}");
    assert!(site.read(&format!("uploads/{}", names[0])) == site.read("phone/film.mov"));
    page.was_calm();
}

#[test]
fn a_file_that_changes_is_told_and_the_others_go_on() {
    let site = site();
    let server = site.start();
    let (_network, mut page) = hanging(&site, &server);
    page.pick(&["photo.jpg", "small.jpg"].map(phone(&site)));
    page.is("photo.jpg", "good");
    page.is("small.jpg", "good");
    site.write("phone/film.mov", noise(9, FILM / 3));
    page.hurried_until("document.querySelectorAll('#list [data-state=bad]').length === 1");
    let row = page.row("film.mov");
    assert_eq!(row.words, "This file cannot be read. Open it once in Files or Photos, then choose it again.");
    page.until("document.querySelector('#said').textContent.includes('film.mov: This file cannot be read.')");
    page.pick(&["film.mov"].map(phone(&site)));
    page.until("document.querySelectorAll('#list [data-state=good]').length === 3");
    assert!(site.read("uploads/film.mov") == site.read("phone/film.mov"));
}

#[test]
fn files_are_paused_cancelled_and_retried_by_the_person_alone() {
    let site = site();
    let mut server = site.start();
    let (network, mut page) = hanging(&site, &server);
    let warns = "!dispatchEvent(new Event('beforeunload', {cancelable: true}))";
    page.until(warns);
    page.act("film.mov", "Pause");
    let row = page.is("film.mov", "held");
    assert!(row.words.starts_with("paused at "), "{row:?}");
    // Coming back is no reason to go on.
    page.run("dispatchEvent(new Event('online')), dispatchEvent(new Event('pageshow'))");
    page.pick(&["photo.jpg"].map(phone(&site)));
    page.is("photo.jpg", "good");
    assert_eq!(page.row("film.mov"), row);
    page.act("film.mov", "Go on");
    page.is("film.mov", "good");
    let total = FILM as u64 + 900_000;
    assert!(network.sent() <= total + total / 20, "{} for {total}", network.sent());
    assert!(site.read("uploads/film.mov") == site.read("phone/film.mov"));
    page.until(&format!("!({warns})"));
    page.tap("#clear");
    page.until("document.querySelectorAll('#list li').length === 0");

    // Given up by the person, and by the computer.
    site.write("phone/film.mov", noise(4, FILM));
    network.plan(network.sent() + 9_000_000, Fault::Stall);
    page.pick(&["film.mov"].map(phone(&site)));
    eventually("a second stall", || (network.faults().len() == 2).then_some(()));
    page.act("film.mov", "Cancel");
    page.is("film.mov", "stopped");
    server.line("of the end", |line| line.contains("film.mov") && line.ends_with("failed: cancelled by the sender"));
    eventually("an empty .part", || {
        std::fs::read_dir(site.path("uploads/.part")).map_or(true, |mut parts| parts.next().is_none()).then_some(())
    });
    network.plan(network.sent() + 9_000_000, Fault::Stall);
    page.act("film.mov", "Retry");
    eventually("a third stall", || (network.faults().len() == 3).then_some(()));
    let table = server.done("uploads").above;
    let film = table.iter().find(|line| line.contains("film (2).mov") || line.contains("film.mov")).unwrap();
    server.done(&format!("uploads cancel {}", film.split_whitespace().next().unwrap()));
    page.hurried_until("document.querySelectorAll('#list [data-state=bad]').length === 1");
    assert_eq!(page.row("film.mov").words, "Cancelled on the computer.");
    page.tap("#retry");
    page.is("film.mov", "good");
    assert_eq!(site.names("uploads"), ["film (2).mov", "film.mov", "photo.jpg"]);
    assert!(site.read("uploads/film (2).mov") == site.read("phone/film.mov"));
}

#[test]
fn a_page_goes_on_where_the_server_has_moved_and_then_follows() {
    let site = site();
    let mut server = site.start();
    let mut page = Browser::start().phone(ANDROID).list(&server.url("/upload"));
    server.has_pages(1);
    page.sends_at(6_000_000);
    page.run("window.kept = true");
    page.pick(&["film.mov", "photo.jpg"].map(phone(&site)));
    page.until("document.querySelector('#list progress').value > 10");
    server.done("reload");
    server.done("port 0");
    server.done("reload");
    let moved = server.port();
    page.until("document.querySelector('#list progress').value > 30");
    // Neither live reload nor the move took the files away.
    page.until("window.kept === true");
    page.sends_at(0);
    page.all_are(2, "good", Duration::from_secs(60));
    // What became of it stays to be seen; with an empty list there is nothing to lose.
    page.tap("#clear");
    page.until_within(Duration::from_secs(60), &format!("location.port === '{moved}'"));
    for name in ["film.mov", "photo.jpg"] {
        assert!(site.read(&format!("uploads/{name}")) == site.read(&format!("phone/{name}")), "{name}");
    }
    assert_eq!(site.names("uploads").len(), 2);
}
