//! The end of a connection whose client may still be sending.
//!
//! A socket that is closed with bytes unread is reset, and the reset can overtake the answer
//! (RFC 9112, section 9.6). So the writing side is shut first, and what comes is read and dropped.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio::io::AsyncWrite;
use tokio::time::timeout;

use super::wire::{Phase, Wire};

/// How long a client may be silent before it is left: it may be reading what it was sent.
const SILENCE: Duration = Duration::from_secs(5);
/// How long a body that nobody reads may go on.
pub(super) const BODY: Duration = Duration::from_secs(30);
/// How long anything else may.
pub(super) const REST: Duration = Duration::from_secs(2);
/// Bytes dropped at once.
const ROOM: usize = 64 << 10;

/// Says that nothing more will come, then reads to the end.
pub(super) async fn linger(wire: &Wire, patience: Duration) {
    wire.lock().enter(Phase::Lingering);
    if poll_fn(|cx| Pin::new(&mut wire.lock().stream).poll_shutdown(cx)).await.is_err() {
        return;
    }
    let drain = async { while matches!(timeout(SILENCE, discard(wire)).await, Ok(true)) {} };
    // Whoever sends for longer has not listened for as long.
    let _ = timeout(patience, drain).await;
}

/// Drops what comes next; false at the end.
async fn discard(wire: &Wire) -> bool {
    poll_fn(|cx| {
        let mut inner = wire.lock();
        inner.input.clear();
        match inner.poll_fill(cx, ROOM) {
            Poll::Ready(read) => Poll::Ready(read.is_ok_and(|read| read > 0)),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}
