//! Whether a browser has a page already (RFC 9110, section 13.1.2).

use http::header::{HeaderMap, IF_NONE_MATCH};

/// Whether `If-None-Match` names `etag`, compared weakly as it must be.
pub(in crate::server) fn matches(headers: &HeaderMap, etag: &str) -> bool {
    let etag = etag.trim_start_matches("W/");
    let lists = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    // Our tags have no comma in them.
    lists.flat_map(|list| list.split(',')).map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_weakly_in_lists() {
        let with = |value: &str| HeaderMap::from_iter([(IF_NONE_MATCH, value.parse().unwrap())]);
        for (value, matched) in
            [("\"a\"", true), ("W/\"a\"", true), ("\"b\", \"a\"", true), ("*", true), ("\"b\"", false), ("a", false)]
        {
            assert_eq!(matches(&with(value), "\"a\""), matched, "{value}");
        }
        assert!(!matches(&HeaderMap::new(), "\"a\""));
    }
}
