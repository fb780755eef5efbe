//! Moving in lists: rows, pages and ends, in the log, the others and what lies over them.

use super::{App, List, Over, Tail};
use crate::tui::action::Move;
use crate::tui::map::{Pane, Subject, Target};

/// Rows that one notch of the wheel moves.
const NOTCH: isize = 3;

impl App {
    /// The rows that a move means, where a page has so many.
    fn rows(to: Move, page: usize) -> isize {
        let page = isize::try_from(page.saturating_sub(1).max(1)).unwrap_or(1);
        match to {
            Move::Up => -1,
            Move::Down => 1,
            Move::PageUp => -page,
            Move::PageDown => page,
            Move::Home => isize::MIN,
            Move::End => isize::MAX,
        }
    }

    /// Moves the view of a list.
    pub(super) fn scroll(&mut self, pane: Pane, to: Move) {
        let height = self.height(pane);
        self.scroll_rows(pane, Self::rows(to, height));
    }

    fn scroll_rows(&mut self, pane: Pane, rows: isize) {
        let height = self.height(pane);
        match pane {
            Pane::Log => self.tail.scroll(rows, &self.known.log, height),
            Pane::Routes => self.routes.scroll(rows, self.known.routes.len(), height),
            Pane::Uploads => self.uploads.scroll(rows, self.known.uploads.len(), height),
        }
    }

    /// Moves the cursor of a list, and the details with it where they are open.
    pub(super) fn step(&mut self, pane: Pane, to: Move) {
        let height = self.height(pane);
        let rows = Self::rows(to, height);
        match pane {
            Pane::Log => self.step_log(rows, height),
            Pane::Routes => self.routes.step(rows, self.known.routes.len(), height),
            Pane::Uploads => self.uploads.step(rows, self.known.uploads.len(), height),
        }
    }

    fn step_log(&mut self, rows: isize, height: usize) {
        let log = &self.known.log;
        let Some(last) = log.shown().checked_sub(1) else { return };
        let place = match self.selected {
            Some(number) => log.place(number).saturating_add_signed(rows).min(last),
            None => (self.tail.first(log, height) + height).saturating_sub(1).min(last),
        };
        self.selected = log.at(place).map(|(number, _)| number);
        self.tail.reveal(place, log, height);
        if rows == isize::MAX {
            self.tail = Tail::Following;
        }
    }

    /// Opens the row under the cursor of a list.
    pub(super) fn open_cursor(&mut self, pane: Pane) {
        let subject = match pane {
            Pane::Log => {
                if self.selected.is_none() {
                    self.step(Pane::Log, Move::End);
                }
                self.selected.map(Subject::Row)
            }
            Pane::Routes => self.routes.cursor.map(Subject::Route),
            Pane::Uploads => {
                if self.uploads.cursor.is_none() {
                    self.step(Pane::Uploads, Move::Home);
                }
                self.upload_at_cursor().map(Subject::Upload)
            }
        };
        if let Some(subject) = subject {
            self.show_details(subject);
        }
    }

    /// Shows a row in full, from its first line.
    pub(super) fn show_details(&mut self, subject: Subject) {
        self.over = Over::Details(subject);
        self.details = List::default();
    }

    /// Moves what lies over the lists.
    pub(super) fn move_over(&mut self, to: Move) {
        match self.over {
            Over::Lines { .. } => self.scroll_over(Self::rows(to, self.map().over)),
            Over::Details(_) if matches!(to, Move::PageUp | Move::PageDown) => {
                self.scroll_over(Self::rows(to, self.map().over));
            }
            Over::Details(subject) => {
                let pane = pane_of(subject);
                self.step(pane, to);
                self.open_cursor(pane);
            }
            Over::Routes => self.step(Pane::Routes, to),
            Over::Qr => self.turn_code(if matches!(to, Move::Up | Move::PageUp) { -1 } else { 1 }),
            Over::Nothing => {}
        }
    }

    fn scroll_over(&mut self, rows: isize) {
        let (lines, page) = (self.map().lines, self.map().over);
        match &mut self.over {
            Over::Lines { list, .. } => list.scroll(rows, lines, page),
            Over::Details(_) => self.details.scroll(rows, lines, page),
            Over::Nothing | Over::Routes | Over::Qr => {}
        }
    }

    /// Turns the wheel over a cell.
    pub(super) fn wheel(&mut self, x: u16, y: u16, down: bool) {
        let rows = if down { NOTCH } else { -NOTCH };
        let pane = match self.map().hit(x, y) {
            Some(Target::Over) => return self.scroll_over(rows),
            Some(Target::Pane(pane) | Target::Tab(pane)) => pane,
            Some(Target::Subject(subject)) => pane_of(subject),
            _ => self.pane,
        };
        self.scroll_rows(pane, rows);
    }

    fn height(&self, pane: Pane) -> usize {
        match pane {
            Pane::Log => self.map().log,
            Pane::Routes => self.map().routes,
            Pane::Uploads => self.map().uploads,
        }
    }
}

/// The list in which a row stands.
fn pane_of(subject: Subject) -> Pane {
    match subject {
        Subject::Row(_) => Pane::Log,
        Subject::Route(_) => Pane::Routes,
        Subject::Upload(_) => Pane::Uploads,
    }
}
