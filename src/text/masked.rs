//! Secrets that stand in an address, kept out of logs and views.

use std::borrow::Cow;

/// What stands for a secret.
const MASK: &str = "…";

/// `target`, a path with its query or a whole URL, with every value of a parameter named `k` left
/// out: the token of the upload link is one.
///
/// ```
/// use stan::text::masked;
/// assert_eq!(masked("/upload?a=1&k=SECRET#x"), "/upload?a=1&k=…#x");
/// assert_eq!(masked("/k=1"), "/k=1");
/// ```
pub fn masked(target: &str) -> Cow<'_, str> {
    let Some(query) = memchr::memchr(b'?', target.as_bytes()) else { return Cow::Borrowed(target) };
    let mut out = String::new();
    let mut copied = 0;
    let mut at = query;
    // Each round stands on a ? or a &, before a parameter.
    while let Some(rest) = target.get(at + 1..) {
        let end = rest.find(['&', '?', '#']).unwrap_or(rest.len());
        let parameter = rest.get(..end).unwrap_or_default();
        if parameter.strip_prefix("k=").is_some_and(|value| !value.is_empty()) {
            out.push_str(target.get(copied..at + 3).unwrap_or_default());
            out.push_str(MASK);
            copied = at + 1 + end;
        }
        if end == rest.len() {
            break;
        }
        at += 1 + end;
    }
    if copied == 0 {
        return Cow::Borrowed(target);
    }
    out.push_str(target.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_of_k_is_left_out_wherever_it_stands() {
        for (target, shown) in [
            ("/upload?k=ABC", "/upload?k=…"),
            ("/upload?k=ABC&x=1", "/upload?k=…&x=1"),
            ("/upload?x=1&k=ABC", "/upload?x=1&k=…"),
            ("/?k=a&k=b&kk=c", "/?k=…&k=…&kk=c"),
            ("/??k=a?k=b", "/??k=…?k=…"),
            ("http://h:1/upload?k=ABC#k=1", "http://h:1/upload?k=…#k=…"),
            ("/?k=é&ü=k", "/?k=…&ü=k"),
        ] {
            assert_eq!(masked(target), shown);
        }
    }

    #[test]
    fn all_else_is_as_it_was() {
        for target in ["", "/", "/k=1", "?", "/?", "/?k", "/?k=", "/?K=1", "/?a=k=1", "/?kk=1&&", "*"] {
            assert!(matches!(masked(target), Cow::Borrowed(same) if same == target), "{target}");
        }
    }
}
