//! Facts side by side, as many as there is room for.

use ratatui::style::Style;

use crate::tui::view::fit;
use crate::tui::view::ui::{Ui, width};

/// Something worth saying, and how dear it is where room is scarce.
pub(super) struct Fact {
    dear: u8,
    said: String,
}

impl Fact {
    pub(super) fn new(dear: u8, said: String) -> Self {
        Self { dear, said }
    }
}

/// Writes them from a column on.
pub(super) fn write(facts: Vec<Fact>, x: u16, y: u16, room: u16, style: Style, ui: &mut Ui<'_>) {
    let text = text(facts, room, ui);
    let text = fit::keep_start(&text, room, ui.look.glyphs.cut);
    ui.put(x, y, room, &text, style);
}

/// Those that fit, in order: first the gaps become narrow, then the least dear is left out. The
/// dearest stays, however long it is.
pub(super) fn text(facts: Vec<Fact>, room: u16, ui: &Ui<'_>) -> String {
    let mut facts = facts;
    facts.retain(|fact| !fact.said.is_empty());
    loop {
        let joined = |between: &str| facts.iter().map(|fact| fact.said.as_str()).collect::<Vec<_>>().join(between);
        let fits = [ui.look.glyphs.between, "  ", " "].into_iter().map(joined).find(|text| width(text) <= room);
        match (fits, facts.iter().map(|fact| fact.dear).min()) {
            (Some(text), _) => return text,
            (None, Some(least)) if facts.len() > 1 => {
                let at = facts.iter().position(|fact| fact.dear == least).unwrap_or(0);
                facts.remove(at);
            }
            (None, _) => return joined(" "),
        }
    }
}
