//! What an upstream's answer names, as it is to be found here.

use http::HeaderMap;
use http::header::{CONTENT_LOCATION, HeaderName, HeaderValue, LOCATION, REFRESH, SET_COOKIE};

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
    /// Mends what an answer names: redirects, and where cookies go.
    pub(super) fn mend(&self, headers: &mut HeaderMap) {
        for name in [LOCATION, CONTENT_LOCATION] {
            Self::mend_with(headers, &name, |to| self.location(to));
        }
        Self::mend_with(headers, &REFRESH, |value| self.refresh(value));
        if !headers.contains_key(SET_COOKIE) {
            return;
        }
        let cookies: Vec<HeaderValue> = headers.get_all(SET_COOKIE).iter().map(|cookie| self.cookie(cookie)).collect();
        headers.remove(SET_COOKIE);
        for cookie in cookies {
            headers.append(SET_COOKIE, cookie);
        }
    }

    fn mend_with(headers: &mut HeaderMap, name: &HeaderName, mend: impl Fn(&str) -> Option<String>) {
        let Some(value) = headers.get(name).and_then(|value| value.to_str().ok()) else { return };
        if let Some(mended) = mend(value).and_then(|mended| HeaderValue::from_str(&mended).ok()) {
            headers.insert(name, mended);
        }
    }

    /// A URL that leads to the upstream, as it is here; `None` where it is right as it is.
    fn location(&self, to: &str) -> Option<String> {
        if to.starts_with('/') && !to.starts_with("//") {
            return (self.base != self.prefix).then(|| self.path(to));
        }
        let (lead, rest) = match to.strip_prefix("//") {
            Some(rest) => ("//".to_owned(), rest),
            None => to.split_once("://").map(|(scheme, rest)| (format!("{scheme}://"), rest))?,
        };
        let scheme = lead.trim_end_matches("://");
        let same = lead == "//" || scheme.eq_ignore_ascii_case(self.scheme);
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end)?;
        let path = if path.is_empty() { "/" } else { path };
        if self.host.is_some_and(|host| host.eq_ignore_ascii_case(authority)) {
            return (self.base != self.prefix).then(|| format!("{lead}{authority}{}", self.path(path)));
        }
        // Its own name, which a client may not be able to reach.
        (same && self.authority.eq_ignore_ascii_case(authority)).then(|| self.path(path))
    }

    /// `SECONDS; url=URL`, which browsers follow like a redirect.
    fn refresh(&self, value: &str) -> Option<String> {
        let (seconds, rest) = value.split_once([';', ','])?;
        let (name, url) = rest.split_once('=')?;
        if !name.trim().eq_ignore_ascii_case("url") {
            return None;
        }
        let url = self.location(url.trim().trim_matches(['"', '\'']))?;
        Some(format!("{seconds}; url={url}"))
    }

    /// A path of the upstream as it is here.
    fn path(&self, path: &str) -> String {
        let below = path.strip_prefix(self.base).filter(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']));
        format!("{}{}", self.prefix, below.unwrap_or(path))
    }

    fn cookie(&self, cookie: &HeaderValue) -> HeaderValue {
        let Ok(text) = cookie.to_str() else { return cookie.clone() };
        let mut parts = text.split(';');
        // The first part is the cookie itself, whatever it is called.
        let mut mended = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let (is, value) = (|wanted| name.trim().eq_ignore_ascii_case(wanted), value.trim());
            if is("path") && value.starts_with('/') && self.base != self.prefix {
                let path = self.path(value);
                mended.push_str("; Path=");
                mended.push_str(if path.is_empty() { "/" } else { &path });
            } else if !(is("domain") && self.is_only_the_upstreams(value)) {
                mended.push(';');
                mended.push_str(part);
            }
        }
        HeaderValue::from_str(&mended).unwrap_or_else(|_| cookie.clone())
    }

    /// Whether a cookie's domain is the upstream's, or one that it is part of, and not the client's: a browser would
    /// refuse the cookie. Without a domain it is this server's.
    fn is_only_the_upstreams(&self, domain: &str) -> bool {
        let domain = domain.trim_start_matches('.');
        let within = |authority: &str| {
            let host =
                authority.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')).map_or(authority, |(host, _)| host);
            let outer = host.len().checked_sub(domain.len()).and_then(|at| host.split_at_checked(at));
            outer.is_some_and(|(inner, outer)| {
                outer.eq_ignore_ascii_case(domain) && (inner.is_empty() || inner.ends_with('.'))
            })
        };
        !domain.is_empty() && within(self.authority) && !self.host.is_some_and(within)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            ("", "/api", "//127.0.0.1:9001/x", "/api/x"),
            ("", "", "//127.0.0.1:9001", "/"),
            ("", "/api", "//box:8000/x", "//box:8000/api/x"),
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

    #[test]
    fn refreshes() {
        let of = |value| mended("", "/api", REFRESH, value);
        assert_eq!(of("0; url=/z"), "0; url=/api/z");
        assert_eq!(of("5;URL='http://127.0.0.1:9001/z'"), "5; url=/api/z");
        assert_eq!((of("5"), of("5; url=https://other/z")), ("5".to_owned(), "5; url=https://other/z".to_owned()));
    }

    #[test]
    fn domains_of_cookies() {
        let of = |domain: &str| {
            let cookie = HeaderValue::from_str(&format!("a=1; Domain={domain}; Secure")).unwrap();
            let (authority, host) = ("app.internal.example:9001", Some("box.example:8000"));
            let mending = Mending { base: "", prefix: "", authority, scheme: "http", host };
            mending.cookie(&cookie) == "a=1; Secure"
        };
        assert!(of("app.internal.example") && of(".APP.internal.example") && of("internal.example"));
        assert!(!of("example") && !of("other.example") && !of("pp.internal.example") && !of(""));
        assert_eq!(mended("", "", SET_COOKIE, "domain=127.0.0.1; Domain=127.0.0.1"), "domain=127.0.0.1");
    }
}
