//! What is done with uploads on the screen: asked before it is too late, pointed at, announced.

use std::time::{Duration, Instant};

use super::{Answer, App, Effect, Focus};
use crate::command::{Command, Deed, Which};
use crate::event::{Batch, Event, UploadState};
use crate::text::size;

/// Files that arrive within this are one arrival, and so long it is shown.
const BURST: Duration = Duration::from_secs(1);

/// A question, and what a yes to it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirm {
    /// The question.
    pub question: String,
    /// What is done after a yes.
    pub(super) command: Command,
    /// The line that stands for it.
    pub(super) line: String,
}

/// Whether a file has arrived.
pub(super) fn arrive(batch: &Batch) -> bool {
    batch.events.iter().any(|event| match event {
        Event::Upload(upload) => matches!(upload.state, UploadState::Done { .. }),
        _ => false,
    })
}

impl App {
    /// Whether a file has just arrived.
    pub(in crate::tui) fn flashes(&self) -> bool {
        self.flash.is_some()
    }

    /// Says that something has arrived, once for many that come together.
    pub(super) fn announce(&mut self, now: Instant) -> Vec<Effect> {
        let first = self.arrived.is_none_or(|last| now.saturating_duration_since(last) >= BURST);
        self.arrived = Some(now);
        self.flash = Some(now + BURST);
        if first && self.known.settings.bell { vec![Effect::Bell] } else { Vec::new() }
    }

    /// Does what a line says of one upload; what deletes is asked about first.
    pub(super) fn upload(&mut self, which: Which, deed: Deed, line: &str) -> Vec<Effect> {
        let id = match which {
            Which::Id(id) => Some(id),
            Which::Last => self.known.uploads.iter().find(|transfer| transfer.kept()).map(|t| t.upload.id),
        };
        let transfer = id.and_then(|id| self.known.uploads.get(id)).filter(|transfer| transfer.kept());
        if let (Deed::Delete { sure: false }, Some(transfer)) = (&deed, transfer) {
            let upload = &transfer.upload;
            let question = format!("Delete {} ({})?", upload.name, size(upload.received));
            // The one that was asked about, also if another is the last by then.
            let command = Command::Upload(Which::Id(upload.id), Deed::Delete { sure: true });
            self.answer = Answer::Confirm(Confirm { question, command, line: line.to_owned() });
            return Vec::new();
        }
        let copies = deed == Deed::Path;
        let effects = self.run(Command::Upload(which, deed), line);
        if let (true, [Effect::Run(number, _)]) = (copies, effects.as_slice()) {
            self.copies = Some(*number);
        }
        effects
    }

    /// Does what a button of an upload says.
    pub(super) fn tap_deed(&mut self, id: u64, deed: &str) -> Vec<Effect> {
        let Some(transfer) = self.known.uploads.get(id) else { return Vec::new() };
        let name = &transfer.upload.name;
        let line = format!("uploads {deed} {id}");
        match deed {
            "rename" => {
                let line = format!("{line} {name}");
                self.focus = Focus::Prompt;
                self.prompt.set(&line);
                Vec::new()
            }
            // A word is typed with care; a finger slips.
            "cancel" => {
                let question = format!("Give up {name}?");
                let command = Command::Upload(Which::Id(id), Deed::Cancel);
                self.answer = Answer::Confirm(Confirm { question, command, line });
                Vec::new()
            }
            _ => self.obey(&line),
        }
    }

