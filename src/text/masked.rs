//! Secrets that stand in an address, kept out of logs and views.

use std::borrow::Cow;

/// What stands for a secret.
const MASK: &str = "***";

/// Characters of a token: 130 bits in base32 (RFC 4648, section 6).
const TOKEN: usize = 26;

/// `target`, a path with its query, a URL or a name, without what may be a secret: every value of a
/// parameter named `k`, and whatever looks like a token of the upload link, wherever it stands.
///
/// ```
/// use stan::text::masked;
/// assert_eq!(masked("/upload?a=1&k=SECRET#x"), "/upload?a=1&k=***#x");
/// assert_eq!(masked("/k=ABCDEFGHIJKLMNOPQRSTUV2345"), "/k=***");
/// assert_eq!(masked("/k=1"), "/k=1");
/// ```
pub fn masked(target: &str) -> Cow<'_, str> {
    match without_parameter(target) {
        Cow::Borrowed(target) => without_tokens(target),
        Cow::Owned(target) => Cow::Owned(without_tokens(&target).into_owned()),
    }
}

fn without_tokens(target: &str) -> Cow<'_, str> {
    if target.len() < TOKEN {
        return Cow::Borrowed(target);
    }
    let bytes = target.as_bytes();
    let mut out = String::new();
    let (mut copied, mut at) = (0, 0);
    while at < bytes.len() {
        // The digits of an escape belong to no word.
        if bytes.get(at) == Some(&b'%') {
            at += 3;
            continue;
        }
        let word = bytes.iter().skip(at).take_while(|b| b.is_ascii_alphanumeric()).count();
        let is_token = |word: &[u8]| word.iter().all(|b| matches!(b, b'A'..=b'Z' | b'2'..=b'7'));
        if word == TOKEN && bytes.get(at..at + word).is_some_and(is_token) {
            out.push_str(target.get(copied..at).unwrap_or_default());
            out.push_str(MASK);
            copied = at + word;
        }
        at += word.max(1);
    }
    if copied == 0 {
        return Cow::Borrowed(target);
    }
    out.push_str(target.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

fn without_parameter(target: &str) -> Cow<'_, str> {
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
    fn a_token_is_left_out_wherever_it_stands() {
        const TOKEN: &str = "ABCDEFGHIJKLMNOPQRSTUV2345";
        for text in ["/upload?K=", "/upload?%6b=", "/upload?k%3D", "/upload?amp;k=", "/upload/k=", "/a;k=", "é", "%41"]
        {
            for after in ["", ".com", "&x=1", "%20"] {
                let shown = masked(&format!("{text}{TOKEN}{after}")).into_owned();
                assert!(!shown.contains(TOKEN) && shown.contains("***"), "{shown}");
            }
        }
        for harmless in ["/ABCDEFGHIJKLMNOPQRSTUV23456", "/ABCDEFGHIJKLMNOPQRSTUV234", "/abcdefghijklmnopqrstuv2345"] {
            assert_eq!(masked(harmless), harmless);
        }
    }

    #[test]
    fn the_value_of_k_is_left_out_wherever_it_stands() {
        for (target, shown) in [
            ("/upload?k=ABC", "/upload?k=***"),
            ("/upload?k=ABC&x=1", "/upload?k=***&x=1"),
            ("/upload?x=1&k=ABC", "/upload?x=1&k=***"),
            ("/?k=a&k=b&kk=c", "/?k=***&k=***&kk=c"),
            ("/??k=a?k=b", "/??k=***?k=***"),
            ("http://h:1/upload?k=ABC#k=1", "http://h:1/upload?k=***#k=***"),
            ("/?k=é&ü=k", "/?k=***&ü=k"),
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
