//! A request on its way through the pipeline.

use std::net::{IpAddr, SocketAddr};

use http::request::Parts;

use super::body::Received;

/// The other end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Its address.
    pub ip: IpAddr,
    /// It is this very device: over loopback, or from one of its addresses to the same one.
    pub here: bool,
}

impl Peer {
    /// Whoever is connected from `remote` to `local`.
    pub fn new(remote: SocketAddr, local: Option<SocketAddr>) -> Self {
        let ip = remote.ip().to_canonical();
        let same = local.is_some_and(|local| local.ip().to_canonical() == ip);
        Self { ip, here: same || ip.is_loopback() }
    }
}

/// A request on its way through the pipeline.
pub struct Request {
    /// Method, URI, version, headers.
    pub head: Parts,
    /// Its body, not yet read.
    pub body: Received,
    /// Who sent it.
    pub peer: Peer,
    /// The path decoded once, checked to be valid UTF-8 without NUL.
    pub path: String,
    /// What the route's pattern captured, in order, decoded.
    pub params: Vec<(String, String)>,
    /// A browser asked for it as a document, and pages refresh by themselves: the answer will
    /// get the live-reload script, so targets give HTML whole (no range, no condition) and
    /// the injecting step sets the `ETag` and answers the condition.
    pub document: bool,
}

impl Request {
    /// Who asked.
    pub fn remote(&self) -> IpAddr {
        self.peer.ip
    }

    /// A header as text; `None` when missing or not visible ASCII.
    pub fn header(&self, name: impl http::header::AsHeaderName) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }

    /// The Host that was asked for, by URI (absolute form) or header.
    pub fn host(&self) -> Option<&str> {
        self.head.uri.authority().map(http::uri::Authority::as_str).or_else(|| self.header(http::header::HOST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_device_is_known_by_any_of_its_addresses() {
        let at = |ip: [u8; 4]| SocketAddr::from((ip, 8000));
        assert!(Peer::new(at([127, 0, 0, 1]), None).here);
        assert!(Peer::new(at([192, 168, 1, 20]), Some(at([192, 168, 1, 20]))).here);
        assert!(!Peer::new(at([192, 168, 1, 31]), Some(at([192, 168, 1, 20]))).here);
        assert!(!Peer::new(at([192, 168, 1, 31]), None).here);
        let mapped: SocketAddr = "[::ffff:127.0.0.1]:1".parse().unwrap();
        assert!(Peer::new(mapped, None).here);
    }
}
