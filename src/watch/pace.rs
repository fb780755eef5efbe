//! How often to look, pure.

use std::time::{Duration, Instant};

/// While somebody is at work.
const BUSY: Duration = Duration::from_millis(300);
/// When nobody is: not more than one wake-up a second.
const IDLE: Duration = Duration::from_secs(1);
/// How long somebody counts as being at work after a change.
const AT_WORK: Duration = Duration::from_secs(30);
/// A look may take one part in so many of the time.
const SHARE: u32 = 50;
/// But even a large tree is looked at this often.
const SELDOM: Duration = Duration::from_secs(10);

/// How often to look.
#[derive(Debug, Default)]
pub(super) struct Pace {
    worked: Option<Instant>,
}

impl Pace {
    /// How long to wait after a look that took `cost` and found a change or not.
    pub(super) fn next(&mut self, now: Instant, cost: Duration, changed: bool) -> Duration {
        if changed {
            self.worked = Some(now);
        }
        let busy = self.worked.is_some_and(|worked| now.duration_since(worked) < AT_WORK);
        let base = if busy { BUSY } else { IDLE };
        base.max(cost.saturating_mul(SHARE).min(SELDOM))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quick_when_busy_slow_when_idle_slower_when_dear() {
        let start = Instant::now();
        let (little, much) = (Duration::from_millis(1), Duration::from_millis(100));
        let mut pace = Pace::default();
        assert_eq!(pace.next(start, little, false), IDLE);
        assert_eq!(pace.next(start, little, true), BUSY);
        assert_eq!(pace.next(start + AT_WORK / 2, little, false), BUSY);
        assert_eq!(pace.next(start + AT_WORK, little, false), IDLE);
        assert_eq!(pace.next(start, much, true), Duration::from_secs(5));
        assert_eq!(pace.next(start, Duration::from_secs(9), true), SELDOM);
    }
}
