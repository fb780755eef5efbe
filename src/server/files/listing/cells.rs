//! What stands in the cells of a listing: names made harmless, links, sizes, counts.
//!
//! Appended byte by byte, because a folder may have 100,000 entries.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::text;

/// Bytes that stand for themselves in a segment of a URL's path (RFC 3986: unreserved).
const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~')
}

/// Appends a name as one segment of a URL's path.
pub(super) fn segment(out: &mut Vec<u8>, name: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    if name.iter().all(|byte| is_unreserved(*byte)) {
        return out.extend_from_slice(name);
    }
    for byte in name {
        if is_unreserved(*byte) {
            out.push(*byte);
        } else {
            out.extend_from_slice(&[b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        }
    }
}

/// A name with what would move, hide or forge written out: `a\x0ab`, `\u{202e}`, `\xff`.
pub(super) fn harmless(name: &[u8]) -> Cow<'_, str> {
    if let Ok(name) = str::from_utf8(name) {
        return text::harmless(name);
    }
    let mut out = String::with_capacity(name.len() + 16);
    for chunk in name.utf8_chunks() {
        out.push_str(&text::harmless(chunk.valid()));
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    Cow::Owned(out)
}

/// Appends a name to be shown in HTML.
///
/// Joiners between letters beyond ASCII stay: Persian, Hindi and families of emoji need them.
pub(super) fn shown(out: &mut Vec<u8>, name: &[u8]) {
    if name.iter().all(|byte| (0x20..0x7f).contains(byte) && !matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\'')) {
        return out.extend_from_slice(name);
    }
    let is_joiner = |c: char| matches!(c, '\u{200c}' | '\u{200d}');
    let joined = |c: Option<char>| {
        c.is_some_and(|c| !c.is_ascii() && !is_joiner(c) && text::is_harmless(c.encode_utf8(&mut [0; 4])))
    };
    let Ok(valid) = str::from_utf8(name) else { return escape(out, &harmless(name)) };
    let mut before = None;
    let mut rest = valid.chars();
    while let Some(c) = rest.next() {
        let mut bytes = [0; 4];
        let text: &str = c.encode_utf8(&mut bytes);
        if is_joiner(c) && joined(before) && joined(rest.clone().next()) {
            out.extend_from_slice(text.as_bytes());
        } else {
            escape(out, &text::harmless(text));
        }
        before = Some(c);
    }
}

/// Appends text as HTML.
fn escape(out: &mut Vec<u8>, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            b'"' => out.extend_from_slice(b"&quot;"),
            b'\'' => out.extend_from_slice(b"&#39;"),
            byte => out.push(byte),
        }
    }
}

/// Appends a number.
pub(super) fn number(out: &mut Vec<u8>, number: u64) {
    digits(out, number, None);
}

/// Appends a number as people read it: `1,234,567`.
pub(super) fn grouped(out: &mut Vec<u8>, number: u64) {
    digits(out, number, Some(b','));
}

fn digits(out: &mut Vec<u8>, mut number: u64, separator: Option<u8>) {
    // Twenty digits and six separators, from the end.
    let mut text = [0; 26];
    let mut count = 0;
    let mut length = 0;
    for place in text.iter_mut().rev() {
        match separator {
            Some(separator) if count > 0 && count % 3 == 0 && length % 4 == 3 => *place = separator,
            _ => {
                *place = b'0' + (number % 10) as u8;
                number /= 10;
                count += 1;
            }
        }
        length += 1;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(text.get(text.len() - length..).unwrap_or_default());
}

/// Appends a size as [`text::size`] writes it: `310 B`, `1.2 KB`, `48 MB`.
pub(super) fn size(out: &mut Vec<u8>, bytes: u64) {
    const UNITS: [(&[u8], u64); 4] =
        [(b" TB", 1_000_000_000_000), (b" GB", 1_000_000_000), (b" MB", 1_000_000), (b" KB", 1000)];
    let Some((unit, factor)) = UNITS.iter().find(|(_, factor)| bytes >= *factor) else {
        number(out, bytes);
        return out.extend_from_slice(b" B");
    };
    let (whole, rest) = (bytes / factor, bytes % factor);
    let tenths = whole * 10 + (rest * 10 + factor / 2) / factor;
    if tenths < 100 {
        out.extend_from_slice(&[b'0' + (tenths / 10) as u8, b'.', b'0' + (tenths % 10) as u8]);
    } else {
        number(out, whole + u64::from(rest * 2 >= *factor));
    }
    out.extend_from_slice(unit);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::files::url;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn links_are_those_of_the_rest_of_the_house() {
        let long = "x".repeat(255);
        for name in ["a", "a b", "a:b", "50%", "a#b?c", "'\"<>&", " x ", "写真 🎞", "a\u{202e}b", "-_.~", long.as_str()]
        {
            assert_eq!(text(|out| segment(out, name.as_bytes())), url::segment(name), "{name}");
        }
        assert_eq!(text(|out| segment(out, b"\xff\n")), "%FF%0A");
    }

    #[test]
    fn names_are_shown_harmless_and_escaped() {
        for (name, expected) in [
            ("a.txt", "a.txt"),
            ("a<b>&\"'", "a&lt;b&gt;&amp;&quot;&#39;"),
            ("a\u{202e}gpj.exe", "a\\u{202e}gpj.exe"),
            ("a\nb\t", "a\\x0ab\\x09"),
            ("写真 é", "写真 é"),
            ("a\u{200d}b", "a\\u{200d}b"),
            ("👩\u{200d}💻", "👩\u{200d}💻"),
            ("می\u{200c}شود", "می\u{200c}شود"),
            ("👩\u{200d}\u{200d}💻", "👩\\u{200d}\\u{200d}💻"),
            ("é\u{200d}", "é\\u{200d}"),
        ] {
            assert_eq!(text(|out| shown(out, name.as_bytes())), expected);
        }
        assert_eq!(text(|out| shown(out, b"a\xff<\xfe")), "a\\xff&lt;\\xfe");
        assert_eq!(harmless(b"a\xc3\x28\n"), "a\\xc3(\\x0a");
    }

    #[test]
    fn numbers() {
        for (value, plain, with) in [
            (0, "0", "0"),
            (7, "7", "7"),
            (999, "999", "999"),
            (1000, "1000", "1,000"),
            (100_000, "100000", "100,000"),
            (1_234_567, "1234567", "1,234,567"),
            (u64::MAX, "18446744073709551615", "18,446,744,073,709,551,615"),
        ] {
            assert_eq!(text(|out| number(out, value)), plain);
            assert_eq!(text(|out| grouped(out, value)), with);
        }
    }

    #[test]
    fn sizes_are_those_of_the_rest_of_the_house() {
        for bytes in [
            0,
            999,
            1000,
            1049,
            1051,
            9949,
            9950,
            9999,
            10_499,
            10_501,
            999_499,
            999_999,
            4_194_304,
            12_345_678,
            5_000_000_000_000,
            1 << 50,
        ] {
            assert_eq!(text(|out| size(out, bytes)), crate::text::size(bytes), "{bytes}");
        }
        assert_eq!(text(|out| size(out, u64::MAX)), "18446744 TB");
    }
}
