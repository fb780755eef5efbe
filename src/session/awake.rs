//! Notices that the device slept: wall time went on while the clock of timers stood still.

use std::time::{Duration, Instant, SystemTime};

/// How often it looks. Seldom: an idle server is to let the device sleep.
const EVERY: Duration = Duration::from_secs(10);
/// A gap shorter than this is a busy machine or a corrected clock.
const GAP: Duration = Duration::from_secs(5);

/// The next of the moments that lie `every` apart from the beginning on: timers that agree on
/// these wake the machine once for all of them.
pub(super) fn beat(began: Instant, every: Duration, now: Instant) -> Instant {
    let passed = now.saturating_duration_since(began).as_millis();
    let beats = passed / every.as_millis().max(1) + 1;
    began + every * u32::try_from(beats).unwrap_or(u32::MAX)
}

pub(super) struct Awake {
    began: Instant,
    wall: SystemTime,
    clock: Instant,
    next: Instant,
}

impl Awake {
    pub(super) fn new(began: Instant) -> Self {
        let clock = Instant::now();
        Self { began, wall: SystemTime::now(), clock, next: beat(began, EVERY, clock) }
    }

    /// Resolves with the time slept, once the device has. Cancel safe.
    pub(super) async fn gap(&mut self) -> Duration {
        loop {
            tokio::time::sleep_until(self.next.into()).await;
            let slept = self.look(SystemTime::now(), Instant::now());
            if slept > GAP {
                return slept;
            }
        }
    }

    fn look(&mut self, wall: SystemTime, clock: Instant) -> Duration {
        let by_wall = wall.duration_since(self.wall).unwrap_or_default();
        let slept = by_wall.saturating_sub(clock.saturating_duration_since(self.clock));
        (self.wall, self.clock, self.next) = (wall, clock, beat(self.began, EVERY, clock));
        slept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_wall_time_without_clock_time() {
        let mut awake = Awake::new(Instant::now());
        let (wall, clock) = (awake.wall, awake.clock);
        assert_eq!(awake.look(wall + EVERY, clock + EVERY), Duration::ZERO);
        let hour = Duration::from_secs(3600);
        assert_eq!(awake.look(wall + EVERY + EVERY + hour, clock + EVERY + EVERY), hour);
    }

    #[test]
    fn moments_that_agree() {
        let (began, second) = (Instant::now(), Duration::from_secs(1));
        for (passed, five, ten) in [(0, 5, 10), (4, 5, 10), (5, 10, 10), (9, 10, 10), (3601, 3605, 3610)] {
            let now = began + passed * second;
            assert_eq!(beat(began, 5 * second, now), began + five * second, "{passed}");
            assert_eq!(beat(began, 10 * second, now), began + ten * second, "{passed}");
        }
    }

    #[test]
    fn a_clock_set_back_is_none() {
        let mut awake = Awake::new(Instant::now());
        let (wall, clock) = (awake.wall, awake.clock);
        assert_eq!(awake.look(wall - Duration::from_secs(3600), clock + EVERY), Duration::ZERO);
    }
}
