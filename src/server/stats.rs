//! What the server counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use tokio::sync::Notify;

/// Counters of one run; they outlive moves and restarts.
#[derive(Debug, Default)]
pub struct Stats {
    requests: AtomicU64,
    errors: AtomicU64,
    connections: AtomicUsize,
    in_flight: AtomicUsize,
    quiet: Notify,
    gone: Notify,
}

impl Stats {
    /// Requests answered.
    pub fn requests(&self) -> u64 {
        self.requests.load(Relaxed)
    }

    /// Requests answered with a 5xx.
    pub fn errors(&self) -> u64 {
        self.errors.load(Relaxed)
    }

    /// Connections open.
    pub fn connections(&self) -> usize {
        self.connections.load(Relaxed)
    }

    /// Requests being answered.
    pub fn in_flight(&self) -> usize {
        self.in_flight.load(Relaxed)
    }

    fn connected(&self) {
        self.connections.fetch_add(1, Relaxed);
    }

    /// Waits until a connection has gone.
    pub(crate) async fn fewer_connections(&self) {
        self.gone.notified().await;
    }

    fn disconnected(&self) {
        self.gone.notify_waiters();
        if self.connections.fetch_sub(1, Relaxed) == 1 {
            self.quiet.notify_waiters();
        }
    }

    pub(crate) fn began(&self) {
        self.in_flight.fetch_add(1, Relaxed);
    }

    /// One began and ended at once.
    pub(crate) fn passed(&self, status: u16) {
        self.requests.fetch_add(1, Relaxed);
        if status >= 500 {
            self.errors.fetch_add(1, Relaxed);
        }
    }

    pub(crate) fn ended(&self, status: u16) {
        self.passed(status);
        if self.in_flight.fetch_sub(1, Relaxed) == 1 {
            self.quiet.notify_waiters();
        }
    }

    /// Waits until every connection has gone.
    pub(crate) async fn no_connections(&self) {
        loop {
            let quiet = self.quiet.notified();
            if self.connections() == 0 {
                return;
            }
            quiet.await;
        }
    }
}

/// Counts a connection for as long as it lives.
pub(crate) struct Open(Arc<Stats>);

impl Open {
    pub(crate) fn new(stats: Arc<Stats>) -> Self {
        stats.connected();
        Self(stats)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.disconnected();
    }
}
