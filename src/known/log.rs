//! The request log: a ring that is bounded in bytes, with an index of the rows that pass a filter.

use std::collections::VecDeque;
use std::fmt;
use std::time::SystemTime;

use crate::event::{Level, Note};
use crate::exchange::{Exchange, More};

/// Bytes that the rows may take together.
const BUDGET: usize = 24 << 20;
/// Lines of a note's details that are shown as rows; all of them are in the details of the row.
const LINES: usize = 12;

/// One row of the log.
#[derive(Debug, Clone)]
pub enum Row {
    /// A request and its answer.
    Exchange(Exchange),
    /// Something worth a line.
    Note {
        /// When it was heard.
        at: SystemTime,
        /// What it is.
        note: Note,
    },
    /// A line that belongs to the note before it.
    Detail {
        /// The row of that note.
        of: u64,
        /// The line.
        text: Box<str>,
    },
    /// A watched file changed.
    Changed {
        /// When it was heard.
        at: SystemTime,
        /// Relative to the site.
        path: Box<str>,
    },
}

impl Row {
    /// When it happened, for rows that stand for themselves.
    pub fn time(&self) -> Option<SystemTime> {
        match self {
            Self::Exchange(exchange) => Some(exchange.at),
            Self::Note { at, .. } | Self::Changed { at, .. } => Some(*at),
            Self::Detail { .. } => None,
        }
    }

    fn is_error(&self) -> bool {
        matches!(self, Self::Note { note: Note { level: Level::Error, .. }, .. })
    }

    /// Bytes that it takes, with its place in the filter's index.
    fn weight(&self) -> usize {
        let heap = match self {
            Self::Exchange(exchange) => exchange.target.len() + exchange.more.as_deref().map_or(0, weight),
            Self::Note { note, .. } => note.text.capacity() + note.detail.capacity(),
            Self::Detail { text, .. } | Self::Changed { path: text, .. } => text.len(),
        };
        size_of::<Self>() + size_of::<u64>() + heap
    }
}

fn weight(more: &More) -> usize {
    let text = |text: &Option<Box<str>>| text.as_deref().map_or(0, str::len);
    let kind = more.content_type.as_deref().map_or(0, str::len);
    size_of::<More>() + text(&more.host) + text(&more.referer) + text(&more.user_agent) + kind
}

/// What decides whether a row is shown.
pub type Sieve = Box<dyn Fn(&Row) -> bool + Send>;

/// The rows, newest last. Each has a number that never changes; places among the rows shown do.
pub struct Log {
    rows: VecDeque<Row>,
    /// The number of the oldest row kept.
    first: u64,
    bytes: usize,
    budget: usize,
    dropped: u64,
    sieve: Option<Sieve>,
    /// Numbers of the rows that pass the sieve; empty without one.
    passed: VecDeque<u64>,
    /// Errors that do not.
    hidden: usize,
}

impl Default for Log {
    fn default() -> Self {
        Self::bounded(BUDGET)
    }
}

impl Log {
    /// A log whose rows take at most so many bytes.
    pub fn bounded(budget: usize) -> Self {
        let (rows, passed) = (VecDeque::new(), VecDeque::new());
        Self { rows, first: 0, bytes: 0, budget, dropped: 0, sieve: None, passed, hidden: 0 }
    }

    /// Adds a row; the oldest make room.
    pub fn push(&mut self, row: Row) {
        self.bytes += row.weight();
        self.sort(self.next(), &row);
        self.rows.push_back(row);
        while self.bytes > self.budget && self.rows.len() > 1 {
            self.drop_oldest();
        }
    }

    /// Adds a note, and its further lines as rows of their own.
    pub fn note(&mut self, note: Note, at: SystemTime) {
        let of = self.next();
        // The last ones, since a traceback ends with what went wrong.
        let all = note.detail.lines().count();
        let lines: Vec<Box<str>> = note.detail.lines().skip(all.saturating_sub(LINES)).map(Into::into).collect();
        self.push(Row::Note { at, note });
        for text in lines {
            self.push(Row::Detail { of, text });
        }
    }

    /// Takes note of whether a row passes the sieve; the lines of a note go with it.
    fn sort(&mut self, number: u64, row: &Row) {
        let passes = match (&self.sieve, row) {
            (None, _) => return,
            (Some(_), Row::Detail { of, .. }) => self.passed.binary_search(of).is_ok(),
            (Some(passes), row) => passes(row),
        };
        if passes {
            self.passed.push_back(number);
        } else {
            self.hidden += usize::from(row.is_error());
        }
    }

    fn drop_oldest(&mut self) {
        if let Some(row) = self.rows.pop_front() {
            let hid = self.sieve.is_some() && row.is_error() && self.passed.front() != Some(&self.first);
            self.hidden -= usize::from(hid);
            self.bytes -= row.weight();
            self.first += 1;
            self.dropped += 1;
            while self.passed.front().is_some_and(|number| *number < self.first) {
                self.passed.pop_front();
            }
        }
    }

    /// Shows only the rows that pass; `None` shows all.
    pub fn sift(&mut self, sieve: Option<Sieve>) {
        self.passed.clear();
        self.hidden = 0;
        self.sieve = sieve;
        let rows = std::mem::take(&mut self.rows);
        (self.first..).zip(&rows).for_each(|(number, row)| self.sort(number, row));
        self.rows = rows;
    }

