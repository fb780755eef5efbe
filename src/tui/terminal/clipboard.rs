//! The terminal's clipboard, by OSC 52 (xterm's control sequences, "Manipulate Selection Data"): it
//! goes through ssh and tmux, and terminals that do not know it pass over it.

/// Bytes of a text; some terminals choke on more.
const MOST: usize = 32 << 10;
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Whether the sequence can do no harm: consoles and real terminals would write it out.
pub(super) fn understood(environment: &dyn Fn(&str) -> Option<String>) -> bool {
    let term = environment("TERM").unwrap_or_default();
    let plain = ["linux", "vt", "dumb", "ansi", "cons", "sun", "eterm"];
    // GNU screen has the same name as tmux often has, and would cut a long sequence in the middle.
    let screen = term.starts_with("screen") && environment("TMUX").is_none();
    !term.is_empty() && !screen && !plain.iter().any(|name| term.starts_with(name))
}

/// The sequence that copies `text`; empty where that is too long.
pub(super) fn sequence(text: &str) -> String {
    if text.len() > MOST { String::new() } else { format!("\x1b]52;c;{}\x07", base64(text.as_bytes())) }
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let value = bits >> (18 - 6 * digit) & 63;
            out.push(if digit <= chunk.len() { char::from(DIGITS[value as usize]) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_rfc_4648() {
        for (text, coded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(text.as_bytes()), coded);
        }
    }

    #[test]
    fn nothing_of_the_text_is_read_by_the_terminal() {
        let sequence = sequence("/tmp/\x1b\x07写");
        let inside = sequence.strip_prefix("\x1b]52;c;").and_then(|rest| rest.strip_suffix('\x07')).unwrap();
        assert!(inside.bytes().all(|b| DIGITS.contains(&b) || b == b'='));
        assert_eq!(super::sequence(&"x".repeat(MOST + 1)), "");
    }

    #[test]
    fn terminals_that_would_write_it_out_are_spared() {
        let with = |term: &str, tmux: bool| {
            let (term, tmux) = (term.to_owned(), tmux.then(|| "1".to_owned()));
            understood(&|name| if name == "TERM" { Some(term.clone()) } else { tmux.clone() })
        };
        assert!(with("xterm-256color", false) && with("tmux-256color", true) && with("screen", true));
        assert!(!with("linux", false) && !with("screen", false) && !with("", false) && !with("vt100", false));
    }
}
