//! What was drawn where: how a tap finds its target and a page key its page.

use ratatui::layout::{Position, Rect};

/// A list that can be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Pane {
    /// Requests and notes.
    #[default]
    Log,
    /// The route table.
    Routes,
    /// Files that arrive.
    Uploads,
}

impl Pane {
    /// All of them in the order in which Tab visits them.
    pub const ALL: [Self; 3] = [Self::Log, Self::Routes, Self::Uploads];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Log => "Log",
            Self::Routes => "Routes",
            Self::Uploads => "Uploads",
        }
    }
}

/// One row of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A row of the log, by its number.
    Row(u64),
    /// A route, by its place.
    Route(usize),
    /// An upload, by its id.
    Upload(u64),
}

/// What a tap can hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Somewhere in a list.
    Pane(Pane),
    /// The tab of a list.
    Tab(Pane),
    /// A row.
    Subject(Subject),
    /// What lies over the lists.
    Over,
    /// The word that closes it.
    Close,
    /// "12 new".
    Newest,
    /// The word that ends the filter.
    Unfilter,
    /// The server's address.
    Address,
    /// The answer line.
    Answer,
    /// A place on the prompt, in columns from its line's first.
    Prompt(u16),
    /// A button of an upload, by its id: the deed's word.
    Deed(u64, &'static str),
    /// An answer to a question: yes or no.
    Confirm(bool),
    /// A word of the footer.
    Word(&'static str),
}

/// What was drawn where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Map {
    targets: Vec<(Rect, Target)>,
    /// Rows of the log that were visible.
    pub log: usize,
    /// Routes that were visible.
    pub routes: usize,
    /// Uploads that were visible.
    pub uploads: usize,
    /// Lines that were visible of what lies over the lists.
    pub over: usize,
    /// Lines that it has in all.
    pub lines: usize,
}

impl Map {
    /// Notes that `target` was drawn at `area`, over all that was noted before.
    pub fn add(&mut self, area: Rect, target: Target) {
        self.targets.push((area, target));
    }

    /// Whatever was drawn last at this cell.
    pub fn hit(&self, x: u16, y: u16) -> Option<Target> {
        let position = Position { x, y };
        self.targets.iter().rev().find(|(area, _)| area.contains(position)).map(|(_, target)| *target)
    }

    /// The first cell of a target, for those that want to tap it; one that nothing lies over, if
    /// there is one.
    pub fn find(&self, target: Target) -> Option<(u16, u16)> {
        let there = || self.targets.iter().filter(|(_, t)| *t == target).map(|(area, _)| (area.x, area.y));
        there().find(|(x, y)| self.hit(*x, *y) == Some(target)).or_else(|| there().next())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_drawn_last_is_hit() {
        let mut map = Map::default();
        map.add(Rect::new(0, 0, 10, 10), Target::Pane(Pane::Log));
        map.add(Rect::new(0, 2, 10, 1), Target::Subject(Subject::Row(7)));
        assert_eq!(map.hit(3, 2), Some(Target::Subject(Subject::Row(7))));
        assert_eq!(map.hit(3, 3), Some(Target::Pane(Pane::Log)));
        assert_eq!(map.hit(10, 10), None);
        assert_eq!(map.find(Target::Subject(Subject::Row(7))), Some((0, 2)));
    }
}
