//! The use of a thread's own connection for one answer.

use std::sync::Arc;

use super::conn::Conn;
use super::pool::Pool;
use super::slot::Worker;

/// A thread's own connection. Dropping it closes it, so that the thread knows that nobody waits, and
/// gives the thread another.
#[derive(Debug)]
pub(super) struct Lease {
    // Closed before the thread gets another.
    pub(super) conn: Conn,
    place: Place,
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
        Self { conn, place: Place { number, worker, pool, empty: true } }
    }

    /// The worker at the other end.
    pub(super) fn worker(&self) -> u64 {
        self.place.worker.id
    }

    /// The answer has been read to its end.
    pub(super) fn give_back(self) {
        let Self { conn, mut place } = self;
        place.empty = false;
        place.pool.returned(&place.worker, place.number, conn);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.empty {
            self.pool.renew(&self.worker, self.number);
        }
    }
}
