//! How many scripts run at once, whatever their route; others wait for their turn.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::trouble::Trouble;

/// Scripts at once.
const AT_ONCE: usize = 32;
/// Requests that wait for one to end.
const WAITING: usize = 256;

/// The turns of all scripts.
pub(crate) struct Turns {
    running: Arc<Semaphore>,
    waiting: Semaphore,
}

/// A script may run for as long as this lives.
pub(super) type Turn = OwnedSemaphorePermit;

impl Default for Turns {
    fn default() -> Self {
        Self::new(AT_ONCE, WAITING)
    }
}

impl Turns {
    fn new(at_once: usize, waiting: usize) -> Self {
        Self { running: Arc::new(Semaphore::new(at_once)), waiting: Semaphore::new(waiting) }
    }

    /// A turn, after those who came before.
    pub(super) async fn take(&self, patience: Duration) -> Result<Turn, Trouble> {
        if let Ok(turn) = self.running.clone().try_acquire_owned() {
            return Ok(turn);
        }
        let _place = self.waiting.try_acquire().map_err(|_| Trouble::busy())?;
        match timeout(patience, self.running.clone().acquire_owned()).await {
            Ok(Ok(turn)) => Ok(turn),
            _ => Err(Trouble::busy()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::task::Poll;

    use super::*;

    #[tokio::test]
    async fn one_after_the_other_and_not_too_many() {
        let turns = Turns::new(1, 1);
        let hour = Duration::from_secs(3600);
        let first = turns.take(hour).await.unwrap();
        let mut second = pin!(turns.take(hour));
        assert!(poll_fn(|cx| Poll::Ready(second.as_mut().poll(cx))).await.is_pending());
        assert_eq!(turns.take(hour).await.unwrap_err().status, 503);
        drop(first);
        assert!(second.await.is_ok());
    }

    #[tokio::test]
    async fn nobody_waits_for_ever() {
        let turns = Turns::new(1, 1);
        let _first = turns.take(Duration::ZERO).await.unwrap();
        assert_eq!(turns.take(Duration::from_millis(1)).await.unwrap_err().status, 503);
    }
}
