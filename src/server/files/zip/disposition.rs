//! `Content-Disposition: attachment` with a name (RFC 6266, RFC 8187).

use http::HeaderValue;

use crate::server::files::url;
use crate::text;

/// The header for a download under this name. Browsers that do not read the second form get the
/// name with `_` for what is not ASCII.
pub(super) fn attachment(name: &str) -> HeaderValue {
    let name: String = name.chars().filter(|c| *c != '/' && text::is_harmless(c.encode_utf8(&mut [0; 4]))).collect();
    let plain: String =
        name.chars().map(|c| if c.is_ascii() && !matches!(c, '"' | '\\' | '%') { c } else { '_' }).collect();
    let mut value = format!("attachment; filename=\"{plain}\"");
    if plain != name {
        value.push_str("; filename*=UTF-8''");
        value.push_str(&url::segment(&name));
    }
    HeaderValue::try_from(value).unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_plain_and_encoded() {
        for (name, value) in [
            ("photos.zip", "attachment; filename=\"photos.zip\""),
            ("a b.zip", "attachment; filename=\"a b.zip\""),
            ("写真.zip", "attachment; filename=\"__.zip\"; filename*=UTF-8''%E5%86%99%E7%9C%9F.zip"),
            ("a\"b\\.zip", "attachment; filename=\"a_b_.zip\"; filename*=UTF-8''a%22b%5C.zip"),
            ("50%.zip", "attachment; filename=\"50_.zip\"; filename*=UTF-8''50%25.zip"),
            ("../a\r\nb\u{202e}.zip", "attachment; filename=\"..ab.zip\""),
        ] {
            assert_eq!(attachment(name), value, "{name}");
        }
    }
}
