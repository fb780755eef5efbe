//! The socket of a connection with what has been read from it and not yet been used.
//!
//! It is shared by the connection and the body of the request under way, which read and write at
//! the same time: a proxied app may answer before it has read everything.

mod body;

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::{Buf as _, BytesMut};
use parking_lot::{Mutex, MutexGuard};
use tokio::io::{AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_util::io::poll_read_buf;

use super::chunked::Decoder;
use super::framing::Length;
use super::interim::Interim;
use super::pace::Pace;
use crate::config::Limits;
use crate::server::body::Came;
use crate::server::stats::Open;

/// Room for a head to be read into, which most fit.
const HEAD_ROOM: usize = 1 << 10;
/// Room for more of a head that does not fit.
const MORE_ROOM: usize = 8 << 10;

/// A connection's socket.
pub(super) struct Wire(Mutex<Inner>);

pub(super) struct Inner {
    _open: Open,
    pub(super) stream: TcpStream,
    /// What has been read and not been used.
    pub(super) input: BytesMut,
    pub(super) phase: Phase,
    pub(super) since: Instant,
    /// The requests that began, so that a body that is kept too long reads nothing of the next.
    serial: u64,
    rest: Rest,
    interim: Interim,
    pub(super) reading: Pace,
    pub(super) writing: Pace,
    /// The next answer is to be the last.
    pub(super) last: bool,
    /// The body has stood still for too long, and whoever reads it is to be told.
    pub(super) stalled: bool,
}

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Between two requests.
    Idle,
    /// A head has begun to come, or is owed by a new client.
    Head,
    /// A request is being answered.
    Busy,
    /// All is said; the client may still be sending.
    Lingering,
}

/// What is left of a request's body.
enum Rest {
    Known(u64),
    Chunked(Decoder),
    /// It cannot be read on.
    Broken,
}

/// What became of the body of the request under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remainder {
    /// It has been read.
    None,
    /// So much is still to come; 0 where nobody knows.
    Some(u64),
    /// The client has been told to wait with it, and may or may not send it.
    Withheld,
    /// It cannot be read on.
    Broken,
}

impl Wire {
    /// `open` counts the connection for as long as anybody holds its socket.
    pub(super) fn new(stream: TcpStream, open: Open) -> Self {
        Self(Mutex::new(Inner {
            _open: open,
            interim: Interim::default(),
            stream,
            input: BytesMut::new(),
            phase: Phase::Head,
            since: Instant::now(),
            serial: 0,
            rest: Rest::Known(0),
            reading: Pace::default(),
            writing: Pace::default(),
            last: false,
            stalled: false,
        }))
    }

    /// Nobody holds this for longer than one look at the socket.
    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock()
    }

    /// Writes all of `parts`.
    pub(super) async fn write(&self, parts: &mut [IoSlice<'_>]) -> io::Result<()> {
        let mut parts = parts;
        while !parts.iter().all(|part| part.is_empty()) {
            let written = std::future::poll_fn(|cx| self.lock().poll_write(cx, parts)).await?;
            IoSlice::advance_slices(&mut parts, written);
        }
        Ok(())
    }

    /// The next piece of the body of request `serial`, into `room` if that can be; `None` at its end.
    pub(super) fn poll_body(
        &self,
        cx: &mut Context<'_>,
        serial: u64,
        room: &mut [u8],
    ) -> Poll<Option<io::Result<Came>>> {
        let mut inner = self.lock();
        if inner.serial != serial {
            return Poll::Ready(Some(Err(io::Error::other("the request has been answered already"))));
        }
        inner.poll_body(cx, room)
    }

    /// Sends an interim answer to request `serial`, or has it sent with what is read next of its
    /// body. `false` where it comes too late, or where too many wait already.
    pub(super) fn interim(&self, serial: u64, head: &[u8]) -> bool {
        let mut inner = self.lock();
        if inner.serial != serial || !inner.interim.push(head) {
            return false;
        }
        // What fails now fails again where somebody waits for it.
        while let Ok(written @ 1..) = inner.stream.try_write(inner.interim.waiting()) {
            inner.interim.sent(written);
        }
        true
    }

    /// Resolves when the client of request `serial` has closed its side.
    pub(super) fn poll_left(&self, cx: &mut Context<'_>, serial: u64) -> Poll<()> {
        let mut inner = self.lock();
        if inner.serial == serial { inner.poll_left(cx) } else { Poll::Pending }
    }

    /// The request that began last.
    pub(super) fn serial(&self) -> u64 {
        self.lock().serial
    }

    /// Bytes left of the body of request `serial`, where that is known.
    pub(super) fn left(&self, serial: u64) -> Option<u64> {
        let inner = self.lock();
        match &inner.rest {
            _ if inner.serial != serial => Some(0),
            Rest::Known(left) => Some(*left),
            Rest::Chunked(decoder) => decoder.is_end().then_some(0),
            Rest::Broken => None,
        }
    }
}

