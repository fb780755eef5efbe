//! Passwords and their hashes by Argon2id (RFC 9106), written as PHC strings.
//!
//! Belongs here: making a hash, reading one, and holding a password against it. Each takes tens of
//! milliseconds and megabytes on purpose, so a server does it on another thread.

use std::fmt;
use std::io;
use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params};

/// KiB that a hash may ask for: 256 MiB. More is a slip, and would end a small device.
const MOST_MEMORY: u32 = 256 << 10;
/// Passes that a hash may ask for.
const MOST_PASSES: u32 = 64;

/// A hash of a password. Its `Display` is the PHC string, its `Debug` says nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Hash(Arc<PasswordHash>);

/// The text is no Argon2 hash that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoHash;

impl Hash {
    /// The hash of `password` with a new salt, at the strength that OWASP asks for (19 MiB, two passes).
    pub fn new(password: &str) -> io::Result<Self> {
        let hash = Argon2::default().hash_password(password.as_bytes());
        hash.map(|hash| Self(Arc::new(hash)))
            .map_err(|error| io::Error::other(format!("the password cannot be hashed: {error}")))
    }

    /// Reads a PHC string: `$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH`.
    ///
    /// ```
    /// use stan::password::Hash;
    /// let hash = Hash::new("secret").unwrap();
    /// let read = Hash::parse(&hash.to_string()).unwrap();
    /// assert!(read.fits(b"secret") && !read.fits(b"Secret"));
    /// assert!(Hash::parse("secret").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, NoHash> {
        let hash = PasswordHash::new(text).map_err(|_| NoHash)?;
        let params = Params::try_from(&hash).map_err(|_| NoHash)?;
        let usable = params.m_cost() <= MOST_MEMORY && params.t_cost() <= MOST_PASSES;
        let whole = hash.salt.is_some() && hash.hash.is_some();
        let known = Algorithm::new(hash.algorithm.as_str()).is_ok();
        if usable && whole && known { Ok(Self(Arc::new(hash))) } else { Err(NoHash) }
    }

    /// Whether it is this password's. Takes as long whatever the password.
    pub fn fits(&self, password: &[u8]) -> bool {
        Argon2::default().verify_password(password, &*self.0).is_ok()
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hash")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the argon2 reference implementation: `echo -n password | argon2 somesalt -id -t 2 -k 64`.
    const FOREIGN: &str = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";

    #[test]
    fn a_hash_of_another_program_is_read() {
        let hash = Hash::parse(FOREIGN).unwrap();
        assert!(hash.fits(b"password") && !hash.fits(b"passwore"));
        assert_eq!(hash.to_string(), FOREIGN);
    }

    #[test]
    fn every_hash_has_its_own_salt_and_says_nothing() {
        let (one, other) = (Hash::new("a").unwrap(), Hash::new("a").unwrap());
        assert_ne!(one, other);
        assert!(one.to_string().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        assert_eq!(format!("{one:?}"), "Hash");
    }

    #[test]
    fn what_is_no_hash_or_asks_for_too_much() {
        for bad in [
            "",
            "password",
            "$argon2id$…",
            "$argon2id$v=19$m=256,t=2,p=1",
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ",
            "$argon2id$v=19$m=1000000,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            "$argon2id$v=19$m=256,t=100000,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            "$2y$10$abcdefghijklmnopqrstuuJ8Q2yjlzaaaaaaaaaaaaaaaaaaaaaaa",
        ] {
            assert_eq!(Hash::parse(bad), Err(NoHash), "{bad}");
        }
    }
}
