//! Words to tap.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::ui::{Ui, width};
use crate::tui::map::Target;

/// The words in order, each with how dear it is where room is scarce.
const WORDS: [(&str, u8); 6] = [("stop", 6), ("reload", 1), ("open", 2), ("qr", 4), ("filter", 3), ("help", 5)];

/// Draws the words that fit.
pub(super) fn draw(area: Rect, ui: &mut Ui<'_>) {
    if area.height == 0 {
        return;
    }
    let gap = if needed(&WORDS, 2) <= area.width { 2 } else { 1 };
    let mut words = WORDS.to_vec();
    while needed(&words, gap) > area.width && !words.is_empty() {
        let least = words.iter().map(|(_, dear)| *dear).min();
        words.retain(|(_, dear)| Some(*dear) != least);
    }
    let framed = area.x > 0 && !words.is_empty();
    let mut x = area.x;
    if framed {
        ui.put(x - 1, area.y, 1, " ", Style::new());
    }
    for (i, (word, _)) in words.iter().enumerate() {
        let from = x;
        x = ui.put(x, area.y, width(word), word, ui.look.theme.word);
        let last = i + 1 == words.len();
        let blank = if last { u16::from(framed) } else { gap };
        ui.across(x, area.y, blank, " ", Style::new());
        // A finger is wider than a letter: the gap belongs to the word.
        ui.map.add(Rect::new(from, area.y, x - from + blank, 1), Target::Word(word));
        x += blank;
    }
}

fn needed(words: &[(&str, u8)], gap: u16) -> u16 {
    let gaps = u16::try_from(words.len().saturating_sub(1)).unwrap_or(0) * gap;
    words.iter().map(|(word, _)| width(word)).sum::<u16>() + gaps
}
