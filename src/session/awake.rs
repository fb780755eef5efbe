//! Notices that the device slept: wall time went on while the clock of timers stood still.

use std::time::{Duration, Instant, SystemTime};

/// How often it looks. Seldom: an idle server is to let the device sleep.
const EVERY: Duration = Duration::from_secs(10);
/// A gap shorter than this is a busy machine or a corrected clock.
const GAP: Duration = Duration::from_secs(5);

pub(super) struct Awake {
    wall: SystemTime,
    clock: Instant,
    next: Instant,
}

impl Awake {
    pub(super) fn new() -> Self {
        let clock = Instant::now();
        Self { wall: SystemTime::now(), clock, next: clock + EVERY }
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
        (self.wall, self.clock, self.next) = (wall, clock, clock + EVERY);
        slept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_wall_time_without_clock_time() {
        let mut awake = Awake::new();
        let (wall, clock) = (awake.wall, awake.clock);
        assert_eq!(awake.look(wall + EVERY, clock + EVERY), Duration::ZERO);
        let hour = Duration::from_secs(3600);
        assert_eq!(awake.look(wall + EVERY + EVERY + hour, clock + EVERY + EVERY), hour);
    }

    #[test]
    fn a_clock_set_back_is_none() {
        let mut awake = Awake::new();
        let (wall, clock) = (awake.wall, awake.clock);
        assert_eq!(awake.look(wall - Duration::from_secs(3600), clock + EVERY), Duration::ZERO);
    }
}
