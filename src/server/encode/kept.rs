//! Files, compressed once and kept for as long as they stay as they are.
//!
//! Bounded in bytes; what was used longest ago goes first. A hundred clients that ask for the
//! same file at the same time cause one compression.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::watch;

use super::coding::Coding;
use super::encoder::{self, Effort};
use crate::server::source::State;

/// Bytes of a file that is compressed.
pub(crate) const LARGEST: u64 = 16 << 20;
/// Bytes kept in all.
const BUDGET: usize = 16 << 20;
/// What an entry takes beside its bytes.
const ENTRY: usize = 256;
/// Compressions begun and not yet done; beyond that, files go as they are.
const MAKING: usize = 64;
/// A file up to this size is waited for, so that it is always answered alike.
const WAITED_FOR: u64 = 1 << 20;
/// A larger one is waited for so long. After that it goes as it is, while the work goes on for the
/// next who asks: on a slow device the first page must not stand still.
const PATIENCE: Duration = Duration::from_secs(1);

/// All mounts share one: what is in it depends on nothing but the files.
static SHARED: LazyLock<Kept> = LazyLock::new(Kept::default);

/// A file in a state, and a coding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) state: State,
    pub(crate) coding: Coding,
}

/// The compressed form; `None` where that is hardly smaller.
type Form = Option<Bytes>;

/// Compressed files.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kept(Arc<Mutex<Shelf>>);

#[derive(Debug, Default)]
struct Shelf {
    made: HashMap<Key, Made>,
    /// The value comes when it is made.
    making: HashMap<Key, watch::Receiver<Option<Form>>>,
    bytes: usize,
    clock: u64,
}

#[derive(Debug)]
struct Made {
    form: Form,
    used: u64,
}

impl Kept {
    /// The one of this process.
    pub(crate) fn shared() -> Self {
        SHARED.clone()
    }

    /// The file in this coding; `None` when it is better sent as it is.
    ///
    /// `read` gives the bytes of just this state, or `None` when the file has moved on; it may block.
    pub(crate) async fn get(
        &self,
        key: Key,
        read: impl FnOnce() -> io::Result<Option<Bytes>> + Send + 'static,
    ) -> Option<Bytes> {
        let mut coming = {
            let mut shelf = self.0.lock();
            if let Some(form) = shelf.find(&key) {
                return form;
            }
            // One whose maker is gone (a runtime that ended) will never come.
            match shelf.making.get(&key).filter(|coming| coming.has_changed().is_ok()) {
                Some(coming) => coming.clone(),
                None if shelf.making.len() >= MAKING => return None,
                None => {
                    let (done, coming) = watch::channel(None);
                    shelf.making.insert(key, coming.clone());
                    drop(tokio::spawn(self.clone().make(key, read, done)));
                    coming
                }
            }
        };
        let wait = coming.wait_for(Option::is_some);
        let form = if key.state.size() <= WAITED_FOR {
            wait.await
        } else {
            tokio::time::timeout(PATIENCE, wait).await.ok()?
        };
        form.ok()?.clone().flatten()
    }

    /// Goes on although who asked may have left, for others may wait too.
    async fn make(
        self,
        key: Key,
        read: impl FnOnce() -> io::Result<Option<Bytes>> + Send + 'static,
        done: watch::Sender<Option<Form>>,
    ) {
        let form = encoder::aside(move || read()?.map(|bytes| smaller(key.coding, &bytes)).transpose());
        let form = form.await.ok().flatten();
        let mut shelf = self.0.lock();
        shelf.making.remove(&key);
        if let Some(form) = &form {
            shelf.keep(key, form.clone());
        }
        done.send_replace(Some(form.flatten()));
    }
}

/// Compresses a file that may change unseen and so cannot be kept. The form is the one that would
/// be kept, for they share a tag.
pub(crate) async fn once(coding: Coding, bytes: Bytes) -> Option<Bytes> {
    encoder::aside(move || smaller(coding, &bytes)).await.ok().flatten()
}

/// The compressed form, if it is smaller by a twentieth at least.
fn smaller(coding: Coding, bytes: &[u8]) -> io::Result<Form> {
    let form = encoder::whole(coding, Effort::Kept, bytes)?;
    Ok((form.len() <= bytes.len() - bytes.len() / 20).then_some(form))
}

impl Shelf {
    fn find(&mut self, key: &Key) -> Option<Form> {
        self.clock += 1;
        let made = self.made.get_mut(key)?;
        made.used = self.clock;
        Some(made.form.clone())
    }

    fn keep(&mut self, key: Key, form: Form) {
        self.clock += 1;
        let size = size(&form);
        if self.bytes + size > BUDGET {
            self.shrink(BUDGET / 2);
        }
        if self.bytes + size > BUDGET {
            self.shrink(BUDGET.saturating_sub(size));
        }
        self.bytes += size;
        if let Some(old) = self.made.insert(key, Made { form, used: self.clock }) {
            self.bytes -= self::size(&old.form);
        }
    }

    /// Lets go of what was used longest ago until the rest fits.
    fn shrink(&mut self, to: usize) {
        let mut by_use: Vec<(u64, Key)> = self.made.iter().map(|(key, made)| (made.used, *key)).collect();
        by_use.sort_unstable_by_key(|(used, _)| *used);
        for (_, key) in by_use {
            if self.bytes <= to {
                return;
            }
            if let Some(made) = self.made.remove(&key) {
                self.bytes -= size(&made.form);
            }
        }
    }
}

fn size(form: &Form) -> usize {
    ENTRY + form.as_ref().map_or(0, Bytes::len)
}

#[cfg(test)]
mod tests;
