//! A long listing as a body: written piece by piece, each when the one before has been taken.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;

use super::sheet::{Sheet, Writer};

/// Enough to write in one go: well below a millisecond.
const PIECE: usize = 64 << 10;

/// A sheet on its way out.
pub(super) struct Pieces {
    writer: Writer,
    left: u64,
    /// The memory that the sheet takes, given back with it.
    _room: OwnedSemaphorePermit,
}

impl Pieces {
    /// `bytes` is what the sheet comes to.
    pub(super) fn new(sheet: Sheet, bytes: u64, room: OwnedSemaphorePermit) -> Self {
        Self { writer: Writer::new(sheet), left: bytes, _room: room }
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        let mut piece = Vec::with_capacity(PIECE + (8 << 10));
        this.writer.write(&mut piece, PIECE);
        if piece.is_empty() {
            return Poll::Ready(None);
        }
        this.left = this.left.saturating_sub(piece.len() as u64);
        Poll::Ready(Some(Ok(Frame::data(piece.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
