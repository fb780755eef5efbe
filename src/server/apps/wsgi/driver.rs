//! Moves bytes between the pool and one worker, on the connection that carries the requests.
//!
//! Whatever has been put while other tasks ran goes in one write, and whatever the worker has
//! answered meanwhile comes in one read.

use std::io;
use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Buf as _, BytesMut};
use tokio::io::AsyncWrite as _;
use tokio::net::UnixStream;
use tokio::time::Instant;
use tokio_util::io::poll_read_buf;

use super::failure::Failure;
use super::pool::{Heard, Pool};
use super::slot::{Work, Worker};
use super::{conn, wire};
use crate::event::{Event, Feed};

/// Room asked for before each read.
const PIECE: usize = 64 << 10;

/// What concerns failures that come after the answer.
pub(super) struct Late {
    pub(super) feed: Feed,
    pub(super) name: Arc<str>,
    /// What paths are shown relative to.
    pub(super) root: PathBuf,
}

/// Until the worker has ended, or is to end.
pub(super) async fn drive(pool: Arc<Pool>, worker: std::sync::Weak<Worker>, work: Work, late: Late) {
    let Work { id, mut stream, wake } = work;
    let (mut out, mut buffer) = (BytesMut::new(), BytesMut::new());
    let mut alarm = pin!(tokio::time::sleep_until(Instant::now()));
    let mut armed = false;
    let mut woken = pin!(wake.notified());
    loop {
        let due = pool.collect(id, &mut out);
        // It is set anew only once it has rung: answers come far more often than it has to ring.
        if let (false, Some(due)) = (armed, due) {
            alarm.as_mut().reset(due);
            armed = true;
        }
        let step = std::future::poll_fn(|cx| {
            if let Poll::Ready(moved) = transfer(&mut stream, &mut out, &mut buffer, cx) {
                return Poll::Ready(moved.map(|()| Step::Read));
            }
            if armed && alarm.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Ok(Step::Rang));
            }
            woken.as_mut().poll(cx).map(|()| Ok(Step::Woken))
        });
        match step.await {
            Ok(Step::Read) => match pool.heard(id, &mut buffer) {
                Heard::Nothing => {}
                Heard::Late(told) => {
                    let note = Failure::told(&told, &late.root).note(&late.name);
                    late.feed.event(Event::Note(note));
                }
                Heard::Nonsense => return,
            },
            Ok(Step::Rang) => {
                armed = false;
                if let (true, Some(worker)) = (pool.stands_still(id), worker.upgrade()) {
                    conn::look(&worker.control);
                }
            }
            Ok(Step::Woken) => woken.set(wake.notified()),
            Err(_) => return,
        }
        if wire::peek(&buffer).is_some_and(|(_, length)| length > wire::MOST) {
            return;
        }
    }
}

enum Step {
    /// Something has come.
    Read,
    /// It may be that the worker stands still.
    Rang,
    /// There is more to send.
    Woken,
}

/// Writes what can be written; ready when something has been read.
fn transfer(
    stream: &mut UnixStream,
    out: &mut BytesMut,
    buffer: &mut BytesMut,
    cx: &mut Context<'_>,
) -> Poll<io::Result<()>> {
    while !out.is_empty() {
        match Pin::new(&mut *stream).poll_write(cx, out) {
            Poll::Ready(Ok(written)) => out.advance(written),
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Pending => break,
        }
    }
    buffer.reserve(PIECE);
    poll_read_buf(Pin::new(stream), cx, buffer).map(|read| match read? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    })
}
