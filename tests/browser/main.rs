//! A real browser on the real binary: pages refresh by themselves, files arrive by the page.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

#[path = "../common/mod.rs"]
mod common;

mod again;
mod chromium;
mod large;
mod list;
mod person;
mod photos;

use chromium::Browser;
use common::{Site, eventually, noise};

fn site() -> Site {
    Site::new()
        .file(
            "static_file/index.html",
            "<!doctype html><title>one</title><link rel=stylesheet href=/site.css><body style='height:5000px'><p id=p>first",
        )
        .file("static_file/site.css", "p { color: rgb(1, 1, 1) }")
        .file("templates/hello.html", "<!doctype html><title>t</title><p id=p>template one")
}

#[test]
fn a_page_refreshes_after_an_edit_and_stays_where_it_was() {
    let site = site();
    let mut server = site.start();
    let mut page = Browser::start().open(&server.url("/"));
    page.until("document.querySelector('#p').textContent === 'first'");
    server.has_pages(1);
    page.run("window.scrollTo(0, 1234)");
    page.until("window.scrollY === 1234");
    let edited = site.text("static_file/index.html").replace("first", "second");
    site.write("static_file/index.html", edited);
    page.until("document.querySelector('#p').textContent === 'second'");
    page.until("Math.abs(window.scrollY - 1234) < 2");
    // And again: the refreshed page is as connected as the first.
    server.has_pages(1);
    site.write("static_file/index.html", "<p id=p>third");
    page.until("document.querySelector('#p').textContent === 'third'");
}

#[test]
fn a_stylesheet_is_swapped_in_place() {
    let site = site();
    let mut server = site.start();
    let mut page = Browser::start().open(&server.url("/"));
    page.until("getComputedStyle(document.querySelector('#p')).color === 'rgb(1, 1, 1)'");
    server.has_pages(1);
    page.run("window.kept = 'by the same page'");
    for n in 2..5 {
        site.write("static_file/site.css", format!("p {{ color: rgb({n}, {n}, {n}) }}"));
        page.until(&format!("getComputedStyle(document.querySelector('#p')).color === 'rgb({n}, {n}, {n})'"));
    }
    page.until("window.kept === 'by the same page'");
    page.until("document.querySelectorAll('link[rel=stylesheet]').length === 1");
}

#[test]
fn a_list_of_a_folder_refreshes_with_its_entries() {
    let mut site = site();
    for n in 0..80 {
        site = site.file(&format!("static_file/d/{n:03}.txt"), "");
    }
    let mut server = site.start();
    let mut page = Browser::start().open(&server.url("/d/"));
    let listed = |count| format!("document.querySelectorAll('.rows tr').length === {count}");
    page.until(&listed(80));
    server.has_pages(1);
    page.run("window.scrollTo(0, 1234)");
    page.until("window.scrollY === 1234");
    site.write("static_file/d/new.txt", "");
    page.until(&listed(81));
    page.until("Math.abs(window.scrollY - 1234) < 2");
    // What is being typed is not lost; the list waits for its end.
    server.has_pages(1);
    let field = "document.querySelector('[type=search]')";
    page.run(&format!("{field}.focus(), {field}.value = 'half', window.kept = true"));
    std::fs::remove_file(site.path("static_file/d/new.txt")).unwrap();
    server.line("of the change", |line| line == "changed static_file/d/new.txt");
    page.until(&format!("{field}.value === 'half' && window.kept === true"));
    page.run(&format!("{field}.blur()"));
    page.until(&listed(80));
    page.until(&format!("{field}.value === 'half'"));
    page.run(&format!("{field}.value = ''"));
    // A burst is one refresh.
    server.has_pages(1);
    let loads = |server: &common::Server| server.out.all().iter().filter(|line| line.contains(" GET /d/ ")).count();
    let before = loads(&server);
    for n in 80..500 {
        site.write(&format!("static_file/d/{n:03}.txt"), "");
    }
    page.until(&listed(500));
    server.has_pages(1);
    assert_eq!(loads(&server) - before, 1);
}

#[test]
fn a_template_refreshes_its_page() {
    let site = site();
    let mut server = site.start();
    let mut page = Browser::start().open(&server.url("/hello"));
    page.until("document.querySelector('#p').textContent === 'template one'");
    server.has_pages(1);
    site.write("templates/hello.html", "<p id=p>{{ broken");
    page.until("document.body.textContent.includes('hello.html')");
    server.has_pages(1);
    site.write("templates/hello.html", "<p id=p>mended");
    page.until("document.querySelector('#p')?.textContent === 'mended'");
}

