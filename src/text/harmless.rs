//! What came from outside, made fit for a terminal or a log.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character may reach a terminal: no control, no escape, nothing that is invisible
/// or turns the direction of the text.
fn may_show(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Whether `text` can be shown as it is.
///
/// ```
/// assert!(stan::text::is_harmless("naïve 写真.jpg"));
/// assert!(!stan::text::is_harmless("\x1b[2J"));
/// ```
pub fn is_harmless(text: &str) -> bool {
    text.bytes().all(|b| (0x20..0x7f).contains(&b)) || text.chars().all(may_show)
}

/// `text` with every control, bidirectional and zero-width character written out as `\x1b` or
/// `\u{202e}`.
///
/// ```
/// assert_eq!(stan::text::harmless("a\x1b[2J\u{202e}b"), "a\\x1b[2J\\u{202e}b");
/// ```
pub fn harmless(text: &str) -> Cow<'_, str> {
    if is_harmless(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if may_show(c) {
            out.push(c);
        } else if (c as u32) < 0x100 {
            let _ = write!(out, "\\x{:02x}", c as u32);
        } else {
            let _ = write!(out, "\\u{{{:x}}}", c as u32);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_harmless_is_not_copied() {
        for text in ["", "plain", "é 写真 🎞", "a/b?c=%1b", "e\u{301}"] {
            assert!(matches!(harmless(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn what_could_move_or_hide_is_written_out() {
        for (text, shown) in [
            ("\x1b]0;t\x07", "\\x1b]0;t\\x07"),
            ("\r\n\t\0", "\\x0d\\x0a\\x09\\x00"),
            ("\x7f\u{9b}", "\\x7f\\x9b"),
            ("a\u{200b}b\u{feff}", "a\\u{200b}b\\u{feff}"),
            ("\u{2066}x\u{2069}\u{ad}", "\\u{2066}x\\u{2069}\\xad"),
            ("\u{2028}\u{e0041}", "\\u{2028}\\u{e0041}"),
        ] {
            assert_eq!(harmless(text), shown);
            assert!(is_harmless(&harmless(text)));
        }
    }
}
