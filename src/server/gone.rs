//! Whether a client still waits for its answer, for whoever works long on one.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

/// A client that has said its last word may still listen for a moment (RFC 9112, section 9.6); one
/// that has gone looks the same until something is sent to it.
const GRACE: Duration = Duration::from_secs(2);

/// Whoever has the socket.
pub(crate) trait Leaves: Send + Sync {
    /// Resolves when the client has closed its side.
    fn poll_left(&self, cx: &mut Context<'_>) -> Poll<()>;
}

/// In the extensions of a request whose client can be seen to go.
#[derive(Clone)]
pub struct Gone(Arc<dyn Leaves>);

impl Gone {
    pub(crate) fn new(leaves: impl Leaves + 'static) -> Self {
        Self(Arc::new(leaves))
    }

    /// Resolves when the client has closed its side and has had a moment for the rest. While its body
    /// is still being read, that is how its going shows; ask again afterwards.
    pub async fn for_good(self) {
        poll_fn(|cx| self.0.poll_left(cx)).await;
        tokio::time::sleep(GRACE).await;
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;

    struct Left;

    impl Leaves for Left {
        fn poll_left(&self, _: &mut Context<'_>) -> Poll<()> {
            Poll::Ready(())
        }
    }

    #[tokio::test]
    async fn who_has_closed_may_still_listen_for_a_moment() {
        let mut gone = pin!(Gone::new(Left).for_good());
        assert!(poll_fn(|cx| Poll::Ready(gone.as_mut().poll(cx))).await.is_pending());
    }
}