    /// Forgets all rows; the filter stays.
    pub fn clear(&mut self) {
        self.first = self.next();
        self.rows = VecDeque::new();
        self.passed = VecDeque::new();
        self.hidden = 0;
        self.bytes = 0;
        self.dropped = 0;
    }

    /// The number that the next row will have.
    pub fn next(&self) -> u64 {
        self.first + self.rows.len() as u64
    }

    /// How many rows are shown.
    pub fn shown(&self) -> usize {
        if self.sieve.is_some() { self.passed.len() } else { self.rows.len() }
    }

    /// How many rows are kept, shown or not.
    pub fn kept(&self) -> usize {
        self.rows.len()
    }

    /// How many rows made room for newer ones.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The row at a place among those shown, and its number.
    pub fn at(&self, place: usize) -> Option<(u64, &Row)> {
        let number = match &self.sieve {
            Some(_) => *self.passed.get(place)?,
            None => self.first + place as u64,
        };
        Some((number, self.get(number)?))
    }

    /// A row by its number, while it is kept.
    pub fn get(&self, number: u64) -> Option<&Row> {
        self.rows.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    /// The place of the first row shown whose number is `number` or more.
    pub fn place(&self, number: u64) -> usize {
        match &self.sieve {
            Some(_) => self.passed.partition_point(|passed| *passed < number),
            None => usize::try_from(number.saturating_sub(self.first)).unwrap_or(usize::MAX).min(self.rows.len()),
        }
    }

    /// How many errors do not pass.
    pub fn hidden(&self) -> usize {
        self.hidden
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log")
            .field("kept", &self.rows.len())
            .field("shown", &self.shown())
            .field("dropped", &self.dropped)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(path: impl Into<Box<str>>) -> Row {
        Row::Changed { at: SystemTime::UNIX_EPOCH, path: path.into() }
    }

    fn log(budget: usize, rows: usize) -> Log {
        let mut log = Log::bounded(budget);
        (0..rows).for_each(|i| log.push(changed(i.to_string())));
        log
    }

    fn even() -> Sieve {
        Box::new(|row| matches!(row, Row::Changed { path, .. } if path.parse::<u64>().is_ok_and(|n| n % 2 == 0)))
    }

    fn paths(log: &Log) -> Vec<String> {
        (0..log.shown())
            .filter_map(|place| match log.at(place)?.1 {
                Row::Changed { path, .. } => Some(path.to_string()),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn the_oldest_make_room_and_are_counted() {
        let log = log(10_000, 1000);
        assert!(log.bytes <= 10_000, "{}", log.bytes);
        assert_eq!(log.kept() as u64 + log.dropped(), 1000);
        assert_eq!(paths(&log).last().map(String::as_str), Some("999"));
    }

    #[test]
    fn a_row_that_is_larger_than_all_is_still_shown() {
        let mut log = log(100, 3);
        log.push(changed("x".repeat(1000)));
        assert_eq!(log.shown(), 1);
    }

    #[test]
    fn numbers_outlive_places() {
        let log = log(10_000, 1000);
        let (number, _) = log.at(0).unwrap();
        assert_eq!(number, log.dropped());
        assert_eq!(log.place(number), 0);
        assert_eq!(log.place(0), 0);
        assert_eq!(log.place(u64::MAX), log.shown());
        assert!(log.get(number - 1).is_none());
    }

    #[test]
    fn a_filter_is_kept_as_rows_come_and_go() {
        let mut log = log(usize::MAX, 5);
        log.sift(Some(even()));
        assert_eq!(paths(&log), ["0", "2", "4"]);
        log.push(changed("5"));
        log.push(changed("6"));
        assert_eq!(paths(&log), ["0", "2", "4", "6"]);
        log.drop_oldest();
        assert_eq!(paths(&log), ["2", "4", "6"]);
        assert_eq!(log.place(3), 1);
        log.sift(None);
        assert_eq!(log.shown(), 6);
    }

    #[test]
    fn errors_that_do_not_pass_are_counted_and_lines_go_with_theirs() {
        let mut log = log(2_000, 1);
        let error = |text: &str| Note::error(text).with_detail("line 1\nline 2");
        log.note(error("blog: broken"), SystemTime::UNIX_EPOCH);
        log.sift(Some(Box::new(|row| matches!(row, Row::Note { note, .. } if note.text.starts_with("shop")))));
        assert_eq!((log.shown(), log.hidden()), (0, 1));
        log.note(error("shop: broken"), SystemTime::UNIX_EPOCH);
        log.note(error("blog: broken"), SystemTime::UNIX_EPOCH);
        assert_eq!((log.shown(), log.hidden()), (3, 2));
        (0..1000).for_each(|_| log.push(changed("x")));
        assert_eq!((log.shown(), log.hidden()), (0, 0), "none is kept");
        log.sift(None);
        assert_eq!(log.hidden(), 0);
    }

    #[test]
    fn clear_forgets_rows_and_keeps_the_filter() {
        let mut log = log(usize::MAX, 5);
        log.sift(Some(even()));
        log.clear();
        assert_eq!((log.shown(), log.kept(), log.next()), (0, 0, 5));
        log.push(changed("7"));
        log.push(changed("8"));
        assert_eq!(paths(&log), ["8"]);
        assert_eq!(log.at(0).unwrap().0, 6);
    }
}
