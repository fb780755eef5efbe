//! Paths as they stand in URLs, and redirects that cannot leave the site.

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_encode, utf8_percent_encode};

/// All but what RFC 3986 calls unreserved.
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A name as one segment of a URL's path.
pub(crate) fn segment(name: &str) -> String {
    utf8_percent_encode(name, &RESERVED).to_string()
}

/// A decoded path as the path of a URL, with exactly one slash at the beginning.
pub(crate) fn path(decoded: &str) -> String {
    let names = decoded.trim_start_matches(['/', '\\']);
    format!("/{}", names.split('/').map(segment).collect::<Vec<_>>().join("/"))
}

/// Where a folder's page is, for a request that left out the slash at the end; the query is kept.
pub(crate) fn with_slash(decoded: &str, query: Option<&str>) -> String {
    let mut to = path(decoded);
    to.push('/');
    if let Some(query) = query {
        to.push('?');
        to.extend(percent_encode(query.as_bytes(), CONTROLS));
    }
    to
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_segments() {
        assert_eq!(segment("a b?c#d%/ü.txt"), "a%20b%3Fc%23d%25%2F%C3%BC.txt");
        assert_eq!(path("/sub dir/a&b"), "/sub%20dir/a%26b");
        assert_eq!(path("/"), "/");
    }

    #[test]
    fn a_redirect_stays_on_this_host() {
        for (decoded, query, to) in [
            ("/docs", None, "/docs/"),
            ("/docs", Some("a=1&b=%20"), "/docs/?a=1&b=%20"),
            ("//evil.example", None, "/evil.example/"),
            ("/\\evil.example", None, "/evil.example/"),
            ("/a\r\nSet-Cookie: x", None, "/a%0D%0ASet-Cookie%3A%20x/"),
            ("/写", Some("q=é"), "/%E5%86%99/?q=%C3%A9"),
        ] {
            assert_eq!(with_slash(decoded, query), to);
        }
    }
}
