//! Unfinished uploads over time: taken up from an earlier run, made room for, let go when nobody comes back.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::held::Held;
use super::{Standing, Store, StoreError, part, record};
use crate::config;

/// How often it is looked whether unfinished uploads have been left alone for too long.
const LOOK: Duration = Duration::from_secs(60);
/// An unfinished upload that nobody has touched for so long may go when there are too many.
const LEFT: Duration = Duration::from_secs(600);

impl Store {
    /// Takes up what an earlier run left in the folders: what may be resumed waits for its rest, the rest
    /// is removed. Blocks.
    pub fn recover(self: &Arc<Self>, dirs: &[PathBuf], settings: &config::Upload) {
        for dir in dirs {
            for (token, record, idle) in record::all(dir) {
                if self.held.get(&token).is_none()
                    && let Some(held) = Held::recover(self, dir, token, record, idle, settings)
                {
                    self.held.add(&held);
                }
            }
        }
        if !self.held.is_empty() {
            self.look();
        }
    }

    /// Removes the part files in `dir` that a crashed run left behind and that nobody can resume; how many
    /// those were. Those of a live upload, also of another process, are locked and stay.
    pub fn sweep(dir: &Path) -> usize {
        part::sweep(dir)
    }

    /// Sees to it that what has been left alone for too long goes.
    pub(super) fn look(self: &Arc<Self>) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if self.looks.swap(true, Ordering::AcqRel) {
            return;
        }
        let store = self.clone();
        runtime.spawn(async move {
            loop {
                store.expire().await;
                if store.held.is_empty() {
                    store.looks.store(false, Ordering::Release);
                    return;
                }
                tokio::time::sleep(LOOK).await;
            }
        });
    }

    /// Removes what has been left alone for too long.
    pub(super) async fn expire(&self) {
        for held in self.held.expired(|held| held.settings.keep) {
            if !matches!(held.standing(), Standing::Open { .. }) {
                self.held.remove(held.token());
                continue;
            }
            let keep = crate::text::duration(held.settings.keep);
            held.void(format!("nobody went on with it for {keep} (upload.keep)")).await;
        }
    }

    /// A place among at most `most` unfinished ones: what has been left alone for longest goes.
    pub(super) async fn make_room(self: &Arc<Self>, most: usize) -> Result<Creating<'_>, StoreError> {
        let creating = Creating::new(self);
        let open = self.held.list(|held| matches!(held.standing(), Standing::Open { .. }));
        if open.len() + self.creating.load(Ordering::Acquire) <= most.max(1) {
            return Ok(creating);
        }
        match open.into_iter().max_by_key(|held| held.idle()).filter(|held| held.idle() > LEFT) {
            Some(left) => left.void("left alone, and too many are under way".to_owned()).await,
            None => return Err(StoreError::Busy { open: most }),
        }
        Ok(creating)
    }
}

/// One that is being created, and not listed yet.
pub(super) struct Creating<'a>(&'a Store);

impl<'a> Creating<'a> {
    fn new(store: &'a Store) -> Self {
        store.creating.fetch_add(1, Ordering::AcqRel);
        Self(store)
    }
}

impl Drop for Creating<'_> {
    fn drop(&mut self) {
        self.0.creating.fetch_sub(1, Ordering::AcqRel);
    }
}
