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
    /// `http://HOST[:PORT][/BASE]`, `h2c://…` for HTTP/2, `unix:PATH`. Relative paths are of `root`.
    pub fn parse(text: &str, root: &std::path::Path) -> Option<Self> {
        if let Some(path) = text.strip_prefix("unix:") {
            let good = !path.is_empty() && !path.contains('\0');
            return good.then(|| Self {
                address: Address::Unix(root.join(path).components().collect()),
                base: String::new(),
                http2: false,
            });
        }
        let uri: http::Uri = text.parse().ok()?;
        let http2 = match uri.scheme_str()? {
            "http" => false,
            "h2c" => true,
            _ => return None,
        };
        let authority = uri.authority()?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        let port = match authority.as_str().strip_prefix(authority.host())? {
            "" => 80,
            port => port.strip_prefix(':')?.parse().ok().filter(|port| *port > 0)?,
        };
        let good = !host.is_empty() && uri.query().is_none();
        let address = Address::Tcp(host.to_owned(), port);
        good.then(|| Self { address, base: uri.path().trim_end_matches('/').to_owned(), http2 })
    }

    /// What it is called in a `Host` field.
    pub fn authority(&self) -> String {
        match &self.address {
            Address::Tcp(host, port) => {
                let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
                if *port == 80 { host } else { format!("{host}:{port}") }
            }
            Address::Unix(_) => "localhost".to_owned(),
        }
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            Address::Tcp(..) => {
                write!(f, "{}://{}{}", if self.http2 { "h2c" } else { "http" }, self.authority(), self.base)
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
            ("h2c://box:1", "h2c://box:1", "box:1"),
            ("unix:run/a.sock", "unix:/site/run/a.sock", "localhost"),
            ("unix:/tmp/a.sock", "unix:/tmp/a.sock", "localhost"),
        ] {
            let upstream = Upstream::parse(text, std::path::Path::new("/site")).unwrap();
            assert_eq!((upstream.to_string().as_str(), upstream.authority().as_str()), (shown, authority));
        }
    }

    #[test]
    fn what_is_none() {
        for text in [
            "",
            "box",
            "127.0.0.1:9001",
            "https://box",
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
