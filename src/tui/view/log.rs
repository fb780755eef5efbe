//! The log: only the rows in view are looked at, however many there are.

mod columns;
mod entries;

use std::time::SystemTime;

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::fit;
use super::ui::Ui;
use crate::event::Level;
use crate::known::{Row, State};
use crate::tui::app::App;
use crate::tui::map::{Pane, Subject, Target};
use columns::Columns;
use entries::Entry;

/// Draws the rows in view, and below them what is not.
pub(super) fn draw(app: &App, area: Rect, ui: &mut Ui<'_>) {
    let noticed = area.height > 1 && notices(app, Rect { y: area.bottom() - 1, height: 1, ..area }, ui);
    let area = Rect { height: area.height - u16::from(noticed), ..area };
    ui.map.add(area, Target::Pane(Pane::Log));
    let log = &app.known.log;
    if log.kept() == 0 {
        welcome(app, area, ui);
        return;
    }
    if log.shown() == 0 {
        say(&[format!("Nothing matches {}.", app.filter), "filter shows all again.".to_owned()], area, ui);
        return;
    }
    let columns = Columns::new(area.width);
    let room = area.width.saturating_sub(columns.text());
    let entries = entries::in_view(app, area.height.into(), room);
    ui.map.log = entries.iter().filter(|entry| entry.above == 0).count().max(1);
    let mut y = area.top();
    for entry in &entries {
        let height = u16::try_from(entry.lines.len() - entry.above).unwrap_or(1).min(area.bottom() - y);
        let lines = Rect { y, height, ..area };
        draw_entry(entry, columns, lines, ui);
        let target = match entry.row {
            Row::Detail { of, .. } => *of,
            _ => entry.number,
        };
        ui.map.add(lines, Target::Subject(Subject::Row(target)));
        if app.selected == Some(entry.number) {
            ui.style(lines, ui.look.theme.selected);
        }
        y += height;
    }
}

fn draw_entry(entry: &Entry<'_>, columns: Columns, area: Rect, ui: &mut Ui<'_>) {
    let theme = ui.look.theme;
    let glyphs = ui.look.glyphs;
    let row = entry.row;
    let first = Rect { height: 1, ..area };
    let (glyph, style) = match row {
        Row::Exchange(exchange) => return columns.draw(exchange, first, ui),
        Row::Note { note, .. } if note.level == Level::Error => (glyphs.bad, theme.bad),
        Row::Note { .. } if entry.goes_on => ("", theme.text),
        Row::Note { .. } => (glyphs.note, theme.text),
        Row::Changed { .. } => (glyphs.changed, theme.aside),
        Row::Detail { .. } => ("", theme.faint),
    };
    if entry.above == 0 {
        let x = columns.time(row.time(), first, ui);
        ui.put(x, first.y, area.right().saturating_sub(x), glyph, style);
    }
    let style = if matches!(row, Row::Changed { .. }) { theme.text } else { style };
    let x = area.x + columns.text();
    for (y, line) in (area.top()..area.bottom()).zip(entry.lines.iter().skip(entry.above)) {
        ui.put(x, y, area.right().saturating_sub(x), line, style);
    }
}

/// What the log does not show: by filter, by haste, by looking at older rows. Whether there was
/// anything to say.
fn notices(app: &App, line: Rect, ui: &mut Ui<'_>) -> bool {
    let (theme, glyphs) = (ui.look.theme, ui.look.glyphs);
    let log = &app.known.log;
    let unseen = app.tail.unseen(log);
    let mut said = Vec::new();
    if !app.filter.is_empty() {
        said.push((format!("filter {}", app.filter), theme.warn));
    }
    if log.hidden() > 0 {
        let errors =
            if log.hidden() == 1 { "1 error hidden".to_owned() } else { format!("{} errors hidden", log.hidden()) };
        said.push((errors, theme.bad));
    }
    let lost = app.known.counters.lost + app.known.counters.lost_events;
    if lost > 0 {
        said.push((format!("{lost} not shown"), theme.warn));
    }
    if log.dropped() > 0 && app.tail.first(log, line.height.into()) + 1 < log.shown() {
        said.push((format!("{} older dropped", log.dropped()), theme.faint));
    }
    if said.is_empty() && unseen == 0 {
        return false;
    }
    let mut right = line.right();
    if unseen > 0 {
        let x = ui.put_left_of(right, line.y, &format!("{} {unseen} new", glyphs.down), theme.word);
        ui.map.add(Rect::new(x, line.y, right - x, 1), Target::Newest);
        right = x.saturating_sub(2);
    }
    if !app.filter.is_empty() {
        let x = ui.put_left_of(right, line.y, "unfilter", theme.word);
        ui.map.add(Rect::new(x, line.y, right.saturating_sub(x), 1), Target::Unfilter);
        right = x.saturating_sub(2);
    }
    let mut x = line.x;
    for (i, (text, style)) in said.into_iter().enumerate() {
        if i > 0 {
            x = ui.put(x, line.y, right.saturating_sub(x), glyphs.between, theme.faint);
        }
        let room = right.saturating_sub(x);
        let text = fit::keep_start(&text, room, glyphs.cut);
        x = ui.put(x, line.y, room, &text, style);
    }
    true
}

/// What to do while there is nothing to see.
fn welcome(app: &App, area: Rect, ui: &mut Ui<'_>) {
    let url = app.known.best_url();
    let lines = match (app.known.state, url) {
        (State::Listening, Some(_)) if area.width < 36 => {
            ["No requests yet.", "Open the address above,", "or tap qr for a phone."].map(String::from).into()
        }
        (State::Listening, Some(url)) => {
            vec!["No requests yet.".to_owned(), format!("Open {url}"), "or tap qr and scan with a phone.".to_owned()]
        }
        (State::Listening, None) => vec!["No requests yet.".to_owned()],
        (State::Paused, _) => vec!["Paused: start listens again.".to_owned()],
        _ => Vec::new(),
    };
    say(&lines, area, ui);
}

/// Lines in the middle of an empty pane.
fn say(lines: &[String], area: Rect, ui: &mut Ui<'_>) {
    let top = area.y + area.height.saturating_sub(lines.len() as u16) / 2;
    for (y, line) in (top..area.bottom()).zip(lines) {
        let line = fit::keep_start(line, area.width, ui.look.glyphs.cut);
        let x = area.x + area.width.saturating_sub(super::ui::width(&line)) / 2;
        ui.put(x, y, area.width, &line, ui.look.theme.faint);
    }
}

/// The time of day, `12:01:02`.
pub(super) fn time_of_day(at: SystemTime, zone: &jiff::tz::TimeZone) -> String {
    jiff::Timestamp::try_from(at)
        .map(|at| at.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string())
        .unwrap_or_default()
}

/// Text in a column, at its right.
fn put_right(x: u16, y: u16, room: u16, text: &str, style: Style, ui: &mut Ui<'_>) {
    let shift = room.saturating_sub(super::ui::width(text));
    ui.put(x + shift, y, room - shift, text, style);
}
