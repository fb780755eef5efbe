//! What a backend saw happen to one path, merged until somebody looks.

/// One thing that happened to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// It came to be; whoever made it may still write.
    Created,
    /// Bytes were written, and more may follow.
    Written,
    /// It is whole: closed after writing, renamed to this name, touched, or noticed by looking.
    Whole,
    /// It went, or was renamed away.
    Removed,
}

/// Everything that happened to a path since the last look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Signs {
    /// It came to be and was not there before: perhaps a temporary file that is about to be
    /// renamed over the real one.
    pub fresh: bool,
    /// It went at some point.
    pub removed: bool,
    /// Somebody may still be writing.
    pub open: bool,
}

impl Signs {
    /// Adds what happened next.
    pub(super) fn add(&mut self, sign: Sign) {
        match sign {
            Sign::Created => {
                self.fresh |= !self.removed;
                self.open = true;
            }
            Sign::Written => self.open = true,
            Sign::Whole => self.open = false,
            Sign::Removed => {
                self.removed = true;
                self.open = false;
            }
        }
    }

    /// Adds all that happened after.
    pub(super) fn then(&mut self, later: Self) {
        self.fresh |= later.fresh && !self.removed;
        self.removed |= later.removed;
        self.open = later.open;
    }
}

impl From<Sign> for Signs {
    fn from(sign: Sign) -> Self {
        let mut signs = Self::default();
        signs.add(sign);
        signs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(signs: &[Sign]) -> Signs {
        signs.iter().fold(Signs::default(), |mut all, sign| {
            all.add(*sign);
            all
        })
    }

    #[test]
    fn truncate_write_close_is_whole() {
        assert_eq!(all(&[Sign::Written, Sign::Written, Sign::Whole]), Signs::default());
    }

    #[test]
    fn a_new_file_is_fresh_and_a_replaced_one_is_not() {
        assert!(all(&[Sign::Created, Sign::Written, Sign::Whole]).fresh);
        assert!(!all(&[Sign::Removed, Sign::Created, Sign::Whole]).fresh);
    }

    #[test]
    fn merging_two_looks_equals_one_long_look() {
        let kinds = [Sign::Created, Sign::Written, Sign::Whole, Sign::Removed];
        for a in kinds {
            for b in kinds {
                for c in kinds {
                    let mut merged = all(&[a]);
                    merged.then(all(&[b, c]));
                    assert_eq!(merged, all(&[a, b, c]), "{a:?} {b:?} {c:?}");
                }
            }
        }
    }
}
