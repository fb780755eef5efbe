//! The pen: cells by column and row, clipped, harmless, in the terminal's own characters.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::text::harmless;
use crate::tui::look::Look;
use crate::tui::map::Map;

/// What a region draws with.
pub(super) struct Ui<'a> {
    pub(super) buf: &'a mut Buffer,
    pub(super) look: &'a Look,
    pub(super) map: Map,
}

impl Ui<'_> {
    /// Writes text into at most `room` columns; the column after it.
    pub(super) fn put(&mut self, x: u16, y: u16, room: u16, text: &str, style: Style) -> u16 {
        let area = *self.buf.area();
        if room == 0 || y >= area.bottom() || x >= area.right() {
            return x;
        }
        let text = showable(text, self.look.glyphs.ascii);
        self.buf.set_stringn(x, y, text, room.into(), style).0
    }

    /// Writes text so that it ends before the column `right`; the column where it starts.
    pub(super) fn put_left_of(&mut self, right: u16, y: u16, text: &str, style: Style) -> u16 {
        let width = width(text);
        let x = right.saturating_sub(width);
        self.put(x, y, width, text, style);
        x
    }

    /// Writes one glyph over and over.
    pub(super) fn across(&mut self, x: u16, y: u16, columns: u16, glyph: &str, style: Style) {
        let right = self.buf.area().right();
        for x in x..x.saturating_add(columns).min(right) {
            self.put(x, y, 1, glyph, style);
        }
    }

    /// Empties an area.
    pub(super) fn clear(&mut self, area: Rect) {
        let area = area.intersection(*self.buf.area());
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                self.buf[(x, y)].reset();
            }
        }
    }

    /// Styles an area without changing its text.
    pub(super) fn style(&mut self, area: Rect, style: Style) {
        self.buf.set_style(area, style);
    }
}

/// Columns of a text.
pub(super) fn width(text: &str) -> u16 {
    u16::try_from(unicode_width::UnicodeWidthStr::width(text)).unwrap_or(u16::MAX)
}

/// `text` without harm, and without what the terminal has no characters for.
fn showable(text: &str, ascii: bool) -> Cow<'_, str> {
    let text = harmless(text);
    if ascii && !text.is_ascii() {
        return text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect::<String>().into();
    }
    text
}
