//! Whether a Content-Security-Policy lets the script run and talk to its server (CSP level 3).

/// One policy: directives with their sources, the first of a name counts.
pub(super) struct Policy<'a>(Vec<(&'a str, Vec<&'a str>)>);

impl<'a> Policy<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let directives = text.split(';').filter_map(|directive| {
            let mut words = directive.split_ascii_whitespace();
            Some((words.next()?, words.collect()))
        });
        Self(directives.collect())
    }

    /// The directive that refuses the script or its WebSocket on this host, if one does.
    pub(super) fn refuses(&self, host: &str) -> Option<&'a str> {
        if let Some((name, sources)) = self.first(&["sandbox"]) {
            let has = |flag: &str| sources.iter().any(|source| source.eq_ignore_ascii_case(flag));
            if !has("allow-scripts") || !has("allow-same-origin") {
                return Some(name);
            }
        }
        let script = self.first(&["script-src-elem", "script-src", "default-src"]);
        let connect = self.first(&["connect-src", "default-src"]);
        let refused = |found: Option<&(&'a str, Vec<&'a str>)>, socket: bool| {
            let (name, sources) = found?;
            // With 'strict-dynamic' only nonces and hashes count for scripts.
            let strict = !socket && sources.iter().any(|source| source.eq_ignore_ascii_case("'strict-dynamic'"));
            (strict || !sources.iter().any(|source| allows(source, host, socket))).then_some(*name)
        };
        refused(script, false).or_else(|| refused(connect, true))
    }

    fn first(&self, names: &[&str]) -> Option<&(&'a str, Vec<&'a str>)> {
        names.iter().find_map(|name| self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)))
    }
}

/// Whether a source stands for our own host, for a script or for a socket.
fn allows(source: &str, host: &str, socket: bool) -> bool {
    let source = source.to_ascii_lowercase();
    let host = host.to_ascii_lowercase();
    match source.as_str() {
        "'self'" | "*" => return true,
        // A scheme alone. `ws:` is no way for a script, and `http:` none for a socket.
        "http:" => return !socket,
        "ws:" => return socket,
        _ => {}
    }
    let (scheme, rest) =
        source.split_once("://").map_or((None, source.as_str()), |(scheme, rest)| (Some(scheme), rest));
    let fits = match scheme {
        None => true,
        Some("http") => !socket,
        Some("ws") => socket,
        Some(_) => false,
    };
    let (place, path) = rest.split_once('/').map_or((rest, ""), |(place, path)| (place, path));
    let path = format!("/{path}");
    let ours = if socket { "/__stan/live" } else { "/__stan/client.js" };
    let path_fits = path == "/" || path == ours || path.ends_with('/') && ours.starts_with(&path);
    fits && path_fits && same_host(place, &host)
}

/// `example.org`, `example.org:*`, `*.example.org:8000` against a Host header.
fn same_host(place: &str, host: &str) -> bool {
    let split = |text: &str| match text.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name.to_owned(), port.to_owned()),
        _ => (text.to_owned(), "80".to_owned()),
    };
    let ((name, port), (our_name, our_port)) = (split(place), split(host));
    let name_fits = match name.strip_prefix('*') {
        Some(end) => end.starts_with('.') && our_name.ends_with(end),
        None => name == our_name,
    };
    name_fits && (port == "*" || port == our_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        for (policy, refused) in [
            ("", None),
            ("img-src 'none'", None),
            ("default-src 'self'", None),
            ("default-src *", None),
            ("DEFAULT-SRC 'SELF'", None),
            ("default-src 'none'", Some("default-src")),
            ("default-src", Some("default-src")),
            ("script-src 'self'", None),
            ("script-src 'none'; default-src 'self'", Some("script-src")),
            ("script-src 'self'; default-src 'none'", Some("default-src")),
            ("script-src 'self'; connect-src 'self'; default-src 'none'", None),
            ("script-src-elem 'self'; script-src 'none'", None),
            ("script-src 'self'; script-src 'none'", None),
            ("script-src 'unsafe-inline'", Some("script-src")),
            ("script-src 'nonce-abc' 'strict-dynamic' 'self'", Some("script-src")),
            ("script-src http://192.168.1.2:8000", None),
            ("script-src 192.168.1.2:*", None),
            ("script-src 192.168.1.2", Some("script-src")),
            ("script-src 192.168.1.2:8000/js/", Some("script-src")),
            ("script-src 192.168.1.2:8000/__stan/", None),
            ("script-src https://cdn.example", Some("script-src")),
            ("connect-src http://api.example", Some("connect-src")),
            ("connect-src ws://192.168.1.2:8000", None),
            ("connect-src ws:", None),
            ("connect-src http:", Some("connect-src")),
            ("sandbox", Some("sandbox")),
            ("sandbox allow-scripts", Some("sandbox")),
            ("sandbox allow-scripts allow-same-origin", None),
        ] {
            assert_eq!(Policy::new(policy).refuses("192.168.1.2:8000"), refused, "{policy}");
        }
    }

    #[test]
    fn names_with_a_star_and_default_ports() {
        assert!(same_host("*.local", "mac.local") && !same_host("*.local", "local"));
        assert!(same_host("mac.local", "mac.local:80") && !same_host("mac.local", "mac.local:8000"));
        assert!(same_host("[::1]:8000", "[::1]:8000") && same_host("[::1]", "[::1]"));
    }
}
