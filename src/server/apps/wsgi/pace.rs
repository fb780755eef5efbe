//! How quickly a worker answers: from it follows how many requests it may be given ahead, whether
//! it is worth waking another for them, and when it seems to stand still.
//!
//! A quick app is given many at once, which then cost neither of the two a wake-up each. A slow
//! one is given no more than it has threads, so that none waits behind another.

use std::time::Duration;

use tokio::time::Instant;

/// A worker is given as many requests ahead as it answers within this.
const AHEAD: Duration = Duration::from_millis(2);
/// And never more than these.
const MOST_AHEAD: usize = 32;
/// No other worker is woken for what this one will have done by then.
const SOON: Duration = Duration::from_micros(100);
/// Having answered nothing for so long it stands still, at first; then twice as long each time.
const STILL: Duration = Duration::from_millis(2);
const STILL_AT_MOST: Duration = Duration::from_secs(1);
/// What an answer takes, as long as nothing is known.
const AT_FIRST: Duration = Duration::from_millis(3);

#[derive(Debug)]
pub(super) struct Pace {
    /// Between two answers, on average.
    gap: Duration,
    /// When it last answered, or got something to do.
    since: Instant,
    patience: Duration,
    due: Option<Instant>,
}

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        Self { gap: AT_FIRST, since: now, patience: STILL, due: None }
    }

    /// It got a request more than those that it had.
    pub(super) fn asked(&mut self, now: Instant, before: usize) {
        if before == 0 {
            self.since = now;
            self.patience = STILL;
        } else {
            let soon = now + STILL;
            self.due = Some(self.due.map_or(soon, |due| due.min(soon)));
        }
    }

    /// It has answered `count`, and has `left` still to do.
    pub(super) fn answered(&mut self, now: Instant, count: usize, left: usize) {
        let each = now.duration_since(self.since) / u32::try_from(count.max(1)).unwrap_or(u32::MAX);
        self.gap = (self.gap * 7 + each) / 8;
        self.since = now;
        self.patience = STILL;
        // One alone has nothing that waits behind it.
        self.due = (left > 1).then(|| now + STILL);
    }

    /// When it has to have answered, not to seem to stand still.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Whether it stands still; the next time it has twice as long.
    pub(super) fn stands_still(&mut self, now: Instant) -> bool {
        let still = self.due.is_some_and(|due| due <= now);
        if still {
            self.patience = (self.patience * 2).min(STILL_AT_MOST);
            self.due = Some(now + self.patience);
        }
        still
    }

    /// When it last answered, or got something to do.
    pub(super) fn since(&self) -> Instant {
        self.since
    }

    /// What an answer takes, as it seems now: one that is not there yet takes at least as long as it has.
    fn each(&self, now: Instant, load: usize) -> Duration {
        if load == 0 { self.gap } else { self.gap.max(now.duration_since(self.since)) }
    }

    /// How many requests it may have beyond one for each of its threads.
    pub(super) fn ahead(&self, now: Instant, load: usize) -> usize {
        let fit = AHEAD.as_nanos() / self.each(now, load).as_nanos().max(1);
        usize::try_from(fit).unwrap_or(MOST_AHEAD).min(MOST_AHEAD)
    }

    /// Whether it has `load` requests done so soon that another worker would not be sooner.
    pub(super) fn soon(&self, now: Instant, load: usize) -> bool {
        load == 0 || self.each(now, load) * u32::try_from(load).unwrap_or(u32::MAX) < SOON
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_quick_worker_gets_more_ahead() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        assert_eq!(pace.ahead(start, 0), 0);
        for n in 0..100 {
            pace.answered(start + n * MS / 20, 10, 10);
        }
        let now = start + 99 * MS / 20;
        assert_eq!(pace.ahead(now, 10), MOST_AHEAD);
        assert!(pace.soon(now, 10) && !pace.soon(now, 40));
        assert!(pace.ahead(now + 3 * MS, 1) == 0 && !pace.soon(now + 3 * MS, 1), "while it stands still");
        for n in 0..100 {
            pace.answered(start + 5 * MS + n * 10 * MS, 1, 1);
        }
        let now = start + 995 * MS;
        assert_eq!((pace.ahead(now, 0), pace.soon(now, 0), pace.soon(now, 1)), (0, true, false));
    }

    #[test]
    fn one_that_stands_still_is_called_ever_more_seldom() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        pace.asked(start, 0);
        assert_eq!(pace.due(), None, "one alone may take its time");
        pace.asked(start + MS, 1);
        assert_eq!(pace.due(), Some(start + 3 * MS));
        assert!(!pace.stands_still(start + 2 * MS));
        assert!(pace.stands_still(start + 3 * MS));
        assert_eq!(pace.due(), Some(start + 7 * MS));
        pace.asked(start + 4 * MS, 2);
        assert_eq!(pace.due(), Some(start + 6 * MS), "what is new counts anew");
        pace.answered(start + 5 * MS, 1, 2);
        assert_eq!(pace.due(), Some(start + 7 * MS));
        pace.answered(start + 6 * MS, 1, 1);
        assert_eq!(pace.due(), None);
    }
}
