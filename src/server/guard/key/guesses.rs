//! How often the PIN may be guessed: one count for all addresses together, because an attacker on
//! a LAN has as many of them as it likes.
//!
//! Pure: what time it is, is said.

use std::time::{Duration, Instant};

/// Wrong guesses that are free.
const FREE: u32 = 5;
/// The pause after the last free one; it doubles with each wrong guess after that,
const PAUSE: Duration = Duration::from_secs(60);
/// up to this.
const LONGEST: Duration = Duration::from_secs(60 * 60);
/// After so much time one wrong guess is forgiven: an attacker has no more than some dozen a day.
const FORGIVEN: Duration = Duration::from_secs(60 * 60);
/// Wrong guesses that are counted; more make no pause longer.
const COUNTED: u32 = FREE + 7;

/// The wrong guesses so far.
#[derive(Debug, Default)]
pub(super) struct Guesses {
    wrong: u32,
    /// When the last one was wrong, or forgiven.
    since: Option<Instant>,
    closed_until: Option<Instant>,
    told: bool,
}

impl Guesses {
    /// How long no guess is looked at; `None` when the next one is.
    pub(super) fn pause(&mut self, now: Instant) -> Option<Duration> {
        self.forgive(now);
        let left = self.closed_until?.saturating_duration_since(now);
        if left.is_zero() {
            self.closed_until = None;
            return None;
        }
        Some(left)
    }

    /// One was wrong. The pause that follows, if one does.
    pub(super) fn wrong(&mut self, now: Instant) -> Option<Duration> {
        self.forgive(now);
        self.wrong = (self.wrong + 1).min(COUNTED);
        self.since = Some(now);
        let beyond = self.wrong.checked_sub(FREE)?;
        let pause = PAUSE.saturating_mul(1 << beyond).min(LONGEST);
        self.closed_until = now.checked_add(pause);
        Some(pause)
    }

    /// Whether somebody is to be told of the pause: once, until all is forgiven.
    pub(super) fn tell(&mut self) -> bool {
        !std::mem::replace(&mut self.told, true)
    }

    fn forgive(&mut self, now: Instant) {
        let Some(since) = self.since else { return };
        let hours = now.saturating_duration_since(since).as_secs() / FORGIVEN.as_secs();
        let hours = u32::try_from(hours).unwrap_or(u32::MAX);
        if hours == 0 {
            return;
        }
        self.wrong = self.wrong.saturating_sub(hours);
        if self.wrong == 0 {
            *self = Self::default();
        } else {
            self.since = since.checked_add(FORGIVEN.saturating_mul(hours));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_are_free_then_it_gets_ever_slower() {
        let mut guesses = Guesses::default();
        let mut now = Instant::now();
        for _ in 0..4 {
            assert_eq!((guesses.pause(now), guesses.wrong(now)), (None, None));
        }
        let mut pauses = Vec::new();
        for _ in 0..9 {
            assert_eq!(guesses.pause(now), None);
            let pause = guesses.wrong(now).unwrap();
            assert_eq!(guesses.pause(now), Some(pause));
            assert_eq!(guesses.pause(now + pause / 2), Some(pause / 2));
            pauses.push(pause.as_secs() / 60);
            now += pause;
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    }

    #[test]
    fn a_patient_attacker_has_some_dozen_a_day() {
        let mut guesses = Guesses::default();
        let start = Instant::now();
        let mut now = start;
        let mut tried = 0;
        while now < start + Duration::from_secs(86_400) {
            if let Some(pause) = guesses.pause(now) {
                now += pause;
            } else {
                guesses.wrong(now);
                tried += 1;
                now += Duration::from_secs(1);
            }
        }
        assert!((20..=60).contains(&tried), "{tried}");
    }

    #[test]
    fn one_is_forgiven_an_hour() {
        let mut guesses = Guesses::default();
        let start = Instant::now();
        for _ in 0..5 {
            guesses.wrong(start);
        }
        assert!(guesses.tell() && !guesses.tell());
        let hours = |n: u32| start + FORGIVEN * n;
        assert_eq!((guesses.pause(hours(1)), guesses.wrong), (None, 4));
        assert_eq!((guesses.pause(hours(2) + PAUSE), guesses.wrong), (None, 3));
        assert_eq!((guesses.pause(hours(3)), guesses.wrong), (None, 2), "hours are not lost by looking");
        assert!(!guesses.tell());
        assert_eq!((guesses.pause(hours(5)), guesses.wrong), (None, 0));
        assert!(guesses.tell(), "a new attack is told of again");
    }
}
