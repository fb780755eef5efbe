//! One upload that arrives in one go: it is whole at its end, or leaves nothing.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;

use super::cancel::Cancel;
use super::digest::{Digest, Sums};
use super::flow::Flow;
use super::place::{Givers, Place};
use super::progress::Progress;
use super::{Finished, Slot, StoreError};

/// One upload under way. Dropping it cancels: the part file is removed.
pub struct Incoming {
    pub(super) flow: Flow,
    pub(super) bounds: Bounds,
    pub(super) progress: Progress,
    pub(super) place: Place,
    pub(super) digests: Vec<Digest>,
    pub(super) cancel: Arc<Cancel>,
    pub(super) slot: Slot,
}

/// How many bytes have come, and how many may.
pub(super) struct Bounds {
    pub(super) received: u64,
    pub(super) declared: Option<u64>,
    pub(super) max_size: u64,
}

impl Bounds {
    /// Counts more; an error where they are too many.
    pub(super) fn add(&mut self, more: u64) -> Result<(), StoreError> {
        self.received += more;
        if let Some(declared) = self.declared.filter(|declared| self.received > *declared) {
            return Err(StoreError::Length { declared, received: self.received });
        }
        if self.max_size > 0 && self.received > self.max_size {
            return Err(StoreError::TooLarge { limit: self.max_size });
        }
        Ok(())
    }

    /// An error where they are too few.
    pub(super) fn whole(&self) -> Result<(), StoreError> {
        match self.declared.filter(|declared| *declared != self.received) {
            Some(declared) => Err(StoreError::Length { declared, received: self.received }),
            None => Ok(()),
        }
    }
}

impl Incoming {
    /// Bytes so far.
    pub fn received(&self) -> u64 {
        self.bounds.received
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.flow.held()
    }

    /// Whether there is no part file yet: what has come is all in memory.
    pub fn is_in_memory(&self) -> bool {
        self.flow.is_in_memory()
    }

    /// Has what has come written.
    pub async fn to_disk(&mut self) -> Result<(), StoreError> {
        self.flow.with(|_| Ok(())).await
    }

    /// Resolves when it has been cancelled on this side.
    pub async fn cancelled(&self) {
        self.cancel.wait().await;
    }

    /// Appends. Waits only while the disk is behind. After an error the upload is lost.
    pub async fn write(&mut self, chunk: Bytes) -> Result<(), StoreError> {
        let written = self.append(chunk).await;
        written.inspect_err(|error| self.progress.failed(&error.to_string()))
    }

    async fn append(&mut self, chunk: Bytes) -> Result<(), StoreError> {
        self.cancel.check()?;
        self.bounds.add(chunk.len() as u64)?;
        self.progress.received(self.bounds.received);
        self.flow.push(chunk, self.slot.0.open()).await
    }

    /// Gives the file its final name, once every byte is on disk.
    ///
    /// Goes on to the end also when the caller stops waiting: what is whole is kept.
    pub async fn finish(self) -> Result<Finished, StoreError> {
        let Self { flow, bounds, mut progress, place, digests, cancel, slot } = self;
        if let Err(error) = cancel.check().and_then(|()| bounds.whole()) {
            progress.failed(&error.to_string());
            return Err(error);
        }
        let ended = flow.end(move |writer| {
            let store = &slot.0;
            let givers = Givers { names: &store.names, folders: &store.folders, feed: &store.feed };
            let finished = writer.and_then(|writer| place.give(writer, || Sums::new(&digests), &givers));
            match &finished {
                Ok(finished) => {
                    store.finished.fetch_add(1, Ordering::Relaxed);
                    store.alike.add(&finished.path, finished.size);
                    progress.done(finished, &store.received);
                }
                Err(error) => progress.failed(&error.to_string()),
            }
            store.report(finished)
        });
        ended.await
    }

    /// Gives up, and says why; when this returns, the space is free again.
    pub async fn cancel(self, why: &str) {
        let Self { flow, mut progress, slot, .. } = self;
        progress.failed(why);
        let freed = flow.end(|writer| {
            drop((writer, slot));
            Ok(())
        });
        let _ = freed.await;
    }
}
