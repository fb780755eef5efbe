//! The two halves of a key: a token for links and programs, a PIN for people.

use std::fmt;
use std::hint::black_box;

/// Letters and digits of base32 (RFC 4648, section 6): in capitals a QR code of them stays small.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Characters of a token: 130 bits.
const TOKEN: usize = 26;
/// How many PINs of six digits there are.
const PINS: u32 = 1_000_000;

/// What opens the door to uploads.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// 26 letters and digits, 130 bits: what links, cookies and programs carry.
    pub token: String,
    /// What a person types.
    pub pin: String,
}

impl Secret {
    /// A random token and this PIN, or a random one of six digits.
    pub fn new(pin: Option<&str>) -> Result<Self, getrandom::Error> {
        let pin = match pin {
            Some(own) => own.to_owned(),
            None => format!("{:06}", below(PINS)?),
        };
        Ok(Self { token: token()?, pin })
    }
}

/// Says nothing of what it holds.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

fn token() -> Result<String, getrandom::Error> {
    let mut random = [0; TOKEN];
    getrandom::fill(&mut random)?;
    // Five bits of each byte: every character is as likely as every other.
    Ok(random.iter().filter_map(|byte| BASE32.get(usize::from(byte & 31))).map(|byte| char::from(*byte)).collect())
}

/// A random number below `limit`, each as likely as every other.
fn below(limit: u32) -> Result<u32, getrandom::Error> {
    let usable = u32::MAX - u32::MAX % limit;
    loop {
        let random = getrandom::u32()?;
        if random < usable {
            return Ok(random % limit);
        }
    }
}

/// Whether two texts are the same. It takes as long whatever they have in common, so that time
/// does not tell how much of a guess was right; their lengths are no secret.
pub(in crate::server::guard) fn same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let differing = one.iter().zip(other).fold(0, |all, (a, b)| black_box(all | (a ^ b)));
    black_box(differing) == 0
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn tokens_are_of_base32_and_never_the_same() {
        let tokens: HashSet<String> = (0..200).map(|_| Secret::new(None).unwrap().token).collect();
        assert_eq!(tokens.len(), 200);
        assert!(tokens.iter().all(|token| token.len() == 26 && token.bytes().all(|b| BASE32.contains(&b))));
        let used: HashSet<u8> = tokens.iter().flat_map(|token| token.bytes()).collect();
        assert_eq!(used.len(), 32, "every character comes");
    }

    #[test]
    fn pins_have_six_digits_or_are_ones_own() {
        let pins: HashSet<String> = (0..200).map(|_| Secret::new(None).unwrap().pin).collect();
        assert!(pins.len() > 190, "{pins:?}");
        assert!(pins.iter().all(|pin| pin.len() == 6 && pin.bytes().all(|b| b.is_ascii_digit())));
        assert_eq!(Secret::new(Some("Summer24")).unwrap().pin, "Summer24");
        assert!((0..100).all(|_| below(3).unwrap() < 3));
    }

    #[test]
    fn the_same_is_the_same() {
        assert!(same(b"", b"") && same(b"123456", b"123456"));
        for (one, other) in [("123456", "123457"), ("023456", "123456"), ("12345", "123456"), ("", "1")] {
            assert!(!same(one.as_bytes(), other.as_bytes()));
        }
    }

    #[test]
    fn nothing_of_it_is_printed() {
        assert_eq!(format!("{:?}", Secret::new(None).unwrap()), "Secret");
    }
}
