//! One row of a list in full: a name and a value a line.

use ratatui::layout::Rect;

use super::layout::Layout;
use super::log::time_of_day;
use super::ui::{Ui, width};
use crate::event::UploadState;
use crate::exchange::Exchange;
use crate::known::{Known, Row, Transfer, clock};
use crate::text::{duration, size};
use crate::tui::app::App;
use crate::tui::look::Look;
use crate::tui::map::{Subject, Target};

/// Columns of the names.
const NAMES: u16 = 9;

/// Where details stand: in the lower part of the log where that is high enough, else over it.
pub(super) fn place(app: &App, subject: Subject, layout: &Layout) -> Rect {
    match layout.log {
        Some(log) if log.height >= 14 => {
            let lines = lines(app, subject, log.width).len() + usize::from(!deeds(app, subject).is_empty());
            let height = u16::try_from(lines + 1).unwrap_or(u16::MAX).min(log.height * 2 / 3);
            Rect { y: log.bottom() - height, height, ..log }
        }
        Some(log) => log,
        None => layout.body,
    }
}

/// Draws the details of a row.
pub(super) fn draw(app: &App, subject: Subject, area: Rect, ui: &mut Ui<'_>) {
    ui.map.add(area, Target::Over);
    let theme = ui.look.theme;
    let mut area = area;
    if area.height >= 4 {
        ui.across(area.x, area.y, area.width, ui.look.glyphs.across, theme.rule);
        area = Rect { y: area.y + 1, height: area.height - 1, ..area };
    }
    let lines = lines(app, subject, area.width);
    let deeds = deeds(app, subject);
    if area.height >= 2 && !deeds.is_empty() {
        area.height = area.height.min(lines.len() as u16 + 1) - 1;
        if let Subject::Upload(id) = subject {
            buttons(id, deeds, Rect { y: area.bottom(), height: 1, ..area }, ui);
        }
    }
    let height = usize::from(area.height);
    let first = app.details.first(lines.len(), height);
    (ui.map.over, ui.map.lines) = (height, lines.len());
    for (y, (name, value)) in (area.top()..area.bottom()).zip(lines.iter().skip(first)) {
        match name {
            None => ui.put(area.x, y, area.width, value, theme.text),
            Some(name) => {
                ui.put(area.x, y, NAMES.min(area.width), name, theme.faint);
                ui.put(area.x + NAMES, y, area.width.saturating_sub(NAMES), value, theme.text)
            }
        };
    }
    super::lines::more(lines.len().saturating_sub(first + height), area, ui);
}

/// What can be done with a row.
fn deeds(app: &App, subject: Subject) -> &'static [&'static str] {
    let Subject::Upload(id) = subject else { return &[] };
    match app.known.uploads.get(id) {
        Some(transfer) if transfer.kept() => &["open", "rename", "delete", "path"],
        Some(transfer) if transfer.arriving() => &["cancel"],
        _ => &[],
    }
}

