//! Typographic characters that tablets put in place of the typed ones, folded back.

use std::borrow::Cow;

/// What a typographic character stands for; `None` where it stands for itself.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        '‘' | '’' | '‚' | '‛' | '‹' | '›' | '′' | '＇' => "'",
        '“' | '”' | '„' | '‟' | '«' | '»' | '″' | '＂' => "\"",
        '\u{2010}'..='\u{2013}' | '−' | '－' => "-",
        '—' | '―' => "--",
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => " ",
        // A byte order mark, where a script was saved with one.
        '\u{feff}' => "",
        _ => return None,
    })
}

/// `line` with every typographic quote, dash and space as the plain one that was meant.
///
/// ```
/// assert_eq!(stan::command::fold("filter “not found” —all"), "filter \"not found\" --all");
/// ```
pub fn fold(line: &str) -> Cow<'_, str> {
    if line.is_ascii() || !line.chars().any(|c| plain(c).is_some()) {
        return Cow::Borrowed(line);
    }
    let mut out = String::with_capacity(line.len());
    for c in line.chars() {
        match plain(c) {
            Some(text) => out.push_str(text),
            None => out.push(c),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_what_tablets_insert() {
        for (typed, meant) in [
            ("stop", "stop"),
            ("“a”", "\"a\""),
            ("„a“", "\"a\""),
            ("«a»", "\"a\""),
            ("‘a’", "'a'"),
            ("‚a‛", "'a'"),
            ("a — b", "a -- b"),
            ("a – b", "a - b"),
            ("8000\u{2011}1", "8000-1"),
            ("port\u{a0}8080", "port 8080"),
            ("port\u{202f}8080", "port 8080"),
            ("port\u{3000}8080", "port 8080"),
            ("\u{feff}stop", "stop"),
        ] {
            assert_eq!(fold(typed), meant, "{typed:?}");
        }
    }

    #[test]
    fn leaves_other_languages_alone() {
        let line = "open /写真/été-ñ.html";
        assert!(matches!(fold(line), Cow::Borrowed(same) if same == line));
    }
}
