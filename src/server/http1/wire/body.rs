//! How the body of a request is read from the socket.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::{AsyncRead as _, ReadBuf};
use tokio::net::TcpStream;

use super::super::buffers::{self, Buffer};
use super::super::chunked::Piece;
use super::{Inner, Rest};
use crate::server::body::Came;

/// Room for a piece of a body in chunks.
const CHUNKED_ROOM: usize = 128 << 10;

/// What was read.
enum Read {
    /// So many bytes into the buffer; 0 at the end.
    Input(usize),
    /// A piece of the body.
    Piece(Bytes),
    /// So many bytes of it into the reader's own memory.
    Placed(usize),
}

impl Inner {
    pub(super) fn poll_body(&mut self, cx: &mut Context<'_>, room: &mut [u8]) -> Poll<Option<io::Result<Came>>> {
        loop {
            let piece = match &mut self.rest {
                Rest::Known(0) => Piece::End,
                Rest::Known(_) if self.input.is_empty() => Piece::More,
                Rest::Known(left) => {
                    let take = usize::try_from(*left).unwrap_or(usize::MAX).min(self.input.len());
                    *left -= take as u64;
                    Piece::Data(self.input.split_to(take).freeze())
                }
                Rest::Chunked(decoder) => match decoder.decode(&mut self.input) {
                    Ok(piece) => piece,
                    Err(broken) => return Poll::Ready(Some(Err(self.fail(io::ErrorKind::InvalidData, broken.0)))),
                },
                Rest::Broken => return Poll::Ready(None),
            };
            match piece {
                Piece::Data(data) => return Poll::Ready(Some(Ok(Came::Apart(data)))),
                Piece::End | Piece::Trailers(_) => {
                    self.reading.rest();
                    let Piece::Trailers(trailers) = piece else { return Poll::Ready(None) };
                    return Poll::Ready(Some(Ok(Came::Trailers(trailers))));
                }
                Piece::More => {}
            }
            self.interim.ask_for_body();
            match self.poll_interim(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => {
                    self.rest = Rest::Broken;
                    return Poll::Ready(Some(Err(error)));
                }
                // A client may send all of its body before it reads a word.
                Poll::Pending => self.writing.rest(),
            }
            if self.stalled {
                let error = self.fail(io::ErrorKind::TimedOut, "the body stood still for too long");
                return Poll::Ready(Some(Err(error)));
            }
            let read = match self.rest {
                Rest::Known(left) if room.is_empty() => poll_piece(&mut self.stream, cx, left),
                Rest::Known(left) => poll_into(&mut self.stream, cx, up_to(room, left)).map_ok(|read| match read {
                    0 => Read::Input(0),
                    read => Read::Placed(read),
                }),
                _ => self.poll_fill(cx, CHUNKED_ROOM).map_ok(Read::Input),
            };
            let Poll::Ready(read) = read else {
                self.reading.waits();
                return Poll::Pending;
            };
            let came = match read {
                Ok(Read::Piece(piece)) => Came::Apart(piece),
                Ok(Read::Placed(read)) => Came::Placed(read),
                Ok(Read::Input(0)) => {
                    let error = self.fail(io::ErrorKind::UnexpectedEof, "the client ended before its body did");
                    return Poll::Ready(Some(Err(error)));
                }
                Ok(Read::Input(read)) => {
                    self.reading.moved(read);
                    continue;
                }
                Err(error) => {
                    self.rest = Rest::Broken;
                    return Poll::Ready(Some(Err(error)));
                }
            };
            self.reading.moved(came.len());
            if let Rest::Known(left) = &mut self.rest {
                *left -= came.len() as u64;
            }
            return Poll::Ready(Some(Ok(came)));
        }
    }

    fn fail(&mut self, kind: io::ErrorKind, why: &'static str) -> io::Error {
        self.rest = Rest::Broken;
        io::Error::new(kind, why)
    }
}

/// Reads a piece of a body of which `left` bytes are missing: past the buffer, and nothing of what
/// follows the body.
fn poll_piece(stream: &mut TcpStream, cx: &mut Context<'_>, left: u64) -> Poll<io::Result<Read>> {
    let mut buffer = Buffer::take();
    let read = poll_into(stream, cx, up_to(buffer.room(buffers::SIZE), left));
    read.map_ok(|read| match read {
        0 => Read::Input(0),
        read => {
            buffer.advance(read);
            Read::Piece(buffer.freeze())
        }
    })
}

/// As much of `room` as a body may fill of which `left` bytes are missing.
fn up_to(room: &mut [u8], left: u64) -> &mut [u8] {
    let most = usize::try_from(left).unwrap_or(usize::MAX).min(room.len());
    room.get_mut(..most).unwrap_or_default()
}

/// Reads as much as has come by now and there is room for; 0 where the client has ended.
fn poll_into(stream: &mut TcpStream, cx: &mut Context<'_>, room: &mut [u8]) -> Poll<io::Result<usize>> {
    let mut filled = 0;
    while let Some(rest @ [_, ..]) = room.get_mut(filled..) {
        let mut rest = ReadBuf::new(rest);
        match Pin::new(&mut *stream).poll_read(cx, &mut rest).map_ok(|()| rest.filled().len()) {
            Poll::Ready(Ok(read)) if read > 0 => filled += read,
            // What has come is handed on; the rest of the story shows at the next look.
            _ if filled > 0 => break,
            read => return read,
        }
    }
    Poll::Ready(Ok(filled))
}
