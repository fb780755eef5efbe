//! The use of one of a worker's own connections for one answer.

use std::fmt::Debug;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::conn::Conn;

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

/// Whose the connections are: by worker, and number.
pub(super) trait Homes: Debug + Send + Sync {
    /// A thread has finished with the answer on that connection.
    fn worked(&self, worker: u64, number: usize);

    /// An answer on that connection has been had.
    fn returned(&self, worker: u64, number: usize, conn: Conn);

    /// That connection was closed before the answer's end.
    fn renew(&self, worker: u64, number: usize);
}

#[derive(Debug)]
struct Place {
    homes: Arc<dyn Homes>,
    worker: u64,
    number: usize,
    empty: bool,
}

impl Lease {
    /// Of that worker, `dead` once it has ended.
    pub(super) fn new(conn: Conn, homes: Arc<dyn Homes>, worker: u64, number: usize, dead: CancellationToken) -> Self {
        let dead = Box::pin(dead.cancelled_owned());
        Self { conn, place: Place { homes, worker, number, empty: true }, dead }
    }

    /// The worker at the other end.
    pub(super) fn worker(&self) -> u64 {
        self.place.worker
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
        self.place.homes.worked(self.place.worker, self.place.number);
    }

    /// The answer has been had: the connection may serve again.
    pub(super) fn give_back(self) {
        // One over which that cannot be said is closed.
        if self.conn.is_yours_again() {
            let Self { conn, mut place, .. } = self;
            place.empty = false;
            place.homes.returned(place.worker, place.number, conn);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.empty {
            self.homes.renew(self.worker, self.number);
        }
    }
}
