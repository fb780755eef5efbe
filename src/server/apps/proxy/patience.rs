//! How long an upstream may take, not counting what its client takes.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::{timeout, timeout_at};

use super::sending::Progress;

/// A client that waits with its body is told to send it after so long, whatever the upstream does (RFC 9110,
/// section 10.1.1).
const EXPECTING: Duration = Duration::from_secs(1);

/// Waits for `sending`, for `limit` since the last piece of the body was asked for; `None` where that was not
/// enough. While the client has nothing to send, it is the client that is waited for: its body ends by itself.
pub(super) async fn in_time<T>(
    sending: impl Future<Output = T>,
    limit: Duration,
    progress: Option<&Arc<Progress>>,
) -> Option<T> {
    let mut sending = pin!(sending);
    let mut due = Instant::now() + limit;
    if let Some(progress) = progress.filter(|progress| progress.is_withheld()) {
        if let Ok(sent) = timeout(EXPECTING.min(limit), &mut sending).await {
            return Some(sent);
        }
        progress.wanted();
    }
    loop {
        if let Ok(sent) = timeout_at(due.into(), &mut sending).await {
            return Some(sent);
        }
        let now = Instant::now();
        let moved =
            progress.map_or(due, |progress| if progress.awaits_client() { now } else { progress.moved() } + limit);
        if moved <= now {
            return None;
        }
        due = moved;
    }
}
