//! The answer to what was typed, on the line above the prompt; and the way out of what lies over
//! the lists.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::fit;
use super::ui::Ui;
use crate::tui::app::{Answer, App, Over};
use crate::tui::map::Target;

/// Draws it over the line that is there.
pub(super) fn draw(app: &App, area: Rect, ui: &mut Ui<'_>) {
    if area.height == 0 {
        return;
    }
    ui.map.add(area, Target::Answer);
    let mut right = area.right();
    let asks = matches!(app.answer, Answer::Confirm(_));
    if !asks && !matches!(app.over, Over::Nothing) {
        let word = " close ";
        let from = ui.put_left_of(right, area.y, word, ui.look.theme.word);
        ui.map.add(Rect::new(from, area.y, right.saturating_sub(from), 1), Target::Close);
        right = from;
    }
    if asks {
        for (word, yes) in [(" no ", false), (" yes ", true)] {
            let from = ui.put_left_of(right, area.y, word, ui.look.theme.word);
            ui.map.add(Rect::new(from, area.y, right.saturating_sub(from), 1), Target::Confirm(yes));
            right = from;
        }
    }
    let Some((glyph, style, text)) = said(app, ui) else { return };
    let mut x = area.x;
    let mut put = |text: &str, style| {
        x = ui.put(x, area.y, right.saturating_sub(x), text, style);
        right.saturating_sub(x)
    };
    let room = put(&format!("{glyph} "), style);
    let cut = app.look.glyphs.cut;
    let room = room.saturating_sub(1);
    // Of a path the end says more.
    let text = if text.starts_with('/') { fit::keep_end(&text, room, cut) } else { fit::keep_start(&text, room, cut) };
    put(&format!("{text} "), app.look.theme.text);
    if area.x > 0 {
        ui.put(area.x - 1, area.y, 1, " ", Style::new());
    }
}

/// Glyph, its style, and the words.
fn said(app: &App, ui: &Ui<'_>) -> Option<(&'static str, Style, String)> {
    let (glyphs, theme) = (ui.look.glyphs, ui.look.theme);
    Some(match &app.answer {
        Answer::Quiet => return None,
        Answer::Waiting(_, line) => (glyphs.waiting, theme.aside, line.clone()),
        Answer::Said { ok: true, line } => (glyphs.ok, theme.good, line.clone()),
        Answer::Said { ok: false, line } => (glyphs.bad, theme.bad, line.clone()),
        Answer::Choice(words) => (glyphs.note, theme.aside, words.clone()),
        Answer::Confirm(confirm) => ("?", theme.warn, confirm.question.clone()),
        Answer::Asking(_) => ("?", theme.warn, "Again to stop the server".to_owned()),
    })
}
