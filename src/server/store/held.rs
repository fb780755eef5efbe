//! Resumable uploads: they wait for their rest, also over a restart.
//!
//! One sender at a time has the turn ([`Turn`]); whoever comes later takes it over, because an earlier
//! one may hang on a connection that is long dead.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::task::spawn_blocking;

use super::cancel::Cancel;
use super::digest::Sums;
use super::part::{Opened, Part};
use super::place::Place;
use super::progress::Progress;
use super::record::{self, Record};
use super::turn::Turn;
use super::writer::Writer;
use super::{Declared, Finished, Slot, Store, StoreError};
use crate::config;

/// A resumable upload.
pub struct Held {
    pub(super) store: Arc<Store>,
    pub(super) token: String,
    pub(super) dir: PathBuf,
    pub(super) settings: config::Upload,
    pub(super) cancel: Arc<Cancel>,
    id: u64,
    known: Mutex<Known>,
    core: Arc<tokio::sync::Mutex<Core>>,
    /// Senders that wait for the turn, and how the one that has it is told.
    wanted: AtomicUsize,
    bell: Notify,
}

/// How an upload stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Bytes are missing.
    Open {
        /// Bytes that are safe.
        offset: u64,
        /// Bytes in all, where that was said.
        length: Option<u64>,
    },
    /// It is whole.
    Finished(Finished),
    /// Cancelled, failed or expired.
    Gone,
}

struct Known {
    standing: Standing,
    /// Since when nobody sends; also how long it had been left alone in earlier runs.
    idle: (Instant, Duration),
    record: Record,
}

/// What the turn is about.
pub(super) struct Core {
    pub(super) record: Record,
    /// The record as it is on disk.
    pub(super) written: Record,
    pub(super) declared: Declared,
    /// Bytes in the file that count.
    pub(super) offset: u64,
    /// Their digests, where this run has seen all of them.
    pub(super) sums: Option<Sums>,
    /// How the file was left, so that it shows whether another process has been at it.
    pub(super) left: Option<(u64, SystemTime)>,
    pub(super) progress: Progress,
}

impl Held {
    /// A new one: its part file and its record are on disk.
    pub(super) fn create(
        store: &Arc<Store>,
        dir: &Path,
        name: &str,
        declared: &Declared,
        settings: &config::Upload,
    ) -> Result<Arc<Self>, StoreError> {
        let token = token();
        let (part, _file) = Part::create_kept(dir, &token)?;
        let checked = super::room::check(dir, settings.reserve, declared.length.or(declared.expected).unwrap_or(0));
        let record = Record::new(name, declared);
        let failed = |error| StoreError::io("write a record in", dir, dir, settings.reserve, error);
        if let Err(error) = checked.and_then(|()| record.create(dir, &token, settings.flush).map_err(failed)) {
            part.give_up();
            let _ = std::fs::remove_file(record::path(dir, &token));
            return Err(error);
        }
        let progress = Progress::begin(store.feed.clone(), store.next_id(), name, declared);
        let sums = Some(Sums::new(&declared.digests));
        let left = left(part.path());
        let core =
            Core { written: record.clone(), record, declared: declared.clone(), offset: 0, sums, left, progress };
        Ok(Self::new(store, dir, token, core, settings, Duration::ZERO))
    }

    /// One of an earlier run; `None` where its part file is gone or in use.
    pub(super) fn recover(
        store: &Arc<Store>,
        dir: &Path,
        token: String,
        record: Record,
        idle: Duration,
        settings: &config::Upload,
    ) -> Option<Arc<Self>> {
        let Opened::Ours(part, file) = Part::open(dir, &token).ok()? else { return None };
        let offset = record.reliable(file.metadata().ok()?.len());
        let declared = record.declared();
        let (id, name) = (store.next_id(), record.name.clone());
        let progress = Progress::waiting(store.feed.clone(), id, &name, &declared, offset);
        let left = left(part.path());
        let core = Core { written: record.clone(), record, declared, offset, sums: None, left, progress };
        Some(Self::new(store, dir, token, core, settings, idle))
    }

