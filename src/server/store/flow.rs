//! Bytes on their way to the disk: receiving overlaps with writing, in two batches of memory.

use bytes::Bytes;
use tokio::task::{JoinHandle, spawn_blocking};

use super::StoreError;
use super::writer::Writer;

/// Bytes collected before they are handed to the disk; fewer where many uploads share [`ALL`].
const BATCH: usize = 512 << 10;
const LEAST: usize = 64 << 10;
/// Bytes that those collected of all uploads come to, about.
const ALL: usize = 8 << 20;
/// What is smaller is copied, so that a slow sender's small reads do not keep the socket's large
/// buffers.
const SMALL: usize = 48 << 10;

/// One upload's way to the disk.
pub(super) struct Flow {
    disk: Disk,
    batch: Batch,
}

/// Where the writing end is.
enum Disk {
    Here(Box<Writer>),
    /// Writing a batch.
    Writing(JoinHandle<Result<Box<Writer>, StoreError>>),
    /// Lost to an earlier failure.
    Gone,
}

/// What waits to be written.
#[derive(Default)]
struct Batch {
    pieces: Vec<Bytes>,
    /// Small pieces together.
    small: Vec<u8>,
    size: usize,
}

impl Batch {
    fn push(&mut self, piece: Bytes) {
        self.size += piece.len();
        if piece.len() < SMALL {
            grow(&mut self.small, piece.len());
            self.small.extend_from_slice(&piece);
        } else {
            self.settle();
            self.pieces.push(piece);
        }
    }

    fn settle(&mut self) {
        if !self.small.is_empty() {
            self.pieces.push(std::mem::take(&mut self.small).into());
        }
    }

    fn take(&mut self) -> Vec<Bytes> {
        self.settle();
        self.size = 0;
        std::mem::take(&mut self.pieces)
    }
}

impl Flow {
    pub(super) fn new(writer: Writer) -> Self {
        Self { disk: Disk::Here(Box::new(writer)), batch: Batch::default() }
    }

    /// Appends. Waits only while the disk is more than a batch behind.
    /// `open` is how many uploads are under way.
    pub(super) async fn push(&mut self, piece: Bytes, open: usize) -> Result<(), StoreError> {
        self.batch.push(piece);
        if self.batch.size < (ALL / open.max(1)).clamp(LEAST, BATCH) {
            return Ok(());
        }
        let mut writer = self.writer().await?;
        let pieces = self.batch.take();
        self.disk = Disk::Writing(spawn_blocking(move || writer.write(&pieces).map(|()| writer)));
        Ok(())
    }

    /// Whether nothing has been written yet.
    pub(super) fn is_in_memory(&self) -> bool {
        matches!(&self.disk, Disk::Here(writer) if !writer.is_open())
    }

    /// The writing end, when it has written what it was given.
    async fn writer(&mut self) -> Result<Box<Writer>, StoreError> {
        if let Disk::Writing(task) = &mut self.disk {
            let written = task.await;
            self.disk = Disk::Gone;
            return written.unwrap_or_else(|_| Err(StoreError::given_up()));
        }
        match std::mem::replace(&mut self.disk, Disk::Gone) {
            Disk::Here(writer) => Ok(writer),
            Disk::Writing(_) | Disk::Gone => Err(StoreError::given_up()),
        }
    }

    /// Has all that was appended written, and then `work` done, on a thread that may block and goes on
    /// to the end whether anybody waits or not. `work` is told where writing failed.
    pub(super) async fn end<T: Send + 'static>(
        mut self,
        work: impl FnOnce(Result<Writer, StoreError>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let mut writer = match self.writer().await {
            Ok(writer) => writer,
            Err(error) => return work(Err(error)),
        };
        let pieces = self.batch.take();
        let task = spawn_blocking(move || {
            let written = writer.write(&pieces);
            drop(pieces);
            work(written.map(|()| *writer))
        });
        task.await.unwrap_or_else(|_| Err(StoreError::given_up()))
    }

    /// The same for what is to go on afterwards.
    pub(super) async fn with(
        &mut self,
        work: impl FnOnce(&mut Writer) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<(), StoreError> {
        let mut writer = self.writer().await?;
        let pieces = self.batch.take();
        // Whoever stops waiting here leaves the writer where it can be found.
        self.disk = Disk::Writing(spawn_blocking(move || {
            writer.write(&pieces)?;
            work(&mut writer).map(|()| writer)
        }));
        self.disk = Disk::Here(self.writer().await?);
        Ok(())
    }

    /// Bytes of memory held.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.batch.size + if matches!(self.disk, Disk::Writing(_)) { 2 * BATCH } else { 0 }
    }
}

impl Drop for Flow {
    fn drop(&mut self) {
        // To remove a large file takes the disk a while.
        let disk = std::mem::replace(&mut self.disk, Disk::Gone);
        if let (Disk::Here(writer), Ok(runtime)) = (disk, tokio::runtime::Handle::try_current())
            && writer.is_open()
        {
            runtime.spawn_blocking(move || drop(writer));
        }
    }
}

/// Makes room as a vector does, but never beyond a batch: most files are small, many come at once.
fn grow(small: &mut Vec<u8>, more: usize) {
    let needed = small.len() + more;
    if needed > small.capacity() {
        let capacity = (small.capacity() * 2).min(BATCH).max(needed);
        small.reserve_exact(capacity - small.len());
    }
}
