//! The headers of one part.

use std::borrow::Cow;

use super::Malformed;
use crate::server::form::parameters::{extended, parse};
use crate::text::harmless;

/// What a part's headers say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Part {
    /// The form field.
    pub name: String,
    /// The client's name for the file; a part without one is a plain field.
    pub filename: Option<String>,
    /// The client's word for its type, empty where it gave none.
    pub content_type: String,
    /// The `charset` of the type, lower case.
    pub charset: Option<String>,
}

impl Part {
    /// Reads the header lines of a part, without the empty line that ends them.
    pub(super) fn parse(headers: &[u8]) -> Result<Self, Malformed> {
        let text = text(headers);
        let text = unfold(&text);
        let mut part = Self::default();
        let mut disposition = None;
        for line in text.split("\r\n") {
            let (name, value) = line.split_once(':').ok_or(Malformed::Header)?;
            if name.is_empty() || name.bytes().any(|b| !b.is_ascii_graphic()) || value.contains(['\r', '\n', '\0']) {
                return Err(Malformed::Header);
            }
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "content-disposition" => disposition = Some(value),
                "content-type" => value.clone_into(&mut part.content_type),
                "content-transfer-encoding" => check_encoding(value)?,
                _ => {}
            }
        }
        part.dispose(disposition.ok_or(Malformed::Unnamed)?)?;
        let charset = part.content_type.split_once(';').and_then(|(_, rest)| parse(rest)).unwrap_or_default();
        part.charset = charset.into_iter().find(|(name, _)| name == "charset").map(|(_, v)| v.to_ascii_lowercase());
        Ok(part)
    }

    fn dispose(&mut self, value: &str) -> Result<(), Malformed> {
        let (kind, rest) = value.split_once(';').unwrap_or((value, ""));
        if !kind.trim().eq_ignore_ascii_case("form-data") {
            return Err(Malformed::Unnamed);
        }
        let (mut name, mut plain, mut wide) = (None, None, None);
        for (key, value) in parse(rest).ok_or(Malformed::Header)? {
            match key.as_str() {
                "name" => name = name.or(Some(unescape(&value))),
                "filename" => plain = plain.or(Some(unescape(&value))),
                "filename*" => wide = wide.or(extended(&value)),
                _ => {}
            }
        }
        self.filename = wide.or(plain);
        if name.is_none() && self.filename.is_none() {
            return Err(Malformed::Unnamed);
        }
        self.name = name.unwrap_or_default();
        Ok(())
    }
}

/// UTF-8, as all browsers send; else Latin-1, which loses nothing.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    str::from_utf8(bytes).map_or_else(|_| bytes.iter().map(|byte| char::from(*byte)).collect(), Cow::Borrowed)
}

/// A line that begins with a blank continues the one before it.
fn unfold(text: &str) -> Cow<'_, str> {
    if text.contains("\r\n ") || text.contains("\r\n\t") {
        Cow::Owned(text.replace("\r\n ", " ").replace("\r\n\t", " "))
    } else {
        Cow::Borrowed(text)
    }
}

/// Browsers write these three, and only these, as escapes (HTML, multipart/form-data encoding).
fn unescape(value: &str) -> String {
    let value = value.replace("%22", "\"");
    if value.contains("%0") { value.replace("%0D", "\r").replace("%0A", "\n") } else { value }
}

fn check_encoding(value: &str) -> Result<(), Malformed> {
    if ["7bit", "8bit", "binary"].iter().any(|plain| value.eq_ignore_ascii_case(plain)) {
        Ok(())
    } else {
        Err(Malformed::Encoded(harmless(value).chars().take(40).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(headers: &str) -> Result<Part, Malformed> {
        Part::parse(headers.as_bytes())
    }

    fn disposition(rest: &str) -> Part {
        part(&format!("Content-Disposition: form-data; {rest}")).unwrap()
    }

    #[test]
    fn a_field_and_a_file() {
        let field = disposition("name=\"a\"");
        assert_eq!((field.name.as_str(), field.filename, field.content_type.as_str()), ("a", None, ""));
        let file = part(
            "content-type: text/plain; charset=\"UTF-8\"\r\nCONTENT-DISPOSITION:form-data;name=f; filename=\"a b.txt\"",
        );
        let file = file.unwrap();
        assert_eq!((file.name.as_str(), file.filename.as_deref()), ("f", Some("a b.txt")));
        assert_eq!(file.charset.as_deref(), Some("utf-8"));
    }

    #[test]
    fn names_as_browsers_and_others_write_them() {
        for (rest, name) in [
            ("filename=\"写真.jpg\"", "写真.jpg"),
            ("filename=\"a%22b%0D%0A.txt\"", "a\"b\r\n.txt"),
            ("filename=\"100%25.txt\"", "100%25.txt"),
            ("filename=\"a\\\"b.txt\"", "a\"b.txt"),
            ("filename=\"C:\\dir\\a.txt\"", "C:\\dir\\a.txt"),
            ("filename=\"x\"; filename*=UTF-8''na%C3%AFve.txt", "naïve.txt"),
            ("filename*=UTF-8''na%C3%AFve.txt; filename=\"x\"", "naïve.txt"),
            ("filename*=UTF-8''%ff; filename=\"x\"", "x"),
            ("filename=\"a;b=c.txt\"", "a;b=c.txt"),
            ("filename=\"\"", ""),
            ("filename=plain.txt", "plain.txt"),
        ] {
            assert_eq!(disposition(&format!("name=f; {rest}")).filename.as_deref(), Some(name), "{rest}");
        }
    }

    #[test]
    fn latin_1_loses_nothing() {
        let part = Part::parse(b"Content-Disposition: form-data; name=a; filename=\"na\xefve\"").unwrap();
        assert_eq!(part.filename.as_deref(), Some("naïve"));
    }

    #[test]
    fn folded_lines_are_joined() {
        let folded = part("Content-Disposition: form-data;\r\n name=a;\r\n\tfilename=b").unwrap();
        assert_eq!((folded.name.as_str(), folded.filename.as_deref()), ("a", Some("b")));
    }

    #[test]
    fn what_is_broken_is_refused() {
        for (headers, error) in [
            ("Content-Type: text/plain", Malformed::Unnamed),
            ("Content-Disposition: form-data", Malformed::Unnamed),
            ("Content-Disposition: attachment; name=a", Malformed::Unnamed),
            ("Content-Disposition: form-data; name=\"a", Malformed::Header),
            ("Content-Disposition form-data", Malformed::Header),
            (": x", Malformed::Header),
            ("a b: x", Malformed::Header),
            ("A: b\nC: d", Malformed::Header),
            ("A: b\0", Malformed::Header),
            ("Content-Transfer-Encoding: base64", Malformed::Encoded("base64".to_owned())),
        ] {
            assert_eq!(part(headers).unwrap_err(), error, "{headers}");
        }
    }
}
