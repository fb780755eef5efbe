//! The columns of a request's row: which of them there is room for. Status and path stay longest.

use std::time::SystemTime;

use ratatui::layout::Rect;

use super::{put_right, time_of_day};
use crate::exchange::Exchange;
use crate::text::{duration, size};
use crate::tui::view::fit;
use crate::tui::view::ui::Ui;

/// Which columns are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Columns {
    time: bool,
    method: u16,
    took: bool,
    size: bool,
    remote: u16,
}

impl Columns {
    /// The columns that a row of this width has room for.
    pub(super) fn new(width: u16) -> Self {
        Self {
            time: width >= 54,
            method: if width >= 74 { 6 } else { 4 },
            took: width >= 38,
            size: width >= 62,
            remote: if width >= 96 { 24 } else { 15 } * u16::from(width >= 72),
        }
    }

    /// The column of what is no request, after the time and a glyph.
    pub(super) fn text(self) -> u16 {
        2 + 10 * u16::from(self.time)
    }

    /// Draws the time, where it is shown; the column after it.
    pub(super) fn time(self, at: Option<SystemTime>, line: Rect, ui: &mut Ui<'_>) -> u16 {
        if !self.time {
            return line.x;
        }
        if let Some(at) = at {
            let text = time_of_day(at, &ui.look.zone);
            ui.put(line.x, line.y, 8, &text, ui.look.theme.faint);
        }
        line.x + 10
    }

    /// Draws a request and its answer.
    pub(super) fn draw(self, exchange: &Exchange, line: Rect, ui: &mut Ui<'_>) {
        let theme = ui.look.theme;
        let y = line.y;
        let mut x = self.time(Some(exchange.at), line, ui);
        let method = if exchange.method.is_safe() { theme.text } else { theme.change };
        ui.put(x, y, self.method, exchange.method.as_str(), method);
        x += self.method + 1;
        ui.put(x, y, 3, status_text(exchange.status, &mut [0; 3]), theme.status(exchange.status));
        x += 4;
        if self.took {
            put_right(x, y, 6, &duration(exchange.took), theme.faint, ui);
            x += 7;
        }
        if self.size {
            put_right(x, y, 7, &size(exchange.sent), theme.faint, ui);
            x += 8;
        }
        let mut right = line.right();
        if self.remote > 0 {
            let remote = exchange.remote.to_canonical().to_string();
            let remote = fit::keep_end(&remote, self.remote, ui.look.glyphs.cut);
            right -= self.remote;
            put_right(right, y, self.remote, &remote, theme.faint, ui);
            right -= 1;
        }
        let room = right.saturating_sub(x);
        let path = fit::keep_end(&exchange.target, room, ui.look.glyphs.cut);
        ui.put(x, y, room, &path, theme.text);
    }
}

/// Three digits without an allocation.
fn status_text(status: u16, digits: &mut [u8; 3]) -> &str {
    let status = status.min(999);
    *digits = [status / 100, status / 10 % 10, status % 10].map(|digit| b'0' + digit as u8);
    std::str::from_utf8(digits).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Columns that are left for the path.
    fn path(width: u16) -> u16 {
        let c = Columns::new(width);
        let remote = if c.remote > 0 { c.remote + 1 } else { 0 };
        width - (u16::from(c.time) * 10 + c.method + 1 + 4 + u16::from(c.took) * 7 + u16::from(c.size) * 8 + remote)
    }

    #[test]
    fn the_path_always_has_most_of_the_room_that_there_is() {
        for width in 28..=200 {
            assert!(path(width) >= 18, "{width}: {}", path(width));
        }
    }

    #[test]
    fn columns_come_as_the_width_grows() {
        assert_eq!(Columns::new(28), Columns { time: false, method: 4, took: false, size: false, remote: 0 });
        assert_eq!(Columns::new(45), Columns { took: true, ..Columns::new(28) });
        let wide = Columns::new(76);
        assert!(wide.time && wide.size && wide.remote == 15);
    }

    #[test]
    fn a_status_has_three_digits() {
        assert_eq!(status_text(404, &mut [0; 3]), "404");
        assert_eq!(status_text(7, &mut [0; 3]), "007");
    }
}
