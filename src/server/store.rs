//! What arrives: a hidden part file first, its final name only when every byte is on disk.
//!
//! The core is four steps, and every way in uses them: create ([`Store::begin`], and [`Store::create`] for
//! what may be resumed), append, finish, cancel. What a request looks like is not known here.
//!
//! What comes in one go ([`Incoming`]) is whole at its end, or leaves nothing. What may be resumed
//! ([`Held`]) has a record beside its part file, and waits for its rest: also over a restart.

mod alike;
mod cancel;
mod digest;
mod error;
mod flow;
mod flush;
mod held;
mod incoming;
mod name;
mod names;
mod part;
mod place;
mod progress;
mod received;
mod record;
mod registry;
mod room;
mod shared;
#[cfg(test)]
mod tests;
mod turn;
mod upkeep;
mod writer;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::SystemTime;

use tokio::task::spawn_blocking;

use crate::config;
use crate::event::{Event, Feed, Note};

pub use digest::{Algorithm, Digest, Sum, hex};
pub use error::StoreError;
pub use held::{Held, Standing};
pub use incoming::Incoming;
pub use name::{is_safe_name, safe_name, safe_path};
pub use received::{Received, ReceivedError};
pub use shared::{Shared, Text};
pub use turn::Turn;

use alike::Alike;
use cancel::UnderWay;
use digest::Sums;
use flow::Flow;
use flush::Folders;
use incoming::Bounds;
use names::Names;
use place::Place;
use progress::Progress;
use registry::Registry;
use writer::Writer;

/// A file of which at most so many bytes are expected is written and named in one go, at its end.
const SMALL: u64 = 256 << 10;

/// Receives files into folders, and tells the feed how they come along.
pub struct Store {
    feed: Feed,
    /// The number of the newest upload of this run.
    last_id: AtomicU64,
    /// Uploads under way.
    open: AtomicUsize,
    /// Resumable ones that are being created.
    creating: AtomicUsize,
    /// Uploads that have arrived.
    finished: AtomicU64,
    names: Names,
    folders: Folders,
    alike: Alike,
    held: Registry,
    under_way: UnderWay,
    /// Somebody looks for what has expired.
    looks: AtomicBool,
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
    /// What the sender says of the whole: no other bytes will do.
    pub digests: Vec<Digest>,
    /// What the sender showed to be allowed in; kept with what may be resumed.
    pub key: String,
    /// By what the sender knows the content again; kept with what may be resumed.
    pub fingerprint: String,
}

/// A file that has arrived whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// Its final name, with its folders below the upload folder.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Bytes.
    pub size: u64,
    /// Digest of its bytes, `ALGORITHM:HEX`: the one by which the sender named them, else XXH3-128.
    pub digest: String,
    /// The same bytes were there already; the name is of the file that is there.
    pub duplicate: bool,
}

