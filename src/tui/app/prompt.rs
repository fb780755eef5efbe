//! The line that is typed: text, cursor, history, completion. It knows no command.

use std::collections::VecDeque;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::text::is_harmless;
use crate::tui::action::Edit;

/// Bytes of a line; the rest is not taken.
const LONGEST: usize = 2048;
/// Lines that are remembered.
const REMEMBERED: usize = 200;

/// The line that is typed.
#[derive(Debug, Default)]
pub struct Prompt {
    text: String,
    /// A byte index, always at the start of a character that has a width, or at the end.
    cursor: usize,
    /// Earlier lines, newest last.
    history: VecDeque<String>,
    /// How far back in history the line is, and what had been typed before.
    recalled: Option<(usize, String)>,
    /// Lines that Tab goes through, and which of them stands.
    cycle: Option<(Vec<String>, usize)>,
    /// What could follow the text.
    ghost: String,
}

impl Prompt {
    /// The line.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether nothing is typed.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// What could follow the line, shown faintly.
    pub fn ghost(&self) -> &str {
        &self.ghost
    }

    /// The columns before the cursor.
    pub fn column(&self) -> usize {
        self.text[..self.cursor].width()
    }

    /// Puts text in at the cursor; line breaks become spaces, what cannot be shown is left out.
    pub fn insert(&mut self, text: &str) {
        let mut encoded = [0; 4];
        for c in text.chars().map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c }) {
            let c: &str = c.encode_utf8(&mut encoded);
            if is_harmless(c) && self.text.len() + c.len() <= LONGEST {
                self.text.insert_str(self.cursor, c);
                self.cursor += c.len();
            }
        }
        self.touched();
    }

    /// Replaces the line.
    pub fn set(&mut self, text: &str) {
        self.text.clear();
        self.cursor = 0;
        self.insert(text);
    }

    /// Changes the line or moves the cursor. Whether there was anything to do.
    pub fn edit(&mut self, edit: Edit) -> bool {
        let before = (self.cursor, self.text.len());
        match edit {
            Edit::Left => self.cursor = self.left(),
            Edit::Right if self.cursor == self.text.len() => {
                let ghost = std::mem::take(&mut self.ghost);
                self.insert(&ghost);
            }
            Edit::Right => self.cursor = self.right(),
            Edit::Start => self.cursor = 0,
            Edit::End => self.cursor = self.text.len(),
            Edit::Backspace => self.remove(self.left(), self.cursor),
            Edit::Delete => self.remove(self.cursor, self.right()),
            Edit::KillWord => {
                let word = self.text[..self.cursor].trim_end();
                self.remove(word.rfind(char::is_whitespace).map_or(0, |space| space + 1), self.cursor);
            }
            Edit::KillToStart => self.remove(0, self.cursor),
            Edit::KillToEnd => self.remove(self.cursor, self.text.len()),
        }
        before != (self.cursor, self.text.len())
    }

    /// Puts the cursor under a column.
    pub fn point(&mut self, column: usize) {
        let mut seen = 0;
        let place = self.text.char_indices().find(|(_, c)| {
            seen += c.width().unwrap_or(0);
            seen > column
        });
        self.cursor = place.map_or(self.text.len(), |(place, _)| place);
    }

    /// Takes the line away and remembers it.
    pub fn take(&mut self) -> String {
        let line = std::mem::take(&mut self.text);
        self.cursor = 0;
        self.touched();
        if !line.trim().is_empty() && self.history.back() != Some(&line) {
            self.history.push_back(line.clone());
            if self.history.len() > REMEMBERED {
                self.history.pop_front();
            }
        }
        line
    }

    /// Brings an earlier line back.
    pub fn older(&mut self) {
        let (back, draft) = match self.recalled.take() {
            None => (0, self.text.clone()),
            Some((back, draft)) => (back + 1, draft),
        };
        self.recall(back.min(self.history.len().saturating_sub(1)), draft);
    }

    /// Goes forward again, at last to what had been typed.
    pub fn newer(&mut self) {
        match self.recalled.take() {
            Some((0, draft)) => self.set(&draft),
            Some((back, draft)) => self.recall(back - 1, draft),
            None => {}
        }
    }

    fn recall(&mut self, back: usize, draft: String) {
        let line = self.history.iter().rev().nth(back).cloned();
        if let Some(line) = line {
            self.set(&line);
            self.recalled = Some((back, draft));
        }
    }

    /// Goes to the next of the lines that `candidates` gives, or the one before. All of them,
    /// when there is a choice.
    pub fn complete(&mut self, back: bool, candidates: impl FnOnce(&str) -> Vec<String>) -> Option<Vec<String>> {
        let (lines, at) = if let Some((lines, at)) = self.cycle.take() {
            let step = if back { lines.len() - 1 } else { 1 };
            let at = (at + step) % lines.len();
            (lines, at)
        } else {
            let lines = candidates(&self.text);
            let at = if back { lines.len().saturating_sub(1) } else { 0 };
            (lines, at)
        };
        let line = lines.get(at)?.clone();
        self.set(&line);
        if lines.len() < 2 {
            return None;
        }
        self.cycle = Some((lines.clone(), at));
        Some(lines)
    }

    /// Sets what could follow, given whole lines that the text could become.
    pub fn suggest(&mut self, lines: &[String]) {
        let at_end = self.cursor == self.text.len() && !self.text.is_empty();
        let rest = lines.iter().filter(|_| at_end).find_map(|line| line.strip_prefix(self.text.as_str()));
        self.ghost = rest.unwrap_or_default().trim_end().to_owned();
    }

    fn remove(&mut self, from: usize, to: usize) {
        self.text.replace_range(from..to, "");
        self.cursor = from;
        self.touched();
    }

    /// After every change of the text: what hung on the old one is over.
    fn touched(&mut self) {
        self.recalled = None;
        self.cycle = None;
        self.ghost.clear();
    }

    /// Where the character before the cursor starts, together with marks that it carries.
    fn left(&self) -> usize {
        let before = self.text[..self.cursor].char_indices().rev();
        before.into_iter().find(|(_, c)| c.width() != Some(0)).map_or(0, |(at, _)| at)
    }

    /// Where the character under the cursor ends, together with marks that it carries.
    fn right(&self) -> usize {
        let mut after = self.text[self.cursor..].char_indices().skip(1);
        after.find(|(_, c)| c.width() != Some(0)).map_or(self.text.len(), |(at, _)| self.cursor + at)
    }
}

#[cfg(test)]
mod tests;
