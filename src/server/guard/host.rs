//! The Host check: a page on the internet must not reach this server through a name of its own
//! that it lets point here (DNS rebinding).

use std::net::{IpAddr, Ipv6Addr};

use parking_lot::Mutex;

use crate::mdns;

/// The names that this server answers to.
#[derive(Debug, Default)]
pub struct Hosts {
    names: Vec<String>,
    /// Values that were allowed before, the newest last: browsers say the same each time.
    allowed: Mutex<Vec<Box<[u8]>>>,
}

/// How many values are remembered.
const REMEMBERED: usize = 4;
/// Bytes of one that is; no name is longer.
const LONGEST: usize = 300;

impl Hosts {
    /// The machine's own names, those that it may get on the network, and `more` from stan.conf. A name that starts with a dot stands
    /// for every name below it.
    pub fn new(machine: Option<&str>, more: &[String]) -> Self {
        let mut names: Vec<String> = more.iter().map(|name| name.trim_end_matches('.').to_ascii_lowercase()).collect();
        names.extend((1..=mdns::NAMES).map(mdns::name));
        if let Some(machine) = machine.map(str::to_ascii_lowercase) {
            let short = machine.split('.').next().unwrap_or_default().to_owned();
            if !short.is_empty() {
                names.push(format!("{short}.local"));
                names.push(format!(".{short}.local"));
                names.push(short);
            }
            names.push(machine);
        }
        Self { names, allowed: Mutex::default() }
    }

    /// [`Self::allow`] for the bytes of a field.
    pub fn allow_field(&self, host: &[u8]) -> bool {
        let mut allowed = self.allowed.lock();
        if allowed.iter().any(|known| **known == *host) {
            return true;
        }
        let allow = std::str::from_utf8(host).is_ok_and(|host| self.allow(host));
        if allow && host.len() <= LONGEST {
            if allowed.len() == REMEMBERED {
                allowed.remove(0);
            }
            allowed.push(host.into());
        }
        allow
    }

    /// Whether `host`, the value of a Host header or an authority, is one of ours: an IP literal,
    /// localhost or a name below it, or a known name; with any valid port.
    pub fn allow(&self, host: &str) -> bool {
        let Some(name) = name_of(host) else { return false };
        if literal(name) {
            return true;
        }
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        name == "localhost"
            || name.ends_with(".localhost")
            || self
                .names
                .iter()
                .any(|known| known.strip_prefix('.').map_or(*known == name, |_| name.ends_with(known.as_str())))
    }
}

/// The host without its port; `None` when it is no `uri-host [":" port]` (RFC 9110, section 7.2).
pub fn name_of(host: &str) -> Option<&str> {
    let (name, port) = match host.rfind(':') {
        Some(colon) if !host[colon..].contains(']') => (&host[..colon], &host[colon + 1..]),
        _ => (host, ""),
    };
    let good_port = port.is_empty() || port.parse::<u16>().is_ok() && port.bytes().all(|b| b.is_ascii_digit());
    let good_name = literal(name)
        || !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'));
    (good_port && good_name).then_some(name)
}

/// A Host's two parts; `usual` is the port where it does not say.
pub(crate) fn name_and_port<'a>(host: &'a str, usual: &'a str) -> (&'a str, &'a str) {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => (name, port),
        _ => (host.trim_end_matches(':'), usual),
    }
}

fn literal(name: &str) -> bool {
    match name.strip_prefix('[').and_then(|n| n.strip_suffix(']')) {
        Some(inner) => inner.parse::<Ipv6Addr>().is_ok(),
        None => matches!(name.parse(), Ok(IpAddr::V4(_))),
    }
}

/// This machine's name, where the system tells.
pub fn machine_name() -> Option<String> {
    let name = rustix::system::uname();
    name.nodename().to_str().ok().map(str::to_owned).filter(|name| !name.is_empty() && name != "localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts() -> Hosts {
        Hosts::new(Some("Tablet.lan"), &["demo.example".to_owned(), ".preview.example".to_owned()])
    }

    #[test]
    fn what_was_allowed_is_remembered_and_nothing_else() {
        let hosts = hosts();
        for i in 0..10 {
            let host = format!("localhost:{i}");
            assert!(hosts.allow_field(host.as_bytes()) && hosts.allow_field(host.as_bytes()));
        }
        assert!(!hosts.allow_field(b"evil.example") && !hosts.allow_field(b"localhost:9:9"));
        assert!(!hosts.allow_field(b"\xff"));
        assert_eq!(hosts.allowed.lock().len(), REMEMBERED);
    }

    #[test]
    fn ours() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:8000",
            "[::1]",
            "[::1]:8000",
            "192.168.1.20:80",
            "localhost",
            "LOCALHOST:1",
            "app.localhost",
            "localhost.",
            "tablet",
            "tablet.local:8000",
            "phone.tablet.local",
            "tablet.lan",
            "stan.local:8000",
            "stan-2.local",
            "demo.example",
            "DEMO.example:8000",
            "a.preview.example",
        ] {
            assert!(hosts().allow(host), "{host}");
        }
    }

    #[test]
    fn both_parts() {
        assert_eq!(name_and_port("[::1]:8000", "80"), ("[::1]", "8000"));
        assert_eq!(name_and_port("[::1]", "80"), ("[::1]", "80"));
        assert_eq!(name_and_port("localhost", "443"), ("localhost", "443"));
        assert_eq!(name_and_port("localhost:", "80"), ("localhost", "80"));
    }

    #[test]
    fn not_ours() {
        for host in [
            "evil.example",
            "localhost.evil.example",
            "notlocalhost",
            "127.0.0.1.evil.example",
            "",
            ":8000",
            "demo.example.evil",
            "xdemo.example",
            "preview.example",
            "localhost:99999",
            "localhost:+80",
            "a b",
            "[::1",
            "::1",
            "evil.example#localhost",
            "user@localhost",
            "localhost/",
            "other.local",
            "a.stan.local",
            "stan-99.local",
        ] {
            assert!(!hosts().allow(host), "{host}");
        }
    }
}
