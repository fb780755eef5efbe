//! A request on its way through the pipeline.

use std::net::{IpAddr, SocketAddr};

use http::request::Parts;

use super::body::Received;

/// A request on its way through the pipeline.
pub struct Request {
    /// Method, URI, version, headers.
    pub head: Parts,
    /// Its body, not yet read.
    pub body: Received,
    /// The other end of the socket.
    pub peer: SocketAddr,
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
        self.peer.ip().to_canonical()
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
