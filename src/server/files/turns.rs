//! What answers about folders may take all together: they look at many files for one request.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Requests that may wait for their turn. With more, a newcomer would wait for longer than anybody
/// does, and is told so instead.
const WAITING: usize = 64;

/// The bounds of a mount.
#[derive(Debug, Clone)]
pub(super) struct Turns {
    /// Kibibytes of memory for what is being sent.
    pub(super) memory: Arc<Semaphore>,
    listings: Queue,
    archives: Queue,
}

#[derive(Debug, Clone)]
struct Queue {
    turns: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
}

impl Default for Turns {
    fn default() -> Self {
        Self { memory: Arc::new(Semaphore::new(256 << 10)), listings: Queue::new(4), archives: Queue::new(2) }
    }
}

impl Turns {
    /// Waits for a turn to make a listing, or an archive, which takes longer. `None` where too many
    /// wait already.
    pub(super) async fn take(&self, archive: bool) -> Option<OwnedSemaphorePermit> {
        let queue = if archive { &self.archives } else { &self.listings };
        queue.take().await
    }
}

impl Queue {
    /// `turns` at once.
    fn new(turns: usize) -> Self {
        Self { turns: Arc::new(Semaphore::new(turns)), waiting: Arc::default() }
    }

    async fn take(&self) -> Option<OwnedSemaphorePermit> {
        if self.waiting.load(Relaxed) >= WAITING {
            return None;
        }
        let _waits = Waits::new(self.waiting.clone());
        self.turns.clone().acquire_owned().await.ok()
    }
}

/// Counts who waits, also one who leaves.
struct Waits(Arc<AtomicUsize>);

impl Waits {
    fn new(count: Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Relaxed);
        Self(count)
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_so_many_wait_and_who_leaves_makes_room() {
        let queue = Queue::new(1);
        let held = queue.take().await.unwrap();
        let mut waiting: Vec<_> = (0..WAITING).map(|_| Box::pin(queue.take())).collect();
        for one in &mut waiting {
            assert!(futures_util::poll!(one).is_pending());
        }
        assert!(queue.take().await.is_none());
        waiting.pop();
        let mut next = Box::pin(queue.take());
        assert!(futures_util::poll!(&mut next).is_pending());
        drop(held);
        assert!(waiting.remove(0).await.is_some());
    }
}
