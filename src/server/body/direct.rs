//! A body that can be read into memory of the reader's own, without a copy on the way.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame};

/// A piece of a body.
#[derive(Debug)]
pub enum Came {
    /// So many bytes, at the beginning of the room that was offered.
    Placed(usize),
    /// These, which lie elsewhere.
    Apart(Bytes),
    /// What comes after the body.
    Trailers(HeaderMap),
}

impl Came {
    /// How many bytes came.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Placed(length) => *length,
            Self::Apart(bytes) => bytes.len(),
            Self::Trailers(_) => 0,
        }
    }

    /// As a frame, where no room was offered.
    pub(crate) fn frame(self) -> Frame<Bytes> {
        match self {
            Self::Placed(_) => Frame::data(Bytes::new()),
            Self::Apart(bytes) => Frame::data(bytes),
            Self::Trailers(trailers) => Frame::trailers(trailers),
        }
    }
}

/// A body that comes from a socket.
pub trait Direct: Body<Data = Bytes, Error = io::Error> {
    /// The next piece, as [`Body::poll_frame`] gives it; what is read from the socket itself is put into
    /// `room`, if there is any.
    fn poll_into(self: Pin<&mut Self>, cx: &mut Context<'_>, room: &mut [u8]) -> Poll<Option<io::Result<Came>>>;
}
