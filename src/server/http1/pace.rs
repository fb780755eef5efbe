//! Whether the other side moves: a body that trickles, or an answer that nobody reads, must not
//! hold a connection for ever.

use std::time::{Duration, Instant};

/// What a byte that moves makes good of the time that was spent waiting: whoever moves fewer than
/// four bytes a second is standing still in the end.
const CREDIT: Duration = Duration::from_millis(250);

/// One direction of a connection. Only the time in which we wait for the other side counts.
#[derive(Debug, Default)]
pub(super) struct Pace {
    waiting: Option<Instant>,
    waited: Duration,
}

impl Pace {
    /// Nothing could be moved just now.
    pub(super) fn waits(&mut self) {
        if self.waiting.is_none() {
            self.waiting = Some(Instant::now());
        }
    }

    /// `bytes` have moved.
    pub(super) fn moved(&mut self, bytes: usize) {
        let Some(since) = self.waiting.take() else { return };
        let credit = CREDIT.saturating_mul(u32::try_from(bytes).unwrap_or(u32::MAX));
        self.waited = (self.waited + since.elapsed()).saturating_sub(credit);
    }

    /// Nobody waits any more.
    pub(super) fn rest(&mut self) {
        *self = Self::default();
    }

    /// When it will have taken too long, if it goes on like this; `None` while nobody waits.
    pub(super) fn due(&self, limit: Duration) -> Option<Instant> {
        Some(self.waiting? + limit.saturating_sub(self.waited))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);

    #[test]
    fn only_waiting_counts() {
        let mut pace = Pace::default();
        assert_eq!(pace.due(LIMIT), None);
        pace.waits();
        let due = pace.due(LIMIT).unwrap();
        assert!(due > Instant::now() + Duration::from_secs(9));
        pace.waits();
        assert_eq!(pace.due(LIMIT), Some(due));
        pace.moved(1000);
        assert_eq!(pace.due(LIMIT), None);
        assert_eq!(pace.waited, Duration::ZERO);
    }

    #[test]
    fn a_trickle_gains_little_time() {
        let mut pace = Pace { waiting: Some(Instant::now()), waited: Duration::from_secs(9) };
        pace.moved(1);
        assert!(pace.waited >= Duration::from_millis(8750));
        pace.waits();
        assert!(pace.due(LIMIT).unwrap() <= Instant::now() + Duration::from_millis(1250));
        pace.rest();
        assert_eq!(pace.due(LIMIT), None);
    }
}
