//! What happened: the one enum that front ends hear, and the feed that carries it.

mod feed;

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::text::uncoded;
pub use feed::{Batch, Feed, Reader, feed};

/// What happened, other than requests (those go as [`crate::exchange::Exchange`] beside it).
///
/// Text is as received; whoever shows it makes it harmless first.
#[derive(Debug, Clone)]
pub enum Event {
    /// The server accepts connections at these addresses, loopback first: at the start and after every move.
    Listening(Arc<[String]>),
    /// The same sockets can be reached at these addresses now, loopback first; the best is the same.
    Addresses(Arc<[String]>),
    /// The server has stopped listening (`pause`); `start` brings it back.
    Paused,
    /// The route table in use, in the order in which it is tried.
    Routes(Arc<[RouteRow]>),
    /// How many pages are connected for live reload.
    Pages(usize),
    /// How files are watched.
    Watcher(Watching),
    /// An upload began, moved on or ended. Only the newest of each id matters.
    Upload(Upload),
    /// A file that had arrived has another name now.
    Renamed {
        /// The upload.
        id: u64,
        /// Where the file is.
        path: PathBuf,
    },
    /// A watched file changed; the path is relative to the site.
    Changed(PathBuf),
    /// Something worth a line.
    Note(Note),
    /// The settings in force changed; the front end shows what is relevant to it.
    Settings(Arc<Settings>),
    /// Stopping: so many requests are still in flight.
    Stopping(usize),
}

/// The settings that a front end itself acts on or shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// Whether uploads are taken at all.
    pub uploads: bool,
    /// Who may upload, in words for the header: `uploads: key or PIN 271828`.
    pub who: String,
    /// Ring when an upload has arrived.
    pub bell: bool,
    /// The path of the upload page.
    pub upload_path: String,
    /// The token that the link and the QR code carry; empty where no key is needed.
    pub token: String,
    /// The PIN for those who cannot scan; empty where no key is needed.
    pub pin: String,
    /// The site's folder with a slash at its end, so that what lies in it can be shown by shorter paths.
    pub folder: String,
}

impl Settings {
    /// The link that lets a device upload, at one of the addresses; `None` where no key is needed.
    pub fn link(&self, address: &str) -> Option<String> {
        let needed = self.uploads && !self.token.is_empty();
        needed.then(|| format!("{address}{}?k={}", self.upload_path, self.token))
    }
}

/// A row of the route table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteRow {
    /// Methods, `GET POST`, or `any`.
    pub methods: String,
    /// The pattern: `/hello/{name}`.
    pub path: String,
    /// The kind of target: `template`, `static`, `upload` …
    pub kind: String,
    /// What it leads to: `hello.html`.
    pub to: String,
    /// The guards before it, in words: `allow lan`, `auth ada`.
    pub guards: Vec<String>,
}

/// What marks a route that not everybody may pass, by the words that its guards begin with.
const MARKS: [(char, &str, &[&str]); 3] =
    [('@', "address", &["allow", "deny"]), ('#', "rate", &["rate"]), ('*', "password", &["auth"])];

impl RouteRow {
    /// A mark for each way in which not everybody may pass.
    pub fn marks(&self) -> String {
        let has =
            |words: &[&str]| self.guards.iter().any(|guard| words.contains(&guard.split(' ').next().unwrap_or("")));
        MARKS.iter().filter(|(.., words)| has(words)).map(|(mark, ..)| *mark).collect()
    }

    /// What the marks of `rows` mean; empty where there are none.
    pub fn legend(rows: &[Self]) -> String {
        let used: String = rows.iter().map(Self::marks).collect();
        let used = MARKS.iter().filter(|(mark, ..)| used.contains(*mark));
        used.map(|(mark, meaning, _)| format!("{mark} {meaning}")).collect::<Vec<_>>().join(", ")
    }
}

/// How files are watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Watching {
    /// By the system's own events.
    Native,
    /// By looking again and again, and why.
    Polling(String),
    /// Not at all, and why.
    Off(String),
}

/// Where an upload stands.
#[derive(Debug, Clone)]
pub struct Upload {
    /// Counts from 1 in a run.
    pub id: u64,
    /// The name it will have, or has. It may change when it is done.
    pub name: String,
    /// Who sends.
    pub from: IpAddr,
    /// The device in a word or two from its `User-Agent`: `iPhone`, `curl`.
    pub device: String,
    /// Bytes so far.
    pub received: u64,
    /// Bytes in all, where the client said so.
    pub total: Option<u64>,
    /// Time since it began.
    pub took: Duration,
    /// What has become of it.
    pub state: UploadState,
}

/// What has become of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UploadState {
    /// Bytes arrive.
    Arriving,
    /// Nobody sends just now; what has come is kept for the sender to go on.
    Waiting,
    /// Whole, on disk, under its final name.
    Done {
        /// Where it is.
        path: PathBuf,
        /// The same bytes were there already, nothing was stored twice.
        duplicate: bool,
    },
    /// It had arrived, and was deleted by order.
    Deleted,
    /// Given up; nothing stands under its final name. Why, in words.
    Failed(String),
}

/// Something worth a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// How much it matters.
    pub level: Level,
    /// One line.
    pub text: String,
    /// More lines (a source line with a caret, a traceback), empty where there are none.
    pub detail: String,
}

/// How much a note matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Good to know.
    Note,
    /// Something failed.
    Error,
}

impl Note {
    /// Good to know, in one line.
    pub fn info(text: impl Into<String>) -> Self {
        Self::new(Level::Note, &text.into())
    }

    /// An error of one line.
    pub fn error(text: impl Into<String>) -> Self {
        Self::new(Level::Error, &text.into())
    }

    fn new(level: Level, text: &str) -> Self {
        Self { level, text: uncoded(text).into_owned(), detail: String::new() }
    }

    /// The same with more lines.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }
}
