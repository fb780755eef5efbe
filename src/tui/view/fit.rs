//! Text cut to a number of columns, at its start or at its end.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::text::harmless;

/// `text` in at most so many columns; its end stays, as of a path.
pub(super) fn keep_end<'a>(text: &'a str, columns: u16, cut: &str) -> Cow<'a, str> {
    let text = harmless(text);
    let columns = usize::from(columns);
    if text.width() <= columns {
        return text;
    }
    let room = columns.saturating_sub(cut.width());
    let mut used = 0;
    let from = text.char_indices().rev().take_while(|(_, c)| {
        used += c.width().unwrap_or(0);
        used <= room
    });
    let from = from.last().map_or(text.len(), |(at, _)| at);
    clipped(format!("{cut}{}", &text[from..]), columns, cut)
}

/// `text` in at most so many columns; its start stays, as of a sentence.
pub(super) fn keep_start<'a>(text: &'a str, columns: u16, cut: &str) -> Cow<'a, str> {
    let text = harmless(text);
    let columns = usize::from(columns);
    if text.width() <= columns {
        return text;
    }
    let room = columns.saturating_sub(cut.width());
    let mut used = 0;
    let to = text.char_indices().find(|(_, c)| {
        used += c.width().unwrap_or(0);
        used > room
    });
    let to = to.map_or(text.len(), |(at, _)| at);
    clipped(format!("{}{cut}", &text[..to]), columns, cut)
}

/// Where there is no room for the cut itself, nothing.
fn clipped(text: String, columns: usize, cut: &str) -> Cow<'static, str> {
    if columns < cut.width() { Cow::Borrowed("") } else { Cow::Owned(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_keeps_its_end_and_a_sentence_its_start() {
        assert_eq!(keep_end("/static/deep/app.css", 10, "…"), "…p/app.css");
        assert_eq!(keep_start("no such file", 8, "…"), "no such…");
        assert_eq!(keep_end("/short", 6, "…"), "/short");
    }

    #[test]
    fn wide_characters_never_cross_the_edge() {
        assert_eq!(keep_end("写真写真", 6, "…"), "…写真");
        assert_eq!(keep_end("写真写真", 5, "…"), "…写真");
        assert_eq!(keep_end("写真写真", 4, "…"), "…真");
        assert_eq!(keep_start("写真写真", 4, "…"), "写…");
    }

    #[test]
    fn nothing_fits_into_nothing() {
        for columns in 0..=2 {
            assert!(keep_end("写真", columns, "…").width() <= columns.into());
            assert!(keep_start("写真", columns, "…").width() <= columns.into());
        }
    }

    #[test]
    fn what_is_harmful_is_written_out_before_it_is_measured() {
        assert_eq!(keep_start("a\x1b[2J", 9, "…"), "a\\x1b[2J");
    }
}
