//! "Did you mean".

/// The candidate that `word` was most likely meant to be, if any is near enough.
///
/// ```
/// assert_eq!(stan::text::nearest("relaod", ["reload", "restart"]), Some("reload"));
/// assert_eq!(stan::text::nearest("xyzzy", ["reload", "restart"]), None);
/// ```
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let limit = match word.chars().count() {
        0 => return None,
        1..=2 => 1,
        3..=5 => 2,
        _ => 3,
    };
    candidates
        .into_iter()
        .map(|c| (strsim::osa_distance(&word, &c.to_lowercase()), c))
        .filter(|(distance, c)| *distance <= limit && *distance < c.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, c)| c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_that_is_near() {
        let words = ["port", "bind", "static", "templates", "log"];
        for (word, near) in [
            ("prot", Some("port")),
            ("PORT", Some("port")),
            ("templatse", Some("templates")),
            ("lgo", Some("log")),
            ("", None),
            ("x", None),
            ("zzzzzzzz", None),
        ] {
            assert_eq!(nearest(word, words), near, "{word}");
        }
    }

    #[test]
    fn a_word_that_shares_nothing_is_not_near() {
        assert_eq!(nearest("xyz", ["abc"]), None);
        assert_eq!(nearest("ab", ["xy"]), None);
        assert_eq!(nearest("写真", ["写直"]), Some("写直"));
    }
}
