//! Names that no path can have, made such as every system can unpack.

use std::collections::HashSet;

use xxhash_rust::xxh3::xxh3_64;

use crate::server::files::names::{self, Refusal};

/// The names that are taken in a folder of an archive, by their hashes: whoever shares one by
/// accident gets a number.
#[derive(Debug, Default)]
pub(super) struct Taken {
    hashes: HashSet<u64>,
    /// The last number given; names that become the same do not all begin to count from the start.
    last: usize,
}

impl Taken {
    /// Those of a folder that stay as they are.
    pub(super) fn new<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        Self { hashes: names.map(hash).collect(), last: 1 }
    }

    /// The memory that it holds.
    pub(super) fn bytes(&self) -> usize {
        self.hashes.capacity() * (size_of::<u64>() + 1)
    }

    /// A name in the place of one that no path can have. `None` for one that would be kept back
    /// but for what is wrong with it.
    pub(super) fn rename(&mut self, name: &[u8]) -> Option<String> {
        let (mut plain, mut safe) = (String::new(), String::new());
        for chunk in name.utf8_chunks() {
            for c in chunk.valid().chars() {
                if c.is_control() || matches!(c, '\\' | '/') {
                    safe.push('_');
                } else {
                    safe.push(c);
                    plain.push(c);
                }
            }
            safe.extend(chunk.invalid().iter().map(|_| '_'));
        }
        if names::check(&plain, true) == Err(Refusal::KeptBack) {
            return None;
        }
        let (stem, extension) = match safe.rfind('.') {
            Some(dot) if dot > 0 => safe.split_at(dot),
            _ => (safe.as_str(), ""),
        };
        let mut free = safe.clone();
        while !self.hashes.insert(hash(&free)) {
            self.last += 1;
            free = format!("{stem}_{}{extension}", self.last);
        }
        Some(free)
    }
}

/// Without case, as on systems that do not tell it apart.
fn hash(name: &str) -> u64 {
    xxh3_64(name.to_lowercase().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_replaced_and_nothing_is_named_twice() {
        let mut taken = Taken::new(["a_b.txt", "C_", "写"].into_iter());
        for (name, expected) in [
            (&b"a\\b.txt"[..], "a_b_2.txt"),
            (b"a\nb.txt", "a_b_3.txt"),
            (b"c\xff", "c__4"),
            (b"x\xc3(\x1b[2J", "x_(_[2J"),
            ("写\n".as_bytes(), "写_"),
            (b"\xff\xfe", "__"),
        ] {
            assert_eq!(taken.rename(name).as_deref(), Some(expected), "{name:?}");
        }
        assert!(taken.bytes() > 0);
    }

    #[test]
    fn no_secret_comes_out_because_its_name_is_broken() {
        for name in [&b"stan.conf\n"[..], b"id.k\xffey", b"\x01.env", b"..\\..\\x", b"server\\.pem"] {
            assert_eq!(Taken::default().rename(name), None, "{name:?}");
        }
    }

    #[test]
    fn many_that_become_the_same() {
        let mut taken = Taken::default();
        let mut names = HashSet::new();
        for n in 0..20_000_u32 {
            let name: Vec<u8> = n.to_le_bytes().iter().map(|byte| byte | 0x80).chain([0xff]).collect();
            assert!(names.insert(taken.rename(&name).unwrap()), "{n}");
        }
    }
}
