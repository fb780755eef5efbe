//! Files that arrive, each with its bar, and those that have: what, how much, from whom.
//!
//! Where the pane is narrow and high enough each takes two lines, so that nothing is left out.

use ratatui::layout::Rect;

use super::fit;
use super::ui::{Ui, width};
use crate::event::UploadState;
use crate::known::Transfer;
use crate::text::size;
use crate::tui::app::App;
use crate::tui::map::{Pane, Subject, Target};

/// Draws the uploads in view.
pub(super) fn draw(app: &App, area: Rect, ui: &mut Ui<'_>) {
    ui.map.add(area, Target::Pane(Pane::Uploads));
    let uploads = &app.known.uploads;
    if uploads.is_empty() {
        ui.map.uploads = area.height.into();
        return invite(app, area, ui);
    }
    let lines = if area.width < 56 && area.height >= 4 { 2 } else { 1 };
    let height = usize::from(area.height / lines);
    ui.map.uploads = height;
    let first = app.uploads.first(uploads.len(), height);
    for (i, (at, transfer)) in uploads.iter().enumerate().skip(first).take(height).enumerate() {
        let row = Rect { y: area.y + i as u16 * lines, height: lines, ..area };
        if lines == 2 {
            draw_card(transfer, row, ui);
        } else {
            draw_line(transfer, row, ui);
        }
        ui.map.add(row, Target::Subject(Subject::Upload(transfer.upload.id)));
        if app.uploads.cursor == Some(at) {
            ui.style(row, ui.look.theme.selected);
        }
    }
}

/// Two lines: what, and below it how far.
fn draw_card(transfer: &Transfer, row: Rect, ui: &mut Ui<'_>) {
    let x = mark(transfer, row, ui);
    let room = row.right().saturating_sub(x);
    let name = fit::keep_end(&transfer.upload.name, room, ui.look.glyphs.cut);
    ui.put(x, row.y, room, &name, ui.look.theme.text);
    let (x, y) = (row.x + 2, row.y + 1);
    let x = bar(transfer, x, y, (row.width / 5).min(8), ui);
    let room = row.right().saturating_sub(x);
    let text = join(&[&progress(transfer), &sender(transfer, room >= 44)], ui);
    let text = fit::keep_start(&text, room, ui.look.glyphs.cut);
    ui.put(x, y, room, &text, ui.look.theme.faint);
}

/// All in one line.
fn draw_line(transfer: &Transfer, row: Rect, ui: &mut Ui<'_>) {
    let theme = ui.look.theme;
    let cut = ui.look.glyphs.cut;
    let x = mark(transfer, row, ui);
    let x = bar(transfer, x, row.y, (row.width / 5).min(12), ui);
    let said = match row.width {
        0..34 => String::new(),
        34..60 => progress(transfer),
        60..80 => join(&[&progress(transfer), &sender(transfer, false)], ui),
        _ => join(&[&progress(transfer), &sender(transfer, true)], ui),
    };
    let said = fit::keep_start(&said, row.width / 2, cut);
    let right = ui.put_left_of(row.right(), row.y, &said, theme.faint).saturating_sub(1);
    let room = right.saturating_sub(x);
    let name = fit::keep_end(&transfer.upload.name, room, cut);
    ui.put(x, row.y, room, &name, theme.text);
}

/// What became of it, as a glyph; the column after it.
fn mark(transfer: &Transfer, row: Rect, ui: &mut Ui<'_>) -> u16 {
    let (theme, glyphs) = (ui.look.theme, ui.look.glyphs);
    let (glyph, style) = match transfer.upload.state {
        UploadState::Arriving => (glyphs.down, theme.aside),
        UploadState::Waiting => (glyphs.down, theme.faint),
        UploadState::Done { .. } => (glyphs.ok, theme.good),
        UploadState::Failed(_) => (glyphs.bad, theme.bad),
    };
    let x = ui.put(row.x, row.y, row.width, glyph, style);
    x.max(row.x + 1) + 1
}

/// The bar and the hundredths of an upload that is under way; the column after them.
fn bar(transfer: &Transfer, x: u16, y: u16, columns: u16, ui: &mut Ui<'_>) -> u16 {
    let Some(percent) = transfer.percent().filter(|_| transfer.arriving()) else { return x };
    let theme = ui.look.theme;
    let full = columns * u16::from(percent) / 100;
    ui.across(x, y, full, ui.look.glyphs.full, theme.good);
    ui.across(x + full, y, columns - full, ui.look.glyphs.rest, theme.faint);
    let x = x + columns;
    ui.put(x, y, 6, &format!(" {percent:>2}% "), theme.text)
}

/// How far and how fast, or how much, or why not.
fn progress(transfer: &Transfer) -> String {
    let upload = &transfer.upload;
    match &upload.state {
        UploadState::Arriving if upload.total.is_none() => {
            format!("{} {}/s", size(upload.received), size(transfer.speed))
        }
        UploadState::Arriving => format!("{}/s", size(transfer.speed)),
        UploadState::Waiting => "waits for the sender".to_owned(),
        UploadState::Done { duplicate: true, .. } => format!("{}, was there", size(upload.received)),
        UploadState::Done { .. } => size(upload.received),
        UploadState::Failed(why) => why.clone(),
    }
}

/// The device and, where there is room or no device is known, the address.
fn sender(transfer: &Transfer, both: bool) -> String {
    let device = transfer.upload.device.as_str();
    let address = transfer.upload.from.to_canonical();
    match (device.is_empty(), both) {
        (true, _) => address.to_string(),
        (false, true) => format!("{device} {address}"),
        (false, false) => device.to_owned(),
    }
}

fn join(parts: &[&str], ui: &Ui<'_>) -> String {
    let parts: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    parts.join(ui.look.glyphs.between)
}

/// How to send something, while nothing has been sent.
fn invite(app: &App, area: Rect, ui: &mut Ui<'_>) {
    let settings = &app.known.settings;
    let url = app.known.best_url().unwrap_or_default();
    let page = format!("{url}{}", settings.upload_path);
    let bare = page.split_once("://").map_or(page.as_str(), |(_, rest)| rest);
    let page = if width(&page) <= area.width { &page } else { bare };
    let lines = match (settings.uploads, url.is_empty()) {
        (true, false) => vec![settings.who.clone(), page.to_owned()],
        (true, true) => vec![settings.who.clone()],
        (false, _) => vec!["Uploads are off.".to_owned()],
    };
    let lines = lines.into_iter().filter(|line| width(line) > 0);
    for (y, line) in (area.top()..area.bottom()).zip(lines) {
        let line = fit::keep_start(&line, area.width, ui.look.glyphs.cut);
        ui.put(area.x, y, area.width, &line, ui.look.theme.faint);
    }
}
