//! A filter's text, cut into terms: words and quoted phrases, each perhaps behind a `!`.

/// The terms of `text`: whether negated, whether quoted, and the text itself, never empty.
pub(super) fn split(text: &str) -> impl Iterator<Item = (bool, bool, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let after = rest.trim_start_matches(|c: char| c == '!' || c.is_whitespace());
            let not = rest[..rest.len() - after.len()].contains('!');
            let quote = after.chars().next()?;
            let quoted = matches!(quote, '"' | '\'');
            let term = if quoted {
                let inside = &after[1..];
                // A phrase that nobody closed goes to the end: it is still being typed.
                let (term, next) = inside.split_once(quote).unwrap_or((inside, ""));
                rest = next;
                term
            } else {
                let end = after.find(char::is_whitespace).unwrap_or(after.len());
                rest = &after[end..];
                &after[..end]
            };
            if !term.is_empty() {
                return Some((not, quoted, term));
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn words_and_phrases() {
        for (text, terms) in [
            ("", ""),
            ("  a  b ", "a|b"),
            ("!a", "!a"),
            ("!!a", "!a"),
            ("! a", "!a"),
            ("! \"\" a", "a"),
            ("!", ""),
            ("\"a b\" c", "'a b'|c"),
            ("!'a b'c", "!'a b'|c"),
            ("\"\" a \"", "a"),
            ("\"a b", "'a b'"),
            ("don't", "don't"),
            ("“a", "“a"),
        ] {
            let found: Vec<_> = split(text)
                .map(|(not, quoted, term)| {
                    format!(
                        "{}{}",
                        if not { "!" } else { "" },
                        if quoted { format!("'{term}'") } else { term.to_owned() }
                    )
                })
                .collect();
            assert_eq!(found.join("|"), terms, "{text:?}");
        }
    }
}
