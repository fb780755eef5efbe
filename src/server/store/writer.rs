//! The writing end of an upload, on a thread that may block: bytes, digests, room.

use std::fs::File;
use std::io::{self, IoSlice, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::digest::Sums;
use super::part::{self, Part};
use super::{StoreError, room};
use crate::config;

/// Bytes between two looks at the free space.
const LOOK: u64 = 1 << 20;
/// Bytes after which the disk begins to take what is to be flushed in the end.
const AHEAD: u64 = 32 << 20;
/// Pieces that are written at once.
const PIECES: usize = 16;

/// Where bytes go. A new part file is made when the first of them come: a small file is written and
/// named in one go.
pub(super) struct Writer {
    dir: PathBuf,
    reserve: u64,
    /// Bytes that are expected, for a look at the room before the first.
    coming: u64,
    open: Option<(Part, File)>,
    /// The digests of what has come, where all of it has gone through here.
    sums: Option<Sums>,
    size: u64,
    looked: u64,
    ahead: Option<Ahead>,
}

/// Flushing while more comes, so that little is left to flush in the end.
struct Ahead {
    /// Bytes there were when the last flush began.
    begun: u64,
    running: Option<JoinHandle<()>>,
}

impl Ahead {
    fn go_on(&mut self, file: &File, size: u64) {
        let busy = self.running.as_ref().is_some_and(|running| !running.is_finished());
        if busy || size - self.begun < AHEAD {
            return;
        }
        // What goes wrong shows when the end is flushed.
        if let (Ok(file), Ok(runtime)) = (file.try_clone(), Handle::try_current()) {
            self.begun = size;
            self.running = Some(runtime.spawn_blocking(move || _ = file.sync_data()));
        }
    }
}

impl Writer {
    /// Writes into a new part file.
    pub(super) fn new(dir: &std::path::Path, settings: &config::Upload, coming: u64, sums: Sums) -> Self {
        let reserve = settings.reserve;
        Self {
            dir: dir.to_owned(),
            reserve,
            coming,
            open: None,
            sums: Some(sums),
            size: 0,
            looked: 0,
            ahead: ahead(settings, 0),
        }
    }

    /// Writes on after the first `size` bytes of a part file that is there; more than those are
    /// dropped. Their digests are `sums`, where they are known.
    pub(super) fn resumed(
        part: Part,
        file: File,
        size: u64,
        sums: Option<Sums>,
        settings: &config::Upload,
    ) -> io::Result<Self> {
        let reserve = settings.reserve;
        file.set_len(size)?;
        (&file).seek(SeekFrom::Start(size))?;
        let dir = part.dir().to_owned();
        Ok(Self {
            dir,
            reserve,
            coming: 0,
            open: Some((part, file)),
            sums,
            size,
            looked: size,
            ahead: ahead(settings, size),
        })
    }

    /// Makes sure that there is a part file, and room for what is expected.
    pub(super) fn open(&mut self) -> Result<(), StoreError> {
        if self.open.is_none() {
            let made = Part::create(&self.dir)?;
            room::check(&self.dir, self.reserve, self.coming)?;
            self.open = Some(made);
        }
        Ok(())
    }

    /// Appends.
    pub(super) fn write(&mut self, pieces: &[Bytes]) -> Result<(), StoreError> {
        self.open()?;
        let Some((_, file)) = &self.open else { return Ok(()) };
        let more: u64 = pieces.iter().map(|piece| piece.len() as u64).sum();
        if self.size - self.looked >= LOOK {
            room::check(&self.dir, self.reserve, more)?;
            self.looked = self.size;
        }
        for pieces in pieces.chunks(PIECES) {
            write_all(file, pieces).map_err(|error| self.failed("write to", error))?;
        }
        if let Some(sums) = &mut self.sums {
            for piece in pieces {
                sums.update(piece);
            }
        }
        self.size += more;
        if let Some(ahead) = &mut self.ahead {
            ahead.go_on(file, self.size);
        }
        Ok(())
    }

    /// Takes back all but the first `size` bytes.
    pub(super) fn rewind(&mut self, size: u64) -> Result<(), StoreError> {
        if let Some((_, file)) = &self.open
            && size < self.size
        {
            let mut file = file;
            let back = file.set_len(size).and_then(|()| file.seek(SeekFrom::Start(size)));
            back.map_err(|error| self.failed("take bytes back from", error))?;
            (self.size, self.sums) = (size, None);
            self.ahead = self.ahead.take().map(|ahead| Ahead { begun: ahead.begun.min(size), ..ahead });
        }
        Ok(())
    }

    /// Everything on disk.
    pub(super) fn flush(&self) -> Result<(), StoreError> {
        let Some((_, file)) = &self.open else { return Ok(()) };
        file.sync_data().map_err(|error| self.failed("flush to", error))
    }

    /// Whether there is a part file.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Bytes so far.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// The digests so far, where they are known.
    pub(super) fn sums(&self) -> Option<&Sums> {
        self.sums.as_ref()
    }

    /// The part file, and the digest of all its bytes; `fresh` are digests of none, for bytes that have
    /// not all gone through here.
    pub(super) fn end(mut self, fresh: impl FnOnce() -> Sums) -> Result<(Part, File, String), StoreError> {
        self.open()?;
        let lost = || StoreError::lost(&self.dir);
        let (part, mut file) = self.open.take().ok_or_else(lost)?;
        let sums = if let Some(sums) = self.sums.take() {
            sums
        } else {
            let mut sums = fresh();
            let read = file.rewind().and_then(|()| sums.read(&file));
            read.map_err(|error| self.failed("read again from", error))?;
            sums
        };
        match sums.finish() {
            Ok(digest) => Ok((part, file, digest)),
            Err(algorithm) => {
                part.give_up();
                Err(StoreError::Digest { algorithm })
            }
        }
    }

    fn failed(&self, doing: &'static str, error: io::Error) -> StoreError {
        StoreError::io(doing, &self.dir, &self.dir, self.reserve, error)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let Some((part, file)) = &self.open else { return };
        if self.ahead.as_ref().is_some_and(|ahead| ahead.running.is_some()) && !part.is_kept() {
            // The disk may still be busy with it, and hold its space for so long.
            let _ = file.set_len(0);
        }
        // A flush that is under way holds the file open.
        part::unlock(file);
    }
}

fn ahead(settings: &config::Upload, begun: u64) -> Option<Ahead> {
    settings.flush.then_some(Ahead { begun, running: None })
}

fn write_all(mut file: &File, pieces: &[Bytes]) -> io::Result<()> {
    let mut slices = [IoSlice::new(&[]); PIECES];
    for (slice, piece) in slices.iter_mut().zip(pieces) {
        *slice = IoSlice::new(piece);
    }
    let mut slices = slices.get_mut(..pieces.len().min(PIECES)).unwrap_or_default();
    IoSlice::advance_slices(&mut slices, 0);
    while !slices.is_empty() {
        match file.write_vectored(slices) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut slices, written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
