//! What a proxy route may say.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// A route that is answered by other servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Those servers, one or more.
    pub upstreams: Vec<Upstream>,
    /// Whether the matched prefix is dropped.
    pub strip: bool,
    /// Which of them gets a request.
    pub balance: Balance,
    /// What they are told as `Host`.
    pub host: ProxyHost,
    /// How long they may take to the head of an answer.
    pub timeout: Duration,
    /// Whether the certificates of those that speak https are checked.
    pub verify: bool,
    /// Whom to trust with them, in place of those whom the system trusts: a file of certificates (PEM, RFC 7468).
    pub ca: Option<PathBuf>,
    /// How they are asked whether they are well, if at all.
    pub health: Option<HealthCheck>,
}

/// How upstreams are asked whether they are well, before a client finds out that they are not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthCheck {
    /// What is asked for, below each one's base.
    pub path: String,
    /// The time between two questions.
    pub interval: Duration,
}

impl HealthCheck {
    /// The time between two questions where the route does not say.
    pub const INTERVAL: Duration = Duration::from_secs(10);
}

impl Proxy {
    /// How long an upstream may take to the head of an answer where the route does not say.
    pub const TIMEOUT: Duration = Duration::from_secs(60);

    /// To one upstream, with the defaults.
    pub fn to(upstream: Upstream) -> Self {
        Self { upstreams: vec![upstream], ..Self::to_nobody() }
    }

    /// To an upstream that is known later, with the defaults.
    pub fn to_nobody() -> Self {
        Self {
            upstreams: Vec::new(),
            strip: false,
            balance: Balance::default(),
            host: ProxyHost::default(),
            timeout: Self::TIMEOUT,
            verify: true,
            ca: None,
            health: None,
        }
    }
}

/// A server that requests are passed on to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// Where it listens.
    pub address: Address,
    /// What its paths begin with, without a slash at the end.
    pub base: String,
    /// It speaks HTTP/2 from the first byte on (RFC 9113, section 3.3).
    pub http2: bool,
    /// It speaks https; which HTTP is agreed on with each connection (RFC 7301).
    pub tls: bool,
}

/// Where an upstream listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A name or an address without brackets, and a port.
    Tcp(String, u16),
    /// A socket in the file system.
    Unix(PathBuf),
}

impl Upstream {
    /// `http://HOST[:PORT][/BASE]`, `https://…`, `h2c://…` for HTTP/2 in clear text, `unix:PATH`. Relative paths are of `root`.
    pub fn parse(text: &str, root: &std::path::Path) -> Option<Self> {
        if let Some(path) = text.strip_prefix("unix:") {
            let good = !path.is_empty() && !path.contains('\0');
            return good.then(|| Self {
                address: Address::Unix(root.join(path).components().collect()),
                base: String::new(),
                http2: false,
                tls: false,
            });
        }
        let uri: http::Uri = text.parse().ok()?;
        let (http2, tls) = match uri.scheme_str()? {
            "http" => (false, false),
            "https" => (false, true),
            "h2c" => (true, false),
            _ => return None,
        };
        let authority = uri.authority()?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        let port = match authority.as_str().strip_prefix(authority.host())? {
            "" if tls => 443,
            "" => 80,
            port => port.strip_prefix(':')?.parse().ok().filter(|port| *port > 0)?,
        };
        let good = !host.is_empty() && uri.query().is_none();
        let address = Address::Tcp(host.to_owned(), port);
        good.then(|| Self { address, base: uri.path().trim_end_matches('/').to_owned(), http2, tls })
    }

    /// The scheme of its URLs.
    pub fn scheme(&self) -> &'static str {
        if self.tls { "https" } else { "http" }
    }

    /// Whether whatever passes to it stays on this device.
    pub fn is_local(&self) -> bool {
        match &self.address {
            Address::Tcp(host, _) => {
                host.eq_ignore_ascii_case("localhost")
                    || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
            }
            Address::Unix(_) => true,
        }
    }

    /// What it is called in a `Host` field.
    pub fn authority(&self) -> String {
        match &self.address {
            Address::Tcp(host, port) => {
                let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
                if *port == if self.tls { 443 } else { 80 } { host } else { format!("{host}:{port}") }
            }
            Address::Unix(_) => "localhost".to_owned(),
        }
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            Address::Tcp(..) => {
                let scheme = if self.http2 { "h2c" } else { self.scheme() };
                write!(f, "{scheme}://{}{}", self.authority(), self.base)
            }
            Address::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// Which upstream gets a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Balance {
    /// One after the other.
    #[default]
    RoundRobin,
    /// The one with the fewest requests under way.
    LeastConnections,
    /// Always the same for a client's address.
    Client,
}

/// What upstreams are told as `Host`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProxyHost {
    /// What the client said.
    #[default]
    Keep,
    /// Their own name.
    Upstream,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upstreams_and_how_they_are_shown() {
        for (text, shown, authority) in [
            ("http://127.0.0.1:9001", "http://127.0.0.1:9001", "127.0.0.1:9001"),
            ("http://[::1]:9001/base/", "http://[::1]:9001/base", "[::1]:9001"),
            ("http://box", "http://box", "box"),
            ("https://box", "https://box", "box"),
            ("https://box:80/b", "https://box:80/b", "box:80"),
            ("h2c://box:1", "h2c://box:1", "box:1"),
            ("unix:run/a.sock", "unix:/site/run/a.sock", "localhost"),
            ("unix:/tmp/a.sock", "unix:/tmp/a.sock", "localhost"),
        ] {
            let upstream = Upstream::parse(text, std::path::Path::new("/site")).unwrap();
            assert_eq!((upstream.to_string().as_str(), upstream.authority().as_str()), (shown, authority));
        }
    }

    #[test]
    fn what_stays_on_this_device() {
        let local = |text: &str| Upstream::parse(text, std::path::Path::new("/")).unwrap().is_local();
        assert!(["https://localhost:1", "http://127.0.0.2", "https://[::1]", "unix:a"].into_iter().all(local));
        assert!(!["https://box", "http://192.168.1.5", "http://localhost.example"].into_iter().any(local));
    }

    #[test]
    fn what_is_none() {
        for text in [
            "",
            "box",
            "127.0.0.1:9001",
            "ftp://x",
            "http://",
            "http://a:0",
            "http://a:99999",
            "http://a:",
            "http://u@a",
            "http://a/?q",
            "unix:",
        ] {
            assert_eq!(Upstream::parse(text, std::path::Path::new("/")), None, "{text}");
        }
    }
}
