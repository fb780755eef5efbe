//! The lines between regions.

use super::layout::Layout;
use super::ui::Ui;

/// Draws border, inner lines and their joints, or the one line above the prompt.
pub(super) fn draw(layout: &Layout, ui: &mut Ui<'_>) {
    let (glyphs, style) = (ui.look.glyphs, ui.look.theme.rule);
    if !layout.bordered {
        ui.across(layout.answer.x, layout.answer.y, layout.answer.width * layout.answer.height, glyphs.across, style);
        return;
    }
    let [top_left, top_right, bottom_left, bottom_right, left, right, top, bottom] = glyphs.joints;
    let (last_x, last_y) = (layout.area.right() - 1, layout.area.bottom() - 1);
    for y in 1..last_y {
        ui.put(0, y, 1, glyphs.upright, style);
        ui.put(last_x, y, 1, glyphs.upright, style);
    }
    for (y, ends) in [(0, [top_left, top_right]), (last_y, [bottom_left, bottom_right])] {
        ui.across(1, y, last_x - 1, glyphs.across, style);
        ui.put(0, y, 1, ends[0], style);
        ui.put(last_x, y, 1, ends[1], style);
    }
    for (x, from, to) in &layout.upright {
        for y in *from..=*to {
            ui.put(*x, y, 1, glyphs.upright, style);
        }
    }
    for (from, to, y) in &layout.across {
        ui.across(*from, *y, to - from, glyphs.across, style);
        ui.put(*from, *y, 1, left, style);
        ui.put(*to, *y, 1, right, style);
    }
    for (x, from, to) in &layout.upright {
        ui.put(*x, *from, 1, top, style);
        ui.put(*x, *to, 1, bottom, style);
    }
}
