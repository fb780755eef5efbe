//! The order of a listing: folders first, then by name, size or time; names as people count.

use std::cmp::Ordering;

use super::{Entries, Entry};

/// What a listing is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::server::files) enum Key {
    #[default]
    Name,
    Size,
    Time,
}

/// The order of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::server::files) struct Order {
    pub(in crate::server::files) key: Key,
    pub(in crate::server::files) down: bool,
}

/// An entry on its way to its place.
struct Sorted<'a> {
    entry: &'a Entry,
    index: u32,
    /// The first bytes of the key, which decide nearly always.
    begins: u128,
    key_at: usize,
    key_end: usize,
}

impl Order {
    /// Reads `sort=` and `order=`; what is not understood is the default.
    pub(in crate::server::files) fn of(query: &str) -> Self {
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

    /// The places in [`Entries::all`] in this order.
    pub(in crate::server::files) fn sort(self, entries: &Entries) -> Vec<u32> {
        let mut keys = Vec::with_capacity(entries.names.len() + entries.names.len() / 2);
        let mut sorted: Vec<_> = entries
            .all()
            .iter()
            .zip(0..)
            .map(|(entry, index)| {
                let key_at = keys.len();
                append_key(&mut keys, entries.name(entry));
                let key_end = keys.len();
                let mut begins = [0; 16];
                for (to, from) in begins.iter_mut().zip(keys.get(key_at..).unwrap_or_default()) {
                    *to = *from;
                }
                Sorted { entry, index, begins: u128::from_be_bytes(begins), key_at, key_end }
            })
            .collect();
        let by_name = |a: &Sorted<'_>, b: &Sorted<'_>| {
            let rest = |of: &Sorted<'_>| keys.get(of.key_at..of.key_end).unwrap_or_default();
            a.begins.cmp(&b.begins).then_with(|| {
                // Equal without case: any order will do, as long as it is one.
                rest(a).cmp(rest(b)).then_with(|| entries.name(a.entry).cmp(entries.name(b.entry)))
            })
        };
        sorted.sort_unstable_by(|a, b| {
            let order = match self.key {
                Key::Name => Ordering::Equal,
                // A folder's own size means nothing.
                Key::Size if a.entry.folder => Ordering::Equal,
                Key::Size => a.entry.size.cmp(&b.entry.size),
                Key::Time => (a.entry.seconds, a.entry.nanos).cmp(&(b.entry.seconds, b.entry.nanos)),
            };
            let order = order.then_with(|| by_name(a, b));
            b.entry.folder.cmp(&a.entry.folder).then(if self.down { order.reverse() } else { order })
        });
        sorted.iter().map(|sorted| sorted.index).collect()
    }
}

/// Appends what a name is compared by, byte by byte: without case, and with each run of digits
/// preceded by its length, so that `img9` comes before `img10`.
fn append_key(keys: &mut Vec<u8>, name: &[u8]) {
    let mut rest = name;
    while let Some((byte, after)) = rest.split_first() {
        if byte.is_ascii_digit() {
            let (digits, after) = rest.split_at(rest.iter().position(|b| !b.is_ascii_digit()).unwrap_or(rest.len()));
            let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
            let number = digits.get(zeros..).unwrap_or_default();
            keys.extend_from_slice(&[b'0', u8::try_from(number.len()).unwrap_or(u8::MAX)]);
            keys.extend_from_slice(number);
            rest = after;
        } else if byte.is_ascii() {
            keys.push(byte.to_ascii_lowercase());
            rest = after;
        } else {
            let end = rest.iter().position(u8::is_ascii).unwrap_or(rest.len());
            let (text, after) = rest.split_at(end);
            let mut bytes = [0; 4];
            for c in String::from_utf8_lossy(text).chars().flat_map(char::to_lowercase) {
                keys.extend_from_slice(c.encode_utf8(&mut bytes).as_bytes());
            }
            rest = after;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(order: Order, rows: &[(&[u8], bool, u64, i64)]) -> Vec<String> {
        let entries = Entries::of(rows);
        let name = |index: &u32| String::from_utf8_lossy(entries.name(&entries.all()[*index as usize])).into_owned();
        order.sort(&entries).iter().map(name).collect()
    }

    #[test]
    fn names_as_people_count() {
        let expected = [
            "!",
            "9",
            "9a",
            "10",
            "a",
            "B",
            "img",
            "img0",
            "img01",
            "img1",
            "IMG9",
            "img10",
            "img100000000000000000000000",
            "Ü1",
            "ü2",
            "写",
        ];
        let mut rows: Vec<(&[u8], bool, u64, i64)> =
            expected.iter().map(|name| (name.as_bytes(), false, 0, 0)).collect();
        rows.reverse();
        assert_eq!(sorted(Order::default(), &rows), expected);
    }

    #[test]
    fn names_that_agree_far_beyond_the_first_bytes() {
        let rows: [(&[u8], _, _, _); 3] = [
            (b"a very long beginning 10.txt", false, 0, 0),
            (b"a very long beginning 9.txt", false, 0, 0),
            (b"a very long beginning", false, 0, 0),
        ];
        assert_eq!(
            sorted(Order::default(), &rows),
            ["a very long beginning", "a very long beginning 9.txt", "a very long beginning 10.txt"]
        );
    }

    #[test]
    fn names_that_are_no_text_have_a_place_too() {
        let rows: [(&[u8], _, _, _); 3] = [(b"b", false, 0, 0), (b"a\xff", false, 0, 0), (b"a", false, 0, 0)];
        assert_eq!(sorted(Order::default(), &rows), ["a", "a\u{fffd}", "b"]);
    }

    #[test]
    fn queries() {
        assert_eq!(Order::of("sort=size&order=desc"), Order { key: Key::Size, down: true });
        assert_eq!(Order::of("json&sort=time"), Order { key: Key::Time, down: false });
        assert_eq!(Order::of("sort=colour&order=up"), Order::default());
    }

    #[test]
    fn by_size_and_by_time_with_folders_first_in_any_order() {
        let rows: [(&[u8], _, _, _); 4] =
            [(b"a", false, 5, 3), (b"b", false, 9, -7), (b"y", true, 4096, 1), (b"z", true, 1, 2)];
        for (query, expected) in [
            ("", ["y", "z", "a", "b"]),
            ("order=desc", ["z", "y", "b", "a"]),
            ("sort=size", ["y", "z", "a", "b"]),
            ("sort=size&order=desc", ["z", "y", "b", "a"]),
            ("sort=time", ["y", "z", "b", "a"]),
            ("sort=time&order=desc", ["z", "y", "a", "b"]),
        ] {
            assert_eq!(sorted(Order::of(query), &rows), expected, "{query}");
        }
    }
}
