//! Requests a second, now and over the last seconds.

use std::time::{Duration, Instant};

/// Seconds that are remembered.
const SECONDS: usize = 16;

/// Counts of the last seconds. Time is told, never asked.
#[derive(Debug, Clone, Default)]
pub struct Rate {
    /// When the first second began.
    epoch: Option<Instant>,
    /// Which second is running.
    second: u64,
    /// Counts, the running second last.
    counts: [u32; SECONDS],
}

impl Rate {
    /// Counts `n` more.
    pub fn add(&mut self, n: u32, now: Instant) {
        if n == 0 {
            return;
        }
        self.advance(now);
        let running = &mut self.counts[SECONDS - 1];
        *running = running.saturating_add(n);
    }

    /// Lets time pass.
    pub fn advance(&mut self, now: Instant) {
        let epoch = *self.epoch.get_or_insert(now);
        let second = now.saturating_duration_since(epoch).as_secs();
        let passed = usize::try_from(second.saturating_sub(self.second)).unwrap_or(SECONDS).min(SECONDS);
        self.counts.rotate_left(passed);
        self.counts[SECONDS - passed..].fill(0);
        self.second = self.second.max(second);
    }

    /// Requests in the last whole second, or in the running one when that is the first.
    pub fn per_second(&self) -> u32 {
        match self.counts {
            [.., 0, running] => running,
            [.., last, _] => last,
        }
    }

    /// The last `n` whole seconds as heights from 0 to `top`, oldest first; whatever is not
    /// nothing is at least 1.
    pub fn heights(&self, n: usize, top: u32) -> impl Iterator<Item = u32> {
        let whole = &self.counts[..SECONDS - 1];
        let most = u64::from(whole.iter().copied().max().unwrap_or(0).max(1));
        let recent = &whole[whole.len().saturating_sub(n)..];
        recent.iter().map(move |count| (u64::from(*count) * u64::from(top)).div_ceil(most) as u32)
    }

    /// When the picture changes by itself; `None` when only zeros are left.
    pub fn next_change(&self) -> Option<Instant> {
        let epoch = self.epoch.filter(|_| self.counts.iter().any(|count| *count > 0))?;
        Some(epoch + Duration::from_secs(self.second + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(start: Instant, seconds: f64) -> Instant {
        start + Duration::from_secs_f64(seconds)
    }

    #[test]
    fn counts_the_last_whole_second() {
        let (mut rate, start) = (Rate::default(), Instant::now());
        rate.add(3, start);
        assert_eq!(rate.per_second(), 3);
        rate.add(2, after(start, 0.9));
        rate.add(1, after(start, 1.1));
        assert_eq!(rate.per_second(), 5);
        rate.advance(after(start, 2.5));
        assert_eq!(rate.per_second(), 1);
    }

    #[test]
    fn falls_to_nothing_and_then_asks_for_no_more_ticks() {
        let (mut rate, start) = (Rate::default(), Instant::now());
        assert_eq!(rate.next_change(), None);
        rate.add(3, start);
        assert_eq!(rate.next_change(), Some(after(start, 1.0)));
        rate.advance(after(start, 15.5));
        assert!(rate.next_change().is_some());
        rate.advance(after(start, 16.5));
        assert_eq!((rate.next_change(), rate.per_second()), (None, 0));
    }

    #[test]
    fn a_long_gap_clears_all() {
        let (mut rate, start) = (Rate::default(), Instant::now());
        rate.add(3, start);
        rate.add(1, after(start, 100_000.0));
        assert_eq!(rate.counts, {
            let mut counts = [0; SECONDS];
            counts[SECONDS - 1] = 1;
            counts
        });
    }

    #[test]
    fn heights_are_relative_and_never_hide_a_request() {
        let (mut rate, start) = (Rate::default(), Instant::now());
        rate.add(1, start);
        rate.add(1000, after(start, 1.0));
        rate.advance(after(start, 2.0));
        assert_eq!(rate.heights(3, 8).collect::<Vec<_>>(), [0, 1, 8]);
    }

    #[test]
    fn a_clock_that_stands_does_no_harm() {
        let (mut rate, start) = (Rate::default(), Instant::now());
        rate.add(u32::MAX, after(start, 5.0));
        rate.add(u32::MAX, start);
        assert_eq!(rate.per_second(), u32::MAX);
    }
}
