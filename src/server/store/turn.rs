//! One sender's turn at a resumable upload.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use tokio::task::spawn_blocking;

use super::digest::Sums;
use super::flow::Flow;
use super::held::{Guard, Held, Standing, left};
use super::incoming::Bounds;
use super::place::Givers;
use super::record;
use super::writer::Writer;
use super::{Finished, Slot, StoreError};

/// Bytes after which what has come is made durable while more comes.
const STEP: u64 = 64 << 20;

/// The right to append, until it is given back. Dropping it keeps what has come.
pub struct Turn {
    held: Arc<Held>,
    /// There until the turn ends.
    inner: Option<Inner>,
}

struct Inner {
    core: Guard,
    flow: Flow,
    bounds: Bounds,
    durable: u64,
    /// The disk did not take some of it.
    failed: bool,
    /// A place among those under way, for who sends.
    slot: Option<Slot>,
}

impl Turn {
    pub(super) fn new(held: Arc<Held>, mut core: Guard, writer: Writer, slot: Option<Slot>) -> Self {
        let bounds = Bounds { received: core.offset, declared: core.record.length, max_size: held.settings.max_size };
        core.progress.resumes(bounds.received);
        let durable = core.offset;
        Self { held, inner: Some(Inner { core, flow: Flow::new(writer), bounds, durable, failed: false, slot }) }
    }

    fn inner(&mut self) -> Result<&mut Inner, StoreError> {
        self.inner.as_mut().ok_or(StoreError::Gone)
    }

    /// Bytes so far.
    pub fn offset(&self) -> u64 {
        self.inner.as_ref().map_or(0, |inner| inner.bounds.received)
    }

    /// Bytes in all, where that was said.
    pub fn length(&self) -> Option<u64> {
        self.inner.as_ref().and_then(|inner| inner.bounds.declared)
    }

    /// Resolves when somebody else wants the turn, or the upload was cancelled on this side.
    pub async fn revoked(&self) {
        self.held.revoked().await;
    }

    /// The whole is so many bytes; an error where that was said otherwise, or more have come.
    pub fn set_length(&mut self, length: u64) -> Result<(), StoreError> {
        let max_size = self.held.settings.max_size;
        let inner = self.inner()?;
        let received = inner.bounds.received;
        match inner.bounds.declared {
            Some(declared) if declared != length => return Err(StoreError::Length { declared, received: length }),
            None if received > length => return Err(StoreError::Length { declared: length, received }),
            None if max_size > 0 && length > max_size => return Err(StoreError::TooLarge { limit: max_size }),
            _ => {}
        }
        inner.bounds.declared = Some(length);
        inner.core.record.length = Some(length);
        inner.core.declared.length = Some(length);
        inner.core.progress.expects(length);
        Ok(())
    }

    /// Appends. Waits only while the disk is behind. An error does not end the turn; what came before it
    /// is kept, unless more came than may: then [`Turn::cancel`] it.
    pub async fn write(&mut self, chunk: Bytes) -> Result<(), StoreError> {
        self.held.cancel.check()?;
        let open = self.held.store.open();
        let inner = self.inner()?;
        inner.bounds.add(chunk.len() as u64)?;
        inner.core.progress.received(inner.bounds.received);
        if let Err(error) = inner.flow.push(chunk, open).await {
            inner.failed = true;
            return Err(error);
        }
        if inner.bounds.received - inner.durable >= STEP {
            self.keep().await?;
        }
        Ok(())
    }

    /// Makes what has come durable.
    async fn keep(&mut self) -> Result<(), StoreError> {
        let held = self.held.clone();
        let inner = self.inner()?;
        keep(&held, inner).await
    }

    /// Takes back all but the first `offset` bytes.
    pub async fn rewind(&mut self, offset: u64) -> Result<(), StoreError> {
        let inner = self.inner()?;
        inner.flow.with(move |writer| writer.rewind(offset)).await?;
        inner.bounds.received = inner.bounds.received.min(offset);
        Ok(())
    }

    /// Ends the turn; what has come is durable, and the result is how much that is.
    pub async fn pause(mut self) -> Result<u64, StoreError> {
        let Some(inner) = self.inner.take() else { return Err(StoreError::Gone) };
        // It goes on to the end also when nobody waits.
        let task = tokio::spawn(rest(self.held.clone(), inner));
        let offset = task.await.unwrap_or_else(|_| Err(StoreError::lost(&self.held.dir)))?;
        self.held.cancel.check()?;
        Ok(offset)
    }

