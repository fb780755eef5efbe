//! Whom a proxy speaks for: `Forwarded` (RFC 7239) and the older `X-Forwarded-For`, believed of
//! proxies that stan.conf names and of nobody else.

use std::net::{IpAddr, SocketAddr};

use crate::net::Network;
use crate::server::fields::Fields;
use crate::server::request::{Connected, Peer, Request};

const FORWARDED: &str = "forwarded";
const FOR: &str = "x-forwarded-for";
const PROTO: &str = "x-forwarded-proto";

/// Whether the request says that it came through a proxy.
pub fn is_forwarded(fields: &impl Fields) -> bool {
    fields.has(FORWARDED) || fields.has(FOR)
}

/// Whether the client came by https, as the trusted proxy that passed the request on tells.
pub(crate) fn is_secure(request: &Request) -> bool {
    let fields = &request.head.headers;
    let told = || {
        let newer =
            Fields::values(fields, FORWARDED).flat_map(elements).filter_map(|element| parameter(element, b"proto="));
        let older = Fields::values(fields, PROTO).flat_map(|value| value.split(|b| *b == b','));
        newer.last().or(older.last())
    };
    request.head.extensions.get::<Connected>().is_some()
        && told().is_some_and(|scheme| unquoted(scheme.trim_ascii()).eq_ignore_ascii_case(b"https"))
}

/// Whether `address` is one of a proxy that is trusted.
pub fn is_trusted(trusted: &[Network], address: IpAddr) -> bool {
    trusted.iter().any(|network| network.contains(address))
}

/// Whom the proxy `peer`, which is trusted, speaks for: the last hop that is not trusted itself.
/// What cannot be read, or is not told, is never this device.
pub fn behind(trusted: &[Network], peer: Peer, fields: &impl Fields) -> Peer {
    let (standard, older) = (fields.has(FORWARDED), fields.has(FOR));
    if !standard && !older {
        return peer;
    }
    let of = |hops: Hops| last(trusted, peer.ip, hops);
    let newer = || of(fields.values(FORWARDED).flat_map(elements).map(forwarded_for).collect());
    let older_ones = || of(fields.values(FOR).flat_map(|v| v.split(|b| *b == b',')).map(plain_address).collect());
    match (standard, older) {
        (true, false) => newer(),
        (false, _) => older_ones(),
        // A proxy sets one of the two and may pass on the other as the client made it up: where they differ,
        // nobody knows which is which.
        (true, true) => {
            let (newer, older) = (newer(), older_ones());
            if newer == older { newer } else { Peer { ip: peer.ip, here: false, unknown: true } }
        }
    }
}

/// What a trusted proxy tells, as far as [`behind`] believes it.
pub(crate) struct Told<'a> {
    /// Addresses in the order in which they were passed; `None` for one that cannot be read.
    pub(crate) hops: Vec<Option<IpAddr>>,
    /// `Forwarded` says the same, or it alone says so.
    pub(crate) standard: bool,
    /// `X-Forwarded-For` says so.
    pub(crate) older: bool,
    /// The scheme and the host that the proxy was asked by, where `Forwarded` is believed.
    pub(crate) proto: Option<&'a [u8]>,
    pub(crate) host: Option<&'a [u8]>,
}

/// What `fields` of a trusted proxy tell of whom it speaks for, if they do.
pub(crate) fn told(fields: &impl Fields) -> Option<Told<'_>> {
    let (standard, older) = (fields.has(FORWARDED), fields.has(FOR));
    if !standard && !older {
        return None;
    }
    let elements: Vec<_> = fields.values(FORWARDED).flat_map(elements).collect();
    let newer: Hops = elements.iter().map(|element| forwarded_for(element)).collect();
    let older_ones: Hops = fields.values(FOR).flat_map(|v| v.split(|b| *b == b',')).map(plain_address).collect();
    let standard = standard && (!older || newer == older_ones);
    let last = elements.last().filter(|_| standard);
    let said = |name| last.and_then(|element| parameter(element, name)).map(unquoted);
    let hops = if older { older_ones } else { newer };
    Some(Told { hops, standard, older, proto: said(b"proto="), host: said(b"host=") })
}

