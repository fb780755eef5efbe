//! A request's body piece by piece, with an end for senders that fell silent.

use std::time::Duration;

use bytes::Bytes;
use http::header::EXPECT;
use http::request::Parts;
use http_body::Body as _;
use http_body_util::BodyExt as _;
use tokio::time::timeout;

use super::Reason;
use crate::server::body::Received;

/// What is read and thrown away of a refused body, and for how long: a browser that is still
/// sending shows "connection lost" instead of the answer.
const DRAIN: usize = 1 << 20;
const DRAIN_TIME: Duration = Duration::from_secs(2);

/// A request's body piece by piece.
pub struct Chunks {
    body: Received,
    patience: Duration,
    /// The client waits for a word before it sends, and has not had it.
    waits: bool,
    over: bool,
    /// Bytes so far.
    received: u64,
    length: Option<u64>,
}

impl Chunks {
    /// The body of the request of `head`; silence longer than `patience` ends it.
    pub fn new(head: &Parts, body: Received, patience: Duration) -> Self {
        let expects = head.headers.get(EXPECT);
        let waits = expects.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"));
        let length = body.size_hint().exact();
        Self { body, patience, waits, over: false, received: 0, length }
    }

    /// Bytes in all, where that was declared.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// Bytes still to come, where the length was declared.
    pub fn left(&self) -> Option<u64> {
        self.length.map(|length| length.saturating_sub(self.received))
    }

    /// The next piece; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Reason> {
        self.waits = false;
        loop {
            let frame = timeout(self.patience, self.body.frame()).await;
            match frame.inspect_err(|_| self.over = true).map_err(|_| Reason::Stalled)? {
                Some(Ok(frame)) => {
                    // Anything but data is trailers, which mean nothing here.
                    let Ok(data) = frame.into_data() else { continue };
                    self.received += data.len() as u64;
                    return Ok(Some(data));
                }
                Some(Err(error)) => {
                    self.over = true;
                    let stalled = error.kind() == std::io::ErrorKind::TimedOut;
                    return Err(if stalled { Reason::Stalled } else { Reason::Cut });
                }
                None => {
                    self.over = true;
                    return Ok(None);
                }
            }
        }
    }

    /// Throws a bounded rest away before a refusal. A client that waits to be asked for its body
    /// is not asked.
    pub async fn drain(&mut self) {
        if self.waits || self.over {
            return;
        }
        let rest = async {
            let mut drained = 0;
            while drained < DRAIN {
                let Ok(Some(data)) = self.next().await else { return };
                drained += data.len();
            }
        };
        let _ = timeout(DRAIN_TIME, rest).await;
    }
}
