//! An archive as a body: the next piece is made while the last one is on its way, and none when
//! nobody takes them.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::{JoinHandle, spawn_blocking};

use super::source::Served;
use super::writer::Archive;

type Made = (Box<Archive<Served>>, io::Result<Vec<u8>>);

/// An archive on its way out.
pub(super) struct ZipBody {
    state: State,
    left: u64,
    /// The memory that its members take, given back with it.
    _room: OwnedSemaphorePermit,
}

enum State {
    Waiting(Box<Archive<Served>>),
    Making(JoinHandle<Made>),
    Over,
}

impl ZipBody {
    pub(super) fn new(archive: Archive<Served>, room: OwnedSemaphorePermit) -> Self {
        Self { left: archive.length(), state: State::Waiting(Box::new(archive)), _room: room }
    }
}

fn make(mut archive: Box<Archive<Served>>) -> State {
    State::Making(spawn_blocking(move || {
        let piece = archive.piece();
        (archive, piece)
    }))
}

impl Body for ZipBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        if matches!(this.state, State::Waiting(_))
            && let State::Waiting(archive) = std::mem::replace(&mut this.state, State::Over)
        {
            this.state = make(archive);
        }
        let State::Making(making) = &mut this.state else { return Poll::Ready(None) };
        let made = ready!(Pin::new(making).poll(cx)).map_err(io::Error::other);
        this.state = State::Over;
        Poll::Ready(match made.and_then(|(archive, piece)| Ok((archive, piece?))) {
            Ok((_, piece)) if piece.is_empty() => None,
            Ok((archive, piece)) => {
                this.left = this.left.saturating_sub(piece.len() as u64);
                if this.left > 0 {
                    this.state = make(archive);
                }
                Some(Ok(Frame::data(piece.into())))
            }
            Err(error) => Some(Err(error)),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