/// Addresses in the order in which they were passed; `None` for one that is not told.
type Hops = Vec<Option<IpAddr>>;

fn last(trusted: &[Network], proxy: IpAddr, hops: Hops) -> Peer {
    // A loopback address is of the machine that tells it.
    let (mut known, mut teller) = (proxy, proxy);
    for hop in hops.into_iter().rev() {
        let Some(address) = hop else { return Peer { ip: known, here: false, unknown: true } };
        (teller, known) = (known, address);
        if !is_trusted(trusted, address) {
            break;
        }
    }
    Peer { ip: known, here: known.is_loopback() && teller.is_loopback(), unknown: false }
}

/// The elements of a list whose commas may stand in quotes.
fn elements(value: &[u8]) -> Vec<&[u8]> {
    split(value, b',')
}

/// The parts of `value`. One that leaves its quotes open has none but an empty one: what a client
/// began must not swallow what the proxy has added.
fn split(value: &[u8], at: u8) -> Vec<&[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    let parts = value
        .split(|b| {
            let here = *b == at && !quoted;
            (quoted, escaped) = match (*b, quoted, escaped) {
                (b'"', true, true) => (true, false),
                (b'"', ..) => (!quoted, false),
                (b'\\', true, false) => (true, true),
                _ => (quoted, false),
            };
            here
        })
        .collect();
    if quoted { vec![b""] } else { parts }
}

/// The `for` of an element (section 4): `for=192.0.2.60;proto=http`, `For="[2001:db8::1]:4711"`.
fn forwarded_for(element: &[u8]) -> Option<IpAddr> {
    parameter(element, b"for=").and_then(|node| plain_address(unquoted(node)))
}

/// The value of one parameter of an element, whose name is given with its `=`.
fn parameter<'a>(element: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    split(element, b';').into_iter().find_map(|pair| {
        let (found, value) = pair.trim_ascii().split_at_checked(name.len())?;
        found.eq_ignore_ascii_case(name).then_some(value)
    })
}

fn unquoted(value: &[u8]) -> &[u8] {
    match value {
        [b'"', inside @ .., b'"'] => inside,
        value => value,
    }
}

