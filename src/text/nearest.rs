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
