//! When a file has been quiet long enough to be read.

use std::time::{Duration, Instant};

/// After the last sign of a file with something in it.
const QUIET: Duration = Duration::from_millis(50);
/// After the last sign of an empty one: editors truncate first and write later.
const QUIET_EMPTY: Duration = Duration::from_millis(500);

/// Says when a file has been quiet long enough to be read.
#[derive(Debug, Default)]
pub struct Quiet {
    due: Option<Instant>,
}

impl Quiet {
    /// The file changed; wait anew.
    pub fn seen(&mut self, now: Instant, is_empty: bool) {
        self.due = Some(now + if is_empty { QUIET_EMPTY } else { QUIET });
    }

    /// When it will have been quiet; `None` when nothing changed.
    pub fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Whether it is time to read it; true once for each change.
    pub fn take(&mut self, now: Instant) -> bool {
        self.due.take_if(|due| *due <= now).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_for_quiet_and_longer_for_the_empty() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut quiet = Quiet::default();
        assert_eq!(quiet.due(), None);
        quiet.seen(start, true);
        assert_eq!(quiet.due(), Some(at(500)));
        quiet.seen(at(10), false);
        assert_eq!(quiet.due(), Some(at(60)));
        assert!(!quiet.take(at(59)));
        assert!(quiet.take(at(60)));
        assert!(!quiet.take(at(61)));
    }
}
