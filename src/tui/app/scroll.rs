//! Which part of a list is looked at. Pure arithmetic over lengths and heights.

use crate::known::Log;

/// What the log shows: its newest rows, or a place that holds still while rows come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tail {
    /// The newest rows.
    #[default]
    Following,
    /// Rows up to a certain one.
    Held {
        /// The number of the lowest row in view.
        bottom: u64,
        /// The number that the next row would have had when following ended.
        seen: u64,
    },
}

impl Tail {
    /// The place of the first row in view.
    pub fn first(self, log: &Log, height: usize) -> usize {
        let end = match self {
            Self::Following => log.shown(),
            Self::Held { bottom, .. } => (log.place(bottom) + 1).max(height).min(log.shown()),
        };
        end.saturating_sub(height)
    }

    /// The place after the lowest row in view.
    pub fn end(self, log: &Log) -> usize {
        match self {
            Self::Following => log.shown(),
            Self::Held { bottom, .. } => (log.place(bottom) + 1).min(log.shown()),
        }
    }

    /// How many rows came below while it held still.
    pub fn unseen(self, log: &Log) -> usize {
        match self {
            Self::Following => 0,
            Self::Held { seen, .. } => log.shown() - log.place(seen).min(log.shown()),
        }
    }

    /// Holds still where it is.
    pub fn hold(&mut self, log: &Log, height: usize) {
        let first = self.first(log, height);
        self.hold_at(first, log, height);
    }

    /// Moves by rows; at the end it follows again.
    pub fn scroll(&mut self, rows: isize, log: &Log, height: usize) {
        let last = log.shown().saturating_sub(height);
        let first = self.first(log, height).saturating_add_signed(rows).min(last);
        if first == last { *self = Self::Following } else { self.hold_at(first, log, height) }
    }

    /// Moves as little as needed to bring a place into view, and holds there.
    pub fn reveal(&mut self, place: usize, log: &Log, height: usize) {
        let first = self.first(log, height);
        let first = first.min(place).max((place + 1).saturating_sub(height));
        self.hold_at(first, log, height);
    }

    fn hold_at(&mut self, first: usize, log: &Log, height: usize) {
        let seen = match *self {
            Self::Following => log.next(),
            Self::Held { seen, .. } => seen,
        };
        let bottom = (first + height.max(1)).min(log.shown()).saturating_sub(1);
        if let Some((bottom, _)) = log.at(bottom) {
            *self = Self::Held { bottom, seen };
        }
    }
}

/// A list with a cursor and the part of it that is in view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct List {
    /// The row that keys act on.
    pub cursor: Option<usize>,
    top: usize,
}

impl List {
    /// The first row in view.
    pub fn first(self, len: usize, height: usize) -> usize {
        self.top.min(len.saturating_sub(height))
    }

    /// Moves the view by rows.
    pub fn scroll(&mut self, rows: isize, len: usize, height: usize) {
        let last = len.saturating_sub(height);
        self.top = self.first(len, height).saturating_add_signed(rows).min(last);
    }

    /// Moves the cursor by rows and the view with it.
    pub fn step(&mut self, rows: isize, len: usize, height: usize) {
        if len == 0 {
            self.cursor = None;
            return;
        }
        let cursor = self.cursor.map_or(self.first(len, height), |at| at.saturating_add_signed(rows).min(len - 1));
        self.cursor = Some(cursor);
        self.top = self.first(len, height).min(cursor).max((cursor + 1).saturating_sub(height));
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::known::Row;

    fn grow(log: &mut Log, rows: usize) {
        (0..rows).for_each(|_| log.push(Row::Changed { at: SystemTime::UNIX_EPOCH, path: "x".into() }));
    }

    fn log(rows: usize) -> Log {
        let mut log = Log::bounded(usize::MAX);
        grow(&mut log, rows);
        log
    }

    #[test]
    fn follows_the_newest() {
        let mut log = log(3);
        assert_eq!(Tail::Following.first(&log, 5), 0);
        grow(&mut log, 7);
        assert_eq!(Tail::Following.first(&log, 5), 5);
    }

    #[test]
    fn holds_still_while_rows_come_and_counts_them() {
        let (mut log, mut tail) = (log(10), Tail::Following);
        tail.scroll(-3, &log, 5);
        assert_eq!((tail.first(&log, 5), tail.unseen(&log)), (2, 0));
        grow(&mut log, 12);
        assert_eq!((tail.first(&log, 5), tail.unseen(&log)), (2, 12));
        tail.scroll(1, &log, 5);
        assert_eq!((tail.first(&log, 5), tail.unseen(&log)), (3, 12));
    }

    #[test]
    fn the_end_follows_again() {
        let (log, mut tail) = (log(10), Tail::Following);
        tail.scroll(-100, &log, 5);
        assert_eq!(tail.first(&log, 5), 0);
        tail.scroll(isize::MAX, &log, 5);
        assert_eq!(tail, Tail::Following);
    }

    #[test]
    fn rows_that_were_dropped_take_the_view_along() {
        let mut log = Log::bounded(20_000);
        grow(&mut log, 50);
        let mut tail = Tail::Following;
        tail.scroll(-1000, &log, 5);
        grow(&mut log, 1000);
        assert!(log.dropped() > 500);
        assert_eq!(tail.first(&log, 5), 0);
    }

    #[test]
    fn a_place_is_brought_into_view() {
        let (log, mut tail) = (log(100), Tail::Following);
        tail.reveal(99, &log, 10);
        assert_eq!(tail.first(&log, 10), 90);
        tail.reveal(20, &log, 10);
        assert_eq!(tail.first(&log, 10), 20);
        tail.reveal(35, &log, 10);
        assert_eq!(tail.first(&log, 10), 26);
    }

    #[test]
    fn nothing_is_no_trouble() {
        let (log, mut tail, mut list) = (log(0), Tail::Following, List::default());
        tail.reveal(0, &log, 0);
        tail.scroll(-1, &log, 0);
        tail.hold(&log, 0);
        assert_eq!(tail.first(&log, 0), 0);
        list.step(1, 0, 0);
        list.scroll(5, 0, 0);
        assert_eq!(list, List::default());
    }

    #[test]
    fn the_cursor_takes_the_view_along() {
        let mut list = List::default();
        list.step(1, 20, 5);
        assert_eq!(list.cursor, Some(0));
        list.step(7, 20, 5);
        assert_eq!((list.cursor, list.first(20, 5)), (Some(7), 3));
        list.step(isize::MAX, 20, 5);
        assert_eq!((list.cursor, list.first(20, 5)), (Some(19), 15));
        list.step(isize::MIN, 20, 5);
        assert_eq!((list.cursor, list.first(20, 5)), (Some(0), 0));
        assert_eq!(list.first(2, 5), 0);
    }
}
