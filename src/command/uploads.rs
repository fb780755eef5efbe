//! What follows `uploads`: a deed and the number of the upload that is meant.

use super::Command;

/// The upload that is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// By the number that is shown.
    Id(u64),
    /// The one that arrived last; for `cancel` the one that began last.
    Last,
}

/// What to do with an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Open it with the program that the system has for it.
    Open,
    /// Give it another name.
    Rename(String),
    /// Delete it.
    Delete {
        /// It has been asked about.
        sure: bool,
    },
    /// Say where it is.
    Path,
    /// Give it up while it is under way.
    Cancel,
}

/// The words for deeds.
pub(super) const DEEDS: [&str; 5] = ["open", "rename", "delete", "cancel", "path"];

/// Reads what follows `uploads`.
pub(super) fn read(text: &str) -> Option<Command> {
    if text.is_empty() {
        return Some(Command::Uploads);
    }
    let (deed, rest) = split(text);
    let (which, rest) = split(rest);
    let which = which_of(which)?;
    let deed = match (deed.to_ascii_lowercase().as_str(), rest) {
        ("open", "") => Deed::Open,
        ("rename", name) if !name.is_empty() => Deed::Rename(super::parse::unquoted(name).to_owned()),
        ("delete", "") => Deed::Delete { sure: false },
        ("delete", sure) if sure.eq_ignore_ascii_case("yes") => Deed::Delete { sure: true },
        ("path", "") => Deed::Path,
        ("cancel", "") => Deed::Cancel,
        _ => return None,
    };
    Some(Command::Upload(which, deed))
}

/// `3`, `#3` as it may be shown, or `last`.
fn which_of(text: &str) -> Option<Which> {
    if text.eq_ignore_ascii_case("last") {
        return Some(Which::Last);
    }
    let digits = text.strip_prefix('#').unwrap_or(text);
    // `+3` is a number to some, and not what anyone types.
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?.map(Which::Id)
}

fn split(text: &str) -> (&str, &str) {
    text.split_once(char::is_whitespace).map_or((text, ""), |(word, rest)| (word, rest.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deeds() {
        let with = |which, deed| Some(Command::Upload(which, deed));
        for (text, meant) in [
            ("", Some(Command::Uploads)),
            ("open 3", with(Which::Id(3), Deed::Open)),
            ("OPEN  #3", with(Which::Id(3), Deed::Open)),
            ("open last", with(Which::Last, Deed::Open)),
            ("path 12", with(Which::Id(12), Deed::Path)),
            ("cancel 5", with(Which::Id(5), Deed::Cancel)),
            ("delete 3", with(Which::Id(3), Deed::Delete { sure: false })),
            ("delete 3 YES", with(Which::Id(3), Deed::Delete { sure: true })),
            ("rename 3 a day at the beach.jpg", with(Which::Id(3), Deed::Rename("a day at the beach.jpg".into()))),
            ("rename 3 \"beach.jpg\"", with(Which::Id(3), Deed::Rename("beach.jpg".into()))),
        ] {
            assert_eq!(read(text), meant, "{text}");
        }
    }

    #[test]
    fn what_is_none() {
        for text in [
            "3",
            "open",
            "open x",
            "open -3",
            "open 3 4",
            "delete 3 y",
            "rename 3",
            "eat 3",
            "open 99999999999999999999",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
