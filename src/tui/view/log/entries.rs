//! The rows of the log that are in view, and the lines that each takes: what somebody wrote is wrapped, for the end of
//! an error is what helps. Rows are laid out from the lowest up, and only as many as there is room for.

use std::borrow::Cow;
use std::collections::VecDeque;

use crate::event::{Level, Note};
use crate::known::Row;
use crate::text::{harmless, wrap};
use crate::tui::app::App;
use crate::tui::view::fit;
use crate::tui::view::ui::width;

/// Lines that an error may take.
const ERROR: usize = 6;
/// Lines that anything else may take.
const REST: usize = 3;

/// A row in view.
pub(super) struct Entry<'a> {
    pub(super) number: u64,
    pub(super) row: &'a Row,
    /// It goes on with what the program above it says.
    pub(super) goes_on: bool,
    /// What it says; a request has one empty line, which is drawn by its columns.
    pub(super) lines: Vec<String>,
    /// Lines that are above the view.
    pub(super) above: usize,
}

/// The rows of an area of so many lines, in which text has `room` columns.
pub(super) fn in_view(app: &App, height: usize, room: u16) -> VecDeque<Entry<'_>> {
    let log = &app.known.log;
    let end = app.tail.end(log);
    let mut view = View { app, height, room, used: 0, entries: VecDeque::new() };
    let mut top = end;
    while let (true, Some(place)) = (view.used < height, top.checked_sub(1)) {
        top = place;
        view.add_above(place);
    }
    // Rows above that take many lines may have pushed out the one that was stepped to.
    let stepped_to = app.selected.map(|number| log.place(number));
    if let Some(place) = stepped_to.filter(|place| *place >= app.tail.first(log, app.map().log))
        && (place < top || (place == top && view.used > height))
    {
        (view.used, view.entries) = (0, VecDeque::new());
        view.fill_below(place);
        return view.entries;
    }
    if view.used < height {
        view.fill_below(end);
    } else if let Some(first) = view.entries.front_mut() {
        first.above = view.used - height;
    }
    view.entries
}

struct View<'a> {
    app: &'a App,
    height: usize,
    room: u16,
    used: usize,
    entries: VecDeque<Entry<'a>>,
}

impl View<'_> {
    fn add_above(&mut self, place: usize) {
        if let Some(entry) = self.entry(place) {
            self.entries.push_front(entry);
        }
    }

    fn fill_below(&mut self, place: usize) {
        let mut place = place;
        while self.used < self.height
            && let Some(entry) = self.entry(place)
        {
            self.entries.push_back(entry);
            place += 1;
        }
    }
}

impl<'a> View<'a> {
    fn entry(&mut self, place: usize) -> Option<Entry<'a>> {
        let app = self.app;
        let (number, row) = app.known.log.at(place)?;
        let before = place.checked_sub(1).and_then(|before| app.known.log.at(before)).map(|(_, row)| row);
        let said = speaker(row);
        let goes_on = said.is_some() && before.and_then(speaker) == said;
        let (text, most) = match row {
            Row::Exchange(_) => ("", 1),
            Row::Note { note, .. } if note.level == Level::Error => (note.text.as_str(), ERROR),
            Row::Note { note, .. } if goes_on => (said.map_or("", |name| &note.text[name.len() + 2..]), REST),
            Row::Note { note, .. } => (note.text.as_str(), REST),
            Row::Changed { path, .. } => (&**path, 1),
            Row::Detail { text, .. } => (&**text, REST),
        };
        let most = most.min(self.height / 3).max(1);
        let cut = app.look.glyphs.cut;
        let lines = if let Row::Changed { .. } = row {
            vec![fit::keep_end(text, self.room, cut).into_owned()]
        } else {
            folded(&without(text, &app.known.settings.folder), self.room, most, cut)
        };
        self.used += lines.len();
        Some(Entry { number, row, goes_on, lines, above: 0 })
    }
}

/// The program whose words a row has, which are not stan's own.
fn speaker(row: &Row) -> Option<&str> {
    let Row::Note { note: Note { level: Level::Note, text, .. }, .. } = row else { return None };
    let (name, _) = text.split_once(": ")?;
    (!name.is_empty() && !name.contains(char::is_whitespace)).then_some(name)
}

/// `text` with the paths in `folder`, which ends with a slash, as they are seen from there.
fn without<'a>(text: &'a str, folder: &str) -> Cow<'a, str> {
    if folder.len() > 1 && text.contains(folder) { text.replace(folder, "").into() } else { text.into() }
}

