//! The resumable uploads of a store by their tokens.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use super::held::{Held, Standing};

/// Ended ones that are remembered, for senders that did not hear of it.
const ENDED: usize = 1024;

/// Resumable uploads, unfinished ones and the latest that were finished, or cancelled on this side.
#[derive(Default)]
pub(super) struct Registry(Mutex<HashMap<String, Arc<Held>>>);

impl Registry {
    pub(super) fn add(&self, held: &Arc<Held>) {
        let mut all = self.0.lock();
        if all.len() >= ENDED {
            let ended = all.values().filter(|held| !matches!(held.standing(), Standing::Open { .. }));
            let oldest = ended.max_by_key(|held| held.idle()).map(|held| held.token().to_owned());
            oldest.and_then(|oldest| all.remove(&oldest));
        }
        all.insert(held.token().to_owned(), held.clone());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.lock().is_empty()
    }

    pub(super) fn get(&self, token: &str) -> Option<Arc<Held>> {
        self.0.lock().get(token).cloned()
    }

    pub(super) fn remove(&self, token: &str) {
        self.0.lock().remove(token);
    }

    /// All of them for which `wanted` says so.
    pub(super) fn list(&self, wanted: impl Fn(&Held) -> bool) -> Vec<Arc<Held>> {
        self.0.lock().values().filter(|held| wanted(held)).cloned().collect()
    }

    /// Those that have been left alone for longer than they are kept; `kept` as each says.
    pub(super) fn expired(&self, kept: impl Fn(&Held) -> Duration) -> Vec<Arc<Held>> {
        self.list(|held| held.idle() > kept(held))
    }
}
