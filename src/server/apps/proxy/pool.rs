//! Connections that wait for another request: a few for each upstream, the newest first, none for long.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// Connections that wait at once.
const MOST: usize = 64;
/// How long one waits. Many servers close theirs sooner, which shows when it is taken.
const WAIT: Duration = Duration::from_secs(30);

/// Connections to one upstream that nobody uses.
pub(super) struct Pool<T>(Mutex<Inner<T>>);

struct Inner<T> {
    /// The oldest first, with the time since when they wait.
    waiting: Vec<(Instant, T)>,
    /// Somebody closes those that have waited long enough.
    watched: bool,
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self(Mutex::new(Inner { waiting: Vec::new(), watched: false }))
    }
}

impl<T: Send + 'static> Pool<T> {
    /// The one that has waited least.
    pub(super) fn take(&self) -> Option<T> {
        self.0.lock().waiting.pop().map(|(_, connection)| connection)
    }

    /// Keeps one; the oldest goes where there are too many.
    pub(super) fn keep(self: &Arc<Self>, connection: T) {
        // Outside of a runtime nobody could close it.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let mut inner = self.0.lock();
        let oldest = (inner.waiting.len() >= MOST).then(|| inner.waiting.remove(0));
        inner.waiting.push((Instant::now(), connection));
        if !std::mem::replace(&mut inner.watched, true) {
            runtime.spawn(close_old(Arc::downgrade(self)));
        }
        drop(inner);
        drop(oldest);
    }

    /// Takes out those that have waited since before `then`; when the next will have, if there is one.
    fn expire(&self, now: Instant) -> (Vec<(Instant, T)>, Option<Instant>) {
        let mut inner = self.0.lock();
        let old = inner.waiting.iter().take_while(|(since, _)| now.saturating_duration_since(*since) >= WAIT).count();
        let old = inner.waiting.drain(..old).collect();
        let next = inner.waiting.first().map(|(since, _)| *since + WAIT);
        inner.watched = next.is_some();
        (old, next)
    }
}

/// Closes connections that have waited long enough, until there are none.
async fn close_old<T: Send + 'static>(pool: Weak<Pool<T>>) {
    let mut next = Instant::now() + WAIT;
    loop {
        tokio::time::sleep_until(next.into()).await;
        let Some(pool) = pool.upgrade() else { return };
        let (_old, then) = pool.expire(Instant::now());
        match then {
            // Those that are due within a second go together.
            Some(then) => next = then.max(Instant::now() + Duration::from_secs(1)),
            None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_newest_first_and_not_too_many() {
        let pool = Arc::new(Pool::default());
        for n in 0..MOST + 5 {
            pool.keep(n);
        }
        assert_eq!(pool.take(), Some(MOST + 4));
        let mut left: Vec<usize> = std::iter::from_fn(|| pool.take()).collect();
        left.reverse();
        assert_eq!((left.len(), left[0]), (MOST - 1, 5));
    }

    #[tokio::test]
    async fn none_waits_for_long() {
        let pool = Arc::new(Pool::default());
        pool.keep(1);
        let now = Instant::now();
        assert!(pool.expire(now).0.is_empty());
        assert!(pool.0.lock().watched);
        let (old, next) = pool.expire(now + WAIT);
        assert_eq!((old.len(), next), (1, None));
        assert!(!pool.0.lock().watched && pool.take().is_none());
    }
}
