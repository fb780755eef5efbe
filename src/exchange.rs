//! One request and its answer, as data.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// One request and its answer: what the log, the front ends and the counters are told.
///
/// Text is as received; whoever shows it makes it harmless first ([`crate::text::harmless`]).
#[derive(Debug, Clone)]
pub struct Exchange {
    /// When the request's head had arrived.
    pub at: SystemTime,
    /// From the head's arrival to the last byte of the answer handed over.
    pub took: Duration,
    /// Who asked.
    pub remote: IpAddr,
    /// The method.
    pub method: http::Method,
    /// Path and query as received.
    pub target: Box<str>,
    /// HTTP version of the request.
    pub version: http::Version,
    /// Status of the answer.
    pub status: u16,
    /// Bytes of the answer's body sent.
    pub sent: u64,
    /// The rest, where the request had any of it. A client's requests mostly have it in common.
    pub more: Option<Arc<More>>,
}

/// What only the log file and the details of a row show.
#[derive(Debug, Clone, Default)]
pub struct More {
    /// `Host`.
    pub host: Option<Box<str>>,
    /// `Referer`.
    pub referer: Option<Box<str>>,
    /// `User-Agent`.
    pub user_agent: Option<Box<str>>,
    /// `Content-Type` of the answer.
    pub content_type: Option<Arc<str>>,
    /// Bytes of the request's body, as the client said; 0 where it did not.
    pub received: u64,
    /// The answer was not sent to its end: the client left, or what it was made of failed.
    pub cut: bool,
    /// The name of the route that answered, as the route table shows it.
    pub route: Option<Arc<str>>,
    /// The name with which the request has passed `auth`.
    pub user: Option<Arc<str>>,
}
