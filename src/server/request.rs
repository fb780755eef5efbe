//! A request on its way through the pipeline.

use std::net::{IpAddr, SocketAddr};

use http::Method;
use http::request::Parts;

use super::body::Received;
use super::fields::Fields;

/// The other end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Its address.
    pub ip: IpAddr,
    /// It is this very device: over loopback, or from one of its addresses to the same one.
    pub here: bool,
    /// Whom a trusted proxy speaks for is not known: the address is that of who could not tell.
    pub unknown: bool,
}

impl Peer {
    /// Whoever is connected from `remote` to `local`.
    pub fn new(remote: SocketAddr, local: Option<SocketAddr>) -> Self {
        let ip = remote.ip().to_canonical();
        let same = local.is_some_and(|local| local.ip().to_canonical() == ip);
        Self { ip, here: same || ip.is_loopback(), unknown: false }
    }
}

/// In the extensions of a request that a trusted proxy passed on: its own address.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Connected(pub(crate) IpAddr);

/// How far whoever sent a request is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is this very device.
    Here,
    /// It has the key.
    Holder,
    /// Neither.
    Stranger,
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

    /// How far whoever asked is trusted: as the pipeline has found out, else by the peer alone.
    pub fn standing(&self) -> Standing {
        let found = self.head.extensions.get::<Standing>().copied();
        found.unwrap_or(if self.peer.here { Standing::Here } else { Standing::Stranger })
    }

    /// Whether whoever asked may see why something failed.
    pub fn may_see_details(&self) -> bool {
        self.standing() != Standing::Stranger
    }

    /// A header as text; `None` when missing or not visible ASCII.
    pub fn header(&self, name: impl http::header::AsHeaderName) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }

    /// The Host that was asked for, by URI (absolute form) or header.
    pub fn host(&self) -> Option<&str> {
        host_of(&self.head)
    }
}

/// The Host that `head` asks for, by URI (absolute form) or header.
pub(crate) fn host_of(head: &Parts) -> Option<&str> {
    let field = || head.headers.get(http::header::HOST)?.to_str().ok();
    head.uri.authority().map(http::uri::Authority::as_str).or_else(field)
}

/// Whether a browser asks for a document: by `Sec-Fetch-Dest` where it is sent (browsers send
/// none to plain-http addresses), else by accepting `text/html` in so many words. HEAD counts,
/// so that it says what GET would.
pub fn is_document(method: &Method, fields: &impl Fields) -> bool {
    if *method != Method::GET && *method != Method::HEAD {
        return false;
    }
    if let Some(dest) = fields.value("sec-fetch-dest") {
        return matches!(dest, b"document" | b"frame" | b"iframe");
    }
    fields.values("accept").flat_map(|value| value.split(|b| *b == b',')).any(|range| {
        let mut parts = range.split(|b| *b == b';').map(<[u8]>::trim_ascii);
        let html = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case(b"text/html"));
        html && !parts.any(|part| matches!(part, b"q=0" | b"q=0.0" | b"q=0.00" | b"q=0.000"))
    })
}

/// What the injecting step looks at, once the request itself is gone.
pub(crate) fn conditions_of(head: &Parts) -> Parts {
    let (mut copy, ()) = http::Request::new(()).into_parts();
    copy.method = head.method.clone();
    copy.uri = head.uri.clone();
    copy.headers = head.headers.clone();
    copy
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

    #[test]
    fn what_a_browser_asks_for_as_a_document() {
        let browser = "text/html,application/xhtml+xml,*/*;q=0.8";
        for (method, headers, wanted) in [
            ("GET", vec![("accept", browser)], true),
            ("HEAD", vec![("accept", browser)], true),
            ("POST", vec![("accept", browser)], false),
            ("GET", vec![("accept", "*/*")], false),
            ("GET", vec![], false),
            ("GET", vec![("accept", "application/json, Text/HTML;q=0.5")], true),
            ("GET", vec![("accept", "text/html;q=0, */*")], false),
            ("GET", vec![("accept", browser), ("sec-fetch-dest", "empty")], false),
            ("GET", vec![("accept", browser), ("sec-fetch-dest", "embed")], false),
            ("GET", vec![("accept", "*/*"), ("sec-fetch-dest", "document")], true),
            ("GET", vec![("sec-fetch-dest", "iframe")], true),
            ("GET", vec![("sec-fetch-dest", "frame")], true),
        ] {
            let mut request = http::Request::builder().method(method);
            for (name, value) in &headers {
                request = request.header(*name, *value);
            }
            let (head, ()) = request.body(()).unwrap().into_parts();
            assert_eq!(is_document(&head.method, &head.headers), wanted, "{method} {headers:?}");
        }
    }
}
