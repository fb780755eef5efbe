//! `application/x-www-form-urlencoded` (the URL Standard, section 5.1).

use std::borrow::Cow;

use percent_encoding::percent_decode;

/// Names and values in order; `None` when there are more than `most`.
///
/// ```
/// use stan::server::form::urlencoded::parse;
/// let fields = parse(b"name=Ada+L.&city=M%C3%BCnchen", 10).unwrap();
/// assert_eq!(fields[1], ("city".to_owned(), "München".to_owned()));
/// ```
pub fn parse(body: &[u8], most: usize) -> Option<Vec<(String, String)>> {
    let mut fields = Vec::new();
    for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        if fields.len() == most {
            return None;
        }
        let at = memchr::memchr(b'=', pair);
        let (name, value) = at.map_or((pair, &b""[..]), |at| (&pair[..at], &pair[at + 1..]));
        fields.push((decode(name), decode(value)));
    }
    Some(fields)
}

fn decode(text: &[u8]) -> String {
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    match Cow::from(percent_decode(&spaced)) {
        Cow::Borrowed(_) => String::from_utf8(spaced).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into()),
        Cow::Owned(bytes) => String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(body: &str) -> Vec<(String, String)> {
        parse(body.as_bytes(), 100).unwrap()
    }

    #[test]
    fn what_browsers_send() {
        let expected = [("a", "1"), ("b", ""), ("c", "x=y"), ("", "d"), ("e f", "ü 1%")];
        let expected: Vec<_> = expected.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        assert_eq!(pairs("a=1&b&c=x=y&=d&&e+f=%C3%BC+1%25&"), expected);
        assert!(pairs("").is_empty());
    }

    #[test]
    fn broken_escapes_and_bytes_stay_or_are_replaced() {
        assert_eq!(pairs("a=%zz%4"), [("a".to_owned(), "%zz%4".to_owned())]);
        assert_eq!(pairs("a=%ff"), [("a".to_owned(), "\u{fffd}".to_owned())]);
        assert_eq!(parse(b"a=\xff", 1).unwrap()[0].1, "\u{fffd}");
    }

    #[test]
    fn fields_are_bounded() {
        assert!(parse(b"a&b&c", 3).is_some());
        assert!(parse(b"a&b&c", 2).is_none());
    }
}
