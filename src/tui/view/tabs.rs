//! The names of the lists: as tabs where one is shown at a time, as titles elsewhere.

use ratatui::layout::Rect;

use super::layout::Layout;
use super::ui::Ui;
use crate::tui::app::{App, Focus};
use crate::tui::map::{Pane, Target};

/// Draws tabs or titles.
pub(super) fn draw(app: &App, layout: &Layout, ui: &mut Ui<'_>) {
    for title in &layout.titles {
        let on_rule = layout.across.iter().any(|(_, _, y)| *y == title.y);
        let name = name(app, title.pane);
        let mut x = title.x;
        if on_rule {
            ui.put(x - 1, title.y, 1, " ", ui.look.theme.text);
        }
        if app.focus == Focus::Pane(title.pane) {
            x = ui.put(x, title.y, title.room, &format!("{} ", ui.look.glyphs.focus), ui.look.theme.aside);
        }
        let style = if flashes(app, title.pane) { ui.look.theme.selected } else { ui.look.theme.title };
        let end = ui.put(x, title.y, title.room, &name, style);
        if on_rule {
            ui.put(end, title.y, 1, " ", ui.look.theme.text);
        }
        ui.map.add(Rect::new(title.x, title.y, title.room, 1), Target::Tab(title.pane));
    }
    if layout.tabs.height > 0 {
        tabs(app, layout.tabs, ui);
    }
}

fn tabs(app: &App, area: Rect, ui: &mut Ui<'_>) {
    let mut x = area.x;
    for pane in Pane::ALL {
        let shown = app.pane == pane;
        let inverse = shown != flashes(app, pane);
        let style = if inverse { ui.look.theme.selected } else { ui.look.theme.word };
        let text = format!(" {} ", name(app, pane));
        let end = ui.put(x, area.y, area.right().saturating_sub(x), &text, style);
        ui.map.add(Rect::new(x, area.y, end - x, 1), Target::Tab(pane));
        x = end + 1;
    }
}

/// Whether something has just come to a list.
fn flashes(app: &App, pane: Pane) -> bool {
    pane == Pane::Uploads && app.flashes()
}

/// The name, with a number where that says something.
fn name(app: &App, pane: Pane) -> String {
    let known = &app.known;
    if flashes(app, pane) {
        return format!("{} {} {}", app.look.glyphs.ok, pane.name(), known.uploads.done());
    }
    let count = match pane {
        Pane::Log => 0,
        Pane::Routes => known.routes.len(),
        Pane::Uploads if known.uploads.arriving() > 0 => {
            return format!("{} {}{}", pane.name(), known.uploads.arriving(), app.look.glyphs.down);
        }
        Pane::Uploads => usize::try_from(known.uploads.done()).unwrap_or(usize::MAX),
    };
    if count == 0 { pane.name().to_owned() } else { format!("{} {count}", pane.name()) }
}