/// `text` in at most so many lines, which keep its indentation.
fn folded(text: &str, room: u16, most: usize, cut: &str) -> Vec<String> {
    let text = harmless(text);
    if width(&text) <= room {
        return vec![text.into_owned()];
    }
    let words = text.trim_start();
    let indent = (text.len() - words.len()).min(usize::from(room) / 4);
    let inner = usize::from(room) - indent;
    let mut lines = wrap(words, inner);
    if lines.len() > most {
        let rest = lines.split_off(most - 1).join(" ");
        let rest = if most == 1 { words } else { &rest };
        lines.push(fit::keep_start(rest, u16::try_from(inner).unwrap_or(room), cut).into_owned());
    }
    lines.iter().map(|line| format!("{:indent$}{line}", "")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use crate::tui::action::{Action, Move};
    use crate::tui::map::{Subject, Target};
    use crate::tui::testing::{Driver, exchange};

    fn said(lines: &[&str]) -> Vec<Event> {
        lines.iter().map(|line| Event::Note(Note::info(*line))).collect()
    }

    #[test]
    fn text_keeps_its_indentation_and_its_bounds() {
        assert_eq!(folded("  a b", 10, 3, "…"), ["  a b"]);
        assert_eq!(folded("  one two three", 8, 3, "…"), ["  one", "  two", "  three"]);
        assert_eq!(folded("one two three four", 8, 2, "…"), ["one two", "three f…"]);
        assert_eq!(folded("one  two three", 8, 1, "…"), ["one  tw…"]);
        for room in 0..12 {
            assert!(folded("        deep 写真 inside", room, 3, "…").len() <= 3, "{room}");
        }
    }

    #[test]
    fn paths_are_seen_from_the_sites_folder() {
        assert_eq!(without("File \"/home/ada/site/app.py\"", "/home/ada/site/"), "File \"app.py\"");
        assert_eq!(without("a/b", "/"), "a/b");
        assert_eq!(without("a/b", ""), "a/b");
    }

    #[test]
    fn the_end_of_an_error_is_seen_at_45_columns() {
        let text = "blog:app: cannot be started: there is no python3 on PATH; install Python, or name a venv";
        let driver = Driver::started(45, 20).hear([Event::Note(Note::error(text))]);
        let screen = driver.screen();
        assert!(screen.contains("venv"), "{screen}");
    }

    #[test]
    fn a_name_is_said_once_for_a_burst() {
        let name = "mysite.wsgi:application";
        let lines = [": one", ": two", ": three"].map(|line| format!("{name}{line}"));
        let driver = Driver::started(45, 20).hear(said(&lines.each_ref().map(String::as_str)));
        let screen = driver.screen();
        assert_eq!(screen.matches(name).count(), 1, "{screen}");
        assert!(screen.contains("three"), "{screen}");
        let driver = Driver::started(45, 20).hear(said(&["a: one", "b: two", "a: three"]));
        assert!(driver.screen().contains("a: three"));
    }

    #[test]
    fn every_row_can_be_scrolled_and_stepped_to() {
        let long = "x".repeat(20);
        let text = [long.as_str(); 8].join(" ");
        let rows = (0..30).map(|at| Event::Note(Note::error(format!("n{at} {text}"))));
        let mut driver = Driver::started(45, 20).hear(rows);
        assert!(driver.screen().contains("n29 "));
        let sees = |driver: &Driver, at: u64| driver.app.map().find(Target::Subject(Subject::Row(at))).is_some();
        let mut seen = [false; 30];
        for _ in 0..40 {
            (0..30).filter(|at| sees(&driver, *at)).for_each(|at| seen[at as usize] = true);
            driver = driver.press(Action::Move(Move::PageUp));
        }
        assert!(seen.iter().all(|seen| *seen), "{seen:?}");
        driver = driver.press(Action::Tab).press(Action::Move(Move::End)).press(Action::Move(Move::End));
        for at in (0..29).rev() {
            driver = driver.press(Action::Move(Move::Up));
            assert!(driver.app.selected == Some(at) && sees(&driver, at), "{at}: {}", driver.screen());
        }
        for at in 1..30 {
            driver = driver.press(Action::Move(Move::Down));
            assert!(driver.app.selected == Some(at) && sees(&driver, at), "{at}: {}", driver.screen());
        }
    }

    #[test]
    fn a_filter_finds_an_app_and_says_what_errors_it_hides() {
        let error = |text: &str| Event::Note(Note::error(text));
        let notes = said(&["shop: started"]).into_iter().chain([error("blog: broken"), error("shop: broken")]);
        let driver = Driver::started(80, 24).hear(notes).run("filter shop");
        let screen = driver.screen();
        assert!(screen.contains("shop: started") && screen.contains("shop: broken"), "{screen}");
        assert!(!screen.contains("blog: broken") && screen.contains("1 error hidden"), "{screen}");
    }

    #[test]
    fn every_line_of_a_row_opens_it() {
        let text = ["word"; 30].join(" ");
        let driver = Driver::started(45, 20)
            .requests([exchange("GET", "/", 200)])
            .hear([Event::Note(Note::error(text.as_str()))]);
        let map = driver.app.map();
        let lines = (0..20).filter(|y| map.hit(3, *y) == Some(Target::Subject(Subject::Row(1)))).count();
        assert_eq!(lines, 4);
    }
}
