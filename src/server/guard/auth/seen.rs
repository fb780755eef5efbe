//! Credentials that were judged before, by keyed digests: neither memory nor time tells of them.

use std::collections::VecDeque;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::{Refusal, Verdict};

/// Credentials of each kind that are remembered.
const MOST: usize = 256;

/// A keyed digest of credentials.
pub(super) type Digest = [u8; 32];

/// Makes digests that nobody else can make.
pub(super) struct Digests {
    keyed: Sha256,
}

impl Digests {
    /// With a random key of its own. Where the system has no random numbers the digests are none that
    /// anybody sees either.
    pub(super) fn new() -> Self {
        let mut key = [0; 64];
        let _ = getrandom::fill(&mut key);
        Self { keyed: Sha256::new_with_prefix(key) }
    }

    pub(super) fn of(&self, credentials: &[u8]) -> Digest {
        self.keyed.clone().chain_update(credentials).finalize().into()
    }
}

/// What was judged, the newest first: with the name of who passed, without one who did not.
#[derive(Debug, Default)]
pub(super) struct Seen {
    passed: VecDeque<(Digest, Arc<str>)>,
    refused: VecDeque<Digest>,
}

impl Seen {
    /// What is known of the credentials.
    pub(super) fn find(&self, digest: &Digest) -> Option<Verdict> {
        let passed = self.passed.iter().find(|(known, _)| known == digest).map(|(_, name)| Ok(name.clone()));
        passed.or_else(|| self.refused.contains(digest).then_some(Err(Refusal::Wrong)))
    }

    /// Remembers. Who was refused never takes the place of who passed.
    pub(super) fn add(&mut self, digest: Digest, name: Option<Arc<str>>) {
        if let Some(name) = name {
            self.passed.truncate(MOST - 1);
            self.passed.push_front((digest, name));
        } else {
            self.refused.truncate(MOST - 1);
            self.refused.push_front(digest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_depend_on_what_and_on_whose() {
        let (one, other) = (Digests::new(), Digests::new());
        assert_eq!(one.of(b"a:b"), one.of(b"a:b"));
        assert_ne!(one.of(b"a:b"), one.of(b"a:c"));
        assert_ne!(one.of(b"a:b"), other.of(b"a:b"));
    }

    #[test]
    fn a_bounded_memory_in_which_guesses_displace_nobody() {
        let (mut seen, digests) = (Seen::default(), Digests::new());
        let ada = digests.of(b"ada:secret");
        assert_eq!(seen.find(&ada), None);
        seen.add(ada, Some("ada".into()));
        for n in 0..1000_u32 {
            seen.add(digests.of(&n.to_le_bytes()), None);
        }
        assert_eq!(seen.find(&ada), Some(Ok("ada".into())));
        assert_eq!(seen.find(&digests.of(&999_u32.to_le_bytes())), Some(Err(Refusal::Wrong)));
        assert_eq!(seen.find(&digests.of(&0_u32.to_le_bytes())), None);
        assert_eq!((seen.passed.len(), seen.refused.len()), (1, MOST));
    }
}
