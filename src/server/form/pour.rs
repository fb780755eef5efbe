//! A body's pieces on their way into a file, until either side has had enough.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::sleep;

use super::{Chunks, Reason};
use crate::server::store::{Finished, Incoming, StoreError};

/// After such a pause what has come waits on disk, not in memory.
const PAUSE: Duration = Duration::from_millis(50);

/// The next piece; an error also when the upload is cancelled on this side meanwhile.
pub(super) async fn next(chunks: &mut Chunks, incoming: &mut Incoming) -> Result<Option<Bytes>, Reason> {
    let paused = tokio::select! {
        biased;
        next = chunks.next() => return next,
        () = incoming.cancelled() => None,
        () = sleep(PAUSE), if incoming.is_in_memory() => Some(()),
    };
    if paused.is_some() {
        incoming.to_disk().await?;
        tokio::select! {
            biased;
            next = chunks.next() => return next,
            () = incoming.cancelled() => {}
        }
    }
    Err(StoreError::Cancelled.into())
}

/// Receives all of `chunks` as one file.
pub async fn pour(chunks: &mut Chunks, mut incoming: Incoming) -> Result<Finished, Reason> {
    let reason = loop {
        match next(chunks, &mut incoming).await {
            Ok(Some(chunk)) => {
                if let Err(error) = incoming.write(chunk).await {
                    break error.into();
                }
            }
            Ok(None) => return Ok(incoming.finish().await?),
            Err(reason) => break reason,
        }
    };
    incoming.cancel(&reason.to_string()).await;
    Err(reason)
}
