//! The line that is typed, what could follow it, and the cursor.

use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthChar;

use super::ui::{Ui, width};
use crate::tui::app::App;
use crate::tui::map::Target;

/// Draws the line so that the cursor is in view; where the cursor is.
pub(super) fn draw(app: &App, area: Rect, ui: &mut Ui<'_>) -> Option<Position> {
    if area.height == 0 || area.width < 4 {
        return None;
    }
    let (theme, glyphs, prompt) = (ui.look.theme, ui.look.glyphs, app.prompt());
    let x = ui.put(area.x, area.y, 2, &format!("{} ", glyphs.prompt), theme.title);
    let room = area.right().saturating_sub(x);
    let (skipped, text) = window(prompt.text(), prompt.column(), room.into());
    let end = ui.put(x, area.y, room, text, theme.text);
    let left = area.right().saturating_sub(end);
    if prompt.is_empty() {
        let hint = if room < 40 { "command, or ? for help" } else { "type a command, or ? for help" };
        ui.put(x + 1, area.y, room - 1, hint, theme.ghost);
    } else {
        ui.put(end, area.y, left, prompt.ghost(), theme.ghost);
    }
    // A tap counts columns of the whole line, so the first of them may lie outside.
    let first = x.saturating_sub(u16::try_from(skipped).unwrap_or(u16::MAX));
    ui.map.add(area, Target::Prompt(first));
    let cursor = x + u16::try_from(prompt.column() - skipped).unwrap_or(0).min(room - 1);
    Some(Position { x: cursor, y: area.y })
}

/// The part of a line in which the cursor is, and the columns before it.
fn window(text: &str, cursor: usize, room: usize) -> (usize, &str) {
    let surplus = (cursor + 1).saturating_sub(room);
    let mut skipped = 0;
    for (at, c) in text.char_indices() {
        if skipped >= surplus {
            return (skipped, &text[at..]);
        }
        skipped += c.width().unwrap_or(0);
    }
    (usize::from(width(text)), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_stays_in_view() {
        assert_eq!(window("port 8080", 9, 20), (0, "port 8080"));
        assert_eq!(window("port 8080", 9, 6), (4, " 8080"));
        assert_eq!(window("写真写真", 8, 6), (4, "写真"));
        assert_eq!(window("写真写真", 0, 6), (0, "写真写真"));
        assert_eq!(window("", 0, 6), (0, ""));
    }
}
