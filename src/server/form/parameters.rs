//! Parameters of `Content-Type` and `Content-Disposition`: `; name="a \" b"; filename*=UTF-8''x`.

use percent_encoding::percent_decode_str;

/// Names (lower case) and values in order; `None` for an unclosed quote or what is no parameter.
pub(crate) fn parse(text: &str) -> Option<Vec<(String, String)>> {
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([';', ' ', '\t']);
        if rest.is_empty() {
            return Some(found);
        }
        let (name, after) = rest.split_once('=')?;
        let name = name.trim();
        if name.is_empty() || name.contains([';', '"', ' ']) {
            return None;
        }
        let after = after.trim_start_matches([' ', '\t']);
        let (value, after) = if let Some(quoted) = after.strip_prefix('"') {
            unquote(quoted)?
        } else {
            let end = after.find(';').unwrap_or(after.len());
            (after[..end].trim().to_owned(), &after[end..])
        };
        found.push((name.to_ascii_lowercase(), value));
        rest = after;
        if !rest.is_empty() && !rest.starts_with([';', ' ', '\t']) {
            return None;
        }
    }
}

/// A quoted string up to its closing quote, and what follows. Only quotes and backslashes are
/// escaped: some browsers sent `C:\new\photo.jpg` as it is.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => match chars.next_if(|(_, next)| matches!(next, '"' | '\\')) {
                Some((_, escaped)) => value.push(escaped),
                None => value.push('\\'),
            },
            c => value.push(c),
        }
    }
    None
}

/// The value of an extended parameter, `UTF-8'en'na%C3%AFve` (RFC 8187).
pub(crate) fn extended(value: &str) -> Option<String> {
    let mut pieces = value.splitn(3, '\'');
    let (charset, _language, text) = (pieces.next()?, pieces.next()?, pieces.next()?);
    let bytes = percent_decode_str(text);
    if charset.eq_ignore_ascii_case("utf-8") {
        bytes.decode_utf8().ok().map(std::borrow::Cow::into_owned)
    } else if charset.eq_ignore_ascii_case("iso-8859-1") {
        Some(bytes.map(char::from).collect())
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> String {
        parse(text).unwrap().remove(0).1
    }

    #[test]
    fn tokens_and_quoted_strings() {
        let found = parse("; name=a ;Filename=\"b; c\" ; x=").unwrap();
        let expected = [("name", "a"), ("filename", "b; c"), ("x", "")];
        assert_eq!(found, expected.map(|(n, v)| (n.to_owned(), v.to_owned())));
        assert!(parse("").unwrap().is_empty());
    }

    #[test]
    fn escapes() {
        assert_eq!(one(r#"a="x\"y\\z""#), r#"x"y\z"#);
        assert_eq!(one(r#"a="C:\new\photo.jpg""#), r"C:\new\photo.jpg");
        assert_eq!(one("a=\"写真\""), "写真");
    }

    #[test]
    fn what_is_broken_is_not_guessed() {
        for text in ["a=\"x", "a=\"x\\\"", "a", "=b", "a=\"x\"y", "a b=c"] {
            assert!(parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn extended_values() {
        assert_eq!(extended("UTF-8''na%C3%AFve%20x").unwrap(), "naïve x");
        assert_eq!(extended("iso-8859-1'en'na%EFve").unwrap(), "naïve");
        assert!(extended("UTF-8''%ff").is_none());
        assert!(extended("koi8-r''x").is_none());
        assert!(extended("plain").is_none());
    }
}
