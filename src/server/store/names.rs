//! What is remembered of names: the last number given to each, and the bytes that arrived under
//! it in this run.
//!
//! Only a help: forgetting costs time or a second copy, never a file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;

/// Names and digests remembered.
const MOST: usize = 4096;

#[derive(Default)]
pub(super) struct Names {
    /// The last number tried for a wanted path.
    numbers: Mutex<HashMap<PathBuf, u32>>,
    /// Where bytes ended up that were sent under a wanted path.
    seen: Mutex<HashMap<(PathBuf, String), PathBuf>>,
}

impl Names {
    /// The next number to try for `wanted`, from 2. No two callers get the same, so that many
    /// uploads of one name do not all try all numbers.
    pub(super) fn number(&self, wanted: &Path) -> u32 {
        let mut numbers = self.numbers.lock();
        if let Some(number) = numbers.get_mut(wanted) {
            *number = number.saturating_add(1);
            return *number;
        }
        if numbers.len() >= MOST {
            numbers.clear();
        }
        numbers.insert(wanted.to_owned(), 2);
        2
    }

    /// Where the bytes of `digest`, sent as `wanted`, are.
    pub(super) fn seen(&self, wanted: &Path, digest: &str) -> Option<PathBuf> {
        self.seen.lock().get(&(wanted.to_owned(), digest.to_owned())).cloned()
    }

    /// Remembers where the bytes of `digest`, sent as `wanted`, are.
    pub(super) fn remember(&self, wanted: &Path, digest: &str, path: &Path) {
        let mut seen = self.seen.lock();
        if seen.len() >= MOST {
            seen.clear();
        }
        seen.insert((wanted.to_owned(), digest.to_owned()), path.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_from_two_for_each_name() {
        let names = Names::default();
        let numbers: Vec<_> = (0..3).map(|_| names.number(Path::new("a"))).collect();
        assert_eq!(numbers, [2, 3, 4]);
        assert_eq!(names.number(Path::new("b")), 2);
    }

    #[test]
    fn memory_is_bounded() {
        let names = Names::default();
        for i in 0..=MOST * 2 {
            names.number(Path::new(&i.to_string()));
            names.remember(Path::new("a"), &i.to_string(), Path::new("a"));
        }
        assert!(names.numbers.lock().len() <= MOST);
        assert!(names.seen.lock().len() <= MOST);
        assert!(names.seen(Path::new("a"), &(MOST * 2).to_string()).is_some());
    }
}
