//! A request's path, decoded once.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Stands for a slash that was sent as `%2F`, which is no separator. NUL cannot be in a path.
const ENCODED_SLASH: char = '\0';

/// The path as people and routes see it.
#[derive(Debug, PartialEq, Eq)]
pub struct Decoded {
    /// Decoded, for people and templates.
    pub shown: String,
    /// Decoded for routing, where `%2F` does not separate; `None` where it is the same as `shown`.
    routed: Option<String>,
}

/// Why a path is refused with 400.
#[derive(Debug, PartialEq, Eq)]
pub enum BadPath {
    /// `%` without two hexadecimal digits.
    Escape,
    /// Not UTF-8 once decoded, overlong forms among them.
    Utf8,
    /// `%00`.
    Nul,
}

impl BadPath {
    /// What to tell the client.
    pub fn text(&self) -> &'static str {
        match self {
            Self::Escape => "the path has a % that is not followed by two hexadecimal digits",
            Self::Utf8 => "the path is not UTF-8",
            Self::Nul => "the path has a NUL in it",
        }
    }
}

impl Decoded {
    /// Decodes `raw`, the path of the request's target.
    pub fn new(raw: &str) -> Result<Self, BadPath> {
        if !raw.contains('%') {
            return Ok(Self { shown: raw.to_owned(), routed: None });
        }
        let digits = |i: usize| raw.as_bytes().get(i).is_some_and(u8::is_ascii_hexdigit);
        if memchr::memchr_iter(b'%', raw.as_bytes()).any(|i| !digits(i + 1) || !digits(i + 2)) {
            return Err(BadPath::Escape);
        }
        let shown = percent_decode_str(raw).decode_utf8().map_err(|_| BadPath::Utf8)?.into_owned();
        if shown.contains('\0') {
            return Err(BadPath::Nul);
        }
        let slashes = |text: &str| text.bytes().filter(|b| *b == b'/').count();
        let routed = (slashes(&shown) != slashes(raw)).then(|| {
            let segment = |s| -> String {
                let decoded: Cow<'_, str> = percent_decode_str(s).decode_utf8_lossy();
                decoded.replace('/', &ENCODED_SLASH.to_string())
            };
            raw.split('/').map(segment).collect::<Vec<_>>().join("/")
        });
        Ok(Self { shown, routed })
    }

    /// What routes and folders are matched against: an encoded slash is a NUL here, which no file has.
    pub fn routed(&self) -> &str {
        self.routed.as_deref().unwrap_or(&self.shown)
    }
}

/// A captured parameter as it was meant.
pub(crate) fn captured(value: &str) -> String {
    value.replace(ENCODED_SLASH, "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_once() {
        let path = Decoded::new("/a%20b/%25%32%65").unwrap();
        assert_eq!(path.shown, "/a b/%2e");
        assert_eq!(path.routed(), "/a b/%2e");
    }

    #[test]
    fn an_encoded_slash_does_not_separate() {
        let path = Decoded::new("/hello/a%2Fb").unwrap();
        assert_eq!(path.shown, "/hello/a/b");
        assert_eq!(path.routed(), "/hello/a\0b");
        assert_eq!(captured("a\0b"), "a/b");
    }

    #[test]
    fn refuses_what_is_no_text() {
        assert_eq!(Decoded::new("/%"), Err(BadPath::Escape));
        assert_eq!(Decoded::new("/%4"), Err(BadPath::Escape));
        assert_eq!(Decoded::new("/%zz"), Err(BadPath::Escape));
        assert_eq!(Decoded::new("/%c0%ae"), Err(BadPath::Utf8));
        assert_eq!(Decoded::new("/%ff"), Err(BadPath::Utf8));
        assert_eq!(Decoded::new("/a%00b"), Err(BadPath::Nul));
    }
}
