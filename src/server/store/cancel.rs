//! Uploads under way that can be cancelled from this side, by their number.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::StoreError;

/// Whether one upload has been cancelled.
#[derive(Default)]
pub(super) struct Cancel {
    cancelled: AtomicBool,
    bell: Notify,
}

impl Cancel {
    pub(super) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
        self.bell.notify_waiters();
    }

    pub(super) fn check(&self) -> Result<(), StoreError> {
        if self.cancelled.load(Ordering::Acquire) { Err(StoreError::Cancelled) } else { Ok(()) }
    }

    /// Resolves when it has been cancelled.
    pub(super) async fn wait(&self) {
        let mut bell = std::pin::pin!(self.bell.notified());
        // Before the look, so that nothing comes in between.
        bell.as_mut().enable();
        if self.check().is_ok() {
            bell.await;
        }
    }
}

/// Those under way.
#[derive(Default)]
pub(super) struct UnderWay(Mutex<HashMap<u64, Weak<Cancel>>>);

impl UnderWay {
    /// Number `id`, for as long as the result is held.
    pub(super) fn begin(&self, id: u64) -> Arc<Cancel> {
        let cancel = Arc::new(Cancel::default());
        let mut all = self.0.lock();
        if all.len() >= all.capacity() {
            all.retain(|_, cancel| cancel.strong_count() > 0);
        }
        all.insert(id, Arc::downgrade(&cancel));
        cancel
    }

    /// Whether number `id` is under way.
    pub(super) fn has(&self, id: u64) -> bool {
        self.0.lock().get(&id).is_some_and(|cancel| cancel.strong_count() > 0)
    }

    /// Number `id` has ended.
    pub(super) fn end(&self, id: u64) {
        self.0.lock().remove(&id);
    }

    /// Cancels number `id`; whether it was under way.
    pub(super) fn cancel(&self, id: u64) -> bool {
        let found = self.0.lock().get(&id).and_then(Weak::upgrade);
        found.is_some_and(|cancel| {
            let first = cancel.check().is_ok();
            cancel.cancel();
            first
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_and_who_looks_hear_of_it() {
        let under_way = UnderWay::default();
        let cancel = under_way.begin(3);
        assert!(cancel.check().is_ok() && !under_way.cancel(4) && under_way.has(3));
        let waits = tokio::spawn({
            let cancel = cancel.clone();
            async move { cancel.wait().await }
        });
        tokio::task::yield_now().await;
        assert!(under_way.cancel(3) && !under_way.cancel(3));
        waits.await.unwrap();
        cancel.wait().await;
        assert!(matches!(cancel.check(), Err(StoreError::Cancelled)));
        under_way.end(3);
        assert!(!under_way.has(3) && !under_way.cancel(3));
    }

    #[test]
    fn what_has_ended_is_forgotten() {
        let under_way = UnderWay::default();
        for id in 0..10_000 {
            drop(under_way.begin(id));
        }
        assert!(under_way.0.lock().len() < 100);
    }
}
