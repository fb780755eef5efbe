//! The name of a file that is sent to the upload page itself: `Content-Disposition` (RFC 6266), which
//! the draft recommends as `inline`.

use http::HeaderMap;
use http::header::CONTENT_DISPOSITION;

use crate::server::form::parameters::{extended, parse};

/// The file's name, without folders; `filename*` goes before `filename` (section 4.3).
pub(super) fn disposition(headers: &HeaderMap) -> Option<String> {
    let value = String::from_utf8_lossy(headers.get(CONTENT_DISPOSITION)?.as_bytes()).into_owned();
    let (_, rest) = value.split_once(';')?;
    let (mut plain, mut wide) = (None, None);
    for (name, value) in parse(rest)? {
        match name.as_str() {
            "filename" => plain = plain.or(Some(value)),
            "filename*" => wide = wide.or(extended(&value)),
            _ => {}
        }
    }
    let name = wide.or(plain)?;
    name.rsplit(['/', '\\']).next().filter(|name| !name.trim().is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (value, name) in [
            ("inline; filename=\"file name.jpg\"; filename*=UTF-8''file%20n%C3%A4me.jpg", Some("file näme.jpg")),
            ("inline; filename*=UTF-8''a.jpg; filename=b.jpg", Some("a.jpg")),
            ("attachment; filename=a.jpg", Some("a.jpg")),
            ("inline; filename=\"../../etc/passwd\"", Some("passwd")),
            ("inline; filename=\"C:\\photos\\a.jpg\"", Some("a.jpg")),
            ("inline; filename*=koi8-r''x; filename=b.jpg", Some("b.jpg")),
            ("inline; filename=\"写真.jpg\"", Some("写真.jpg")),
            ("inline; filename=\"\"", None),
            ("inline; filename=\"dir/\"", None),
            ("inline; filename=\"a", None),
            ("inline", None),
        ] {
            let headers =
                [(CONTENT_DISPOSITION, http::HeaderValue::from_bytes(value.as_bytes()).unwrap())].into_iter().collect();
            assert_eq!(disposition(&headers).as_deref(), name, "{value}");
        }
        assert_eq!(disposition(&HeaderMap::new()), None);
    }
}
