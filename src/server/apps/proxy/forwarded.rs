//! Who asked, told to the upstream: `Forwarded` (RFC 7239) and the older `X-Forwarded-*`. What came with the
//! request is passed on of proxies that stan.conf trusts, and of nobody else.

use std::fmt::Write as _;
use std::net::IpAddr;

use bytes::Bytes;
use http::header::{FORWARDED, HeaderMap, HeaderName, HeaderValue};

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");
/// What applications take for the truth about a client, and only a proxy can know.
const CLAIMS: [HeaderName; 9] = [
    FORWARDED,
    FOR,
    HOST,
    PROTO,
    PREFIX,
    HeaderName::from_static("x-forwarded-port"),
    HeaderName::from_static("x-forwarded-server"),
    HeaderName::from_static("x-forwarded-ssl"),
    HeaderName::from_static("x-real-ip"),
];

/// What is known of a request.
pub(super) struct Known<'a> {
    /// The other end of its connection.
    pub(super) from: IpAddr,
    /// Which is a proxy that is trusted.
    pub(super) trusted: bool,
    /// What the client called this server.
    pub(super) host: Option<&'a HeaderValue>,
    /// The prefix that is dropped on the way.
    pub(super) prefix: &'a str,
}

/// Tells the upstream.
pub(super) fn tell(headers: &mut HeaderMap, known: &Known<'_>) {
    if !known.trusted {
        drop_claims(headers);
    }
    let (element, address) = element(known);
    append(headers, &FOR, address);
    headers.entry(PROTO).or_insert(HeaderValue::from_static("http"));
    if let Some(host) = known.host {
        headers.entry(HOST).or_insert_with(|| host.clone());
    }
    if !known.prefix.is_empty() {
        // What a proxy before this one has dropped comes first.
        let outer = headers.get(PREFIX).and_then(|outer| outer.to_str().ok()).unwrap_or_default();
        if let Ok(prefix) = HeaderValue::from_str(&format!("{}{}", outer.trim_end_matches('/'), known.prefix)) {
            headers.insert(PREFIX, prefix);
        }
    }
    append(headers, &FORWARDED, element);
}

fn drop_claims(headers: &mut HeaderMap) {
    // Most requests have none.
    if headers.keys().any(|name| name.as_str().starts_with("x-") || *name == FORWARDED) {
        for claim in &CLAIMS {
            headers.remove(claim);
        }
    }
}

/// The element of `Forwarded`, and the address in it.
fn element(known: &Known<'_>) -> (Bytes, Bytes) {
    let mut element = String::with_capacity(96);
    element.push_str("for=");
    let brackets = if known.from.is_ipv6() { ("\"[", "]\"") } else { ("", "") };
    element.push_str(brackets.0);
    let start = element.len();
    // Writing to a String cannot fail.
    let _ = write!(element, "{}", known.from);
    let end = element.len();
    element.push_str(brackets.1);
    // A Host has passed the check of names; quotes could not have.
    if let Some(host) = known.host.and_then(|host| host.to_str().ok()).filter(|host| !host.contains(['"', '\\'])) {
        element.push_str(";host=\"");
        element.push_str(host);
        element.push('"');
    }
    element.push_str(";proto=http");
    let element = Bytes::from(element);
    let address = element.slice(start..end);
    (element, address)
}

/// Adds an element to a list, which becomes one line.
fn append(headers: &mut HeaderMap, name: &HeaderName, element: Bytes) {
    let list = if headers.contains_key(name) {
        let values = headers.get_all(name).iter().map(HeaderValue::as_bytes).chain([&*element]);
        values.collect::<Vec<_>>().join(&b", "[..]).into()
    } else {
        element
    };
    if let Ok(value) = HeaderValue::from_maybe_shared(list) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(trusted: bool, from: &str, fields: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, HeaderValue::from_static(value));
        }
        let host = HeaderValue::from_static("box.local:8000");
        tell(&mut headers, &Known { from: from.parse().unwrap(), trusted, host: Some(&host), prefix: "/api" });
        headers
    }

    const CLAIMED: &[(&str, &str)] = &[
        ("x-forwarded-for", "1.2.3.4"),
        ("x-forwarded-for", "5.6.7.8"),
        ("forwarded", "for=1.2.3.4"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "example.org"),
        ("x-forwarded-prefix", "/outer/"),
        ("x-real-ip", "1.2.3.4"),
    ];

    #[test]
    fn nobody_is_believed_who_is_not_trusted() {
        let headers = told(false, "192.168.1.5", CLAIMED);
        assert_eq!(headers["x-forwarded-for"], "192.168.1.5");
        assert_eq!(headers["forwarded"], "for=192.168.1.5;host=\"box.local:8000\";proto=http");
        assert_eq!(headers["x-forwarded-proto"], "http");
        assert_eq!(headers["x-forwarded-host"], "box.local:8000");
        assert_eq!(headers["x-forwarded-prefix"], "/api");
        assert!(!headers.contains_key("x-real-ip"));
    }

    #[test]
    fn a_trusted_proxys_words_are_passed_on_and_added_to() {
        let headers = told(true, "127.0.0.1", CLAIMED);
        assert_eq!(headers["x-forwarded-for"], "1.2.3.4, 5.6.7.8, 127.0.0.1");
        assert_eq!(headers.get_all("x-forwarded-for").iter().count(), 1);
        assert_eq!(headers["x-forwarded-prefix"], "/outer/api");
        assert_eq!(headers["forwarded"], "for=1.2.3.4, for=127.0.0.1;host=\"box.local:8000\";proto=http");
        assert_eq!(
            (&headers["x-forwarded-proto"], &headers["x-forwarded-host"]),
            (&"https".parse().unwrap(), &"example.org".parse().unwrap())
        );
    }

    #[test]
    fn addresses_of_the_newer_family_are_in_brackets() {
        assert!(told(false, "::1", &[])["forwarded"].to_str().unwrap().starts_with("for=\"[::1]\";"));
    }
}
