//! What else a person does on the upload page: types the PIN, exchanges text, looks, listens.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::chromium::Browser;
use crate::common::{Faulty, Site, eventually, noise};
use crate::list::{ANDROID, IPHONE};

/// The parts of the script that need no page, in the order of their use.
const PURE: [&str; 4] = [
    include_str!("../../src/server/upload/page/words.js"),
    include_str!("../../src/server/upload/page/measure.js"),
    include_str!("../../src/server/upload/page/sha256.js"),
    include_str!("../../src/server/upload/page/content.js"),
];
const UNITS: &str = include_str!("units.js");

/// What a page on plain http of another device does not get.
const INSECURE: &str = "delete Crypto.prototype.subtle; delete Crypto.prototype.randomUUID; \
    for (const name of ['clipboard', 'wakeLock', 'serviceWorker', 'locks', 'share', 'storage', 'mediaDevices']) \
        delete Navigator.prototype[name]; \
    Object.defineProperty(window, 'isSecureContext', {value: false})";

#[test]
fn the_pure_parts_of_the_script_hold() {
    let script = format!("(() => {{ 'use strict';\n{}\n{UNITS}\nreturn units() }})()", PURE.concat());
    let mut page = Browser::start().open("about:blank");
    assert_eq!(page.value(&script), Value::from("all hold"));
    // Another engine's view, where there is one.
    let node = Command::new("node").arg("-").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    if let Ok(mut node) = node {
        let script = format!("process.stdout.write({script})");
        node.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(node.wait_with_output().unwrap().stdout).unwrap(), "all hold");
    }
}

#[test]
fn the_pin_is_asked_for_within_the_page() {
    let site = Site::small()
        .conf("trusted_proxies = [\"127.0.0.1\"]\n[upload]\nkey = \"246810\"\nflush = false\n")
        .file("photo.jpg", noise(1, 3_000_000))
        .file("small.jpg", noise(2, 3_000));
    let server = site.start();
    let network = Faulty::to(server.port());
    let mut page = Browser::start().phone(IPHONE).list(&network.url("/upload"));
    page.until("document.querySelector('#pin').hidden");
    // From here on it is another device, as after a restart with another key.
    network.speak_for(Some("192.168.1.40"));
    page.pick(&["photo.jpg", "small.jpg"].map(|name| site.path(name)));
    page.until("!document.querySelector('#pin').hidden");
    page.until("[...document.querySelectorAll('#list .words')].every(e => e.textContent === 'waiting for the PIN')");
    assert_eq!(page.value("document.querySelector('#pin input').inputMode"), "numeric");
    page.tap("#pin input");
    page.types("135790");
    page.tap("#pin button");
    page.until("document.querySelector('#pin-said').textContent.startsWith('That was not the PIN.')");
    page.tap("#pin input");
    page.run("document.querySelector('#pin input').value = ''");
    page.types("246810");
    page.tap("#pin button");
    page.until("document.querySelectorAll('#list [data-state=good]').length === 2");
    page.until("document.querySelector('#pin').hidden");
    for name in ["photo.jpg", "small.jpg"] {
        assert!(site.read(&format!("uploads/{name}")) == site.read(name), "{name}");
    }
    assert!(!server.out.all().iter().any(|line| line.contains("246810")));
}

#[test]
fn the_pin_opens_the_page_to_another_device() {
    let site = Site::small().conf("trusted_proxies = [\"127.0.0.1\"]\n[upload]\nkey = \"246810\"\n");
    let server = site.start();
    let network = Faulty::to(server.port());
    network.speak_for(Some("192.168.1.40"));
    let mut page = Browser::start().phone(IPHONE);
    page.go(&network.url("/upload"));
    page.until("document.querySelector('input[name=pin]') !== null && document.querySelector('#files') === null");
    page.tap("input[name=pin]");
    page.types("135790");
    page.tap("button");
    page.until("document.body.textContent.includes('That was not the PIN.')");
    page.tap("input[name=pin]");
    page.types("246810");
    page.tap("button");
    page.until("document.querySelector('#files') !== null && location.pathname === '/upload'");
    assert!(!server.out.all().iter().any(|line| line.contains("246810")));
}

