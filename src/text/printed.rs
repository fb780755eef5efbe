//! What a program printed for a terminal, as the text that somebody would have seen there.

use std::borrow::Cow;

/// Columns of a tab.
const TAB: &str = "    ";

/// `line` without colours, movements of the cursor and titles; of what was overwritten after a carriage return the
/// last stays. What remains of control characters is for [`crate::text::harmless`].
///
/// ```
/// assert_eq!(stan::text::printed("\x1b[1;31mfailed\x1b[0m\t10%\r20%"), "20%");
/// assert_eq!(stan::text::printed("\x1b]0;title\x07\x1b[2K\x1b[32mok\x1b[m"), "ok");
/// ```
pub fn printed(line: &str) -> Cow<'_, str> {
    if !line.contains(['\x1b', '\u{9b}', '\r', '\t']) {
        return Cow::Borrowed(line);
    }
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(['\x1b', '\u{9b}']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let after = sequence(rest);
        // What is no sequence is not hidden.
        let taken = after.unwrap_or_else(|| rest.chars().next().map_or(0, char::len_utf8));
        if after.is_none() {
            out.push_str(&rest[..taken]);
        }
        rest = &rest[taken..];
    }
    out.push_str(rest);
    let last = out.rsplit('\r').find(|piece| !piece.trim().is_empty()).unwrap_or_default();
    Cow::Owned(last.replace('\t', TAB))
}

/// Bytes of the control sequence that `text` begins with (ECMA-48, section 5.4 and 5.6).
fn sequence(text: &str) -> Option<usize> {
    let mut chars = text.char_indices().skip(1);
    let introducer = if text.starts_with('\u{9b}') { '[' } else { chars.next()?.1 };
    match introducer {
        // CSI: parameters and intermediates, then one final byte.
        '[' => {
            let (at, end) = chars.find(|(_, c)| !(' '..='?').contains(c))?;
            ('@'..='~').contains(&end).then_some(at + 1)
        }
        // OSC, DCS and their like: up to BEL or ST.
        ']' | 'P' | 'X' | '^' | '_' => {
            let body = text.find('\x07').map(|at| at + 1);
            let string = text.get(2..)?.find("\x1b\\").map(|at| at + 4);
            body.into_iter().chain(string).min()
        }
        // A character set, or a short function.
        '(' | ')' => chars.next().map(|(at, c)| at + c.len_utf8()),
        '7' | '8' | '=' | '>' | 'M' | 'c' => Some(2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{harmless, is_harmless};

    #[test]
    fn colours_go_and_text_stays() {
        for (line, seen) in [
            ("plain é", "plain é"),
            ("\x1b[31mred\x1b[0m", "red"),
            ("\x1b[38;2;1;2;3mtrue\x1b[39m colour", "true colour"),
            ("\u{9b}1mbold", "bold"),
            ("\x1b[?25l\x1b[2K\x1b[1Gx", "x"),
            ("\x1b]8;;http://a\x1b\\link\x1b]8;;\x1b\\", "link"),
            ("\x1b(Bascii\x1b7", "ascii"),
            ("10%\r50%\rdone\r", "done"),
            ("a\tb", "a    b"),
        ] {
            assert_eq!(printed(line), seen, "{line:?}");
        }
    }

    #[test]
    fn what_is_no_sequence_is_written_out() {
        for (line, seen) in [
            ("\x1b[31", "\\x1b[31"),
            ("\x1b", "\\x1b"),
            ("\x1b\x1b[1mx", "\\x1bx"),
            ("\x1b[写x", "\\x1b[写x"),
            ("\x1b]0;open", "\\x1b]0;open"),
            ("\x07\u{202e}", "\\x07\\u{202e}"),
        ] {
            let shown = printed(line);
            assert_eq!(harmless(&shown), seen, "{line:?}");
            assert!(is_harmless(&harmless(&shown)));
        }
    }

    #[test]
    fn any_cut_of_any_line_is_read() {
        let line = "\x1b[31mé\x1b]0;t\x07\u{9b}2J\x1b(B写\x1bP1$r\x1b\\\r\t";
        for at in (0..=line.len()).filter(|at| line.is_char_boundary(*at)) {
            let _ = (printed(&line[..at]), printed(&line[at..]));
        }
    }
}