/// An address, with or without brackets and a port. Names such as `unknown` and `_hidden` are none.
fn plain_address(node: &[u8]) -> Option<IpAddr> {
    let node = str::from_utf8(node).ok()?.trim();
    let bare = || node.strip_prefix('[')?.strip_suffix(']')?.parse::<IpAddr>().ok();
    let with_port = || node.parse::<SocketAddr>().ok().map(|address| address.ip());
    node.parse::<IpAddr>().ok().or_else(bare).or_else(with_port).map(|ip| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName};

    use super::*;

    #[test]
    fn who_cannot_be_told_is_unknown() {
        let trusted = ["127.0.0.1".parse().unwrap()];
        for (newer, older, unknown) in [
            (Some("for=10.0.0.1"), Some("10.0.0.1:5"), false),
            (Some("for=10.0.0.1"), Some("10.0.0.2"), true),
            (Some("for=10.0.0.1"), Some("unknown"), true),
            (Some("for=_hidden"), None, true),
            (None, Some("10.0.0.1, ?"), true),
            (None, Some("10.0.0.1"), false),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in [(FORWARDED, newer), (FOR, older)] {
                value.map(|value| headers.insert(name, value.parse().unwrap()));
            }
            let peer = behind(&trusted, Peer::new(([127, 0, 0, 1], 5).into(), None), &headers);
            assert_eq!(peer.unknown, unknown, "{newer:?} {older:?}");
            assert_eq!(peer.ip.to_string(), if unknown { "127.0.0.1" } else { "10.0.0.1" });
            assert!(!peer.here);
        }
    }

    fn seen(trusted: &[&str], fields: &[(&'static str, &str)]) -> (String, bool) {
        let trusted: Vec<Network> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(HeaderName::from_static(name), value.parse().unwrap());
        }
        let peer = behind(&trusted, Peer::new(([127, 0, 0, 1], 5).into(), None), &headers);
        (peer.ip.to_string(), peer.here)
    }

    #[test]
    fn the_last_hop_that_is_not_trusted() {
        let local = ["127.0.0.1"];
        for (trusted, value, ip, here) in [
            (&local[..], "192.168.1.5", "192.168.1.5", false),
            (&local, "127.0.0.1, 192.168.1.5", "192.168.1.5", false),
            (&local, "192.168.1.5, 127.0.0.1", "192.168.1.5", false),
            (&local, "127.0.0.1", "127.0.0.1", true),
            (&local, "::1", "::1", true),
            (&local, "10.0.0.1:99", "10.0.0.1", false),
            (&local, "[2001:db8::1]:99", "2001:db8::1", false),
            (&local, "::ffff:10.0.0.1", "10.0.0.1", false),
            (&["127.0.0.1", "10.0.0.0/8"], "8.8.8.8, 10.1.1.1, 10.2.2.2", "8.8.8.8", false),
            (&local, "unknown", "127.0.0.1", false),
            (&local, "127.0.0.1, unknown", "127.0.0.1", false),
            (&local, "", "127.0.0.1", false),
            (&local, "127.0.0.1, ", "127.0.0.1", false),
        ] {
            assert_eq!(seen(trusted, &[(FOR, value)]), (ip.to_owned(), here), "{value}");
        }
        assert_eq!(seen(&local, &[(FOR, "127.0.0.1"), (FOR, "1.2.3.4")]), ("1.2.3.4".to_owned(), false));
        assert_eq!(seen(&local, &[]), ("127.0.0.1".to_owned(), true));
    }

    #[test]
    fn a_loopback_address_is_of_the_machine_that_tells_it() {
        assert!(!seen(&["127.0.0.1", "10.0.0.1"], &[(FOR, "127.0.0.1, 10.0.0.1")]).1);
        assert!(!seen(&["127.0.0.1", "10.0.0.1"], &[(FORWARDED, "for=127.0.0.1, for=10.0.0.1")]).1);
        assert!(seen(&["127.0.0.1"], &[(FOR, "127.0.0.1, 127.0.0.1")]).1);
    }

    #[test]
    fn the_standard_field() {
        for (value, ip, here) in [
            ("for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60", false),
            ("proto=http; For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17", false),
            ("for=127.0.0.1, for=192.0.2.7", "192.0.2.7", false),
            ("for=127.0.0.1", "127.0.0.1", true),
            ("for=192.0.2.7;x=\"a, for=127.0.0.1\"", "192.0.2.7", false),
            ("for=192.0.2.7;x=\"\\\", for=127.0.0.1\"", "192.0.2.7", false),
            ("for=127.0.0.1;x=\", for=192.0.2.7", "127.0.0.1", false),
            ("for=127.0.0.1;x=\", for=\"[2001:db8::1]\"", "127.0.0.1", false),
            ("for=_hidden", "127.0.0.1", false),
            ("by=127.0.0.1", "127.0.0.1", false),
            ("for=\"127.0.0.1", "127.0.0.1", false),
        ] {
            assert_eq!(seen(&["127.0.0.1"], &[(FORWARDED, value)]), (ip.to_owned(), here), "{value}");
        }
    }

    #[test]
    fn who_makes_up_the_other_field_is_not_this_device() {
        let fields = |newer, older| seen(&["127.0.0.1"], &[(FORWARDED, newer), (FOR, older)]);
        assert!(!fields("for=127.0.0.1", "192.168.1.5").1 && !fields("for=192.168.1.5", "127.0.0.1").1);
        assert!(fields("for=127.0.0.1", "127.0.0.1").1);
    }
}
