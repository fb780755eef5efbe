//! A body's pieces on their way into a file, until either side has had enough.

use bytes::Bytes;

use super::{Chunks, Reason};
use crate::server::store::{Finished, Incoming, StoreError};

/// The next piece; an error also when the upload is cancelled on this side meanwhile.
pub(super) async fn next(chunks: &mut Chunks, incoming: &Incoming) -> Result<Option<Bytes>, Reason> {
    tokio::select! {
        biased;
        next = chunks.next() => next,
        () = incoming.cancelled() => Err(StoreError::Cancelled.into()),
    }
}

/// Receives all of `chunks` as one file.
pub async fn pour(chunks: &mut Chunks, mut incoming: Incoming) -> Result<Finished, Reason> {
    let reason = loop {
        match next(chunks, &incoming).await {
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