#[test]
fn a_taken_name_is_no_dead_end() {
    let site = Site::small().conf("[upload]\nexists = \"refuse\"\n").file("photo.jpg", noise(3, 40_000));
    site.write("uploads/photo.jpg", "another");
    let server = site.start();
    let mut page = Browser::start().phone(IPHONE).list(&server.url("/upload"));
    page.pick(&[site.path("photo.jpg")]);
    assert_eq!(page.is("photo.jpg", "bad").words, "There is a file named photo.jpg already.");
    page.act("photo.jpg", "Send as photo (2).jpg");
    page.is("photo (2).jpg", "good");
    assert_eq!((site.text("uploads/photo.jpg").as_str(), site.names("uploads").len()), ("another", 2));
    assert!(site.read("uploads/photo (2).jpg") == site.read("photo.jpg"));
}

#[test]
fn text_goes_both_ways_without_a_clipboard() {
    let long = "words of a long text \u{1f389}\n".repeat(40_000);
    let site = Site::small().file("long.txt", &long);
    let mut server = site.start();
    let mut page = Browser::start().phone(ANDROID);
    page.before(INSECURE);
    let mut page = page.list(&server.url("/upload"));
    page.tap("#write");
    page.types("grüße \u{1f44b}\u{1f3fd} from a phone");
    page.tap("#send-text");
    server.line("with the text", |line| {
        line.starts_with("note text from ") && line.ends_with(": grüße \u{1f44b}\u{1f3fd} from a phone")
    });
    page.until("document.querySelector('#text-said').textContent === 'The text has arrived.'");
    page.until("document.querySelector('#write').value === ''");
    page.run("document.querySelector('#write').value = 'words of a long text \u{1f389}\\n'.repeat(40000)");
    page.tap("#send-text");
    eventually("the long text", || {
        site.names("uploads").iter().any(|name| site.text(&format!("uploads/{name}")) == long).then_some(())
    });
    // And back; a link can be followed, any other text cannot.
    server.done("text https://example.org/\u{1f389}?a=b");
    page.until("document.querySelector('#shared-text').value === 'https://example.org/\u{1f389}?a=b'");
    page.until("document.querySelector('#shared a').textContent === 'https://example.org/\u{1f389}?a=b'");
    server.done("text javascript:alert(1)");
    page.until("document.querySelector('#shared-text').value === 'javascript:alert(1)'");
    page.until("document.querySelector('#shared a').hidden && document.querySelector('#shared img') === null");
    server.done("text < long.txt");
    page.until("document.querySelector('#shared-text').value === 'words of a long text \u{1f389}\\n'.repeat(40000)");
    page.tap("#copy");
    page.until("['Copied', 'Selected: now copy it'].includes(document.querySelector('#copy').textContent)");
    page.until("(e => e.selectionEnd - e.selectionStart === e.value.length)(document.querySelector('#shared-text'))");
    server.done("text clear");
    page.until("document.querySelector('#shared').hidden");
}

#[test]
fn it_works_in_an_insecure_context_by_a_strict_policy_and_says_to_keep_the_screen_on() {
    let policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:";
    let conf = format!("headers = {{ content-security-policy = \"{policy}\" }}\n");
    let site = Site::small().conf(&conf).file("film.mov", noise(1, 4_000_000));
    let server = site.start();
    let mut page = Browser::start().phone(IPHONE);
    page.before(INSECURE);
    page.before(
        "window.refused = []; addEventListener('securitypolicyviolation', e => refused.push(e.violatedDirective))",
    );
    let mut page = page.list(&server.url("/upload"));
    page.sends_at(1_000_000);
    page.pick(&[site.path("film.mov")]);
    page.until("!document.querySelector('#awake').hidden");
    page.sends_at(0);
    page.is("film.mov", "good");
    page.until("document.querySelector('#awake').hidden");
    assert_eq!(page.value("refused.join()"), "");
    assert!(site.read("uploads/film.mov") == site.read("film.mov"));
}

