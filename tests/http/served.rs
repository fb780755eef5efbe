//! The server that tests share, and the words in which they talk to it.
//!
//! It runs for as long as a test that has asked for it, so that none is left behind when the last
//! one ends; a test has one and the same to its end.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use crate::common::{Response, Server, Site, Wire, show};

/// A body that forms and other requests may have on the shared server.
pub(crate) const BODY: usize = 10_000;

/// A site and the server that serves it.
pub(crate) struct Served {
    pub(crate) site: Site,
    server: Server,
}

impl Served {
    /// Serves `site` for one test alone.
    pub(crate) fn alone(site: Site) -> Self {
        Self { server: site.start(), site }
    }

    /// The site once it is not served any more.
    pub(crate) fn into_site(self) -> Site {
        self.site
    }

    pub(crate) fn wire(&self) -> Wire {
        Wire::to(self.port())
    }
}

impl Deref for Served {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

impl DerefMut for Served {
    fn deref_mut(&mut self) -> &mut Server {
        &mut self.server
    }
}

/// The site that most tests ask.
pub(crate) fn site() -> Site {
    let conf = format!(
        "[limits]\nbody = {BODY}\n\
        [[route]]\npath = \"/text\"\ntext = \"some text\"\n\
        [[route]]\npath = \"/elsewhere\"\nredirect = \"/a.txt\"\n"
    );
    let site = Site::small()
        .conf(&conf)
        .file("static_file/a.txt", "0123456789")
        .file("static_file/empty.txt", "")
        .file("static_file/style.css", "p { color: red }\n".repeat(2000))
        .file("static_file/dir/b.txt", "b")
        .file("static_file/page/index.html", "<p>page")
        .file("templates/echo.html", "{{ form.a }}");
    (0..50).fold(site, |site, n| site.file(&format!("static_file/n/{n}.txt"), format!("file {n}")))
}

/// The server that serves [`site`]; started by who needs it first.
pub(crate) fn served() -> Arc<Served> {
    static SERVED: Mutex<Weak<Served>> = Mutex::new(Weak::new());
    // Each test has a thread of its own.
    thread_local!(static HELD: RefCell<Option<Arc<Served>>> = const { RefCell::new(None) });
    if let Some(held) = HELD.with_borrow(Clone::clone) {
        return held;
    }
    let mut served = SERVED.lock();
    let held = served.upgrade().unwrap_or_else(|| {
        let new = Arc::new(Served::alone(site()));
        *served = Arc::downgrade(&new);
        new
    });
    HELD.set(Some(held.clone()));
    held
}

/// A GET with a Host.
pub(crate) fn get(target: &str) -> String {
    request(&format!("GET {target} HTTP/1.1"), &[])
}

/// The head of a request with a Host and these field lines.
pub(crate) fn request(line: &str, fields: &[&str]) -> String {
    [&[line, "Host: localhost"], fields, &["", ""]].concat().join("\r\n")
}

/// A form sent to a template that shows its field `a`, framed by `fields`.
pub(crate) fn form(fields: &[&str], body: &str) -> String {
    let form = "Content-Type: application/x-www-form-urlencoded";
    request("POST /echo HTTP/1.1", &[&[form], fields].concat()) + body
}

/// The answer to one request on a new connection.
#[track_caller]
pub(crate) fn ask(request: impl AsRef<[u8]>) -> Response {
    let served = served();
    let mut wire = served.wire();
    let sent = wire.try_send(&request);
    let answer = wire.answer();
    assert!(sent.is_ok() || answer.status >= 400, "taken only in part: {}", show(request.as_ref()));
    answer
}

/// The request is answered with one of `statuses`.
#[track_caller]
pub(crate) fn answered(request: impl AsRef<[u8]>, statuses: &[u16]) -> Response {
    let request = request.as_ref();
    let answer = ask(request);
    let right = statuses.contains(&answer.status);
    assert!(right, "{}, not one of {statuses:?}, to {:?}\n{}", answer.status, show(request), answer.text());
    answer
}

/// The request is refused with one of `statuses`, and because nobody can know what the bytes
/// after it mean, the connection ends without looking at them.
#[track_caller]
pub(crate) fn cut(request: impl AsRef<[u8]>, statuses: &[u16]) {
    let served = served();
    let request = [request.as_ref(), get("/text?after").as_bytes()].concat();
    let mut wire = served.wire();
    // It may refuse, and close, before it has all.
    let _ = wire.try_send(&request);
    let answer = wire.answer();
    let right = statuses.contains(&answer.status);
    assert!(right, "{}, not one of {statuses:?}, to {:?}\n{}", answer.status, show(&request), answer.text());
    wire.is_closed();
}
