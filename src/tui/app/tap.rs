//! What a tap does: everything that a key can do must be within a finger's reach.

use std::time::Instant;

use super::{Answer, App, Effect, Focus, Over, Tail};
use crate::tui::map::{Subject, Target};

impl App {
    /// Does what a tap on a cell means.
    pub(super) fn tap(&mut self, x: u16, y: u16, now: Instant) -> Vec<Effect> {
        let Some(target) = self.map().hit(x, y) else { return Vec::new() };
        match target {
            Target::Word(word) => return self.tap_word(word, now),
            Target::Deed(id, deed) => return self.tap_deed(id, deed),
            Target::Confirm(yes) => return self.answered(if yes { "yes" } else { "no" }).unwrap_or_default(),
            Target::Subject(subject) => self.tap_subject(subject),
            Target::Tab(pane) => self.show_pane(pane),
            Target::Pane(pane) => self.pane = pane,
            Target::Close => self.close(),
            Target::Newest => (self.tail, self.selected) = (Tail::Following, None),
            Target::Unfilter => self.set_filter(""),
            Target::Address => self.show_qr(),
            Target::Answer => self.tap_answer(now),
            Target::Prompt(first) => {
                self.focus = Focus::Prompt;
                self.prompt.point(usize::from(x.saturating_sub(first)));
            }
            Target::Over => {}
        }
        Vec::new()
    }

    fn tap_word(&mut self, word: &'static str, now: Instant) -> Vec<Effect> {
        match word {
            "stop" => return self.ask_to_stop(now),
            "filter" => {
                self.focus = Focus::Prompt;
                self.prompt.set("filter ");
            }
            // A second tap closes what the first one opened.
            "help" if matches!(self.over, Over::Lines { .. }) => self.close(),
            "qr" if self.over == Over::Qr => self.close(),
            word => return self.obey(word),
        }
        Vec::new()
    }

    fn tap_subject(&mut self, subject: Subject) {
        if self.over == Over::Details(subject) {
            self.close();
            return;
        }
        match subject {
            Subject::Row(number) => {
                self.selected = Some(number);
                self.tail.hold(&self.known.log, self.map().log);
            }
            Subject::Route(at) => self.routes.cursor = Some(at),
            Subject::Upload(id) => {
                self.uploads.cursor = self.known.uploads.place(id);
            }
        }
        self.show_details(subject);
    }

    /// What failed comes back to be mended, for those who have no arrow keys.
    fn tap_answer(&mut self, now: Instant) {
        match self.answer {
            Answer::Asking(until) if until > now => self.answer = Answer::Quiet,
            // It has words of its own to tap.
            Answer::Confirm(_) => {}
            _ if self.prompt.is_empty() => self.prompt.older(),
            _ => {}
        }
    }
}
