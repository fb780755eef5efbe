//! What arrives: a hidden part file first, its final name only when every byte is on disk.
//!
//! The core is four steps, and every way in uses them: create ([`Store::begin`]), append
//! ([`Incoming::write`]), finish ([`Incoming::finish`]), cancel (drop, or
//! [`Incoming::cancel`]). What a request looks like is not known here.

mod cancel;
mod error;
mod incoming;
mod name;
mod names;
mod part;
mod place;
mod progress;
mod received;
mod room;
mod shared;
#[cfg(test)]
mod tests;
mod writer;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::SystemTime;

use crate::config;
use crate::event::{Event, Feed, Note};

pub use error::StoreError;
pub use incoming::Incoming;
pub use name::{is_safe_name, safe_name};
pub use received::{Received, ReceivedError};
pub use shared::{Shared, Text};

use cancel::Cancels;
use names::Names;
use part::Part;
use progress::Progress;
use writer::Writer;

/// Receives files into folders, and tells the feed how they come along.
pub struct Store {
    feed: Feed,
    /// The number of the newest upload of this run.
    last_id: AtomicU64,
    /// Uploads under way.
    open: AtomicUsize,
    /// Uploads that have arrived.
    finished: AtomicU64,
    names: Names,
    cancels: Cancels,
    received: Received,
    shared: Shared,
}

/// What is known of a file before its bytes.
#[derive(Debug, Clone)]
pub struct Declared {
    /// Its size, where the sender said so: no other will do.
    pub length: Option<u64>,
    /// Bytes that may come where the size is not declared (the rest of a form): for the bar, and
    /// to refuse early what cannot fit.
    pub expected: Option<u64>,
    /// When it was last modified, by the sender's clock.
    pub modified: Option<SystemTime>,
    /// Who sends.
    pub from: IpAddr,
    /// The sender's device in a word or two.
    pub device: String,
}

/// A file that has arrived whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// Its final name.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of its bytes, hexadecimal.
    pub digest: String,
    /// The same bytes were there already; the name is of the file that is there.
    pub duplicate: bool,
}

impl Store {
    /// A store that reports to `feed`.
    pub fn new(feed: Feed) -> Arc<Self> {
        Arc::new(Self {
            received: Received::new(feed.clone()),
            shared: Shared::default(),
            cancels: Cancels::default(),
            feed,
            last_id: AtomicU64::new(0),
            open: AtomicUsize::new(0),
            finished: AtomicU64::new(0),
            names: Names::default(),
        })
    }

    /// Uploads under way.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// Uploads that have arrived whole.
    pub fn finished(&self) -> u64 {
        self.finished.load(Ordering::Relaxed)
    }

    /// Gives up an upload under way; whether there was one of that number.
    pub fn cancel(&self, id: u64) -> bool {
        self.cancels.cancel(id)
    }

    /// Whether the upload of that number is under way.
    pub fn under_way(&self, id: u64) -> bool {
        self.cancels.has(id)
    }

    /// The number of the newest upload of this run; 0 before the first.
    pub fn newest(&self) -> u64 {
        self.last_id.load(Ordering::Relaxed)
    }

    /// The files that have arrived.
    pub fn received(&self) -> &Received {
        &self.received
    }

    /// The text that goes the other way.
    pub fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Says something of what has arrived.
    pub fn note(&self, note: Note) {
        self.feed.event(Event::Note(note));
    }

    /// Creates an upload into `dir`, under `name` made safe.
    ///
    /// What can be refused is refused here, before the first byte: a name that is taken (where
    /// settings say so), a size beyond the limit or the room, too many at once, a folder that
    /// cannot be written.
    pub fn begin(
        self: &Arc<Self>,
        dir: &Path,
        name: &str,
        declared: &Declared,
        settings: &config::Upload,
    ) -> Result<Incoming, StoreError> {
        let begun = self.try_begin(dir, name, declared, settings);
        if let Err(error @ (StoreError::Folder { .. } | StoreError::NoRoom { .. } | StoreError::Io { .. })) = &begun {
            self.feed.event(Event::Note(Note::error(format!("upload refused: {error}"))));
        }
        begun
    }

    fn try_begin(
        self: &Arc<Self>,
        dir: &Path,
        name: &str,
        declared: &Declared,
        settings: &config::Upload,
    ) -> Result<Incoming, StoreError> {
        let name = safe_name(name);
        if settings.max_size > 0 && declared.length.is_some_and(|length| length > settings.max_size) {
            return Err(StoreError::TooLarge { limit: settings.max_size });
        }
        if settings.exists == config::Exists::Refuse && dir.join(&name).symlink_metadata().is_ok() {
            return Err(StoreError::Exists { name });
        }
        let slot = Slot::take(self, settings.open)?;
        let (part, file) = Part::create(dir)?;
        let coming = declared.length.or(declared.expected).unwrap_or(0);
        room::check(dir, settings.reserve, coming)?;
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let progress = Progress::begin(self.feed.clone(), id, &name, declared);
        let writer = Writer::new(file, dir, settings);
        Ok(Incoming::new(slot, part, writer, progress, name, declared, settings, self.cancels.begin(id)))
    }

    /// Removes the part files in `dir` that a crashed run left behind; how many those were.
    /// Those of a live upload, also of another process, are locked and stay.
    pub fn sweep(dir: &Path) -> usize {
        part::sweep(dir)
    }
}

/// A place among the uploads under way, given back on drop.
struct Slot(Arc<Store>);

impl Slot {
    fn take(store: &Arc<Store>, most: usize) -> Result<Self, StoreError> {
        let most = most.max(1);
        let more = |open: usize| (open < most).then_some(open + 1);
        match store.open.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more) {
            Ok(_) => Ok(Self(store.clone())),
            Err(_) => Err(StoreError::Busy { open: most }),
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}
