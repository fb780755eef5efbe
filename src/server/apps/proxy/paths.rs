//! Paths on their way: what the upstream is asked for, and what its answers name.

use http::HeaderMap;
use http::header::{CONTENT_LOCATION, HeaderName, HeaderValue, LOCATION, SET_COOKIE};
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

/// Where an upstream's paths are to be found here.
pub(super) struct Mending<'a> {
    /// What its paths begin with, and do not here.
    pub(super) base: &'a str,
    /// What they begin with here, and do not there.
    pub(super) prefix: &'a str,
    /// What it is called, and the scheme of its URLs.
    pub(super) authority: &'a str,
    pub(super) scheme: &'a str,
    /// What the client calls this server.
    pub(super) host: Option<&'a str>,
}

impl Mending<'_> {
    /// Mends what an answer names: redirects, and the paths of cookies.
    pub(super) fn mend(&self, headers: &mut HeaderMap) {
        for name in [LOCATION, CONTENT_LOCATION] {
            self.mend_location(headers, &name);
        }
        if self.base == self.prefix || !headers.contains_key(SET_COOKIE) {
            return;
        }
        let cookies: Vec<HeaderValue> = headers.get_all(SET_COOKIE).iter().map(|cookie| self.cookie(cookie)).collect();
        headers.remove(SET_COOKIE);
        for cookie in cookies {
            headers.append(SET_COOKIE, cookie);
        }
    }

    fn mend_location(&self, headers: &mut HeaderMap, name: &HeaderName) {
        let Some(to) = headers.get(name).and_then(|value| value.to_str().ok()) else { return };
        if let Some(mended) = self.location(to).and_then(|to| HeaderValue::from_str(&to).ok()) {
            headers.insert(name, mended);
        }
    }

    /// A URL that leads to the upstream, as it is here; `None` where it is right as it is.
    fn location(&self, to: &str) -> Option<String> {
        if to.starts_with('/') && !to.starts_with("//") {
            return (self.base != self.prefix).then(|| self.path(to));
        }
        let (scheme, rest) = to.split_once("://")?;
        let same = scheme.eq_ignore_ascii_case(self.scheme);
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end)?;
        let path = if path.is_empty() { "/" } else { path };
        if self.host.is_some_and(|host| host.eq_ignore_ascii_case(authority)) {
            return (self.base != self.prefix).then(|| format!("{scheme}://{authority}{}", self.path(path)));
        }
        // Its own name, which a client may not be able to reach.
        (same && self.authority.eq_ignore_ascii_case(authority)).then(|| self.path(path))
    }

    /// A path of the upstream as it is here.
    fn path(&self, path: &str) -> String {
        let below = path.strip_prefix(self.base).filter(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']));
        format!("{}{}", self.prefix, below.unwrap_or(path))
    }

    fn cookie(&self, cookie: &HeaderValue) -> HeaderValue {
        let Ok(text) = cookie.to_str() else { return cookie.clone() };
        let mut parts = text.split(';').map(|part| match part.split_once('=') {
            Some((name, path)) if name.trim().eq_ignore_ascii_case("path") && path.trim().starts_with('/') => {
                let path = self.path(path.trim());
                format!(" Path={}", if path.is_empty() { "/" } else { &path })
            }
            _ => part.to_owned(),
        });
        // The first part is the cookie itself, whatever it is called.
        let first = text.split(';').next().unwrap_or_default().to_owned();
        parts.next();
        let mended = std::iter::once(first).chain(parts).collect::<Vec<_>>().join(";");
        HeaderValue::from_str(&mended).unwrap_or_else(|_| cookie.clone())
    }
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

    fn mended(base: &str, prefix: &str, name: HeaderName, value: &str) -> String {
        let mut headers = HeaderMap::from_iter([(name.clone(), value.parse().unwrap())]);
        Mending { base, prefix, authority: "127.0.0.1:9001", scheme: "http", host: Some("box:8000") }
            .mend(&mut headers);
        headers[name].to_str().unwrap().to_owned()
    }

    #[test]
    fn redirects() {
        for (base, prefix, to, wanted) in [
            ("", "/api", "/login?next=/", "/api/login?next=/"),
            ("", "/api", "login", "login"),
            ("", "/api", "//other/x", "//other/x"),
            ("", "/api", "https://elsewhere/x", "https://elsewhere/x"),
            ("", "/api", "http://127.0.0.1:9001/x", "/api/x"),
            ("", "/api", "http://127.0.0.1:9001", "/api/"),
            ("", "/api", "http://Box:8000/x#y", "http://Box:8000/api/x#y"),
            ("", "", "http://127.0.0.1:9001/x", "/x"),
            ("", "", "http://box:8000/x", "http://box:8000/x"),
            ("", "", "https://127.0.0.1:9001/x", "https://127.0.0.1:9001/x"),
            ("/base", "/api", "/base/x", "/api/x"),
            ("/base", "/api", "/based", "/api/based"),
            ("/base", "", "/base/x", "/x"),
        ] {
            assert_eq!(mended(base, prefix, LOCATION, to), wanted, "{to}");
            assert_eq!(mended(base, prefix, CONTENT_LOCATION, to), wanted, "{to}");
        }
    }

    #[test]
    fn cookies() {
        let of = |cookie| mended("", "/api", SET_COOKIE, cookie);
        assert_eq!(of("a=1; Path=/; HttpOnly"), "a=1; Path=/api/; HttpOnly");
        assert_eq!(of("a=1;path=/x"), "a=1; Path=/api/x");
        assert_eq!(of("path=/x; Secure"), "path=/x; Secure");
        assert_eq!(of("a=b=c"), "a=b=c");
        assert_eq!(mended("/base", "", SET_COOKIE, "a=1; Path=/base"), "a=1; Path=/");
    }
}
