//! The body of a request on its way in, what is said to its client meanwhile, and what becomes of a socket that is handed over.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::wire::Wire;
use crate::server::body::{Came, Direct};
use crate::server::gone::Leaves;
use crate::server::interim::Says;

/// The body of a request, read from the socket as it is asked for.
pub(super) struct Incoming {
    wire: Arc<Wire>,
    serial: u64,
    done: bool,
}

impl Incoming {
    pub(super) fn new(wire: Arc<Wire>, serial: u64) -> Self {
        Self { wire, serial, done: false }
    }
}

impl Body for Incoming {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        // Where there is no room, all comes apart.
        let piece = ready!(self.poll_into(cx, &mut []));
        Poll::Ready(piece.map(|piece| piece.map(Came::frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.done || self.wire.left(self.serial) == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.wire.left(self.serial).map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

impl Direct for Incoming {
    fn poll_into(self: Pin<&mut Self>, cx: &mut Context<'_>, room: &mut [u8]) -> Poll<Option<io::Result<Came>>> {
        let this = self.get_mut();
        if this.done {
            return Poll::Ready(None);
        }
        let piece = ready!(this.wire.poll_body(cx, this.serial, room));
        this.done = !matches!(piece, Some(Ok(_)));
        Poll::Ready(piece)
    }
}

/// What can be said to the client of a request before its answer, and whether it still listens.
pub(super) struct Before {
    wire: Arc<Wire>,
    serial: u64,
}

impl Before {
    pub(super) fn new(wire: Arc<Wire>, serial: u64) -> Self {
        Self { wire, serial }
    }
}

impl Says for Before {
    fn say(&self, head: &[u8]) -> bool {
        self.wire.interim(self.serial, head)
    }
}

impl Leaves for Before {
    fn poll_left(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.wire.poll_left(cx, self.serial)
    }
}

/// A socket that speaks another protocol now: the rest of what was read from it comes first.
pub struct Upgraded(Arc<Wire>);

impl Upgraded {
    pub(super) fn new(wire: Arc<Wire>) -> Self {
        Self(wire)
    }
}

impl AsyncRead for Upgraded {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut inner = self.0.lock();
        if inner.input.is_empty() {
            inner.input = bytes::BytesMut::new();
            return Pin::new(&mut inner.stream).poll_read(cx, buf);
        }
        let take = inner.input.len().min(buf.remaining());
        buf.put_slice(&inner.input.split_to(take));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Upgraded {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0.lock().stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0.lock().stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0.lock().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0.lock().stream).poll_shutdown(cx)
    }
}
