//! One upload, how fast it comes, and when it will be there.

use std::time::{Duration, Instant};

use crate::event::{Upload, UploadState};
use crate::text::size;

/// An upload, and how fast it comes.
#[derive(Debug, Clone)]
pub struct Transfer {
    /// What was last said of it.
    pub upload: Upload,
    /// Bytes a second, lately.
    pub speed: u64,
    /// It should arrive, and nothing is heard of it.
    pub stalled: bool,
    /// When something was last heard of it.
    heard: Option<Instant>,
}

impl Transfer {
    /// How an upload stands now, of which `old` was known before.
    pub(super) fn following(old: Option<&Self>, upload: Upload, now: Option<Instant>) -> Self {
        Self { speed: speed(old, &upload), upload, stalled: false, heard: now }
    }

    /// Whether it is under way: bytes still arrive, or wait to be sent on.
    pub fn arriving(&self) -> bool {
        matches!(self.upload.state, UploadState::Arriving | UploadState::Waiting)
    }

    /// Whether it is a file that can be opened, renamed, deleted.
    pub fn kept(&self) -> bool {
        matches!(self.upload.state, UploadState::Done { .. })
    }

    /// Hundredths received, where the whole is known.
    pub fn percent(&self) -> Option<u8> {
        let total = self.upload.total.filter(|total| *total > 0)?;
        Some((u128::from(self.upload.received.min(total)) * 100 / u128::from(total)) as u8)
    }

    /// Time that is left, where that can be told.
    pub fn left(&self) -> Option<Duration> {
        let bytes = self.upload.total?.checked_sub(self.upload.received)?;
        (self.speed > 0).then(|| Duration::from_secs(bytes.div_ceil(self.speed)))
    }

    /// Bytes of bytes: `2.8 of 4.0 MB`; what has come where the whole is not known or has come.
    pub fn amount(&self) -> String {
        amount(self.upload.received, self.upload.total)
    }

    pub(super) fn advance(&mut self, now: Instant, patience: Duration) {
        if self.stalls_at(patience).is_some_and(|at| at <= now) {
            (self.stalled, self.speed) = (true, 0);
        }
    }

    pub(super) fn stalls_at(&self, patience: Duration) -> Option<Instant> {
        let waits = self.upload.state == UploadState::Arriving && !self.stalled;
        self.heard.filter(|_| waits)?.checked_add(patience)
    }
}

/// So many bytes of a whole, both in the unit of the whole.
pub(super) fn amount(received: u64, total: Option<u64>) -> String {
    let Some(total) = total.filter(|total| *total != received) else { return size(received) };
    let whole = size(total);
    let unit = whole.rsplit(' ').next().unwrap_or_default();
    let one = crate::text::parse_size(&format!("1 {unit}")).unwrap_or(1);
    let part = received as f64 / one as f64;
    if one == 1 || part >= 9.95 { format!("{part:.0} of {whole}") } else { format!("{part:.1} of {whole}") }
}

/// A time that is to come as people read it off a clock: `00:07`, `12:34`, `2:03:04`.
///
/// ```
/// use std::time::Duration;
/// assert_eq!(stan::known::clock(Duration::from_secs(67)), "01:07");
/// assert_eq!(stan::known::clock(Duration::from_secs(7384)), "2:03:04");
/// ```
pub fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes:02}:{seconds:02}"),
        1..=99 => format!("{hours}:{minutes:02}:{seconds:02}"),
        _ => format!("{}d", hours / 24),
    }
}

/// Bytes a second: the mean of the whole when it has ended, else mostly what came last.
fn speed(old: Option<&Transfer>, new: &Upload) -> u64 {
    let per_second = |bytes: u64, time: Duration| (bytes as f64 / time.as_secs_f64().max(0.001)) as u64;
    match old {
        _ if new.state == UploadState::Waiting => 0,
        Some(old) if new.state == UploadState::Arriving => {
            let time = new.took.saturating_sub(old.upload.took);
            if time.is_zero() {
                return old.speed;
            }
            let last = per_second(new.received.saturating_sub(old.upload.received), time);
            if old.speed == 0 { last } else { old.speed - old.speed / 4 + last / 4 }
        }
        _ => per_second(new.received, new.took),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_bytes() {
        assert_eq!(amount(2_840_000, Some(4_000_000)), "2.8 of 4.0 MB");
        assert_eq!(amount(840_000, Some(48_000_000)), "0.8 of 48 MB");
        assert_eq!(amount(12_000_000, Some(48_000_000)), "12 of 48 MB");
        assert_eq!(amount(0, Some(310)), "0 of 310 B");
        assert_eq!(amount(5_000_000_000, Some(4_000_000)), "5000 of 4.0 MB");
        assert_eq!(amount(4_000_000, Some(4_000_000)), "4.0 MB");
        assert_eq!(amount(0, None), "0 B");
    }

    #[test]
    fn clocks() {
        for (seconds, shown) in [(0, "00:00"), (59, "00:59"), (3599, "59:59"), (3600, "1:00:00"), (360_000, "4d")] {
            assert_eq!(clock(Duration::from_secs(seconds)), shown);
        }
        assert!(clock(Duration::MAX).ends_with('d'));
    }
}
