//! How an upstream is doing: whether it is passed over for now, and when its state is worth a line.

use std::time::{Duration, Instant};

/// An upstream that cannot be reached is left alone for this long, then twice as long.
const FIRST: Duration = Duration::from_secs(1);
/// But never longer.
const LONGEST: Duration = Duration::from_secs(30);

/// What is wrong with an upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Nobody listens, or nobody answers the connection.
    Unreachable,
    /// The connection cannot be secured.
    Insecure,
    /// It answered something that is no HTTP, or cut its answer off.
    Bad,
    /// It did not answer in time.
    Slow,
    /// It says so itself.
    Unwell,
}

/// How it is doing.
#[derive(Debug, Default)]
pub(super) struct Health {
    trouble: Option<Trouble>,
    failures: u32,
    /// When it is tried again.
    again: Option<Instant>,
    /// The last health check failed: until one does not, it is left alone.
    out: bool,
}

impl Health {
    /// How long it is still to be left alone.
    pub(super) fn rests(&self, now: Instant) -> Duration {
        let pause = self.again.map_or(Duration::ZERO, |again| again.saturating_duration_since(now));
        if self.out { LONGEST } else { pause }
    }

    /// Somebody tries it: others wait for what comes of that.
    pub(super) fn tried(&mut self, now: Instant) {
        if self.again.is_some() {
            self.again = Some(now + pause(self.failures));
        }
    }

    /// It failed; whether that is news.
    pub(super) fn failed(&mut self, trouble: Trouble, now: Instant) -> bool {
        if matches!(trouble, Trouble::Unreachable | Trouble::Insecure) {
            self.again = Some(now + pause(self.failures));
            self.failures = self.failures.saturating_add(1);
        }
        self.trouble.replace(trouble) != Some(trouble)
    }

    /// It answered; whether that is news. Who fails its health check is not well because it answers.
    pub(super) fn answered(&mut self) -> bool {
        !self.out && std::mem::take(self).trouble.is_some()
    }

    /// It passed its health check; whether that is news. It says nothing of what else is asked for, which may be
    /// slow or broken.
    pub(super) fn well(&mut self) -> bool {
        let there = matches!(self.trouble, Some(Trouble::Slow | Trouble::Bad)) && !self.out;
        !there && std::mem::take(self).trouble.is_some()
    }

    /// It failed its health check; whether that is news.
    pub(super) fn unwell(&mut self, trouble: Trouble) -> bool {
        self.out = true;
        self.trouble.replace(trouble) != Some(trouble)
    }
}

fn pause(failures: u32) -> Duration {
    FIRST.saturating_mul(1 << failures.min(5)).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_left_alone_for_longer_and_longer() {
        let (mut health, now) = (Health::default(), Instant::now());
        let mut pauses = Vec::new();
        for _ in 0..7 {
            health.failed(Trouble::Unreachable, now);
            pauses.push(health.rests(now).as_secs());
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(health.rests(now + LONGEST), Duration::ZERO);
        health.tried(now + LONGEST);
        assert_eq!(health.rests(now + LONGEST), LONGEST, "one tries it, the others wait");
        assert!(health.answered());
        assert_eq!(health.rests(now), Duration::ZERO);
    }

    #[test]
    fn who_fails_its_check_is_left_alone_until_it_passes() {
        let (mut health, now) = (Health::default(), Instant::now());
        assert!(health.unwell(Trouble::Unwell) && !health.unwell(Trouble::Unwell));
        assert!(!health.answered() && health.rests(now + LONGEST) > Duration::ZERO);
        assert!(health.well() && !health.well());
        assert_eq!(health.rests(now), Duration::ZERO);
        health.failed(Trouble::Unreachable, now);
        assert!(!health.unwell(Trouble::Unreachable), "the same as is known");
        health.well();
        health.failed(Trouble::Slow, now);
        assert!(!health.well() && health.answered(), "something else is slow");
    }

    #[test]
    fn only_a_change_is_news() {
        let (mut health, now) = (Health::default(), Instant::now());
        assert!(!health.answered());
        assert!(health.failed(Trouble::Slow, now) && !health.failed(Trouble::Slow, now));
        assert_eq!(health.rests(now), Duration::ZERO, "who is slow is there");
        assert!(health.failed(Trouble::Unreachable, now) && !health.failed(Trouble::Unreachable, now));
        assert!(health.answered() && !health.answered());
    }
}
