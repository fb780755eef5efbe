//! What an app imports: from elsewhere, late, slowly, or not at all for now.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::process::Signal;

use crate::common::{Server, Site, eventually};
use crate::processes::{descendants, lives};
use crate::software::start;

/// An app that says what `shop.WORD` is, imported when `app.py` is.
const APP: &str = "import shop\ndef app(environ, start):\n    start('200 OK', [('Content-Type', 'text/plain')])\n    return [shop.WORD]\n";
/// The same, imported when it is first asked for.
const LATE: &str = "def app(environ, start):\n    start('200 OK', [('Content-Type', 'text/plain')])\n    \
    if environ['PATH_INFO'] == '/shop':\n        import shop\n        return [shop.WORD]\n    return [b'no shop']\n";

/// Whether the system tells the server of changes in `folder`.
fn is_watched(server: &Server, folder: &Path) -> bool {
    let inode = format!(" ino:{:x} ", folder.metadata().unwrap().ino());
    let infos = std::fs::read_dir(format!("/proc/{}/fdinfo", server.pid())).unwrap();
    infos.filter_map(|info| std::fs::read_to_string(info.ok()?.path()).ok()).any(|info| info.contains(&inode))
}

fn route(more: &str) -> String {
    format!("[[route]]\npath = \"/{{*rest}}\"\nwsgi = \"main:app\"\n{more}")
}

fn word(word: &str) -> String {
    format!("WORD = b'{word}'\n")
}

#[track_caller]
fn says(server: &Server, target: &str, wanted: &str) {
    eventually(wanted, || {
        let answer = server.get(target);
        (answer.status == 200 && answer.text() == wanted).then_some(())
    });
}

#[test]
fn a_library_elsewhere_is_part_of_the_app() {
    for app in [APP, LATE] {
        let library = Site::new().file("shop.py", word("bread"));
        let conf = route(&format!("env = {{ PYTHONPATH = \"{}\" }}\n", library.root().display()));
        let site = Site::new().file("main.py", app).conf(&conf);
        let server = start(&site);
        says(&server, "/shop", "bread");
        eventually("a watch of the library", || is_watched(&server, library.root()).then_some(()));
        for edit in ["milk", "honey"] {
            library.write("shop.py", word(edit));
            says(&server, "/shop", edit);
        }
    }
}

#[test]
fn a_package_is_edited_in_every_file() {
    let site = Site::new()
        .file("main.py", "from hall import app\n")
        .file("hall/__init__.py", "from .views import app\n")
        .file("hall/views.py", APP.replace("import shop", "from .deep import shop"))
        .file("hall/deep/__init__.py", "")
        .file("hall/deep/shop.py", word("bread"))
        .conf(&route(""));
    let server = start(&site);
    says(&server, "/", "bread");
    site.write("hall/deep/shop.py", word("milk"));
    says(&server, "/", "milk");
    site.write("hall/views.py", APP.replace("import shop", "from .deep import shop").replace("WORD", "WORD.upper()"));
    says(&server, "/", "MILK");
    site.write("hall/__init__.py", "def app(environ, start):\n    start('200 OK', [])\n    return [b'closed']\n");
    says(&server, "/", "closed");
}

#[test]
fn what_was_missing_is_found_when_it_comes() {
    let site = Site::new().file("main.py", APP).conf(&route(""));
    let mut server = start(&site);
    let page = server.page("/").is(500).text();
    assert!(page.contains("No module named &#39;shop&#39;") || page.contains("No module named 'shop'"), "{page}");
    server.line("about the module", |line| line.contains("main.py:1: ModuleNotFoundError"));
    site.write("shop.py", "WORD = bread\n");
    server.line("about the name", |line| line.contains("shop.py:1: NameError"));
    site.write("shop.py", word("bread"));
    says(&server, "/", "bread");
    // Gone again, the last that was good goes on.
    std::fs::remove_file(site.path("shop.py")).unwrap();
    server.line("that it is gone", |line| line.contains("main.py:1: ModuleNotFoundError"));
    assert_eq!(server.get("/").is(200).text(), "bread");
    site.write("shop.py", word("honey"));
    says(&server, "/", "honey");
}

#[test]
fn an_import_without_end_is_said_and_ended() {
    for stop in [true, false] {
        let site = Site::new()
            .file("main.py", "import time\nprint('importing', flush=True)\ntime.sleep(3600)\n")
            .conf(&route("workers = 1\ntimeout = \"300ms\"\n"));
        let mut server = start(&site);
        server.line("that it imports", |line| line.contains("main:app: importing"));
        let answer = server.get("/").is(503);
        assert!(answer.text().contains("No worker has imported"), "{}", answer.text());
        server.line("for the person", |line| line.contains("main:app: not imported yet"));
        let workers = descendants(server.pid());
        if stop {
            server.done("stop");
        } else {
            server.signal(Signal::KILL);
        }
        server.wait();
        eventually("the end of the worker", || (!workers.iter().any(|pid| lives(*pid))).then_some(()));
    }
}

#[test]
fn an_import_without_end_gives_way_to_its_mending() {
    let site = Site::new().file("main.py", APP).file("shop.py", word("bread")).conf(&route(""));
    let mut server = start(&site);
    says(&server, "/", "bread");
    site.write("shop.py", "print('importing', flush=True)\nwhile True:\n    pass\n");
    server.line("that it imports", |line| line.contains("importing"));
    assert_eq!(server.get("/").is(200).text(), "bread");
    site.write("shop.py", word("milk"));
    says(&server, "/", "milk");
}