    /// Takes a line as the answer to a question, if one was asked. Whatever is not yes is no; what
    /// is more than a no is left to be obeyed.
    pub(super) fn answered(&mut self, line: &str) -> Option<Vec<Effect>> {
        let Answer::Confirm(confirm) = &self.answer else { return None };
        let Confirm { command, line: order, .. } = confirm.clone();
        self.answer = Answer::Quiet;
        match line.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" => Some(self.run(command, &order)),
            "" | "n" | "no" => {
                self.say(true, "left as it is");
                Some(Vec::new())
            }
            _ => None,
        }
    }

    /// The upload under the cursor of their list.
    pub(super) fn upload_at_cursor(&self) -> Option<u64> {
        let at = self.uploads.cursor?;
        self.known.uploads.iter().nth(at).map(|transfer| transfer.upload.id)
    }

    /// Puts the cursor back on an upload, wherever that is in the list now.
    pub(super) fn keep_cursor(&mut self, id: Option<u64>) {
        let Some(id) = id else { return };
        let place = self.known.uploads.place(id);
        if place != self.uploads.cursor {
            self.uploads.cursor = place;
            self.uploads.step(0, self.known.uploads.len(), self.map().uploads);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Reply;
    use crate::tui::action::{Action, Move};
    use crate::tui::app::Over;
    use crate::tui::map::{Subject, Target};
    use crate::tui::testing::{Driver, upload};

    fn deed(id: u64, deed: Deed) -> Command {
        Command::Upload(Which::Id(id), deed)
    }

    fn asked(driver: &Driver) -> Option<&str> {
        match driver.app.answer() {
            Answer::Confirm(confirm) => Some(&confirm.question),
            _ => None,
        }
    }

    fn some() -> Driver {
        let mut driver = Driver::started(45, 20).arriving();
        driver.effects.clear();
        driver
    }

    #[test]
    fn deleting_asks_and_only_a_yes_does_it() {
        let driver = some().run("uploads delete 1");
        assert_eq!(asked(&driver), Some("Delete IMG_0001.jpg (4.0 MB)?"));
        assert!(driver.screen().contains("yes  no"), "{}", driver.screen());
        let driver = driver.run("y");
        assert_eq!(driver.ordered(), [deed(1, Deed::Delete { sure: true })]);
        for no in ["n", "no", "reload"] {
            let driver = some().run("uploads delete last").run(no);
            assert_eq!(asked(&driver), None);
            let ordered = if no == "reload" { vec![Command::Reload] } else { vec![] };
            assert_eq!(driver.run("y").ordered(), ordered, "{no}");
        }
        for no in [Action::Enter, Action::Escape] {
            let driver = some().run("uploads delete 1").press(no);
            assert!(asked(&driver).is_none() && driver.run("yes").ordered().is_empty());
        }
    }

    #[test]
    fn the_answer_can_be_tapped() {
        let driver = some().run("uploads delete 1").tap(Target::Confirm(false));
        assert!(asked(&driver).is_none() && driver.ordered().is_empty());
        let driver = driver.run("uploads delete 1").tap(Target::Confirm(true));
        assert_eq!(driver.ordered(), [deed(1, Deed::Delete { sure: true })]);
    }

    #[test]
    fn what_is_not_there_is_for_the_session_to_say() {
        let driver = some().run("uploads delete 2").run("uploads delete 9").run("uploads delete 1 yes");
        let unsure = || Deed::Delete { sure: false };
        assert_eq!(driver.ordered(), [deed(2, unsure()), deed(9, unsure()), deed(1, Deed::Delete { sure: true })]);
    }

    #[test]
    fn the_path_is_copied_when_it_is_known() {
        let mut driver = some().run("uploads path 1").run("uploads path 9");
        let path = "/home/ada/uploads/IMG_0001.jpg";
        assert_eq!(driver.app.replied(2, Reply::failed("no upload 9 has arrived")), []);
        assert_eq!(driver.app.replied(1, Reply::done(path)), []);
        let mut driver = driver.run("uploads path 1");
        assert_eq!(driver.app.replied(3, Reply::done(path)), [Effect::Copy(path.into())]);
        assert_eq!(driver.app.replied(3, Reply::done(path)), []);
    }

    #[test]
    fn buttons_do_what_the_words_do() {
        let shown = |id| some().run("uploads").tap(Target::Subject(Subject::Upload(id)));
        assert_eq!(shown(1).tap(Target::Deed(1, "open")).ordered(), [deed(1, Deed::Open)]);
        assert_eq!(shown(1).tap(Target::Deed(1, "path")).ordered(), [deed(1, Deed::Path)]);
        let driver = shown(1).tap(Target::Deed(1, "rename"));
        assert_eq!(driver.app.prompt().text(), "uploads rename 1 IMG_0001.jpg");
        assert_eq!(driver.app.over(), &Over::Details(Subject::Upload(1)), "still to be seen");
        assert!(asked(&shown(1).tap(Target::Deed(1, "delete"))).is_some());
        let driver = shown(2).tap(Target::Deed(2, "cancel"));
        assert_eq!(asked(&driver), Some("Give up holiday in the mountains.mov?"));
        assert_eq!(driver.tap(Target::Confirm(true)).ordered(), [deed(2, Deed::Cancel)]);
        assert_eq!(shown(3).app.map().find(Target::Deed(3, "open")), None);
    }

    #[test]
    fn many_that_come_together_ring_once() {
        let done = || UploadState::Done { path: "x".into(), duplicate: false };
        let driver = Driver::started(80, 24).hear([upload(1, "a", 1, done())]).hear([upload(2, "b", 1, done())]);
        assert_eq!(driver.effects, [Effect::Bell]);
        assert!(driver.app.flashes() && driver.app.ages_at().is_some());
        let driver = driver.wait(2);
        assert!(!driver.app.flashes());
        assert_eq!(driver.app.ages_at(), None);
        assert_eq!(driver.hear([upload(3, "c", 1, done())]).effects, [Effect::Bell, Effect::Bell]);
    }

    #[test]
    fn the_cursor_stays_on_its_upload_as_others_come() {
        let driver = some().run("uploads").tap(Target::Subject(Subject::Upload(2)));
        let driver = driver.hear([upload(4, "new", 1, UploadState::Arriving)]).press(Action::Escape);
        assert_eq!(driver.app.upload_at_cursor(), Some(2));
        assert_eq!(driver.press(Action::Move(Move::Down)).app.upload_at_cursor(), Some(2), "the prompt has the keys");
    }
}
