//! The path of a request on its way: what the upstream is asked for.

use http::uri::{PathAndQuery, Uri};

/// How many segments of a path a pattern matches before its catch-all.
pub(super) fn depth(pattern: &str) -> usize {
    let fixed = match pattern.find("{*") {
        Some(at) => pattern.get(..at).and_then(|before| before.rfind('/')).and_then(|at| pattern.get(..at)),
        None => Some(pattern.trim_end_matches('/')),
    };
    fixed.unwrap_or_default().matches('/').count()
}

/// The first `depth` segments of a path, which is as it was received, and the rest of it.
pub(super) fn split(path: &str, depth: usize) -> (&str, &str) {
    let at = path.match_indices('/').map(|(at, _)| at).nth(depth).unwrap_or(path.len());
    path.split_at_checked(at).unwrap_or((path, ""))
}

/// Whether a decoded path climbs: what it names is then not below the route that matched it.
pub(super) fn climbs(decoded: &str) -> bool {
    decoded.split(['/', '\\']).any(|segment| segment == "..")
}

/// What an upstream is asked for.
pub(super) fn target(uri: &Uri, rest: &str, base: &str) -> Option<PathAndQuery> {
    let asked = uri.path_and_query()?;
    if base.is_empty() && rest == asked.path() {
        return Some(asked.clone());
    }
    let slash = if rest.starts_with('/') { "" } else { "/" };
    let query = asked.query().map_or_else(String::new, |query| format!("?{query}"));
    format!("{base}{slash}{rest}{query}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes() {
        for (pattern, deep) in
            [("/", 0), ("/{*r}", 0), ("/api", 1), ("/api/", 1), ("/api/{*r}", 1), ("/u/{id}/{*r}", 2)]
        {
            assert_eq!(depth(pattern), deep, "{pattern}");
        }
        for (path, deep, prefix, rest) in [
            ("/api/v1/x", 1, "/api", "/v1/x"),
            ("/api", 1, "/api", ""),
            ("/api/", 1, "/api", "/"),
            ("/a%2Fb/c", 1, "/a%2Fb", "/c"),
            ("/x", 0, "", "/x"),
            ("/u/7//y", 2, "/u/7", "//y"),
        ] {
            assert_eq!(split(path, deep), (prefix, rest), "{path}");
        }
        assert!(climbs("/a/../b") && climbs("/a/..") && climbs("/a\\..\\b") && !climbs("/a/..b/..."));
    }

    #[test]
    fn what_is_asked_for() {
        let of = |uri: &str, rest: &str, base: &str| target(&uri.parse().unwrap(), rest, base).unwrap().to_string();
        assert_eq!(of("/api/x%20?a=/b", "/x%20", ""), "/x%20?a=/b");
        assert_eq!(of("/api?q", "", "/base"), "/base/?q");
        assert_eq!(of("http://h/api/x", "/api/x", ""), "/api/x");
        assert_eq!(of("/x", "/x", "/base"), "/base/x");
    }
}
