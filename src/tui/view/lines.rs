//! Lines of text over the lists: help, or a table that a command gave.

use ratatui::layout::Rect;

use super::fit;
use super::ui::Ui;
use crate::tui::app::List;
use crate::tui::map::Target;

/// Draws the lines in view, and how many are not.
pub(super) fn draw(title: &str, lines: &[String], list: List, area: Rect, ui: &mut Ui<'_>) {
    ui.map.add(area, Target::Over);
    let (theme, glyphs) = (ui.look.theme, ui.look.glyphs);
    let mut area = area;
    if area.height >= 8 {
        ui.put(area.x, area.y, area.width, title, theme.title);
        area = Rect { y: area.y + 1, height: area.height - 1, ..area };
    }
    let height = usize::from(area.height);
    let first = list.first(lines.len(), height);
    ui.map.over = height;
    for (y, line) in (area.top()..area.bottom()).zip(lines.iter().skip(first)) {
        let line = fit::keep_start(line, area.width, glyphs.cut);
        ui.put(area.x, y, area.width, &line, theme.text);
    }
    ui.map.lines = lines.len();
    more(lines.len().saturating_sub(first + height), area, ui);
}

/// Says in the last line of an area how many lines are below it.
pub(super) fn more(below: usize, area: Rect, ui: &mut Ui<'_>) {
    if below > 0 && area.height > 0 {
        let more = format!(" {} {below} more ", ui.look.glyphs.down);
        ui.put_left_of(area.right(), area.bottom() - 1, &more, ui.look.theme.selected);
    }
}
