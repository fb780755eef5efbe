//! A typed line: views are the screen's own, everything else is an order for the session.

use super::{App, Effect, Over, Tail};
use crate::command::Command;
use crate::known::Step;
use crate::tui::map::Pane;

impl App {
    /// Takes the typed line and does what it says.
    pub(super) fn submit(&mut self) -> Vec<Effect> {
        let line = self.prompt.take();
        self.answered(&line).unwrap_or_else(|| self.obey(&line))
    }

    /// Does what a line says.
    pub(super) fn obey(&mut self, line: &str) -> Vec<Effect> {
        let line = line.trim();
        if line.is_empty() {
            return Vec::new();
        }
        match (self.words.parse)(line) {
            Ok(command) => self.carry_out(command, line),
            Err(wrong) => {
                self.say(false, wrong);
                Vec::new()
            }
        }
    }

    fn carry_out(&mut self, command: Command, line: &str) -> Vec<Effect> {
        // What is done with a row leaves it in view.
        if let Command::Upload(which, deed) = command {
            return self.upload(which, deed, line);
        }
        let again = self.over == Over::Qr && self.scan.at(self.now) == Step::Waiting;
        self.close();
        match command {
            Command::Routes => {
                self.show_pane(Pane::Routes);
                self.over = Over::Routes;
                self.say(true, format!("{} routes, tried from the top", self.known.routes.len()));
            }
            Command::Uploads => {
                self.show_pane(Pane::Uploads);
                self.say(true, self.known.uploads.totals().words());
            }
            Command::Log => {
                self.show_pane(Pane::Log);
                (self.tail, self.selected) = (Tail::Following, None);
                self.say(true, format!("{} rows", self.known.log.shown()));
            }
            Command::Help(word) => self.show_help(word.as_deref()),
            Command::Qr { next } => self.show_qr(next || again),
            Command::Filter(text) => self.set_filter(&text),
            Command::Clear => {
                self.known.log.clear();
                (self.tail, self.selected) = (Tail::Following, None);
                self.say(true, "cleared");
            }
            command => return self.run(command, line),
        }
        Vec::new()
    }

    /// Shows the QR code, that of the next address where one is wished for, or says what is missing.
    pub(super) fn show_qr(&mut self, next: bool) {
        self.scan.show(&self.known, next, self.now);
        self.present_code();
    }

    /// Goes on to the code of another address; back to the code, where something else has taken its
    /// place.
    pub(super) fn turn_code(&mut self, by: isize) {
        let by = if self.scan.at(self.now) == Step::Waiting { by } else { 0 };
        self.scan.turn(&self.known, by, self.now);
        self.present_code();
    }

    /// The code on the screen, and in words beside the prompt what to type where it cannot be read.
    fn present_code(&mut self) {
        match self.scan.link(&self.known) {
            Ok((link, place, of)) => {
                self.over = Over::Qr;
                let mut words = Vec::new();
                let pin = &self.known.settings.pin;
                if self.known.settings.uploads && !pin.is_empty() {
                    words.push(format!("PIN {pin}"));
                }
                words.push(link.typed);
                if of > 1 {
                    words.push(format!("{place} of {of}"));
                }
                self.say(true, words.join("  "));
            }
            Err(why) => {
                self.close();
                self.say(false, why);
            }
        }
    }
}
