//! What each action does, by where the keys are.
//!
//! Letters always go to the prompt. The other keys act on what lies over the lists if something
//! does and nothing is typed, else on what has the focus: the prompt (where Up and Down recall
//! lines, and the page keys still scroll the list that is shown) or a list.

use std::time::Instant;

use super::{Answer, App, Effect, Focus, List, Over, Tail};
use crate::command::{Command, Deed, Which};
use crate::tui::action::{Action, Edit, Move};
use crate::tui::map::Pane;

impl App {
    pub(super) fn act(&mut self, action: Action, now: Instant) -> Vec<Effect> {
        match action {
            Action::Type('?') if self.prompt.is_empty() => self.show_help(None),
            Action::Type(c) => self.type_text(c.encode_utf8(&mut [0; 4])),
            Action::Paste(text) => self.type_text(&text),
            Action::Edit(Edit::Left) if self.at_code() => self.turn_code(-1),
            Action::Edit(Edit::Right) if self.at_code() => self.turn_code(1),
            Action::Edit(edit) => self.edit(edit),
            Action::Move(to) => self.go(to),
            Action::Tab => self.tab(false),
            Action::BackTab => self.tab(true),
            Action::Enter => return self.enter(),
            Action::Escape => self.escape(),
            Action::Interrupt => return self.ask_to_stop(now),
            Action::Suspend => return vec![Effect::Suspend],
            Action::Redraw => return vec![Effect::Redraw],
            Action::Tap { x, y } => return self.tap(x, y, now),
            Action::Wheel { x, y, down } => self.wheel(x, y, down),
        }
        Vec::new()
    }

    fn type_text(&mut self, text: &str) {
        self.focus = Focus::Prompt;
        self.prompt.insert(text);
        if matches!(self.answer, Answer::Choice(_)) {
            self.answer = Answer::Quiet;
        }
    }

    fn edit(&mut self, edit: Edit) {
        if self.prompt.edit(edit) {
            self.focus = Focus::Prompt;
            if matches!(self.answer, Answer::Choice(_)) {
                self.answer = Answer::Quiet;
            }
        }
    }

    fn go(&mut self, to: Move) {
        let typed = !self.prompt.is_empty();
        if !matches!(self.over, Over::Nothing) && !typed {
            self.move_over(to);
            return;
        }
        match (to, self.focus) {
            (Move::Up, Focus::Prompt) => self.prompt.older(),
            (Move::Down, Focus::Prompt) => self.prompt.newer(),
            (Move::Home, Focus::Prompt) if typed => self.edit(Edit::Start),
            (Move::End, Focus::Prompt) if typed => self.edit(Edit::End),
            (to, Focus::Prompt) => self.scroll(self.pane, to),
            (to, Focus::Pane(pane)) => self.step(pane, to),
        }
    }

    fn tab(&mut self, back: bool) {
        if self.prompt.is_empty() {
            self.focus = next_focus(self.focus, back);
            if let Focus::Pane(pane) = self.focus {
                self.show_pane(pane);
            }
            return;
        }
        self.focus = Focus::Prompt;
        let (complete, known) = (self.words.complete, &self.known);
        let choice = self.prompt.complete(back, |text| complete(text, known));
        if let Some(lines) = choice {
            let words: Vec<String> = lines.iter().map(|line| self.offer(line)).collect();
            self.answer = Answer::Choice(words.join("  "));
        }
    }

    /// All that differs between what Tab goes through: the last word; to a number, the name.
    fn offer(&self, line: &str) -> String {
        let word = line.trim_end().rsplit(' ').next().unwrap_or_default();
        let id = match (self.words.parse)(line) {
            Ok(Command::Upload(Which::Id(id), Deed::Rename(name))) => return format!("{id} {name}"),
            Ok(Command::Upload(Which::Id(id), _)) => id,
            _ => return word.to_owned(),
        };
        self.known.uploads.get(id).map_or_else(|| word.to_owned(), |t| format!("{word} {}", t.upload.name))
    }

    fn enter(&mut self) -> Vec<Effect> {
        if !self.prompt.is_empty() {
            return self.submit();
        }
        if let Some(effects) = self.answered("") {
            return effects;
        }
        if self.over == Over::Routes {
            self.open_cursor(Pane::Routes);
        } else if let Focus::Pane(pane) = self.focus {
            self.open_cursor(pane);
        }
        Vec::new()
    }

    fn escape(&mut self) {
        if self.answered("").is_some() {
            return;
        }
        if !matches!(self.over, Over::Nothing) {
            self.close();
        } else if !self.prompt.is_empty() {
            self.prompt.set("");
        } else if self.away() {
            (self.focus, self.pane) = (Focus::Prompt, Pane::Log);
            self.selected = None;
            self.tail = Tail::Following;
            (self.routes, self.uploads) = (List::default(), List::default());
        } else {
            self.answer = Answer::Quiet;
        }
    }

    /// Whether keys that are not letters act on the QR code.
    fn at_code(&self) -> bool {
        self.over == Over::Qr && self.prompt.is_empty()
    }

    /// Whether anything else than the newest rows of the log is looked at.
    fn away(&self) -> bool {
        self.focus != Focus::Prompt || self.pane != Pane::Log || self.tail != Tail::Following || self.selected.is_some()
    }

    /// Closes what lies over the lists.
    pub(super) fn close(&mut self) {
        self.over = Over::Nothing;
        self.scan.forget();
    }

    /// Shows a list, and nothing over it.
    pub(super) fn show_pane(&mut self, pane: Pane) {
        self.pane = pane;
        self.close();
    }

    /// Shows help on all, or on one word.
    pub(super) fn show_help(&mut self, word: Option<&str>) {
        let mut lines = (self.words.help)(word);
        if word.is_none() {
            lines.push(String::new());
            lines.extend(crate::tui::action::KEYS.iter().map(|(key, does)| format!("{key:<10}{does}")));
        }
        self.say(true, "help WORD tells more");
        let title = word.map_or_else(|| "help".to_owned(), |word| format!("help {word}"));
        self.over = Over::Lines { title, lines, list: List::default() };
    }
}

/// Prompt, then each list, then the prompt again.
fn next_focus(focus: Focus, back: bool) -> Focus {
    let ring = [Focus::Prompt, Focus::Pane(Pane::Log), Focus::Pane(Pane::Routes), Focus::Pane(Pane::Uploads)];
    let at = ring.iter().position(|other| *other == focus).unwrap_or(0);
    let step = if back { ring.len() - 1 } else { 1 };
    ring.into_iter().cycle().nth(at + step).unwrap_or_default()
}
