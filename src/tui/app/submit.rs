//! A typed line: views are the screen's own, everything else is an order for the session.

use super::{App, Effect, Over, Tail};
use crate::command::Command;
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
        self.close();
        match command {
            Command::Routes => {
                self.show_pane(Pane::Routes);
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
            Command::Qr => self.show_qr(),
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

    /// Shows the QR code, or says what is missing.
    pub(super) fn show_qr(&mut self) {
        match self.known.phone_url() {
            Ok(url) => {
                self.over = Over::Qr;
                self.say(true, url);
            }
            Err(why) => self.say(false, why),
        }
    }
}