    fn new(
        store: &Arc<Store>,
        dir: &Path,
        token: String,
        core: Core,
        settings: &config::Upload,
        idle: Duration,
    ) -> Arc<Self> {
        let id = core.progress.id();
        let standing = Standing::Open { offset: core.offset, length: core.record.length };
        let known = Known { standing, idle: (Instant::now(), idle), record: core.record.clone() };
        Arc::new(Self {
            store: store.clone(),
            token,
            dir: dir.to_owned(),
            settings: settings.clone(),
            cancel: store.under_way.begin(id),
            id,
            known: Mutex::new(known),
            core: Arc::new(tokio::sync::Mutex::new(core)),
            wanted: AtomicUsize::new(0),
            bell: Notify::new(),
        })
    }

    /// What its URL is made of; nobody can guess it.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Its number in this run.
    pub(super) fn id(&self) -> u64 {
        self.id
    }

    /// The folder that it is for.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        self.known.lock().standing.clone()
    }

    /// What the sender said of the content, to know it again by.
    pub fn fingerprint(&self) -> String {
        self.known.lock().record.fingerprint.clone()
    }

    /// What the sender showed to be allowed in, as it was declared.
    pub fn key(&self) -> String {
        self.known.lock().record.key.clone()
    }

    /// Where its bytes are, while they are not whole.
    pub fn part(&self) -> PathBuf {
        super::part::of(&self.dir, &self.token)
    }

    /// How long nobody has sent.
    pub(super) fn idle(&self) -> Duration {
        // Somebody has the turn.
        if self.core.try_lock().is_err() {
            return Duration::ZERO;
        }
        let known = self.known.lock();
        known.idle.0.elapsed() + known.idle.1
    }

    /// The first turn of one that has just been created.
    pub(super) async fn first(self: &Arc<Self>, slot: Slot) -> Result<Turn, StoreError> {
        let core = self.core.clone().lock_owned().await;
        self.turn(core, Some(slot)).await
    }

    /// Takes the turn: whoever has it is told to let go, and does within a moment.
    pub async fn take(self: &Arc<Self>) -> Result<Turn, StoreError> {
        let core = self.wait().await?;
        let slot = Slot::take(&self.store, self.settings.open)?;
        self.turn(core, Some(slot)).await
    }

    /// The same to look or to cancel: however many others are under way.
    pub async fn visit(self: &Arc<Self>) -> Result<Turn, StoreError> {
        let core = self.wait().await?;
        self.turn(core, None).await
    }

    async fn wait(self: &Arc<Self>) -> Result<Guard, StoreError> {
        let core = {
            let _wanted = Wanted::new(self);
            self.core.clone().lock_owned().await
        };
        self.open()?;
        self.cancel.check()?;
        Ok(core)
    }

    async fn turn(self: &Arc<Self>, core: Guard, slot: Option<Slot>) -> Result<Turn, StoreError> {
        let held = self.clone();
        let opened = spawn_blocking(move || held.reopen(core)).await;
        let (writer, core) = opened.unwrap_or_else(|_| Err(StoreError::lost(&self.dir)))?;
        Ok(Turn::new(self.clone(), core, writer, slot))
    }

    fn open(&self) -> Result<(), StoreError> {
        if matches!(self.known.lock().standing, Standing::Open { .. }) { Ok(()) } else { Err(StoreError::Gone) }
    }

    fn reopen(&self, mut core: Guard) -> Result<(Writer, Guard), StoreError> {
        let reserve = self.settings.reserve;
        let failed = |error| StoreError::io("go on with an upload in", &self.dir, &self.dir, reserve, error);
        let (part, file) = match Part::open(&self.dir, &self.token).map_err(failed)? {
            Opened::Ours(part, file) => (part, file),
            Opened::Locked => return Err(StoreError::Elsewhere),
            Opened::Gone => {
                self.end(Standing::Gone);
                core.progress.failed("its part file is gone");
                return Err(StoreError::Gone);
            }
        };
        let coming = core.record.length.map_or(0, |length| length.saturating_sub(core.offset));
        super::room::check(&self.dir, reserve, coming)?;
        if core.left != left(&self.part()) {
            // Another process has been at it, or somebody's hands: what its record says counts.
            if let Some(record) = Record::read(&record::path(&self.dir, &self.token)) {
                (core.record, core.written) = (record.clone(), record);
            }
            let length = file.metadata().map_err(failed)?.len();
            (core.offset, core.sums) = (core.record.reliable(length), None);
        }
        let writer = Writer::resumed(part, file, core.offset, core.sums.take(), &self.settings).map_err(failed)?;
        Ok((writer, core))
    }

    /// Whether somebody else wants the turn, or it has been cancelled.
    fn is_revoked(&self) -> bool {
        self.wanted.load(Ordering::Acquire) > 0 || self.cancel.check().is_err()
    }

    /// Resolves when somebody else wants the turn, or it has been cancelled.
    pub(super) async fn revoked(&self) {
        loop {
            let mut bell = std::pin::pin!(self.bell.notified());
            bell.as_mut().enable();
            if self.is_revoked() {
                return;
            }
            tokio::select! {
                () = bell => {}
                () = self.cancel.wait() => return,
            }
        }
    }

    /// So many bytes are safe now.
    pub(super) fn reached(&self, core: &Core) {
        let mut known = self.known.lock();
        known.idle = (Instant::now(), Duration::ZERO);
        known.record = core.record.clone();
        if let Standing::Open { .. } = known.standing {
            known.standing = Standing::Open { offset: core.offset, length: core.record.length };
        }
    }

    /// It has ended so.
    pub(super) fn end(&self, standing: Standing) {
        let gone = standing == Standing::Gone;
        {
            let mut known = self.known.lock();
            known.standing = standing;
            known.idle = (Instant::now(), Duration::ZERO);
        }
        self.store.under_way.end(self.id);
        if gone {
            self.store.held.remove(&self.token);
        }
    }

    /// Where a file with these words goes.
    pub(super) fn place(&self, core: &Core) -> Place {
        Place::new(&self.dir, core.record.name.clone(), &core.declared, &self.settings)
    }

    /// Removes part file and record, when nobody has the turn any more.
    pub(super) async fn void(self: Arc<Self>, why: String) {
        self.cancel.cancel();
        let mut core = {
            let _wanted = Wanted::new(&self);
            self.core.clone().lock_owned().await
        };
        if self.open().is_err() {
            return;
        }
        let held = self.clone();
        let _ = spawn_blocking(move || {
            held.remove();
            core.progress.failed(&why);
        })
        .await;
    }

    /// Takes its files away. The part file last: a record without one is nothing.
    pub(super) fn remove(&self) {
        match Part::open(&self.dir, &self.token) {
            Ok(Opened::Ours(part, _file)) => {
                let _ = std::fs::remove_file(record::path(&self.dir, &self.token));
                part.give_up();
            }
            Ok(Opened::Gone) => _ = std::fs::remove_file(record::path(&self.dir, &self.token)),
            // Another process goes on with it.
            Ok(Opened::Locked) | Err(_) => {}
        }
        self.end(Standing::Gone);
    }
}

/// How a part file is left: its length, and when it was written last.
pub(super) fn left(part: &Path) -> Option<(u64, SystemTime)> {
    let meta = part.metadata().ok()?;
    Some((meta.len(), meta.modified().ok()?))
}

/// The turn's own.
pub(super) type Guard = tokio::sync::OwnedMutexGuard<Core>;

/// Somebody who wants the turn.
struct Wanted<'a>(&'a Held);

impl<'a> Wanted<'a> {
    fn new(held: &'a Held) -> Self {
        held.wanted.fetch_add(1, Ordering::AcqRel);
        held.bell.notify_waiters();
        Self(held)
    }
}

impl Drop for Wanted<'_> {
    fn drop(&mut self) {
        self.0.wanted.fetch_sub(1, Ordering::AcqRel);
    }
}

/// 128 bits that nobody can guess.
fn token() -> String {
    let mut bytes = [0; 16];
    // Without randomness from the system there is none; a name that is only unique has to do.
    if getrandom::fill(&mut bytes).is_err() {
        let now = std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap_or_default();
        bytes = now.as_nanos().to_be_bytes();
    }
    super::digest::hex(&bytes)
}

#[cfg(test)]
mod tests;
