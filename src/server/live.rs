//! Live reload: the pages that are connected, and what they are told.
//!
//! What belongs here speaks to pages over their WebSocket. Which files a page uses is the site's
//! knowledge and comes in by a closure or [`Missed`].

mod handshake;
mod message;
mod script;
mod socket;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use http::StatusCode;
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tokio_util::task::TaskTracker;
use xxhash_rust::xxh3::xxh3_64;

pub(crate) use self::handshake::is_handshake;
pub use script::{script, version};

use self::message::ToPage;
use super::answer::{self, Answer};
use super::request::Request;
use super::upgrade::OnUpgrade;
use crate::event::{Event, Feed};

/// Messages that wait for a slow page. One that is slower is let go; it comes back and asks
/// what it missed.
const QUEUE: usize = 16;
/// Pages at once.
const PAGES: usize = 1024;
/// Changed paths worth listing; more, and pages simply refresh.
const URLS: usize = 512;

/// Says whether a page that was away has missed something.
pub trait Missed: Send + Sync {
    /// Whether the page at the decoded path `page`, with this `build` id, or one of the decoded
    /// paths that it `uses` has changed while it was `away`: from the time of what it shows until
    /// it came back and was told of changes again. It may look at the disk. An empty `build` is
    /// not known.
    fn missed(&self, page: &str, build: &str, away: Range<SystemTime>, uses: &[String]) -> bool;
}

/// The pages that are connected.
pub struct Live {
    feed: Feed,
    missed: Arc<dyn Missed>,
    pages: Mutex<Pages>,
    /// The id of this run.
    run: String,
    sockets: TaskTracker,
    /// Heartbeats of all pages fall on one clock, so that an idle server wakes up once for all.
    epoch: Instant,
}

#[derive(Default)]
struct Pages {
    next: u64,
    open: HashMap<u64, Page>,
    error: Option<(String, String)>,
    closed: bool,
}

struct Page {
    /// Its decoded path, where it is known.
    path: Option<String>,
    /// Details of errors may be shown: it is on this very device, or has the key.
    details: bool,
    queue: mpsc::Sender<Utf8Bytes>,
}

impl Live {
    /// No pages yet.
    pub fn new(feed: Feed, missed: Arc<dyn Missed>) -> Arc<Self> {
        let start = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let run = format!("{:016x}", xxh3_64(format!("{start} {}", std::process::id()).as_bytes()));
        Arc::new(Self {
            feed,
            missed,
            pages: Mutex::default(),
            run,
            sockets: TaskTracker::new(),
            epoch: Instant::now(),
        })
    }

    /// Answers a page's WebSocket handshake. Its origin has been checked.
    pub fn upgrade(self: &Arc<Self>, mut request: Request) -> Answer {
        let accepted = match handshake::check(&request.head) {
            Ok(accepted) => accepted,
            Err(refusal) => return refusal,
        };
        let Some(upgrade) = request.head.extensions.remove::<OnUpgrade>() else {
            return answer::text(StatusCode::BAD_REQUEST, "this connection cannot become a WebSocket\n");
        };
        let path = request.head.uri.query().and_then(message::page_of);
        let Some((seat, queue)) = self.join(path, request.may_see_details()) else {
            return answer::text(StatusCode::SERVICE_UNAVAILABLE, "no more pages can be connected now\n");
        };
        self.sockets.spawn(async move {
            if let Some(upgraded) = upgrade.wait().await {
                let socket = socket::over(upgraded).await;
                socket::serve(socket, queue, seat).await;
            }
        });
        accepted
    }

    /// Files changed, under these decoded URL paths; a folder's path stands for all below it.
    ///
    /// `page_matters` says of a page's path whether it must refresh (`Some(true)`), is not touched
    /// (`Some(false)`) or is to find out by itself (`None`), which is also the answer where it may
    /// swap a stylesheet or an image in place.
    pub fn changed(&self, urls: &[String], page_matters: &dyn Fn(&str) -> Option<bool>) {
        let change = if urls.len() > URLS { ToPage::Reload { missed: false } } else { ToPage::Change { urls } }.text();
        let reload = ToPage::Reload { missed: false }.text();
        let pages: Vec<(u64, Option<String>)> =
            self.pages.lock().open.iter().map(|(id, page)| (*id, page.path.clone())).collect();
        for (id, path) in pages {
            match path.and_then(|path| page_matters(&path)) {
                Some(true) => self.send(id, &reload),
                Some(false) => {}
                None => self.send(id, &change),
            }
        }
    }

