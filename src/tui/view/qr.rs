//! The QR code of an address, as large as it must be: over the lists, or over all but the prompt,
//! or else the link alone; beside it what to type, and what came of it.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::layout::Layout;
use super::ui::{Ui, width};
use crate::known::{Link, Step};
use crate::net::{Platform, causes};
use crate::qr::{Code, Ink};
use crate::text::wrap;
use crate::tui::app::App;
use crate::tui::map::Target;

#[cfg(test)]
mod tests;

/// Columns between the code and what stands beside it.
const GAP: u16 = 2;
/// Columns that an address and a PIN need to be read.
const ASIDE: u16 = 10;
/// Columns that the likely causes need to be read beside the code.
const CAUSES: u16 = 30;

/// A line of what stands beside, below or instead of the code.
struct Line {
    text: String,
    style: Style,
    target: Option<Target>,
}

/// Draws what the state of things asks for. The PIN also stands beside the prompt.
pub(super) fn draw(app: &App, layout: &Layout, ui: &mut Ui<'_>) {
    let Ok((link, place, of)) = app.scan.link(&app.known) else {
        // The network went while the code was shown; the header says so.
        ui.clear(layout.body);
        ui.map.add(layout.body, Target::Over);
        let gone = "no network that others could be on; looking for one";
        lines(&plain(gone, layout.body.width, ui.look.theme.warn), layout.body, ui);
        return;
    };
    let step = app.scan.at(app.now);
    if let Step::Connected(device, address) = step {
        connected(device, address, layout.body, ui);
        return;
    }
    let caption = |columns: u16, ui: &Ui<'_>| caption(app, &link, (place, of), columns, ui);
    let whole = Rect { height: layout.answer.y - layout.area.y, ..layout.area };
    let placed = code(&link, layout.body, ui).or_else(|| code(&link, whole, ui));
    let stuck = step == Step::Stuck;
    match placed {
        Some((area, rows)) => {
            let wide = rows.first().map_or(0, |row| width(row));
            let aside = area.width.saturating_sub(wide + GAP);
            if stuck && aside < CAUSES {
                instead(caption(layout.body.width, ui), app.known.port(), layout.body, ui);
                return;
            }
            ui.clear(area);
            ui.map.add(area, Target::Over);
            if aside < ASIDE {
                with_code_above(&rows, area, &caption(area.width, ui), ui);
                return;
            }
            let mut beside = caption(aside, ui);
            if stuck {
                beside.extend(help(aside, app.known.port(), ui));
            }
            with_code(&rows, area, &beside, ui);
        }
        None if stuck => instead(caption(layout.body.width, ui), app.known.port(), layout.body, ui),
        None => alone(&link, caption(layout.body.width, ui), layout.body, ui),
    }
}

/// The rows of the code that fit an area.
fn code(link: &Link, area: Rect, ui: &Ui<'_>) -> Option<(Rect, Vec<String>)> {
    let rows = Code::new(&link.url)?.fit(ink(ui), area.width.into(), area.height.into())?;
    Some((area, rows))
}

fn ink(ui: &Ui<'_>) -> Ink {
    match (ui.look.glyphs.ascii, ui.look.theme.code) {
        (true, _) => Ink::Ascii,
        (false, Some(_)) => Ink::Dark,
        (false, None) => Ink::Light,
    }
}

/// The code with text at its right, the two in the middle.
fn with_code(rows: &[String], area: Rect, beside: &[Line], ui: &mut Ui<'_>) {
    let wide = rows.first().map_or(0, |row| width(row));
    let text = beside.iter().map(|line| width(&line.text)).max().map_or(0, |text| text + GAP);
    let left = area.x + area.width.saturating_sub(wide + text) / 2;
    let high = rows.len() as u16;
    let top = area.y + area.height.saturating_sub(high) / 2;
    draw_code(rows, left, top, ui);
    let x = left + wide + GAP;
    let room = Rect { x, width: area.right().saturating_sub(x), ..area };
    let from = top + high.saturating_sub(beside.len() as u16) / 2;
    let from = from.min(area.bottom().saturating_sub(beside.len() as u16)).max(area.y);
    lines(beside, Rect { y: from, height: area.bottom() - from, ..room }, ui);
}

/// The code with text below it, as much as there is room for.
fn with_code_above(rows: &[String], area: Rect, below: &[Line], ui: &mut Ui<'_>) {
    let wide = rows.first().map_or(0, |row| width(row));
    let high = rows.len() as u16;
    let below = if high + below.len() as u16 <= area.height { below } else { &[] };
    let top = area.y + (area.height - high - below.len() as u16) / 2;
    draw_code(rows, area.x + (area.width - wide) / 2, top, ui);
    centred(below, Rect { y: top + high, height: below.len() as u16, ..area }, ui);
}

