//! What follows `text`: words for the phones, or where they stand.

use std::path::PathBuf;

use super::Command;

/// What to do with the text that is shared with the phones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Share {
    /// Show it.
    Show,
    /// Take it back.
    Clear,
    /// Share these words.
    Words(String),
    /// Share what a file contains.
    File(PathBuf),
}

/// Reads what follows `text`. Quotes around the whole make words of anything: `text "clear"`.
pub(super) fn read(text: &str) -> Option<Command> {
    let file = text.strip_prefix('<').map(|path| super::parse::unquoted(path.trim()));
    let inside = super::parse::unquoted(text);
    Some(Command::Text(match (text, file) {
        ("", _) => Share::Show,
        (_, Some("")) => return None,
        (_, Some(path)) => Share::File(path.into()),
        (word, _) if word.eq_ignore_ascii_case("clear") => Share::Clear,
        _ if inside.is_empty() => return None,
        _ => Share::Words(inside.to_owned()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_files_and_what_is_done_with_them() {
        let words = |text: &str| Some(Command::Text(Share::Words(text.into())));
        let file = |path: &str| Some(Command::Text(Share::File(path.into())));
        for (text, meant) in [
            ("", Some(Command::Text(Share::Show))),
            ("clear", Some(Command::Text(Share::Clear))),
            ("Clear", Some(Command::Text(Share::Clear))),
            ("clear the table", words("clear the table")),
            ("\"clear\"", words("clear")),
            ("https://example.org/a?b=c", words("https://example.org/a?b=c")),
            ("a < b", words("a < b")),
            ("\"< b\"", words("< b")),
            ("< notes.txt", file("notes.txt")),
            ("<'my notes.txt'", file("my notes.txt")),
            ("<", None),
            ("\"\"", None),
        ] {
            assert_eq!(read(text), meant, "{text}");
        }
    }
}
