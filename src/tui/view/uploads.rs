//! Files that arrive, each with its bar, and those that have: what, how much, from whom; and
//! above them all of them together.
//!
//! Where the pane is narrow and high enough each takes two lines, so that nothing is left out.

mod facts;
mod row;

use ratatui::layout::Rect;

use super::fit;
use super::ui::{Ui, width};
use crate::known::{Totals, clock};
use crate::text::size;
use crate::tui::app::App;
use crate::tui::map::{Pane, Subject, Target};
use facts::Fact;

/// Draws the uploads in view.
pub(super) fn draw(app: &App, area: Rect, ui: &mut Ui<'_>) {
    ui.map.add(area, Target::Pane(Pane::Uploads));
    let uploads = &app.known.uploads;
    if uploads.is_empty() {
        ui.map.uploads = area.height.into();
        return invite(app, area, ui);
    }
    let mut area = area;
    if area.height >= 4 {
        draw_totals(&uploads.totals(), area, ui);
        area = Rect { y: area.y + 1, height: area.height - 1, ..area };
    }
    let lines = if area.width < 56 && area.height >= 4 { 2 } else { 1 };
    let height = usize::from(area.height / lines);
    ui.map.uploads = height;
    let first = app.uploads.first(uploads.len(), height);
    for (i, (at, transfer)) in uploads.iter().enumerate().skip(first).take(height).enumerate() {
        let row = Rect { y: area.y + i as u16 * lines, height: lines, ..area };
        ui.map.add(row, Target::Subject(Subject::Upload(transfer.upload.id)));
        if lines == 2 {
            row::card(transfer, row, ui);
        } else {
            row::line(transfer, row, ui);
        }
        if app.uploads.cursor == Some(at) {
            ui.style(row, ui.look.theme.selected);
        }
    }
}

/// All of them in one line: what is under way, and what has arrived.
fn draw_totals(totals: &Totals, area: Rect, ui: &mut Ui<'_>) {
    let (theme, glyphs) = (ui.look.theme, ui.look.glyphs);
    let mut said = Vec::new();
    if totals.under_way > 0 {
        said.push(Fact::new(9, format!("{} {}", glyphs.down, totals.under_way)));
        said.push(Fact::new(6, totals.amount()));
        said.push(Fact::new(7, format!("{}/s", size(totals.speed))));
        said.push(Fact::new(8, totals.left().map_or_else(|| "--:--".to_owned(), clock)));
    }
    if totals.arrived > 0 {
        said.push(Fact::new(5, format!("{} {}", glyphs.ok, totals.arrived)));
        said.push(Fact::new(3, size(totals.arrived_bytes)));
    }
    if totals.failed > 0 {
        said.push(Fact::new(4, format!("{} {}", glyphs.bad, totals.failed)));
    }
    facts::write(said, area.x, area.y, area.width, theme.title, ui);
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
        (false, _) => vec![settings.who.clone()],
    };
    let lines = lines.into_iter().filter(|line| width(line) > 0);
    for (y, line) in (area.top()..area.bottom()).zip(lines) {
        let line = fit::keep_start(&line, area.width, ui.look.glyphs.cut);
        ui.put(area.x, y, area.width, &line, ui.look.theme.faint);
    }
}