fn draw_code(rows: &[String], x: u16, y: u16, ui: &mut Ui<'_>) {
    let style = ui.look.theme.code.filter(|_| ink(ui) == Ink::Dark).unwrap_or(ui.look.theme.text);
    for (y, row) in (y..).zip(rows) {
        ui.put(x, y, width(row), row, style);
    }
}

/// What to type where a phone cannot scan, and the way to the next address.
fn caption(app: &App, link: &Link, (place, of): (usize, usize), columns: u16, ui: &Ui<'_>) -> Vec<Line> {
    let theme = ui.look.theme;
    let settings = &app.known.settings;
    let mut found = plain(&link.typed, columns, theme.link);
    if settings.uploads && !settings.pin.is_empty() {
        found.extend(plain(&format!("PIN {}", settings.pin), columns, theme.title));
    }
    if of > 1 {
        found.extend(plain(&format!("{place} of {of}"), columns, theme.faint));
        let next = Line { text: "next".to_owned(), style: theme.word, target: Some(Target::Word("qr next")) };
        found.push(next);
    }
    found
}

/// The likely causes, below a blank line.
fn help(columns: u16, port: u16, ui: &Ui<'_>) -> Vec<Line> {
    let theme = ui.look.theme;
    let mut found = vec![Line { text: String::new(), style: theme.text, target: None }];
    found.extend(plain("Nobody has come yet. Likely causes:", columns, theme.warn));
    for cause in causes(Platform::here(), port) {
        let rows = wrap(&cause, columns.saturating_sub(2).into());
        for (i, row) in rows.into_iter().enumerate() {
            let mark = if i == 0 { ui.look.glyphs.note } else { " " };
            found.push(Line { text: format!("{mark} {row}"), style: theme.text, target: None });
        }
    }
    found
}

/// The likely causes where there is no room for both.
fn instead(caption: Vec<Line>, port: u16, area: Rect, ui: &mut Ui<'_>) {
    ui.clear(area);
    ui.map.add(area, Target::Over);
    let mut found = help(area.width, port, ui).split_off(1);
    let again = Line { text: "show the code".to_owned(), style: ui.look.theme.word, target: Some(Target::Over) };
    if found.len() + caption.len() < usize::from(area.height) {
        found.extend(caption);
    }
    found.truncate(usize::from(area.height).saturating_sub(1));
    found.push(again);
    lines(&found, area, ui);
}

/// Somebody is here.
fn connected(device: &str, address: &str, area: Rect, ui: &mut Ui<'_>) {
    ui.clear(area);
    ui.map.add(area, Target::Over);
    let (theme, ok) = (ui.look.theme, ui.look.glyphs.ok);
    let name = if device.is_empty() { address } else { device };
    let mut found = plain(&format!("{ok} connected: {name}"), area.width, theme.good);
    if !device.is_empty() {
        found.extend(plain(address, area.width, theme.faint));
    }
    found.push(Line { text: "show the code".to_owned(), style: theme.word, target: Some(Target::Over) });
    centred(&found, area, ui);
}

/// The link, where the code has no room.
fn alone(link: &Link, caption: Vec<Line>, area: Rect, ui: &mut Ui<'_>) {
    ui.clear(area);
    ui.map.add(area, Target::Over);
    let mut found = plain(&link.url, area.width, ui.look.theme.link);
    // What the link says is not said again.
    let more = caption.into_iter().filter(|line| line.style != ui.look.theme.link || line.target.is_some());
    found.extend(more.take(usize::from(area.height).saturating_sub(found.len())));
    centred(&found, area, ui);
}

fn plain(text: &str, columns: u16, style: Style) -> Vec<Line> {
    wrap(text, columns.into()).into_iter().map(|text| Line { text, style, target: None }).collect()
}

fn centred(found: &[Line], area: Rect, ui: &mut Ui<'_>) {
    let wide = found.iter().map(|line| width(&line.text)).max().unwrap_or(0).min(area.width);
    let high = (found.len() as u16).min(area.height);
    let (x, y) = (area.x + (area.width - wide) / 2, area.y + (area.height - high) / 2);
    lines(found, Rect::new(x, y, wide, high), ui);
}

fn lines(found: &[Line], area: Rect, ui: &mut Ui<'_>) {
    for (y, line) in (area.top()..area.bottom()).zip(found) {
        let end = ui.put(area.x, y, area.width, &line.text, line.style);
        if let Some(target) = line.target {
            ui.map.add(Rect::new(area.x, y, end - area.x, 1), target);
        }
    }
}
