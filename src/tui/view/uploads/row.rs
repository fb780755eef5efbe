//! One upload in a line or two: number, state, name, sender; bar, bytes of bytes, speed, time left.

use ratatui::layout::Rect;

use super::facts::{self, Fact};
use crate::event::UploadState;
use crate::known::{Transfer, clock};
use crate::text::size;
use crate::tui::map::Target;
use crate::tui::view::fit;
use crate::tui::view::ui::{Ui, width};

/// From so many columns there is room for the sender beside the name, and for a button.
const ROOMY: u16 = 40;

/// Two lines: what and from whom, and below it how far.
pub(super) fn card(transfer: &Transfer, row: Rect, ui: &mut Ui<'_>) {
    let x = mark(transfer, row, ui);
    let mut right = row.right();
    let roomy = row.width >= ROOMY;
    if roomy {
        right = button(transfer, row, ui);
        let sender = fit::keep_start(&sender(transfer, row.width >= 60), 16, ui.look.glyphs.cut).into_owned();
        right = ui.put_left_of(right, row.y, &sender, ui.look.theme.faint).saturating_sub(1);
    }
    let room = right.saturating_sub(x);
    let name = fit::keep_end(&transfer.upload.name, room, ui.look.glyphs.cut);
    ui.put(x, row.y, room, &name, ui.look.theme.text);
    let (x, y) = (row.x + 2, row.y + 1);
    let x = bar(transfer, x, y, (row.width / 6).min(8), ui);
    let mut said = progress(transfer);
    if !roomy {
        said.push(Fact::new(1, sender(transfer, false)));
    }
    let room = row.right().saturating_sub(x);
    facts::write(said, x, y, room, ui.look.theme.faint, ui);
}

/// All in one line.
pub(super) fn line(transfer: &Transfer, row: Rect, ui: &mut Ui<'_>) {
    let theme = ui.look.theme;
    let cut = ui.look.glyphs.cut;
    let x = mark(transfer, row, ui);
    let x = bar(transfer, x, row.y, (row.width / 5).min(8), ui);
    let right = if row.width >= 80 { button(transfer, row, ui) } else { row.right() };
    let mut said = progress(transfer);
    said.push(Fact::new(1, sender(transfer, row.width >= 80)));
    let room = if row.width < 34 { 0 } else { (right.saturating_sub(x)) * 3 / 5 };
    let said = facts::text(said, room, ui);
    let said = fit::keep_start(&said, room, cut);
    let right = ui.put_left_of(right, row.y, &said, theme.faint).saturating_sub(1);
    let room = right.saturating_sub(x);
    let name = fit::keep_end(&transfer.upload.name, room, cut);
    ui.put(x, row.y, room, &name, theme.text);
}

/// The number, and as a glyph what became of it; the column after them.
fn mark(transfer: &Transfer, row: Rect, ui: &mut Ui<'_>) -> u16 {
    let (theme, glyphs) = (ui.look.theme, ui.look.glyphs);
    let (glyph, style) = match transfer.upload.state {
        UploadState::Arriving if transfer.stalled => (glyphs.paused, theme.warn),
        UploadState::Arriving => (glyphs.down, theme.aside),
        UploadState::Waiting => (glyphs.paused, theme.aside),
        UploadState::Done { .. } => (glyphs.ok, theme.good),
        UploadState::Deleted => (glyphs.note, theme.faint),
        UploadState::Failed(_) => (glyphs.bad, theme.bad),
    };
    let number = format!("{} ", transfer.upload.id);
    let x = ui.put(row.x, row.y, row.width, &number, theme.faint);
    let end = ui.put(x, row.y, row.right().saturating_sub(x), glyph, style);
    end.max(x + 1) + 1
}

/// The likeliest deed, to be tapped at the end of the row; the column at which there is room.
fn button(transfer: &Transfer, row: Rect, ui: &mut Ui<'_>) -> u16 {
    let word = match transfer.upload.state {
        UploadState::Done { .. } => "open",
        UploadState::Arriving | UploadState::Waiting => "cancel",
        UploadState::Deleted | UploadState::Failed(_) => return row.right(),
    };
    let x = ui.put_left_of(row.right(), row.y, word, ui.look.theme.word);
    // A finger is wider than a letter.
    let area = Rect { x: x.saturating_sub(1), width: width(word) + 1, ..row };
    ui.map.add(area, Target::Deed(transfer.upload.id, word));
    x.saturating_sub(1)
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

/// How far, how fast and how long; or how much; or why not.
fn progress(transfer: &Transfer) -> Vec<Fact> {
    let amount = Fact::new(3, transfer.amount());
    match &transfer.upload.state {
        UploadState::Arriving if transfer.stalled => vec![amount, Fact::new(5, "nothing comes".to_owned())],
        UploadState::Arriving => {
            let left = transfer.left().map_or_else(|| "--:--".to_owned(), clock);
            vec![amount, Fact::new(4, format!("{}/s", size(transfer.speed))), Fact::new(5, left)]
        }
        UploadState::Waiting => vec![amount, Fact::new(5, "waits for the sender".to_owned())],
        UploadState::Done { duplicate: true, .. } => vec![amount, Fact::new(4, "was here already".to_owned())],
        UploadState::Done { .. } => vec![amount],
        UploadState::Deleted => vec![amount, Fact::new(4, "deleted".to_owned())],
        UploadState::Failed(why) => vec![Fact::new(5, why.clone())],
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