#[test]
fn the_screen_is_kept_on_while_files_are_on_their_way() {
    let site = Site::small().file("film.mov", noise(1, 3_000_000)).file("clip.mov", noise(2, 3_000_000));
    let server = site.start();
    let mut page = Browser::start().phone(ANDROID);
    page.before(
        "window.locks = []; Object.defineProperty(Navigator.prototype, 'wakeLock', {value: {request: async kind => { \
            const lock = new EventTarget(); lock.held = true; \
            lock.release = async () => { lock.held = false; lock.dispatchEvent(new Event('release')) }; \
            locks.push(lock); return lock } }})",
    );
    let mut page = page.list(&server.url("/upload"));
    page.sends_at(1_000_000);
    page.pick(&["film.mov", "clip.mov"].map(|name| site.path(name)));
    page.until("locks.length === 1 && locks[0].held && document.querySelector('#awake').hidden");
    // The browser lets go when the page is hidden; it is taken again.
    page.run("locks[0].release().then(() => document.dispatchEvent(new Event('visibilitychange')))");
    page.until("locks.length === 2 && locks[1].held");
    page.sends_at(0);
    page.until("document.querySelectorAll('#list [data-state=good]').length === 2 && !locks[1].held");
    assert_eq!(page.value("locks.length"), 2);
}

#[test]
fn it_fits_small_screens_in_both_languages_and_every_button_has_a_name() {
    let site = Site::small().file("IMG_0001.jpg", noise(1, 300)).file("x.bin", noise(2, 3_000_000));
    let mut many = vec![site.path("IMG_0001.jpg"), site.path("x.bin")];
    let long = format!("{}.txt", "a_very_long_name_without_a_place_to_break_".repeat(4));
    site.write(&long, "x");
    many.push(site.path(&long));
    let server = site.start();
    let mut page = Browser::start().phone(IPHONE);
    page.speaks("zh-CN");
    let mut page = page.list(&server.url("/upload"));
    assert_eq!(page.value("document.documentElement.lang"), "zh");
    assert_eq!(page.value("document.querySelector('h1').textContent"), "发送文件");
    page.pick(&many);
    page.until("document.querySelectorAll('#list [data-state=good]').length === 3");
    assert!(page.row("x.bin").words.starts_with("已送达"));
    for (width, height, dark) in [(320, 568, false), (320, 568, true), (390, 844, false), (1280, 800, false)] {
        page.screen(width, height, dark);
        page.until(&format!("innerWidth === {width}"));
        page.until("document.documentElement.scrollWidth <= innerWidth");
        page.until(
            "[...document.querySelectorAll('.button')].filter(e => e.offsetParent).every(e => e.offsetHeight >= 56)",
        );
        page.until(
            "[...document.querySelectorAll('.small')].filter(e => e.offsetParent).every(e => e.offsetHeight >= 44 && e.offsetWidth >= 44)",
        );
    }
    page.until(
        "[...document.querySelectorAll('button')].every(e => e.getAttribute('aria-label') || e.textContent.trim())",
    );
    page.until("[...document.querySelectorAll('progress')].every(e => e.getAttribute('aria-label') && (e.hidden || e.getAttribute('aria-valuetext')))");
    page.until("[...document.querySelectorAll('textarea, #pin input')].every(e => e.labels.length === 1)");
}

#[test]
fn folders_are_dropped_whole_and_files_are_pasted() {
    let site = Site::small().file("a.txt", "a");
    let server = site.start();
    let mut page = Browser::start().open(&server.url("/upload"));
    page.until("document.documentElement.classList.contains('script')");
    // A folder of entries, as a drop brings it; folders are told in pieces.
    page.run(
        "(() => { const file = (path, words) => ({isFile: true, name: path, fullPath: '/' + path, file: yes => yes(new File([words], path.split('/').pop()))}); \
          const folder = (path, pieces) => ({isFile: false, name: path, fullPath: '/' + path, createReader: () => ({readEntries: yes => yes(pieces.shift() || [])})}); \
          const trip = folder('trip', [[file('trip/one.txt', '1')], [folder('trip/day 2', [[file('trip/day 2/two#.txt', '22')]])]]); \
          const event = new Event('drop', {bubbles: true, cancelable: true}); \
          event.dataTransfer = {types: ['Files'], items: [{webkitGetAsEntry: () => trip}], files: []}; \
          document.body.dispatchEvent(event); \
          const paste = new Event('paste', {bubbles: true, cancelable: true}); \
          paste.clipboardData = {files: [new File(['p'], 'pasted.png')]}; \
          document.body.dispatchEvent(paste) })()",
    );
    page.until("document.querySelectorAll('#list [data-state=good]').length === 3");
    assert_eq!(site.names("uploads"), ["pasted.png", "trip"]);
    assert_eq!(site.text("uploads/trip/one.txt"), "1");
    assert_eq!(site.text("uploads/trip/day 2/two#.txt"), "22");
}
