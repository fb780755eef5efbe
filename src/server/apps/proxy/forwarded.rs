//! Who asked, told to the upstream: `Forwarded` (RFC 7239) and the older `X-Forwarded-*`. What came with the
//! request is passed on of proxies that stan.conf trusts, as far as they are believed, and of nobody else.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::net::IpAddr;

use bytes::Bytes;
use http::header::{FORWARDED, HeaderMap, HeaderName, HeaderValue};

use crate::server::guard::forwarded::told;

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");
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
    drop_claims(headers, known.trusted);
    let (element, address) = element(known);
    believe(headers);
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

/// What applications take for the truth about a client, and only a proxy can know; `Proxy` is what they are asked
/// to use as one. Applications read `_` as `-`, which no proxy writes.
fn drop_claims(headers: &mut HeaderMap, trusted: bool) {
    let is_claim = |name: &HeaderName| {
        let (name, folded) = (name.as_str(), name.as_str().contains('_'));
        let name = if folded { Cow::Owned(name.replace('_', "-")) } else { Cow::Borrowed(name) };
        let claims = matches!(&*name, "forwarded" | "x-real-ip" | "proxy") || name.starts_with("x-forwarded-");
        claims && (folded || !trusted)
    };
    // Most requests have none.
    let claims: Vec<HeaderName> = headers.keys().filter(|name| is_claim(name)).cloned().collect();
    for claim in claims {
        headers.remove(claim);
    }
}

/// Has both fields say what is believed of what is left of them: a proxy sets one, and may pass on the other as the
/// client made it up (RFC 7239, section 7.4).
fn believe(headers: &mut HeaderMap) {
    let Some(told) = told(headers) else { return };
    let list = |hop: fn(&IpAddr) -> String| {
        let hops = told.hops.iter().map(|address| address.as_ref().map_or_else(|| "unknown".to_owned(), hop));
        hops.collect::<Vec<_>>()
    };
    let older = (!told.older).then(|| HeaderValue::from_str(&list(IpAddr::to_string).join(", ")));
    let nodes = (!told.standard).then(|| list(node).into_iter().map(|node| format!("for={node}")).collect::<Vec<_>>());
    let newer = nodes.map(|nodes| HeaderValue::from_str(&nodes.join(", ")));
    let (proto, host) = (told.proto.map(HeaderValue::from_bytes), told.host.map(HeaderValue::from_bytes));
    if let Some(older) = older {
        // What the proxy did not say by the newer field is not its own.
        for (name, value) in [(FOR, Some(older)), (PROTO, proto), (HOST, host)] {
            headers.remove(&name);
            headers.extend(value.and_then(Result::ok).map(|value| (name, value)));
        }
    }
    if let Some(Ok(newer)) = newer {
        headers.insert(FORWARDED, newer);
    }
}

/// An address as `Forwarded` writes it.
fn node(address: &IpAddr) -> String {
    if address.is_ipv6() { format!("\"[{address}]\"") } else { address.to_string() }
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
        ("x-forwarded-scheme", "https"),
        ("x_forwarded_for", "1.2.3.4"),
        ("x_real-ip", "1.2.3.4"),
        ("proxy", "http://1.2.3.4"),
        ("proxy_x", "stays"),
    ];

    #[test]
    fn nobody_is_believed_who_is_not_trusted() {
        let headers = told(false, "192.168.1.5", CLAIMED);
        assert_eq!(headers["x-forwarded-for"], "192.168.1.5");
        assert_eq!(headers["forwarded"], "for=192.168.1.5;host=\"box.local:8000\";proto=http");
        assert_eq!(headers["x-forwarded-proto"], "http");
        assert_eq!(headers["x-forwarded-host"], "box.local:8000");
        assert_eq!(headers["x-forwarded-prefix"], "/api");
        for gone in ["x-real-ip", "x-forwarded-scheme", "x_forwarded_for", "x_real-ip", "proxy"] {
            assert!(!headers.contains_key(gone), "{gone}");
        }
        assert!(headers.contains_key("proxy_x"));
    }

    #[test]
    fn a_trusted_proxys_words_are_passed_on_and_added_to() {
        let headers = told(true, "127.0.0.1", CLAIMED);
        assert_eq!(headers["x-forwarded-for"], "1.2.3.4, 5.6.7.8, 127.0.0.1");
        assert_eq!(headers.get_all("x-forwarded-for").iter().count(), 1);
        assert_eq!(headers["x-forwarded-prefix"], "/outer/api");
        assert_eq!(
            headers["forwarded"], "for=1.2.3.4, for=5.6.7.8, for=127.0.0.1;host=\"box.local:8000\";proto=http",
            "as the older field has it"
        );
        assert!(headers.contains_key("x-real-ip") && !headers.contains_key("x_forwarded_for"));
        assert_eq!(
            (&headers["x-forwarded-proto"], &headers["x-forwarded-host"]),
            (&"https".parse().unwrap(), &"example.org".parse().unwrap())
        );
    }

    #[test]
    fn both_fields_tell_one_story() {
        let of = |fields| {
            let headers = told(true, "127.0.0.1", fields);
            let text = |name: &str| headers[name].to_str().unwrap().to_owned();
            (
                text("x-forwarded-for"),
                text("forwarded").replace(";host=\"box.local:8000\"", ""),
                text("x-forwarded-proto"),
            )
        };
        let own = "for=127.0.0.1;proto=http";
        let forged = of(&[("x-forwarded-for", "192.0.2.7"), ("forwarded", "for=127.0.0.1;proto=https")]);
        assert_eq!(forged, ("192.0.2.7, 127.0.0.1".into(), format!("for=192.0.2.7, {own}"), "http".into()));
        let same = of(&[("x-forwarded-for", "192.0.2.7"), ("forwarded", "for=192.0.2.7;proto=https")]);
        assert_eq!(same.1, format!("for=192.0.2.7;proto=https, {own}"));
        let newer = of(&[("forwarded", "for=\"[2001:db8::1]\", for=_x;proto=https"), ("x-forwarded-proto", "gopher")]);
        assert_eq!((newer.0.as_str(), newer.2.as_str()), ("2001:db8::1, unknown, 127.0.0.1", "https"));
        let older = of(&[("x-forwarded-for", "2001:db8::1, nonsense")]);
        assert_eq!(older.1, format!("for=\"[2001:db8::1]\", for=unknown, {own}"));
    }

    #[test]
    fn addresses_of_the_newer_family_are_in_brackets() {
        assert!(told(false, "::1", &[])["forwarded"].to_str().unwrap().starts_with("for=\"[::1]\";"));
    }
}
