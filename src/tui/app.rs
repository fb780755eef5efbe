//! What the user looks at and what they do with it: state, and pure changes of it.
//!
//! Time comes as an argument and orders leave as [`Effect`]s, so nothing here waits, reads a
//! clock or writes. What the server said is in [`Known`]; how it is drawn is in `tui::view`.

mod keys;
mod lists;
mod prompt;
mod scroll;
mod submit;
mod tap;
#[cfg(test)]
mod tests;
mod uploads;

use std::time::{Duration, Instant, SystemTime};

use super::action::Action;
use super::look::Look;
use super::map::{Map, Pane, Subject};
use super::words::Words;
use crate::command::{Command, Reply};
use crate::event::Batch;
use crate::known::{Known, Scan, State};

pub use prompt::Prompt;
pub use scroll::{List, Tail};
pub use uploads::Confirm;

/// How long "again to stop" stands.
const ASKING: Duration = Duration::from_secs(4);
/// Commands that may be under way at once.
const UNDER_WAY: usize = 16;

/// An order to the world outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Have a command carried out; its reply comes back with this number.
    Run(u64, Command),
    /// Give the terminal back and stop until somebody continues.
    Suspend,
    /// Forget what the terminal shows and draw all of it.
    Redraw,
    /// Ring.
    Bell,
    /// Put a text where the terminal's paste takes it from.
    Copy(String),
    /// Leave at once, whatever is under way.
    Quit,
}

/// What stands beside the prompt.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Answer {
    /// Nothing.
    #[default]
    Quiet,
    /// A command is under way: its number and its line.
    Waiting(u64, String),
    /// What became of it.
    Said {
        /// Whether it was carried out.
        ok: bool,
        /// One line.
        line: String,
    },
    /// What Tab goes through.
    Choice(String),
    /// Whether to stop, asked until then.
    Asking(Instant),
    /// Whether to do what cannot be undone, asked until something else is said or done.
    Confirm(Confirm),
}

/// What lies over the lists.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Over {
    /// Nothing.
    #[default]
    Nothing,
    /// One row in full.
    Details(Subject),
    /// Lines of text: help, a table that a command gave.
    Lines {
        /// Its name.
        title: String,
        /// The lines.
        lines: Vec<String>,
        /// The part in view.
        list: List,
    },
    /// The route table.
    Routes,
    /// The QR code of the best address.
    Qr,
}

/// What the keys that are not letters act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Focus {
    /// The line.
    #[default]
    Prompt,
    /// A list.
    Pane(Pane),
}

/// All that the screen is drawn from.
pub struct App {
    pub(super) known: Known,
    pub(super) look: Look,
    pub(super) prompt: Prompt,
    pub(super) answer: Answer,
    pub(super) over: Over,
    pub(super) focus: Focus,
    /// The list that is shown where there is room for one.
    pub(super) pane: Pane,
    pub(super) tail: Tail,
    /// The number of the log's selected row.
    pub(super) selected: Option<u64>,
    pub(super) routes: List,
    pub(super) uploads: List,
    /// What has come of the QR code.
    pub(super) scan: Scan,
    /// The time when something last happened; what is drawn ages by it.
    pub(super) now: Instant,
    /// The part of the details that is in view.
    pub(super) details: List,
    /// The filter as it was typed.
    pub(super) filter: String,
    words: Words,
    map: Map,
    under_way: Vec<u64>,
    /// The command whose answer is to be copied.
    copies: Option<u64>,
    /// When a file arrived last.
    arrived: Option<Instant>,
    /// The arrival of a file is shown until then.
    flash: Option<Instant>,
    next_number: u64,
    stopping: bool,
}

impl App {
    /// The first screen: nothing has been heard yet.
    pub fn new(words: Words, look: Look) -> Self {
        Self {
            known: Known::default(),
            look,
            prompt: Prompt::default(),
            answer: Answer::default(),
            over: Over::default(),
            focus: Focus::default(),
            pane: Pane::default(),
            tail: Tail::default(),
            selected: None,
            routes: List::default(),
            uploads: List::default(),
            scan: Scan::default(),
            now: Instant::now(),
            details: List::default(),
            filter: String::new(),
            words,
            map: Map::default(),
            under_way: Vec::new(),
            copies: None,
            arrived: None,
            flash: None,
            next_number: 0,
            stopping: false,
        }
    }

    /// What the server has said.
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// The typed line.
    pub fn prompt(&self) -> &Prompt {
        &self.prompt
    }

    /// What stands beside the prompt.
    pub fn answer(&self) -> &Answer {
        &self.answer
    }

    /// What lies over the lists.
    pub fn over(&self) -> &Over {
        &self.over
    }

