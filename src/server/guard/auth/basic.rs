//! The credentials of HTTP Basic (RFC 7617, section 2): `Basic base64(name:password)`.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Bytes of name and password together; longer ones are none of ours.
const LONGEST: usize = 1024;

/// Lenient in the padding, as clients are.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A name and a password.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Credentials {
    bytes: Vec<u8>,
    colon: usize,
}

impl Credentials {
    /// Reads a field's value; `None` where it is of another scheme or broken.
    pub(super) fn read(field: &[u8]) -> Option<Self> {
        let (scheme, encoded) = field.split_at_checked(6)?;
        if !scheme.eq_ignore_ascii_case(b"basic ") || encoded.len() > LONGEST.div_ceil(3) * 4 {
            return None;
        }
        let bytes = BASE64.decode(encoded.trim_ascii()).ok()?;
        // A name has no colon, a password may.
        let colon = bytes.iter().position(|b| *b == b':')?;
        Some(Self { bytes, colon })
    }

    /// Both, as they were sent.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn name(&self) -> &[u8] {
        self.bytes.get(..self.colon).unwrap_or_default()
    }

    pub(super) fn password(&self) -> &[u8] {
        self.bytes.get(self.colon + 1..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(field: &str) -> Option<(String, String)> {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Credentials::read(field.as_bytes()).map(|c| (text(c.name()), text(c.password())))
    }

    #[test]
    fn the_examples_of_the_rfc() {
        let pair = |name: &str, password: &str| Some((name.to_owned(), password.to_owned()));
        assert_eq!(read("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), pair("Aladdin", "open sesame"));
        assert_eq!(read("basic dGVzdDoxMjPCow=="), pair("test", "123£"));
        assert_eq!(read("BASIC   dGVzdDoxMjPCow"), pair("test", "123£"));
        assert_eq!(read("Basic YTpiOmM="), pair("a", "b:c"));
        assert_eq!(read("Basic Og=="), pair("", ""));
    }

    #[test]
    fn what_is_none() {
        for bad in ["", "Basic", "Basic ", "Basic QQ==", "Basic !!!!", "Bearer YTpi", "YTpi"] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!(read(&format!("Basic {}", "YTpi".repeat(400))), None);
    }
}