    /// Every page refreshes.
    pub fn reload_all(&self) {
        self.broadcast(&ToPage::Reload { missed: false }.text());
    }

    /// The server answers at another port; pages follow when it answers there.
    pub fn moved(&self, port: u16) {
        self.broadcast(&ToPage::Move { port }.text());
    }

    /// Shows an error in a corner of every page, also of those that come later, until the next
    /// [`Live::mended`]. Details are for this device and those that have the key.
    pub fn error(&self, title: &str, text: &str) {
        let messages = {
            let mut pages = self.pages.lock();
            pages.error = Some((title.to_owned(), text.to_owned()));
            let of = |page: &Page| ToPage::Error { title, text: details(page.details, text) }.text();
            pages.open.iter().map(|(id, page)| (*id, of(page))).collect::<Vec<_>>()
        };
        for (id, message) in &messages {
            self.send(*id, message);
        }
    }

    /// How many pages are connected.
    pub fn pages(&self) -> usize {
        self.pages.lock().open.len()
    }

    /// Says goodbye and lets every page go; no more are taken.
    pub fn close(&self) {
        self.broadcast(&ToPage::Bye.text());
        let mut pages = self.pages.lock();
        pages.closed = true;
        pages.open.clear();
        drop(pages);
        self.feed.event(Event::Pages(0));
    }

    /// Resolves when every page that was let go by [`Live::close`] has heard it.
    pub async fn gone(&self) {
        self.sockets.close();
        self.sockets.wait().await;
    }

    /// What the error was about is mended.
    pub fn mended(&self) {
        if self.pages.lock().error.take().is_some() {
            self.broadcast(&ToPage::Clear.text());
        }
    }

    fn broadcast(&self, message: &Utf8Bytes) {
        let ids: Vec<u64> = self.pages.lock().open.keys().copied().collect();
        for id in ids {
            self.send(id, message);
        }
    }

    /// Queues a message; a page whose queue is full is let go.
    fn send(&self, id: u64, message: &Utf8Bytes) {
        let full = match self.pages.lock().open.get(&id) {
            Some(page) => page.queue.try_send(message.clone()).is_err(),
            None => false,
        };
        if full {
            self.leave(id);
        }
    }

    fn join(self: &Arc<Self>, path: Option<String>, may_see: bool) -> Option<(Seat, mpsc::Receiver<Utf8Bytes>)> {
        let (queue, messages) = mpsc::channel(QUEUE);
        let mut pages = self.pages.lock();
        if pages.closed || pages.open.len() >= PAGES {
            return None;
        }
        let id = pages.next;
        pages.next += 1;
        let hello = [
            Some(ToPage::Hello { run: &self.run }.text()),
            pages.error.as_ref().map(|(title, text)| ToPage::Error { title, text: details(may_see, text) }.text()),
        ];
        for message in hello.into_iter().flatten() {
            // It is empty and has room for both.
            let _ = queue.try_send(message);
        }
        pages.open.insert(id, Page { path, details: may_see, queue });
        let count = pages.open.len();
        drop(pages);
        self.feed.event(Event::Pages(count));
        Some((Seat { live: self.clone(), id, since: SystemTime::now() }, messages))
    }

    fn leave(&self, id: u64) {
        let mut pages = self.pages.lock();
        if pages.open.remove(&id).is_some() {
            let count = pages.open.len();
            drop(pages);
            self.feed.event(Event::Pages(count));
        }
    }
}

/// The details of an error for those who may see them; for all others, where they are.
fn details(may_see: bool, text: &str) -> &str {
    if may_see { text } else { "The details are on the screen of the computer." }
}

/// A page's place among those that are connected; it leaves when this is dropped.
struct Seat {
    live: Arc<Live>,
    id: u64,
    /// Changes after this are told as they come.
    since: SystemTime,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.live.leave(self.id);
    }
}

#[cfg(test)]
mod tests;
