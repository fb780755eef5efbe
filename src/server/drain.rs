//! How connections are told to end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};

/// Tells many connections of something, once. Whoever has begun to listen need only look.
#[derive(Clone, Default)]
pub(crate) struct Bell {
    rung: Arc<AtomicBool>,
    token: CancellationToken,
}

impl Bell {
    pub(crate) fn ring(&self) {
        self.rung.store(true, Relaxed);
        self.token.cancel();
    }

    /// Whether it has rung.
    pub(crate) fn has_rung(&self) -> bool {
        self.rung.load(Relaxed)
    }

    /// Resolves when it rings.
    pub(crate) fn rings(&self) -> WaitForCancellationFuture<'_> {
        self.token.cancelled()
    }
}

/// When a connection is to end.
pub(crate) struct Drain {
    /// After the next answer, or when it has been idle for a moment more.
    pub(crate) soon: Bell,
    /// After the answer that is under way.
    pub(crate) now: Bell,
}