impl Inner {
    /// A request has come whole; its body is of this length.
    pub(super) fn begin(&mut self, length: Length, expects: bool) -> u64 {
        self.serial += 1;
        self.rest = match length {
            Length::Known(length) => Rest::Known(length),
            Length::Chunked => Rest::Chunked(Decoder::default()),
        };
        self.interim.begin(expects);
        self.reading.rest();
        self.writing.rest();
        self.phase = Phase::Busy;
        self.serial
    }

    /// Whether no request has come yet.
    pub(super) fn is_first(&self) -> bool {
        self.serial == 0
    }

    /// Drops the empty lines that some clients send after a request (RFC 9112, section 2.2).
    pub(super) fn skip_empty_lines(&mut self) {
        loop {
            let empty = match self.input.get(..2) {
                Some(b"\r\n") => 2,
                _ if self.input.starts_with(b"\n") => 1,
                _ => return,
            };
            self.input.advance(empty);
        }
    }

    /// Whether only the beginning of an empty line has come, or nothing.
    pub(super) fn says_nothing(&self) -> bool {
        matches!(*self.input, [] | [b'\r'])
    }

    /// Holds no memory for a client that says nothing.
    pub(super) fn rest_if_empty(&mut self) {
        if self.input.is_empty() {
            self.input = BytesMut::new();
        }
    }

    pub(super) fn enter(&mut self, phase: Phase) {
        self.enter_at(phase, Instant::now());
    }

    pub(super) fn enter_at(&mut self, phase: Phase, now: Instant) {
        self.phase = phase;
        self.since = now;
    }

    /// What is left of the body of the request under way.
    pub(super) fn remainder(&self) -> Remainder {
        match &self.rest {
            Rest::Known(0) => Remainder::None,
            Rest::Chunked(decoder) if decoder.is_end() => Remainder::None,
            Rest::Broken => Remainder::Broken,
            _ if self.interim.is_expected() => Remainder::Withheld,
            Rest::Known(left) => Remainder::Some(*left),
            Rest::Chunked(_) => Remainder::Some(0),
        }
    }

    /// Reads into the buffer; 0 at the end.
    pub(super) fn poll_fill(&mut self, cx: &mut Context<'_>, room: usize) -> Poll<io::Result<usize>> {
        self.input.reserve(room);
        poll_read_buf(Pin::new(&mut self.stream), cx, &mut self.input)
    }

    pub(super) fn poll_fill_head(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let room = if self.input.is_empty() { HEAD_ROOM } else { MORE_ROOM };
        self.poll_fill(cx, room)
    }

    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>, parts: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write_vectored(cx, parts) {
            Poll::Pending => {
                self.writing.waits();
                Poll::Pending
            }
            Poll::Ready(Ok(0)) => Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            Poll::Ready(Ok(written)) => {
                self.writing.moved(written);
                Poll::Ready(Ok(written))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
        }
    }

    /// Sends what is left of the interim answers.
    fn poll_interim(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.interim.waiting().is_empty() {
            let interim = std::mem::take(&mut self.interim);
            let written = self.poll_write(cx, &[IoSlice::new(interim.waiting())]);
            self.interim = interim;
            self.interim.sent(ready!(written)?);
        }
        Poll::Ready(Ok(()))
    }

    /// The answer begins: the client is not told to go on any more, but for what it has half heard.
    pub(super) fn poll_begin_answer(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.interim.end();
        self.poll_interim(cx)
    }

    /// Resolves when the client has closed its side. What it has sent beyond its request hides that.
    fn poll_left(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.remainder() != Remainder::None || !self.input.is_empty() {
            return Poll::Pending;
        }
        match ready!(self.stream.poll_peek(cx, &mut ReadBuf::new(&mut [0]))) {
            Ok(1..) => Poll::Pending,
            _ => Poll::Ready(()),
        }
    }

    /// When the present state of things will have lasted too long.
    pub(super) fn due(&self, limits: &Limits) -> Option<Instant> {
        let idle = limits.idle_timeout;
        match self.phase {
            Phase::Idle => Some(self.since + idle),
            Phase::Head => Some(self.since + limits.headers_timeout),
            Phase::Busy => [self.reading.due(idle), self.writing.due(idle)].into_iter().flatten().min(),
            Phase::Lingering => None,
        }
    }
}
