//! Moves bytes between the pool and one worker, on the connection that carries the requests.
//!
//! Whatever has been put while other tasks ran goes in one write, and whatever the worker has
//! answered meanwhile comes in one read.

use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};

use bytes::{Buf as _, BytesMut};
use tokio::io::AsyncWrite as _;
use tokio::net::UnixStream;
use tokio::time::Instant;
use tokio_util::io::poll_read_buf;

use super::about::About;
use super::pool::Pool;
use super::slot::{Work, Worker};
use super::{conn, wire};

/// Room asked for before each read.
const PIECE: usize = 64 << 10;

/// Until the worker has ended, or is to end.
pub(super) async fn drive(pool: Arc<Pool>, worker: Weak<Worker>, work: Work, about: Weak<About>) {
    let id = work.id;
    match run(&pool, &worker, work, &about).await {
        End::Closed => pool.lost(id),
        End::Strange => {
            if let Some(about) = about.upgrade() {
                about.strange(id);
            }
        }
    }
}

/// Why it was enough.
enum End {
    /// The worker has closed the connection.
    Closed,
    /// It does not keep to the protocol.
    Strange,
}

async fn run(pool: &Arc<Pool>, worker: &Weak<Worker>, work: Work, about: &Weak<About>) -> End {
    let Work { id, mut stream, wake } = work;
    let (mut out, mut buffer) = (BytesMut::new(), BytesMut::new());
    let mut alarm = pin!(tokio::time::sleep_until(Instant::now()));
    let mut armed: Option<Instant> = None;
    let mut woken = pin!(wake.notified());
    loop {
        let due = pool.collect(id, &mut out);
        // It is set anew only once it has rung, or to ring sooner: answers come far more often than it has to ring.
        if let Some(due) = due.filter(|due| armed.is_none_or(|armed| *due < armed)) {
            alarm.as_mut().reset(due);
            armed = Some(due);
        }
        let step = std::future::poll_fn(|cx| {
            if let Poll::Ready(moved) = transfer(&mut stream, &mut out, &mut buffer, cx) {
                return Poll::Ready(moved.map(|()| Step::Read));
            }
            if armed.is_some() && alarm.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Ok(Step::Rang));
            }
            woken.as_mut().poll(cx).map(|()| Ok(Step::Woken))
        });
        match step.await {
            Ok(Step::Read) => {
                let heard = pool.heard(id, &mut buffer);
                if let Some(about) = about.upgrade() {
                    heard.late.iter().for_each(|told| about.told(told));
                }
                if heard.nonsense || wire::peek(&buffer).is_some_and(|(_, length)| length > wire::MOST) {
                    return End::Strange;
                }
            }
            Ok(Step::Rang) => {
                armed = None;
                let (still, stuck) = pool.look(id);
                if let (true, Some(worker)) = (still, worker.upgrade()) {
                    conn::look(&worker.control);
                }
                if let (true, Some(about)) = (stuck, about.upgrade()) {
                    about.hung(id);
                }
            }
            Ok(Step::Woken) => woken.set(wake.notified()),
            Err(_) => return End::Closed,
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
