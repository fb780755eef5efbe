//! A long listing as a body: given, or written, piece by piece, each when the one before has been
//! taken.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;

use super::sheet::{Sheet, Writer};

/// Enough to write in one go: well below a millisecond.
const PIECE: usize = 64 << 10;

/// A listing on its way out.
pub(super) struct Pieces {
    source: Source,
    left: u64,
    /// The memory that it takes, given back with it.
    _room: OwnedSemaphorePermit,
}

enum Source {
    Bytes(Bytes),
    Sheet(Box<Writer>),
}

impl Pieces {
    /// One that is written already.
    pub(super) fn of_bytes(bytes: Bytes, room: OwnedSemaphorePermit) -> Self {
        Self { left: bytes.len() as u64, source: Source::Bytes(bytes), _room: room }
    }

    /// One that is yet to be written, and will come to so many bytes.
    pub(super) fn of_sheet(sheet: Sheet, bytes: u64, room: OwnedSemaphorePermit) -> Self {
        Self { left: bytes, source: Source::Sheet(Box::new(Writer::new(sheet))), _room: room }
    }

    fn next(&mut self) -> Bytes {
        match &mut self.source {
            Source::Bytes(bytes) => bytes.split_to(bytes.len().min(PIECE)),
            Source::Sheet(writer) => {
                let mut piece = Vec::with_capacity(PIECE + (8 << 10));
                writer.write(&mut piece, PIECE);
                piece.into()
            }
        }
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        let piece = this.next();
        if piece.is_empty() {
            return Poll::Ready(None);
        }
        this.left = this.left.saturating_sub(piece.len() as u64);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