    /// Gives the file its final name, once every byte is on disk. Where bytes are missing, it waits for them.
    pub async fn finish(mut self) -> Result<Finished, StoreError> {
        let Some(inner) = self.inner.take() else { return Err(StoreError::Gone) };
        let held = self.held.clone();
        if let Err(error) = held.cancel.check().and_then(|()| inner.bounds.whole()) {
            // It goes on to the end also when nobody waits.
            let _ = tokio::spawn(rest(held, inner)).await;
            return Err(error);
        }
        let task = tokio::spawn(finish(held, inner));
        task.await.unwrap_or_else(|_| Err(StoreError::lost(&self.held.dir)))
    }

    /// Gives up: removes what has come, and says why.
    pub async fn cancel(mut self, why: &str) {
        let Some(inner) = self.inner.take() else { return };
        let (held, why) = (self.held.clone(), why.to_owned());
        let _ = tokio::spawn(async move {
            let Inner { mut core, flow, slot, .. } = inner;
            let removed = flow.end(move |writer| {
                drop(writer);
                held.remove();
                core.progress.failed(&why);
                drop(slot);
                Ok(())
            });
            let _ = removed.await;
        })
        .await;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let (Some(inner), Ok(runtime)) = (self.inner.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(rest(self.held.clone(), inner));
        }
    }
}

/// Makes what has come durable, and says so to whoever comes later.
async fn keep(held: &Arc<Held>, inner: &mut Inner) -> Result<(), StoreError> {
    let (flush, dir, token) = (held.settings.flush, held.dir.clone(), held.token.clone());
    let (known, mut record) = (inner.core.written.clone(), inner.core.record.clone());
    let (tell, told) = tokio::sync::oneshot::channel();
    let kept = inner.flow.with(move |writer| {
        if writer.size() != record.durable {
            if flush {
                writer.flush()?;
            }
            record.durable = writer.size();
        }
        if record != known {
            // A full disk has no room for it: then the last one says less than is there.
            let _ = record.write(&dir, &token, flush);
        }
        let _ = tell.send((record, writer.sums().cloned()));
        Ok(())
    });
    let kept = kept.await;
    if let Ok((record, sums)) = told.await {
        inner.core.offset = record.durable;
        inner.core.written = record.clone();
        inner.core.record = record;
        inner.core.sums = sums;
    }
    inner.durable = inner.core.offset;
    held.reached(&inner.core);
    kept
}

/// The end of a turn whose upload goes on later.
async fn rest(held: Arc<Held>, mut inner: Inner) -> Result<u64, StoreError> {
    let kept = if inner.failed { Ok(()) } else { keep(&held, &mut inner).await };
    if inner.failed || kept.is_err() {
        salvage(&held, &mut inner.core).await;
    }
    let offset = inner.core.offset;
    let Inner { mut core, flow, slot, .. } = inner;
    drop(slot);
    core.progress.waits(offset);
    // The file is closed, and with that unlocked, before anybody else has the turn.
    let closed = flow.end(|writer| {
        drop(writer);
        Ok(())
    });
    let _ = closed.await;
    let part = held.part();
    core.left = spawn_blocking(move || left(&part)).await.ok().flatten();
    drop(core);
    kept.map(|()| offset)
}

/// The disk took a part of what came: that is kept. A part file holds nothing but what was sent, in order.
async fn salvage(held: &Arc<Held>, core: &mut Guard) {
    let part = held.part();
    let length = spawn_blocking(move || std::fs::metadata(part).map(|meta| meta.len())).await;
    if let Ok(Ok(length)) = length {
        (core.offset, core.sums) = (length, None);
    }
    held.reached(core);
}

async fn finish(held: Arc<Held>, inner: Inner) -> Result<Finished, StoreError> {
    let Inner { mut core, flow, slot, .. } = inner;
    let ended = held.clone();
    let finished = flow.end(move |writer| {
        let store = &ended.store;
        let givers = Givers { names: &store.names, folders: &store.folders, feed: &store.feed };
        let digests = core.declared.digests.clone();
        let place = ended.place(&core);
        let finished = writer.and_then(|writer| place.give(writer, || Sums::new(&digests), &givers));
        match &finished {
            Ok(finished) => {
                let _ = std::fs::remove_file(record::path(&ended.dir, &ended.token));
                store.finished.fetch_add(1, Ordering::Relaxed);
                store.alike.add(&finished.path, finished.size);
                core.progress.done(finished, &store.received);
                ended.end(Standing::Finished(finished.clone()));
            }
            // What is wrong with it stays wrong; but where the disk failed, it may be tried again.
            Err(error @ (StoreError::Digest { .. } | StoreError::Exists { .. })) => {
                ended.remove();
                core.progress.failed(&error.to_string());
            }
            Err(_) => {
                // All that came is in the file, whatever it could not become.
                core.left = left(&ended.part());
                if let Some((length, _)) = core.left {
                    (core.offset, core.sums) = (length, None);
                }
                let offset = core.offset;
                core.progress.waits(offset);
                ended.reached(&core);
            }
        }
        drop(slot);
        finished
    });
    finished.await
}