#[test]
fn two_pages_refresh_together() {
    let site = site();
    let mut server = site.start();
    let browser = Browser::start();
    let mut first = browser.open(&server.url("/"));
    let mut second = browser.open(&server.url("/hello"));
    first.until("document.querySelector('#p').textContent === 'first'");
    second.until("document.querySelector('#p').textContent === 'template one'");
    server.has_pages(2);
    site.write("static_file/index.html", "<p id=p>new");
    site.write("templates/hello.html", "<p id=p>new");
    first.until("document.querySelector('#p')?.textContent === 'new'");
    second.until("document.querySelector('#p')?.textContent === 'new'");
}

#[test]
fn a_page_follows_to_another_port() {
    let site = site();
    let mut server = site.start();
    let mut page = Browser::start().open(&server.url("/hello?a=1"));
    server.has_pages(1);
    server.done("port 0");
    let url = server.url("/hello?a=1");
    page.until(&format!("location.href === '{url}'"));
    server.has_pages(1);
    site.write("templates/hello.html", "<p id=p>after the move");
    page.until("document.querySelector('#p')?.textContent === 'after the move'");
}

#[test]
fn a_page_comes_back_after_a_restart() {
    let site = site();
    let mut server = site.start();
    let mut page = Browser::start().open(&server.url("/"));
    server.has_pages(1);
    page.run("window.kept = 1");
    server.done("pause");
    site.write("static_file/index.html", "<p id=p>edited while away");
    server.line("of the change", |line| line.starts_with("changed "));
    server.done("start");
    page.until("document.querySelector('#p').textContent === 'edited while away'");
}

#[test]
fn files_are_sent_by_the_page() {
    let site = site().file("photo.jpg", noise(1, 3_000_000)).file("two.txt", "two").file("empty.txt", "");
    let server = site.start();
    let mut page = Browser::start().open(&server.url("/upload"));
    page.until("document.readyState === 'complete'");
    let files = ["photo.jpg", "two.txt", "empty.txt"];
    page.choose("input[type=file]", &files.map(|name| site.path(name)));
    for name in files {
        eventually(name, || site.path(&format!("uploads/{name}")).exists().then_some(()));
        assert!(site.read(&format!("uploads/{name}")) == site.read(name), "{name} is not whole");
    }
    for name in files {
        page.until(&format!("document.body.innerText.includes('{name}')"));
    }
    let shows = page.value("document.body.innerText");
    assert!(!shows.to_string().contains("NaN") && !shows.to_string().contains("Infinity"), "{shows}");
}

#[test]
fn files_are_sent_without_javascript() {
    let site = site().file("photo.jpg", noise(2, 400_000));
    let server = site.start();
    let mut page = Browser::start().open_without_scripts(&server.url("/upload"));
    page.choose("input[type=file]", &[site.path("photo.jpg")]);
    page.press("form [type=submit], form button:not([type=button])");
    eventually("the photo", || site.path("uploads/photo.jpg").exists().then_some(()));
    assert!(site.read("uploads/photo.jpg") == site.read("photo.jpg"), "not whole");
    eventually("a page that says so", || page.html().contains("photo.jpg").then_some(()));
}

#[test]
fn a_form_with_a_file_reaches_its_template() {
    let site = site().file("photo.jpg", noise(3, 900_000)).file(
        "templates/form.html",
        "{% if request.method == 'POST' %}<p id=p>{{ form.name }} sent {{ files.f.filename }}, {{ files.f.size }}\
         {% else %}<form method=post enctype=multipart/form-data><input name=name value=Ada><input type=file name=f>\
         <button>Send</button></form>{% endif %}",
    );
    let server = site.start();
    let mut page = Browser::start().open(&server.url("/form"));
    page.choose("input[type=file]", &[site.path("photo.jpg")]);
    page.press("button");
    page.until("document.querySelector('#p')?.textContent === 'Ada sent photo.jpg, 900000'");
    assert!(site.read("uploads/photo.jpg") == site.read("photo.jpg"));
}

#[test]
fn the_bundled_site_has_no_broken_address() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut site = Site::new();
    for folder in ["static_file", "templates"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{folder}/{}", path.file_name().unwrap().to_str().unwrap());
            site = site.file(&name, std::fs::read(&path).unwrap());
        }
    }
    let site = site.conf(&std::fs::read_to_string(root.join("stan.conf")).unwrap());
    let server = site.start();
    let mut page = Browser::start().open(&server.url("/"));
    for path in ["/", "/hello/sofa", "/form", "/page", "/upload"] {
        page.go(&server.url(path));
        page.until("document.readyState === 'complete' && document.title !== ''");
        page.until("document.documentElement.scrollWidth <= window.innerWidth");
    }
    let broken: Vec<_> = server
        .out
        .all()
        .into_iter()
        .filter(|line| line.starts_with("error ") || line.contains(" 404 ") || line.contains(" 500 "))
        .collect();
    assert!(broken.is_empty(), "{broken:#?}");
}
