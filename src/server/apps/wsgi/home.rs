//! The use of one of a worker's own connections for one answer.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio_util::sync::WaitForCancellationFutureOwned;

use super::conn::Conn;
use super::pool::Pool;
use super::slot::Worker;

/// A connection that carries an answer. Dropping it closes it, so that the worker knows that nobody waits,
/// and gives the worker another.
#[derive(Debug)]
pub(super) struct Lease {
    // Closed before the worker gets another.
    pub(super) conn: Conn,
    place: Place,
    /// The worker has ended: what it has started may still hold its end of the connection.
    dead: Pin<Box<WaitForCancellationFutureOwned>>,
}

#[derive(Debug)]
struct Place {
    number: usize,
    worker: Arc<Worker>,
    pool: Arc<Pool>,
    empty: bool,
}

impl Lease {
    pub(super) fn new(conn: Conn, number: usize, worker: Arc<Worker>, pool: Arc<Pool>) -> Self {
        let dead = Box::pin(worker.dead.clone().cancelled_owned());
        Self { conn, place: Place { number, worker, pool, empty: true }, dead }
    }

    /// The worker at the other end.
    pub(super) fn worker(&self) -> u64 {
        self.place.worker.id
    }

    /// Reads more; an error also where the worker has closed its end, or has ended.
    pub(super) fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.conn.poll_more(cx) {
            Poll::Pending => self.dead.as_mut().poll(cx).map(|()| Err(io::ErrorKind::ConnectionAborted.into())),
            more @ Poll::Ready(_) => more,
        }
    }

    /// The same as a future. Cancel safe.
    pub(super) async fn more(&mut self) -> io::Result<()> {
        std::future::poll_fn(|cx| self.poll_more(cx)).await
    }

    /// The thread has finished with the answer, though the client may not have it yet.
    pub(super) fn worked(&self) {
        self.place.pool.worked(&self.place.worker, self.place.number);
    }

    /// The answer has been had: the connection may serve again.
    pub(super) fn give_back(self) {
        // One over which that cannot be said is closed.
        if self.conn.is_yours_again() {
            let Self { conn, mut place, .. } = self;
            place.empty = false;
            place.pool.returned(&place.worker, place.number, conn);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.empty {
            self.pool.renew(&self.worker, self.number);
        }
    }
}
