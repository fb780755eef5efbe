//! The order of a listing: folders first, then by name, size or time; names as people count.

use std::cmp::Ordering;

use super::Entry;

/// What a listing is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Key {
    #[default]
    Name,
    Size,
    Time,
}

/// The order of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Order {
    pub(super) key: Key,
    pub(super) down: bool,
}

impl Order {
    /// Reads `sort=` and `order=`; what is not understood is the default.
    pub(super) fn of(query: &str) -> Self {
        let mut order = Self::default();
        for pair in query.split('&') {
            match pair {
                "sort=name" => order.key = Key::Name,
                "sort=size" => order.key = Key::Size,
                "sort=time" => order.key = Key::Time,
                "order=asc" => order.down = false,
                "order=desc" => order.down = true,
                _ => {}
            }
        }
        order
    }

    pub(super) fn sort(self, entries: &mut [Entry]) {
        entries.sort_by(|a, b| {
            let by_name = || natural(&a.name, &b.name);
            let order = match self.key {
                Key::Name => by_name(),
                // A folder's own size means nothing.
                Key::Size if a.folder => by_name(),
                Key::Size => a.size.cmp(&b.size).then_with(by_name),
                Key::Time => a.modified.cmp(&b.modified).then_with(by_name),
            };
            b.folder.cmp(&a.folder).then(if self.down { order.reverse() } else { order })
        });
    }
}

/// Compares without case, and runs of digits by their value: `img9` before `img10`.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    loop {
        let (x, y) = match (left.chars().next(), right.chars().next()) {
            // Equal so far without case: any order will do, as long as it is one.
            (None, None) => return a.cmp(b),
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) => (x, y),
        };
        let order = if x.is_ascii_digit() && y.is_ascii_digit() {
            let (m, n);
            (m, left) = digits(left);
            (n, right) = digits(right);
            m.len().cmp(&n.len()).then_with(|| m.cmp(n))
        } else {
            left = left.get(x.len_utf8()..).unwrap_or_default();
            right = right.get(y.len_utf8()..).unwrap_or_default();
            x.to_lowercase().cmp(y.to_lowercase())
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// The digits at the beginning without leading zeros, and what follows.
fn digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    (digits.trim_start_matches('0'), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_people_count() {
        let mut names =
            ["img10", "IMG9", "img1", "a", "B", "img01", "img100000000000000000000000", "ü", "", "10", "9", "9a"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(
            names,
            ["", "9", "9a", "10", "a", "B", "img01", "img1", "IMG9", "img10", "img100000000000000000000000", "ü"]
        );
    }

    #[test]
    fn queries() {
        assert_eq!(Order::of("sort=size&order=desc"), Order { key: Key::Size, down: true });
        assert_eq!(Order::of("json&sort=time"), Order { key: Key::Time, down: false });
        assert_eq!(Order::of("sort=colour&order=up"), Order::default());
    }

    #[test]
    fn folders_stay_first_in_any_order() {
        let entry = |name: &str, folder| Entry { name: name.into(), folder, size: 1, modified: None };
        for query in ["", "order=desc", "sort=size&order=desc", "sort=time"] {
            let mut entries = vec![entry("a", false), entry("z", true), entry("y", true)];
            Order::of(query).sort(&mut entries);
            assert!(entries[0].folder && entries[1].folder && !entries[2].folder, "{query}");
        }
    }
}
