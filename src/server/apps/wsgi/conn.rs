//! Connections to a worker: pairs of sockets, of which the worker gets its end as a message on its
//! control connection. There is no name in a folder that another could connect to.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::unix::net::UnixStream as Pair;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::BytesMut;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use std::os::fd::{AsFd, BorrowedFd};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio_util::io::poll_read_buf;

use super::area::Area;

/// Room asked for before each read.
const PIECE: usize = 64 << 10;

/// A connection for one answer at a time.
#[derive(Debug)]
pub(super) struct Conn {
    read: OwnedReadHalf,
    /// Away while the request's body is sent.
    pub(super) write: Option<OwnedWriteHalf>,
    /// What has come and is not looked at yet.
    pub(super) buffer: BytesMut,
    /// Where the system has such memory.
    pub(super) area: Option<Area>,
}

impl Conn {
    /// Gives the worker at the other end of `control` its connection `number`.
    pub(super) fn new(control: &UnixStream, number: usize) -> io::Result<Self> {
        let order = [b'C', u8::try_from(number).unwrap_or(u8::MAX)];
        let (ours, theirs) = pair()?;
        let area = if let Ok((area, memory, bell)) = Area::new() {
            hand_over(control, order, &[theirs.as_fd(), memory.as_fd(), bell.as_fd()])?;
            Some(area)
        } else {
            hand_over(control, order, &[theirs.as_fd()])?;
            None
        };
        let (read, write) = ours.into_split();
        Ok(Self { read, write: Some(write), buffer: BytesMut::new(), area })
    }

    /// Tells the worker that it may use it for another answer; whether that could be told.
    pub(super) fn is_yours_again(&self) -> bool {
        self.write.as_ref().is_some_and(|write| write.try_write(b"G").is_ok())
    }

    /// Whether nothing of the last answer lies in the area.
    pub(super) fn is_free(&self) -> bool {
        self.area.as_ref().is_none_or(Area::is_free)
    }

    /// Reads more; an error also where the worker has closed its end.
    pub(super) fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.buffer.reserve(if self.buffer.is_empty() { 1024 } else { PIECE });
        poll_read_buf(Pin::new(&mut self.read), cx, &mut self.buffer).map(|read| match read? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        })
    }
}

/// Gives the worker the connection on which requests come to all of its threads.
pub(super) fn work(control: &UnixStream) -> io::Result<UnixStream> {
    let (ours, theirs) = pair()?;
    hand_over(control, [b'K', 0], &[theirs.as_fd()])?;
    Ok(ours)
}

/// Asks the worker for what it has not begun.
pub(super) fn give_back(control: &UnixStream) {
    // As in `look`.
    let _ = control.try_write(b"B\0");
}

/// Tells the worker that nothing has been heard of it.
pub(super) fn look(control: &UnixStream) {
    // One that does not even read its orders is found by whoever waits for its answer.
    let _ = control.try_write(b"W\0");
}

fn pair() -> io::Result<(UnixStream, Pair)> {
    let (ours, theirs) = Pair::pair()?;
    ours.set_nonblocking(true)?;
    Ok((UnixStream::from_std(ours)?, theirs))
}

/// Sends descriptors along with an order.
fn hand_over(control: &UnixStream, order: [u8; 2], ends: &[BorrowedFd<'_>]) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(3))];
    let mut message = SendAncillaryBuffer::new(&mut space);
    message.push(SendAncillaryMessage::ScmRights(ends));
    sendmsg(control, &[IoSlice::new(&order)], &mut message, SendFlags::empty())?;
    Ok(())
}
