//! Structured fields of a request (RFC 9651). What is not of the form that its field has is ignored
//! whole, as section 4.2 asks.

use http::HeaderMap;
use sfv::{BareItem, Dictionary, Item, Parser};

/// The value of an Item field, whatever its parameters.
pub(super) fn item(headers: &HeaderMap, name: &str) -> Option<BareItem> {
    let item: Item = Parser::new(&joined(headers, name)?).parse().ok()?;
    Some(item.bare_item)
}

/// A non-negative Integer field.
pub(super) fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    match item(headers, name)? {
        BareItem::Integer(number) => u64::try_from(number).ok(),
        _ => None,
    }
}

/// A Boolean field.
pub(super) fn boolean(headers: &HeaderMap, name: &str) -> Option<bool> {
    match item(headers, name)? {
        BareItem::Boolean(value) => Some(value),
        _ => None,
    }
}

/// A Dictionary field.
pub(super) fn dictionary(headers: &HeaderMap, name: &str) -> Option<Dictionary> {
    Parser::new(&joined(headers, name)?).parse().ok()
}

/// The lines of a field as one (section 4.2).
fn joined(headers: &HeaderMap, name: &str) -> Option<Vec<u8>> {
    let mut lines = headers.get_all(name).iter();
    let mut joined = lines.next()?.as_bytes().to_vec();
    for line in lines {
        joined.extend_from_slice(b", ");
        joined.extend_from_slice(line.as_bytes());
    }
    Some(joined)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| ("f".parse().unwrap(), line.parse().unwrap())).collect()
    }

    #[test]
    fn numbers() {
        for (value, read) in [
            ("0", Some(0)),
            ("  12 ", Some(12)),
            ("12;a=b", Some(12)),
            ("007", Some(7)),
            ("999999999999999", Some(999_999_999_999_999)),
            ("1000000000000000", None),
            ("-1", None),
            ("1.0", None),
            ("\"1\"", None),
            ("1, 2", None),
            ("+1", None),
            ("0x1", None),
            ("1 2", None),
            ("?1", None),
            ("", None),
        ] {
            assert_eq!(number(&headers(&[value]), "f"), read, "{value:?}");
        }
        assert_eq!(number(&headers(&["1", "1"]), "f"), None, "an item has one line");
        assert_eq!(number(&headers(&[]), "f"), None);
    }

    #[test]
    fn booleans() {
        for (value, read) in
            [("?1", Some(true)), ("?0", Some(false)), ("?1;x", Some(true)), ("1", None), ("true", None), ("?2", None)]
        {
            assert_eq!(boolean(&headers(&[value]), "f"), read, "{value:?}");
        }
    }

    #[test]
    fn dictionaries_may_be_split_over_lines() {
        let found = dictionary(&headers(&["a=1", "b=:AQI=:"]), "f").unwrap();
        assert_eq!(found.keys().map(|key| key.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert!(dictionary(&headers(&["a=1", "="]), "f").is_none());
    }
}