/// Words to tap, in a line of their own.
fn buttons(id: u64, deeds: &[&'static str], line: Rect, ui: &mut Ui<'_>) {
    let mut x = line.x;
    for deed in deeds {
        let end = ui.put(x, line.y, line.right().saturating_sub(x), deed, ui.look.theme.word);
        // A finger is wider than a letter: the gap belongs to the word.
        ui.map.add(Rect::new(x, line.y, width(deed) + 1, 1).intersection(line), Target::Deed(id, deed));
        x = end + 2;
    }
}

/// The lines of the details, each with the name that stands before it; none of its own where the
/// value has the whole width.
fn lines(app: &App, subject: Subject, width: u16) -> Vec<(Option<&'static str>, String)> {
    let facts = facts(&app.known, subject, &app.look).into_iter();
    facts
        .flat_map(|(name, value)| {
            let room = if name.is_empty() { width } else { width.saturating_sub(NAMES) };
            let folded = folded(&value, room).into_iter().enumerate();
            folded.map(move |(i, line)| ((!name.is_empty()).then_some(if i == 0 { name } else { "" }), line))
        })
        .collect()
}

/// Names and values; a value without a name has the whole width.
fn facts(known: &Known, subject: Subject, look: &Look) -> Vec<(&'static str, String)> {
    match subject {
        Subject::Row(number) => match known.log.get(number) {
            Some(row) => row_facts(known, row, look),
            None => vec![("", "This row has made room for newer ones.".to_owned())],
        },
        Subject::Route(at) => known.routes.get(at).map_or_else(Vec::new, |route| {
            let facts =
                [("path", &route.path), ("methods", &route.methods), ("target", &route.kind), ("to", &route.to)];
            let facts = facts.map(|(name, value)| (name, value.clone()));
            let guards = route.guards.iter().enumerate();
            let guards = guards.map(|(place, guard)| (if place == 0 { "guards" } else { "" }, guard.clone()));
            facts.into_iter().chain(guards).collect()
        }),
        Subject::Upload(id) => known.uploads.get(id).map(upload_facts).unwrap_or_default(),
    }
}

fn row_facts(known: &Known, row: &Row, look: &Look) -> Vec<(&'static str, String)> {
    let at = row.time().map(|at| time_of_day(at, &look.zone)).unwrap_or_default();
    match row {
        Row::Exchange(exchange) => exchange_facts(exchange, &at),
        Row::Note { note, .. } => {
            let lines = note.detail.lines().map(|line| ("", line.to_owned()));
            [("", note.text.clone())].into_iter().chain(lines).chain([("at", at)]).collect()
        }
        Row::Changed { path, .. } => vec![("changed", path.to_string()), ("at", at)],
        Row::Detail { of, .. } => match known.log.get(*of) {
            Some(note @ Row::Note { .. }) => row_facts(known, note, look),
            _ => Vec::new(),
        },
    }
}

fn exchange_facts(exchange: &Exchange, at: &str) -> Vec<(&'static str, String)> {
    let status = http::StatusCode::from_u16(exchange.status).ok().and_then(|status| status.canonical_reason());
    let cut = if exchange.more.as_ref().is_some_and(|more| more.cut) { ", cut short" } else { "" };
    let mut facts = vec![
        ("", format!("{} {}", exchange.method, exchange.target)),
        ("status", format!("{} {}", exchange.status, status.unwrap_or_default())),
        ("from", exchange.remote.to_canonical().to_string()),
        ("sent", format!("{} in {}{}", size(exchange.sent), duration(exchange.took), cut)),
    ];
    if let Some(more) = exchange.more.as_deref() {
        let received = (more.received > 0).then(|| size(more.received));
        let text = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
        let rest = [
            ("received", received),
            ("type", more.content_type.as_deref().map(str::to_owned)),
            ("route", more.route.as_deref().map(str::to_owned)),
            ("user", more.user.as_deref().map(str::to_owned)),
            ("host", text(&more.host)),
            ("referer", text(&more.referer)),
            ("agent", text(&more.user_agent)),
        ];
        facts.extend(rest.into_iter().filter_map(|(name, value)| Some((name, value?))));
    }
    facts.push(("at", format!("{at}, {:?}", exchange.version)));
    facts
}

fn upload_facts(transfer: &Transfer) -> Vec<(&'static str, String)> {
    let upload = &transfer.upload;
    let state = match &upload.state {
        UploadState::Arriving if transfer.stalled => "arriving, but nothing comes just now",
        UploadState::Arriving => "arriving",
        UploadState::Waiting => "waits for the sender to go on",
        UploadState::Done { duplicate: false, .. } => "done",
        UploadState::Done { duplicate: true, .. } => "the same bytes were here: not stored twice",
        UploadState::Deleted => "deleted",
        UploadState::Failed(_) => "failed",
    };
    let mut facts = vec![
        ("", upload.name.clone()),
        ("upload", format!("{}, {state}", upload.id)),
        ("from", format!("{} {}", upload.device, upload.from.to_canonical()).trim().to_owned()),
        ("received", format!("{} in {}, {}/s", transfer.amount(), duration(upload.took), size(transfer.speed))),
    ];
    match &upload.state {
        UploadState::Arriving => facts.extend(transfer.left().map(|left| ("left", clock(left)))),
        UploadState::Done { path, .. } => facts.push(("path", path.display().to_string())),
        UploadState::Failed(why) => facts.push(("failed", why.clone())),
        UploadState::Waiting | UploadState::Deleted => {}
    }
    facts
}

/// `text` in lines of at most so many columns, wherever they end; three at most.
fn folded(text: &str, columns: u16) -> Vec<String> {
    let text = crate::text::harmless(text);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for c in text.chars() {
        let wide = unicode_width::UnicodeWidthChar::width(c).unwrap_or(0) as u16;
        if used + wide > columns && columns >= 2 {
            if lines.len() == 3 {
                break;
            }
            lines.push(String::new());
            used = 0;
        }
        used += wide;
        if let Some(line) = lines.last_mut() {
            line.push(c);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_fold_and_end() {
        assert_eq!(folded("abcdef", 4), ["abcd", "ef"]);
        assert_eq!(folded("写真写", 4), ["写真", "写"]);
        assert_eq!(folded(&"x".repeat(100), 4).len(), 3);
        assert_eq!(folded("", 4), [""]);
        assert_eq!(folded("ab", 0), ["ab"]);
    }
}
