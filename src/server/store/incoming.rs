//! One upload while its bytes come: receiving overlaps with writing, in two blocks of memory.

use std::sync::atomic::Ordering;
use std::time::SystemTime;

use bytes::Bytes;
use tokio::task::{JoinHandle, spawn_blocking};

use super::cancel::Cancel;
use super::part::Part;
use super::place::{self, Place};
use super::progress::Progress;
use super::writer::Writer;
use super::{Declared, Finished, Slot, StoreError};
use crate::config;

/// Bytes collected before they are handed to the disk. Bytes are copied once, so that a slow
/// sender's small reads do not keep the socket's large buffers alive.
const BLOCK: usize = 1 << 20;

/// One upload under way. Dropping it cancels: the part file is removed at once.
pub struct Incoming {
    disk: Disk,
    /// Collects what arrives.
    block: Vec<u8>,
    received: u64,
    declared: Option<u64>,
    max_size: u64,
    progress: Progress,
    place: Place,
    part: Part,
    slot: Slot,
    cancel: Cancel,
}

/// Where the writing end is.
enum Disk {
    /// Here, with an empty block to collect the next bytes in.
    Ready(Writer, Vec<u8>),
    /// Writing a block.
    Writing(JoinHandle<Result<(Writer, Vec<u8>), StoreError>>),
    /// Lost to an earlier failure.
    Gone,
}

impl Incoming {
    #[expect(clippy::too_many_arguments, reason = "all that an upload is made of, put together in one place")]
    pub(super) fn new(
        slot: Slot,
        part: Part,
        writer: Writer,
        progress: Progress,
        name: String,
        declared: &Declared,
        settings: &config::Upload,
        cancel: Cancel,
    ) -> Self {
        let place = Place {
            dir: part.dir().to_owned(),
            name,
            exists: settings.exists,
            flush: settings.flush,
            modified: declared.modified.filter(|time| credible(*time)),
        };
        Self {
            disk: Disk::Ready(writer, Vec::new()),
            block: Vec::new(),
            received: 0,
            declared: declared.length,
            max_size: settings.max_size,
            progress,
            place,
            part,
            slot,
            cancel,
        }
    }

    /// Bytes so far.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Bytes of memory held: the block that fills, and the one that waits or is written.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        let other = match &self.disk {
            Disk::Ready(_, block) => block.capacity(),
            Disk::Writing(_) => BLOCK,
            Disk::Gone => 0,
        };
        self.block.capacity() + other
    }

    /// Appends. Waits only while the disk is more than a block behind. After an error the upload
    /// is lost.
    pub async fn write(&mut self, chunk: Bytes) -> Result<(), StoreError> {
        let written = self.append(&chunk).await;
        written.inspect_err(|error| self.progress.failed(&error.to_string()))
    }

    async fn append(&mut self, mut chunk: &[u8]) -> Result<(), StoreError> {
        if self.cancel.cancelled() {
            return Err(StoreError::Cancelled);
        }
        self.received += chunk.len() as u64;
        if let Some(declared) = self.declared.filter(|declared| self.received > *declared) {
            return Err(StoreError::Length { declared, received: self.received });
        }
        if self.max_size > 0 && self.received > self.max_size {
            return Err(StoreError::TooLarge { limit: self.max_size });
        }
        self.progress.received(self.received);
        while !chunk.is_empty() {
            let (now, later) = chunk.split_at(chunk.len().min(BLOCK - self.block.len()));
            grow(&mut self.block, now.len());
            self.block.extend_from_slice(now);
            chunk = later;
            if self.block.len() == BLOCK {
                let (writer, empty) = self.ready().await?;
                let full = std::mem::replace(&mut self.block, empty);
                self.disk = Disk::Writing(spawn_blocking(move || write_block(writer, full)));
            }
        }
        Ok(())
    }

    /// The writing end, when it has written what it had.
    async fn ready(&mut self) -> Result<(Writer, Vec<u8>), StoreError> {
        let disk = match &mut self.disk {
            Disk::Writing(task) => {
                let written = task.await;
                self.disk = Disk::Gone;
                return written.unwrap_or_else(|_| Err(self.part.lost()));
            }
            disk => std::mem::replace(disk, Disk::Gone),
        };
        match disk {
            Disk::Ready(writer, block) => Ok((writer, block)),
            Disk::Writing(_) | Disk::Gone => Err(self.part.lost()),
        }
    }

    /// Gives the file its final name, once every byte is on disk.
    ///
    /// Goes on to the end also when the caller stops waiting: what is whole is kept.
    pub async fn finish(mut self) -> Result<Finished, StoreError> {
        let short = self.declared.filter(|declared| *declared != self.received);
        let ready = match short {
            Some(declared) => Err(StoreError::Length { declared, received: self.received }),
            None if self.cancel.cancelled() => Err(StoreError::Cancelled),
            None => self.ready().await,
        };
        match ready {
            Ok((writer, _)) => {
                let lost = self.part.lost();
                spawn_blocking(move || self.end(writer)).await.unwrap_or(Err(lost))
            }
            Err(error) => {
                self.progress.failed(&error.to_string());
                Err(error)
            }
        }
    }

    fn end(self, mut writer: Writer) -> Result<Finished, StoreError> {
        let Self { block, place, part, mut progress, slot, .. } = self;
        let names = &slot.0.names;
        let finished = writer.write(&block).and_then(|()| place::place(&part, writer, &place, names));
        match &finished {
            Ok(finished) => {
                slot.0.finished.fetch_add(1, Ordering::Relaxed);
                progress.done(finished, &slot.0.received);
            }
            Err(error) => progress.failed(&error.to_string()),
        }
        finished
    }

    /// Gives up, and says why.
    pub fn cancel(mut self, why: &str) {
        self.progress.failed(why);
    }
}

/// Makes room as a vector does, but never beyond a block: most files are small, many come at once.
fn grow(block: &mut Vec<u8>, more: usize) {
    let needed = block.len() + more;
    if needed > block.capacity() {
        let capacity = (block.capacity() * 2).clamp(needed, BLOCK);
        block.reserve_exact(capacity - block.len());
    }
}

fn write_block(mut writer: Writer, mut block: Vec<u8>) -> Result<(Writer, Vec<u8>), StoreError> {
    writer.write(&block)?;
    block.clear();
    Ok((writer, block))
}

/// Whether a sender's clock can be believed: after 1980 (where FAT begins), not after tomorrow.
fn credible(time: SystemTime) -> bool {
    const Y1980: u64 = 315_532_800;
    const DAY: u64 = 86_400;
    let since = |t: SystemTime| t.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_secs());
    since(time) > Y1980 && since(time) <= since(SystemTime::now()) + DAY
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::credible;

    #[test]
    fn times_of_a_lost_clock_are_not_kept() {
        let at = |secs| SystemTime::UNIX_EPOCH + Duration::from_secs(secs);
        assert!(!credible(SystemTime::UNIX_EPOCH));
        assert!(!credible(at(315_532_800)));
        assert!(credible(at(315_532_801)));
        assert!(credible(SystemTime::now() + Duration::from_secs(3600)));
        assert!(!credible(SystemTime::now() + Duration::from_secs(2 * 86_400)));
    }
}
