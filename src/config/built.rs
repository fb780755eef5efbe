//! What the grammar of stan.conf has and this release does not: each gives a clear error.

use std::ops::Range;

use super::value::Mistake;

/// Keys without their feature; those of a route begin with `route.`.
const NOT_YET: &[&str] = &["app"];

/// Whether this release has what `key` is for.
pub(crate) fn is(key: &str) -> bool {
    !NOT_YET.contains(&key)
}

/// The error for what it has not.
pub(crate) fn not_yet(at: Range<usize>, what: &str) -> Mistake {
    Mistake::new(at, format!("{what} is not built yet"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{keys, route};

    #[test]
    fn only_known_keys_are_listed() {
        for name in NOT_YET.iter().filter(|name| **name != "app") {
            let known = match name.strip_prefix("route.") {
                Some(key) => route::is_known(key),
                None => keys::find(name).is_some(),
            };
            assert!(known, "{name}");
        }
    }
}
