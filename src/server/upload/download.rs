//! What was received, given back: always a download, never active content.

use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderValue,
    X_CONTENT_TYPE_OPTIONS,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Makes an answer with the file `name` a download that no browser runs.
pub fn as_download(headers: &mut HeaderMap, name: &str) {
    let plain: String = name.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '_' }).collect();
    let plain = plain.replace(['"', '\\', '%'], "_");
    let wide = utf8_percent_encode(name, NON_ALPHANUMERIC);
    let disposition = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{wide}");
    let disposition = HeaderValue::from_str(&disposition).unwrap_or(HeaderValue::from_static("attachment"));
    let kind = mime_guess::from_path(name).first_raw().unwrap_or("application/octet-stream");
    headers.insert(CONTENT_DISPOSITION, disposition);
    let parts = headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/byteranges"));
    if !parts {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_the_header() {
        let mut headers = HeaderMap::new();
        as_download(&mut headers, "a\"b\r\n写.html");
        let value = headers[CONTENT_DISPOSITION].to_str().unwrap();
        assert_eq!(value, "attachment; filename=\"a_b___.html\"; filename*=UTF-8''a%22b%0D%0A%E5%86%99%2Ehtml");
        assert_eq!(headers[CONTENT_TYPE], "text/html");
        assert!(headers[CONTENT_SECURITY_POLICY].to_str().unwrap().starts_with("sandbox"));
    }
}
