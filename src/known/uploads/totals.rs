//! All uploads together: how much is under way, when it will be there, what has arrived.

use std::fmt::Write as _;
use std::time::Duration;

use super::transfer::{Transfer, amount, clock};
use crate::text::size;

/// All uploads together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Files under way.
    pub under_way: usize,
    /// Those of them that wait for their sender.
    pub waiting: usize,
    /// Bytes that have come of those under way.
    pub received: u64,
    /// Bytes of those under way in all, where every one of them is known.
    pub total: Option<u64>,
    /// Bytes a second.
    pub speed: u64,
    /// Files that have arrived in this run.
    pub arrived: u64,
    /// Bytes of those.
    pub arrived_bytes: u64,
    /// Uploads that were given up.
    pub failed: u64,
}

impl Totals {
    pub(super) fn of<'a>(
        under_way: impl Iterator<Item = &'a Transfer>,
        arrived: u64,
        arrived_bytes: u64,
        failed: u64,
    ) -> Self {
        let none = Self { arrived, arrived_bytes, failed, total: Some(0), ..Self::default() };
        under_way.fold(none, |sum, transfer| Self {
            under_way: sum.under_way + 1,
            waiting: sum.waiting + usize::from(transfer.upload.state == crate::event::UploadState::Waiting),
            received: sum.received.saturating_add(transfer.upload.received),
            total: sum.total.zip(transfer.upload.total).map(|(sum, more)| sum.saturating_add(more)),
            speed: sum.speed.saturating_add(transfer.speed),
            ..sum
        })
    }

    /// Time until all of them are there, where that can be told.
    pub fn left(&self) -> Option<Duration> {
        let bytes = self.total?.checked_sub(self.received)?;
        (self.speed > 0 && bytes > 0).then(|| Duration::from_secs(bytes.div_ceil(self.speed)))
    }

    /// Bytes of bytes of those under way: `2.8 of 4.0 MB`.
    pub fn amount(&self) -> String {
        amount(self.received, self.total)
    }

    /// All of it in one line.
    pub fn words(&self) -> String {
        let mut words = format!("{} arrived", self.arrived);
        // Writing to a String cannot fail.
        if self.arrived > 0 {
            let _ = write!(words, ", {}", size(self.arrived_bytes));
        }
        if self.failed > 0 {
            let _ = write!(words, ", {} failed", self.failed);
        }
        let _ = write!(words, "{} {} under way", if self.under_way > 0 { ";" } else { "," }, self.under_way);
        if self.under_way > 0 {
            let _ = write!(words, ", {}, {}/s", self.amount(), size(self.speed));
        }
        if let Some(left) = self.left() {
            let _ = write!(words, ", {} left", clock(left));
        }
        words
    }
}
