//! The short way: a request whose answer is ready is answered from the buffer that it lies in.

use std::borrow::Cow;
use std::io::{self, IoSlice};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Instant, SystemTime};

use http::{Method, Version};
use tokio::io::AsyncWrite as _;
use tokio::net::TcpStream;

use super::head::Head;
use super::respond::Persistence;
use super::wire::Wire;
use crate::exchange::Exchange;
use crate::server::clock::{HttpDate, http_date};
use crate::server::log::Entry;
use crate::server::ready::{Kind, Prepared};
use crate::server::trace::{Recorder, Trace};
use crate::text::masked;

/// An answer to be sent at once.
pub(super) struct AtOnce {
    pub(super) prepared: Arc<Prepared>,
    pub(super) kind: Kind,
    pub(super) persistence: Persistence,
    pub(super) began: Instant,
}

/// What became of it.
pub(super) enum Sent {
    /// All of it was taken, at this time.
    All(Instant),
    /// Some of it was.
    Part(Box<Unsent>),
}

/// What the socket did not take at once.
pub(super) struct Unsent {
    answer: AtOnce,
    tail: Vec<u8>,
    written: usize,
    trace: Trace,
}

impl AtOnce {
    /// Sends what the socket takes now.
    pub(super) fn send(
        self,
        stream: &mut TcpStream,
        cx: &mut Context<'_>,
        recorder: &Recorder,
        remote: IpAddr,
        head: &Head<'_, '_>,
    ) -> io::Result<Sent> {
        let now = SystemTime::now();
        let (status, fields, body) = self.prepared.parts(self.kind);
        let tail = Tail::new(self.persistence, &http_date(now));
        let parts = [fields, tail.bytes(), body].map(IoSlice::new);
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let written = match Pin::new(stream).poll_write_vectored(cx, &parts) {
            Poll::Ready(written) => written,
            Poll::Pending => Ok(0),
        };
        let sent = if written.is_ok() { body.len() as u64 } else { 0 };
        let target = masked(head.target);
        let done = Instant::now();
        let entry = Entry {
            at: now,
            took: done.duration_since(self.began),
            remote,
            method: head.method,
            target: &target,
            version: head.version,
            status: status.as_u16(),
            sent,
            host: text(head, "host"),
            referer: text(head, "referer").map(without_secrets),
            user_agent: text(head, "user-agent"),
            route: Some(&self.prepared.route),
            // What lies ready has no guards before it.
            user: None,
        };
        let written = match written {
            Ok(written) => written,
            Err(error) => {
                recorder.tell(&entry, self.exchange(&entry));
                return Err(error);
            }
        };
        if written < length {
            let mut exchange = self.exchange(&entry);
            exchange.sent = 0;
            let trace = Trace::of(recorder, exchange, self.began);
            let tail = tail.bytes().to_vec();
            return Ok(Sent::Part(Box::new(Unsent { answer: self, tail, written, trace })));
        }
        recorder.tell(&entry, self.exchange(&entry));
        Ok(Sent::All(done))
    }

    fn exchange(&self, entry: &Entry<'_>) -> Exchange {
        Exchange {
            at: entry.at,
            took: entry.took,
            remote: entry.remote,
            method: if entry.method == "HEAD" { Method::HEAD } else { Method::GET },
            target: entry.target.into(),
            version: entry.version,
            status: entry.status,
            sent: entry.sent,
            more: Some(self.prepared.more(entry)),
        }
    }
}

/// The end of a head: `Connection`, `Date`, the empty line.
struct Tail {
    room: [u8; 64],
    length: usize,
}

impl Tail {
    fn new(persistence: Persistence, date: &HttpDate) -> Self {
        let mut tail = Self { room: [0; 64], length: 0 };
        for part in [persistence.field(), b"date: ", date, b"\r\n\r\n"] {
            if let Some(room) = tail.room.get_mut(tail.length..tail.length + part.len()) {
                room.copy_from_slice(part);
                tail.length += part.len();
            }
        }
        tail
    }

    fn bytes(&self) -> &[u8] {
        self.room.get(..self.length).unwrap_or_default()
    }
}

fn text<'b>(head: &Head<'_, 'b>, name: &str) -> Option<Cow<'b, str>> {
    head.first(name).map(String::from_utf8_lossy)
}

fn without_secrets(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => masked(text),
        Cow::Owned(text) => Cow::Owned(masked(&text).into_owned()),
    }
}

impl Unsent {
    /// Sends the rest.
    pub(super) async fn send(mut self, wire: &Wire) -> io::Result<()> {
        let (_, fields, body) = self.answer.prepared.parts(self.answer.kind);
        let mut parts = [fields, self.tail.as_slice(), body].map(IoSlice::new);
        let mut parts = parts.as_mut_slice();
        IoSlice::advance_slices(&mut parts, self.written);
        let sent = wire.write(parts).await;
        match sent {
            Ok(()) => self.trace.sent(body.len() as u64),
            Err(_) => self.trace.cut(),
        }
        sent
    }

    /// Whether the connection goes on after it.
    pub(super) fn keeps(&self) -> bool {
        self.answer.persistence != Persistence::Close
    }
}

/// What the `Connection` field says of one that goes on, or not.
pub(super) fn persistence(keeps: bool, version: Version) -> Persistence {
    match (keeps, version) {
        (false, _) => Persistence::Close,
        (true, Version::HTTP_10) => Persistence::KeepAlive,
        (true, _) => Persistence::Silent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_head_fits_whatever_it_says() {
        let date = *b"Sun, 06 Nov 1994 08:49:37 GMT";
        for persistence in [Persistence::Silent, Persistence::KeepAlive, Persistence::Close] {
            let tail = Tail::new(persistence, &date);
            let whole = [persistence.field(), b"date: ", &date, b"\r\n\r\n"].concat();
            assert_eq!(tail.bytes(), whole);
        }
    }
}
