//! Errors of the system in words alone.

use std::borrow::Cow;

/// What Rust puts before the number of an error, after its words.
const CODE: &str = " (os error ";

/// `text` without the numbers of the system's errors, whose words stand before them.
///
/// ```
/// assert_eq!(stan::text::uncoded("a: Connection refused (os error 111); b"), "a: Connection refused; b");
/// ```
pub fn uncoded(text: &str) -> Cow<'_, str> {
    if !text.contains(CODE) {
        return Cow::Borrowed(text);
    }
    let mut pieces = text.split(CODE);
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        match piece.split_once(')') {
            Some((code, rest)) if code.parse::<i32>().is_ok() => out.push_str(rest),
            _ => {
                out.push_str(CODE);
                out.push_str(piece);
            }
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_go() {
        for (text, without) in [
            ("plain", "plain"),
            ("no such file (os error 2)", "no such file"),
            ("a (os error 2), b (os error -5)", "a, b"),
            ("a (os error x) (os error", "a (os error x) (os error"),
            ("(os error 2)", "(os error 2)"),
        ] {
            assert_eq!(uncoded(text), without);
        }
    }
}
