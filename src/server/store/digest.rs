//! Digests of what arrives: a fast one of every file, and those that a sender has named.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read as _};
use std::sync::LazyLock;

use sha2::{Digest as _, Sha256, Sha512};
use xxhash_rust::xxh3::Xxh3;

/// Bytes that are read at once where a file is gone through again.
const PIECE: usize = 256 << 10;

/// An algorithm by which a sender may name its bytes (RFC 9530, section 5, those marked active).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    /// `sha-256`.
    Sha256,
    /// `sha-512`.
    Sha512,
}

impl Algorithm {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Sha256, Self::Sha512];

    /// Its key in the fields of RFC 9530.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha-256",
            Self::Sha512 => "sha-512",
        }
    }

    /// Bytes of a value.
    pub fn size(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    /// Whether this processor computes it right. Emulated ones have been seen that do not.
    pub fn is_sound(self) -> bool {
        static SOUND: LazyLock<[bool; 2]> = LazyLock::new(|| {
            Algorithm::ALL.map(|algorithm| {
                let mut sum = Sum::new(algorithm);
                sum.update(b"abc");
                // FIPS 180-2, appendices B.1 and C.1.
                let known = match algorithm {
                    Algorithm::Sha256 => "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                    Algorithm::Sha512 => {
                        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                         2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
                    }
                };
                hex(&sum.finish()) == known
            })
        });
        SOUND[self as usize]
    }
}

/// What a sender says of its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// By which algorithm.
    pub algorithm: Algorithm,
    /// Its value.
    pub value: Vec<u8>,
}

/// One digest as it is computed.
#[derive(Clone)]
pub enum Sum {
    /// By SHA-256.
    Sha256(Box<Sha256>),
    /// By SHA-512.
    Sha512(Box<Sha512>),
}

impl Sum {
    /// Of no bytes yet.
    pub fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sha256 => Self::Sha256(Box::default()),
            Algorithm::Sha512 => Self::Sha512(Box::default()),
        }
    }

    /// Takes more bytes in.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(sum) => sum.update(bytes),
            Self::Sha512(sum) => sum.update(bytes),
        }
    }

    /// The value.
    pub fn finish(self) -> Vec<u8> {
        match self {
            Self::Sha256(sum) => sum.finalize().to_vec(),
            Self::Sha512(sum) => sum.finalize().to_vec(),
        }
    }
}

/// The digests of one file as its bytes come: XXH3-128, which costs next to nothing, and those by
/// which the sender has named it.
#[derive(Clone)]
pub(super) struct Sums {
    own: Box<Xxh3>,
    named: Vec<(Digest, Sum)>,
}

impl Sums {
    pub(super) fn new(named: &[Digest]) -> Self {
        let named = named.iter().filter(|digest| digest.algorithm.is_sound());
        let named = named.map(|digest| (digest.clone(), Sum::new(digest.algorithm))).collect();
        Self { own: Box::default(), named }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.own.update(bytes);
        for (_, sum) in &mut self.named {
            sum.update(bytes);
        }
    }

    /// Takes all bytes of `file` in, from its start.
    pub(super) fn read(&mut self, mut file: &File) -> io::Result<()> {
        let mut piece = vec![0; PIECE];
        loop {
            match file.read(&mut piece) {
                Ok(0) => return Ok(()),
                Ok(read) => self.update(piece.get(..read).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The digest to tell, `ALGORITHM:HEX`, that of the sender where it sent one; or the algorithm by
    /// which the bytes are not those that were sent.
    pub(super) fn finish(self) -> Result<String, Algorithm> {
        let mut told = None;
        for (digest, sum) in self.named {
            let value = sum.finish();
            if value != digest.value {
                return Err(digest.algorithm);
            }
            told.get_or_insert_with(|| format!("{}:{}", digest.algorithm.name(), hex(&value)));
        }
        Ok(told.unwrap_or_else(|| format!("xxh3-128:{:032x}", self.own.digest128())))
    }
}

/// `bytes` in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_processor_computes_right() {
        assert!(Algorithm::ALL.iter().all(|algorithm| algorithm.is_sound()));
    }

    #[test]
    fn every_file_has_one() {
        let mut sums = Sums::new(&[]);
        sums.update(b"hel");
        sums.update(b"lo");
        assert_eq!(sums.finish().unwrap(), "xxh3-128:b5e9c1ad071b3e7fc779cfaa5e523818");
    }

    #[test]
    fn what_the_sender_says_is_held_against_the_bytes() {
        let sha256 = |of: &[u8]| Digest { algorithm: Algorithm::Sha256, value: Sha256::digest(of).to_vec() };
        let sha512 = |of: &[u8]| Digest { algorithm: Algorithm::Sha512, value: Sha512::digest(of).to_vec() };
        let finish = |named: &[Digest]| {
            let mut sums = Sums::new(named);
            sums.update(b"hello");
            sums.finish()
        };
        let told = "sha-256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        assert_eq!(finish(&[sha256(b"hello"), sha512(b"hello")]).unwrap(), told);
        assert_eq!(finish(&[sha256(b"hello"), sha512(b"hullo")]), Err(Algorithm::Sha512));
        assert_eq!(finish(&[sha256(b"")]), Err(Algorithm::Sha256));
    }

    #[test]
    fn a_file_that_is_read_again_has_the_same() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let bytes: Vec<u8> = (0..700_001_u32).map(|i| (i % 251) as u8).collect();
        std::fs::write(file.path(), &bytes).unwrap();
        let (mut one, mut two) = (Sums::new(&[]), Sums::new(&[]));
        one.update(&bytes);
        two.read(&File::open(file.path()).unwrap()).unwrap();
        assert_eq!(one.finish(), two.finish());
    }
}