    /// Does what the user means.
    pub fn update(&mut self, action: Action, now: Instant) -> Vec<Effect> {
        self.now = now;
        let typed = self.prompt.text().len();
        let effects = self.act(action, now);
        if self.prompt.is_empty() || self.prompt.text().len() != typed {
            let lines = if self.prompt.is_empty() {
                Vec::new()
            } else {
                (self.words.complete)(self.prompt.text(), &self.known)
            };
            self.prompt.suggest(&lines);
        }
        effects
    }

    /// Takes in what happened.
    pub fn absorb(&mut self, batch: Batch, now: Instant, wall: SystemTime) -> Vec<Effect> {
        let arrived = uploads::arrive(&batch);
        let looked_at = self.upload_at_cursor();
        self.now = now;
        for exchange in &batch.exchanges {
            self.scan.see(exchange, &self.known);
        }
        self.known.absorb(batch, now, wall);
        self.keep_cursor(looked_at);
        if arrived { self.announce(now) } else { Vec::new() }
    }

    /// Takes in the reply to a command.
    pub fn replied(&mut self, number: u64, reply: Reply) -> Vec<Effect> {
        let copies = self.copies.take_if(|copies| *copies == number).is_some() && reply.ok;
        let effects = if copies { vec![Effect::Copy(reply.line.clone())] } else { Vec::new() };
        self.under_way.retain(|other| *other != number);
        if !reply.above.is_empty() {
            self.over = Over::Lines { title: reply.line.clone(), lines: reply.above, list: List::default() };
        }
        self.answer = Answer::Said { ok: reply.ok, line: reply.line };
        effects
    }

    /// Takes in what was drawn where.
    pub fn drawn(&mut self, map: Map) {
        self.map = map;
    }

    /// What was drawn where.
    pub fn map(&self) -> &Map {
        &self.map
    }

    /// Lets time pass.
    pub fn tick(&mut self, now: Instant) {
        self.now = now;
        self.known.rate.advance(now);
        self.known.uploads.advance(now);
        self.flash.take_if(|until| *until <= now);
        if matches!(self.answer, Answer::Asking(until) if until <= now) {
            self.answer = Answer::Quiet;
        }
    }

    /// When something on the screen ages; `None` while nothing does.
    pub fn ages_at(&self) -> Option<Instant> {
        let asking = match self.answer {
            Answer::Asking(until) => Some(until),
            _ => None,
        };
        let scan = if self.over == Over::Qr { self.scan.due(self.now) } else { None };
        let changes = [self.known.rate.next_change(), self.known.uploads.next_change(), self.flash, asking, scan];
        changes.into_iter().flatten().min()
    }

    /// Whether it has been told to stop.
    pub fn is_stopping(&self) -> bool {
        self.stopping
    }

    /// Stops as the word `stop` does; from the second time on, at once.
    pub fn stop(&mut self) -> Vec<Effect> {
        if self.stopping {
            return vec![Effect::Quit];
        }
        self.run(Command::Stop, "stop")
    }

    /// Has a command carried out, named by its line until the reply is there.
    fn run(&mut self, command: Command, line: &str) -> Vec<Effect> {
        let stop = command == Command::Stop;
        if self.under_way.len() >= UNDER_WAY && !stop {
            let line = format!("{UNDER_WAY} commands are under way; try again when one has ended");
            self.answer = Answer::Said { ok: false, line };
            return Vec::new();
        }
        self.stopping |= stop;
        self.next_number += 1;
        self.under_way.push(self.next_number);
        self.answer = Answer::Waiting(self.next_number, line.to_owned());
        vec![Effect::Run(self.next_number, command)]
    }

    /// Asks before it stops.
    fn ask_to_stop(&mut self, now: Instant) -> Vec<Effect> {
        let leaving = self.stopping || matches!(self.known.state, State::Stopping(_));
        if leaving || matches!(self.answer, Answer::Asking(until) if until > now) {
            self.stopping |= matches!(self.known.state, State::Stopping(_));
            return self.stop();
        }
        self.answer = Answer::Asking(now + ASKING);
        Vec::new()
    }

    /// Narrows the log, or shows all of it again.
    fn set_filter(&mut self, text: &str) {
        let text = text.trim();
        if text.is_empty() {
            self.known.log.sift(None);
            self.filter.clear();
            self.say(true, "the log shows all");
            return;
        }
        self.known.log.sift(Some((self.words.filter)(text)));
        text.clone_into(&mut self.filter);
        self.tail = Tail::Following;
        let shown = self.known.log.shown();
        self.say(true, format!("the log shows {text} ({shown} of {})", self.known.log.kept()));
    }

    fn say(&mut self, ok: bool, line: impl Into<String>) {
        self.answer = Answer::Said { ok, line: line.into() };
    }
}
