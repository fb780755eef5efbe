//! The QR code of the best address, as large as it must be: over the lists, or over all but the
//! prompt, or else the address alone.

use ratatui::layout::Rect;

use super::layout::Layout;
use super::ui::{Ui, width};
use crate::qr::{Code, Ink};
use crate::tui::app::App;
use crate::tui::map::Target;

/// Draws code and address.
pub(super) fn draw(app: &App, layout: &Layout, ui: &mut Ui<'_>) {
    let url = app.known.phone_url().unwrap_or_default();
    let whole = Rect { height: layout.answer.y - layout.area.y, ..layout.area };
    let ink = match (ui.look.glyphs.ascii, ui.look.theme.code) {
        (true, _) => Ink::Ascii,
        (false, Some(_)) => Ink::Dark,
        (false, None) => Ink::Light,
    };
    let code = Code::new(&url);
    let fit = |area: Rect| code.as_ref()?.fit(ink, area.width.into(), area.height.into()).map(|lines| (area, lines));
    let Some((area, lines)) = fit(layout.body).or_else(|| fit(whole)) else {
        alone(&url, layout.body, ui);
        return;
    };
    ui.clear(area);
    ui.map.add(area, Target::Over);
    let style = ui.look.theme.code.filter(|_| ink == Ink::Dark).unwrap_or(ui.look.theme.text);
    let left = lines.first().map_or(0, |line| area.width.saturating_sub(width(line)) / 2);
    let top = area.y + area.height.saturating_sub(lines.len() as u16) / 2;
    for (y, line) in (top..).zip(&lines) {
        ui.put(area.x + left, y, area.width, line, style);
    }
}

/// The address, where the code has no room.
fn alone(url: &str, area: Rect, ui: &mut Ui<'_>) {
    ui.clear(area);
    ui.map.add(area, Target::Over);
    let y = area.y + area.height / 2;
    let x = area.x + area.width.saturating_sub(width(url)) / 2;
    ui.put(x, y.min(area.bottom().saturating_sub(1)), area.width, url, ui.look.theme.link);
}