impl Store {
    /// A store that reports to `feed`.
    pub fn new(feed: Feed) -> Arc<Self> {
        for algorithm in Algorithm::ALL.into_iter().filter(|algorithm| !algorithm.is_sound()) {
            let name = algorithm.name();
            let text = format!("this processor computes {name} wrongly: digests of that kind are not checked");
            feed.event(Event::Note(Note::error(text)));
        }
        Arc::new(Self {
            received: Received::new(feed.clone()),
            shared: Shared::default(),
            feed,
            last_id: AtomicU64::new(0),
            open: AtomicUsize::new(0),
            creating: AtomicUsize::new(0),
            finished: AtomicU64::new(0),
            names: Names::default(),
            folders: Folders::default(),
            alike: Alike::default(),
            held: Registry::default(),
            under_way: UnderWay::default(),
            looks: AtomicBool::new(false),
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

    /// Whether the upload of that number is under way.
    pub fn under_way(&self, id: u64) -> bool {
        self.under_way.has(id)
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

    fn next_id(&self) -> u64 {
        self.last_id.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Creates an upload into `dir`, under `name` made safe ([`safe_path`]).
    ///
    /// What can be refused is refused here, before the first byte: a name that is taken (where
    /// settings say so), a size beyond the limit or the room, too many at once, a folder that
    /// cannot be written. Of a small file the room and the folder are seen at its end.
    pub async fn begin(
        self: &Arc<Self>,
        dir: &Path,
        name: &str,
        declared: &Declared,
        settings: &config::Upload,
    ) -> Result<Incoming, StoreError> {
        let begun = self.try_begin(dir, name, declared, settings).await;
        self.report(begun)
    }

    async fn try_begin(
        self: &Arc<Self>,
        dir: &Path,
        name: &str,
        declared: &Declared,
        settings: &config::Upload,
    ) -> Result<Incoming, StoreError> {
        let name = admitted(dir, name, declared, settings)?;
        let slot = Slot::take(self, settings.open)?;
        let coming = declared.length.or(declared.expected);
        let mut writer = Writer::new(dir, settings, coming.unwrap_or(0), Sums::new(&declared.digests));
        if coming.is_none_or(|coming| coming > SMALL) {
            let opened = spawn_blocking(move || writer.open().map(|()| writer)).await;
            writer = opened.unwrap_or_else(|_| Err(StoreError::lost(dir)))?;
        }
        let id = self.next_id();
        Ok(Incoming {
            flow: Flow::new(writer),
            bounds: Bounds { received: 0, declared: declared.length, max_size: settings.max_size },
            progress: Progress::begin(self.feed.clone(), id, &name, declared),
            place: Place::new(dir, name, declared, settings),
            digests: declared.digests.clone(),
            cancel: self.under_way.begin(id),
            slot,
        })
    }

    /// Creates an upload that may be resumed: when this returns, it is on disk. See [`Store::begin`] for
    /// what is refused.
    pub async fn create(
        self: &Arc<Self>,
        dir: &Path,
        name: &str,
        declared: &Declared,
        settings: &config::Upload,
    ) -> Result<(Arc<Held>, Turn), StoreError> {
        let created = self.try_create(dir, name, declared, settings).await;
        self.report(created)
    }

    async fn try_create(
        self: &Arc<Self>,
        dir: &Path,
        name: &str,
        declared: &Declared,
        settings: &config::Upload,
    ) -> Result<(Arc<Held>, Turn), StoreError> {
        let name = admitted(dir, name, declared, settings)?;
        let slot = Slot::take(self, settings.open)?;
        let _place = self.make_room(settings.open).await?;
        let (store, dir_, declared, settings) = (self.clone(), dir.to_owned(), declared.clone(), settings.clone());
        let made = spawn_blocking(move || Held::create(&store, &dir_, &name, &declared, &settings)).await;
        let held = made.unwrap_or_else(|_| Err(StoreError::lost(dir)))?;
        self.held.add(&held);
        self.look();
        match held.first(slot).await {
            Ok(turn) => Ok((held, turn)),
            Err(error) => {
                held.void(error.to_string()).await;
                Err(error)
            }
        }
    }

    /// The resumable upload of that token: one under way, also of an earlier run, or one that was finished
    /// not long ago.
    pub fn held(&self, token: &str) -> Option<Arc<Held>> {
        self.held.get(token)
    }

    /// The unfinished uploads for `dir` that were declared with `fingerprint`.
    pub fn unfinished(&self, dir: &Path, fingerprint: &str) -> Vec<Arc<Held>> {
        self.held.list(|held| {
            let open = matches!(held.standing(), Standing::Open { .. });
            open && held.dir() == dir && held.fingerprint() == fingerprint
        })
    }

    /// The names of files in `dir` that may have the content of `size` bytes and `mark`. Blocks.
    pub fn alike(&self, dir: &Path, size: u64, mark: &str) -> Vec<String> {
        self.alike.find(dir, size, mark)
    }

    /// SHA-256 of the first `length` bytes of a file, hexadecimal, for as long as somebody `waits` for it.
    /// Blocks.
    pub fn sha256(path: &Path, length: u64, waits: &dyn Fn() -> bool) -> std::io::Result<String> {
        alike::sha256(path, length, waits)
    }

    /// Cancels number `id`; whether it was under way.
    pub fn cancel(self: &Arc<Self>, id: u64) -> bool {
        let cancelled = self.under_way.cancel(id);
        if let Some(held) = self.held.list(|held| held.id() == id).pop()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let store = self.clone();
            runtime.spawn(async move {
                held.clone().void(StoreError::Cancelled.to_string()).await;
                // Its sender may be away, and has to hear when it comes back that it is not wanted.
                if held.standing() == Standing::Gone {
                    store.held.add(&held);
                }
            });
        }
        cancelled
    }

    /// What is wrong on this side, the operator has to hear.
    fn report<T>(&self, begun: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(error @ (StoreError::Folder { .. } | StoreError::NoRoom { .. } | StoreError::Io { .. })) = &begun {
            self.feed.event(Event::Note(Note::error(format!("upload refused: {error}"))));
        }
        begun
    }
}

/// The name that an upload will have; an error where it cannot be.
fn admitted(dir: &Path, name: &str, declared: &Declared, settings: &config::Upload) -> Result<String, StoreError> {
    let name = safe_path(name);
    if settings.max_size > 0 && declared.length.is_some_and(|length| length > settings.max_size) {
        return Err(StoreError::TooLarge { limit: settings.max_size });
    }
    if settings.exists == config::Exists::Refuse && dir.join(&name).symlink_metadata().is_ok() {
        return Err(StoreError::Exists { name });
    }
    Ok(name)
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
