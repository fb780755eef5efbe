//! From the thread that hears events to the task that handles them: merged by path, bounded.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::scope::Scope;
use super::sign::{Sign, Signs};
use super::skip;
use super::trouble::Trouble;

/// Paths that wait at once; more, and everything counts as changed.
pub(super) const LIMIT: usize = 4096;

/// What has been heard and not yet handled.
#[derive(Default)]
pub(super) struct Inbox {
    pending: Mutex<Pending>,
    bell: Notify,
}

#[derive(Default)]
struct Pending {
    scope: Arc<Scope>,
    canaries: HashSet<PathBuf>,
    delivery: Delivery,
}

/// What has come since the last look.
#[derive(Debug, Default)]
pub(super) struct Delivery {
    /// What happened to which path.
    pub changes: HashMap<PathBuf, Signs>,
    /// Events were lost: anything may have changed.
    pub flood: bool,
    /// The backend is broken.
    pub trouble: Option<Trouble>,
    /// The last canary has been heard.
    pub proved: bool,
}

impl Inbox {
    /// Lets only what is part of `scope` in from now on.
    pub(super) fn narrow(&self, scope: Arc<Scope>) {
        self.pending.lock().scope = scope;
    }

    /// A file that will come and go as a proof.
    pub(super) fn expect(&self, canary: PathBuf) {
        self.pending.lock().canaries.insert(canary);
    }

    /// It will not come after all.
    pub(super) fn forget(&self, canary: &Path) {
        self.pending.lock().canaries.remove(canary);
    }

    /// A canary that has not been heard.
    pub(super) fn unheard(&self) -> Option<PathBuf> {
        self.pending.lock().canaries.iter().next().cloned()
    }

    /// Something happened to `path`. Never waits.
    pub(super) fn offer(&self, path: &Path, sign: Sign) {
        let mut pending = self.pending.lock();
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        if name.starts_with(skip::CANARY.as_bytes()) {
            if !pending.canaries.remove(path) || !pending.canaries.is_empty() {
                return;
            }
            pending.delivery.proved = true;
        } else {
            let path = pending.scope.given(path);
            if !pending.scope.wants(&path) && !pending.scope.leads(&path) {
                return;
            }
            let changes = &mut pending.delivery.changes;
            if changes.len() >= LIMIT && !changes.contains_key(&path) {
                changes.clear();
                pending.delivery.flood = true;
            } else {
                changes.entry(path).or_default().add(sign);
            }
        }
        drop(pending);
        self.bell.notify_one();
    }

    /// Events were lost.
    pub(super) fn flood(&self) {
        self.pending.lock().delivery.flood = true;
        self.bell.notify_one();
    }

    /// The backend is broken.
    pub(super) fn fail(&self, trouble: Trouble) {
        self.pending.lock().delivery.trouble = Some(trouble);
        self.bell.notify_one();
    }

    /// Waits for something and takes it. Cancel safe.
    pub(super) async fn take(&self) -> Delivery {
        loop {
            let rung = self.bell.notified();
            let delivery = std::mem::take(&mut self.pending.lock().delivery);
            if !delivery.changes.is_empty() || delivery.flood || delivery.trouble.is_some() || delivery.proved {
                return delivery;
            }
            rung.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::WatchSet;
    use super::*;

    fn inbox() -> Inbox {
        let inbox = Inbox::default();
        inbox.narrow(Arc::new(Scope::new(WatchSet { folders: vec!["/s".into()], ..WatchSet::default() })));
        inbox
    }

    #[tokio::test]
    async fn merges_what_happens_to_one_path() {
        let inbox = inbox();
        inbox.offer(Path::new("/s/a"), Sign::Written);
        inbox.offer(Path::new("/s/a"), Sign::Whole);
        inbox.offer(Path::new("/elsewhere"), Sign::Whole);
        let delivery = inbox.take().await;
        assert_eq!(delivery.changes.into_iter().collect::<Vec<_>>(), [(PathBuf::from("/s/a"), Signs::default())]);
    }

    #[tokio::test]
    async fn too_much_is_a_flood() {
        let inbox = inbox();
        for i in 0..=LIMIT {
            inbox.offer(Path::new(&format!("/s/{i}")), Sign::Whole);
        }
        let delivery = inbox.take().await;
        assert!(delivery.flood && delivery.changes.is_empty());
    }

    #[tokio::test]
    async fn a_canary_is_a_proof_and_no_change() {
        let inbox = inbox();
        let path = PathBuf::from("/s/.stan-canary-1-0");
        inbox.expect(path.clone());
        inbox.offer(Path::new("/s/.stan-canary-2-0"), Sign::Created);
        assert_eq!(inbox.unheard(), Some(path.clone()));
        inbox.offer(&path, Sign::Created);
        inbox.offer(&path, Sign::Removed);
        let delivery = inbox.take().await;
        assert!(delivery.proved && delivery.changes.is_empty());
        assert_eq!(inbox.unheard(), None);
    }
}
