//! Memory that stan and a worker share: large pieces of bodies lie there, and only where
//! they lie goes over the connection.
//!
//! It has two sides. The first is filled by stan with the request's body, from its beginning on; where
//! it is full, stan asks to be told when all of it has been read ([`wire::ROOM`]), and begins again. The worker
//! does the same with the answer, in the second side, or in all of it once the request's body has ended. Whoever
//! asked hears a byte on the bell, a pair of sockets beside the connection, since what goes over the connection
//! itself may have to wait for the client. A connection serves again only when all of its answer has been sent: when
//! a request begins, nothing of the one before is left.

use std::io;
use std::ops::Range;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream as Pair;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};
use parking_lot::Mutex;
use rustix::mm::{MapFlags, ProtFlags};
use rustix::net::{SendFlags, Shutdown};
use tokio::net::UnixStream;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::wire;

/// Bytes of a side: a body of one mebibyte fits, and so does a form with such a file.
pub(super) const SIDE: usize = (1 << 20) + (64 << 10);
const SIZE: usize = 2 * SIDE;
/// A piece of fewer bytes goes over the connection.
pub(super) const LARGE: usize = 32 << 10;
/// What memory is copied by.
const LINE: usize = 64;
/// How long a thread is idle before its memory is given back.
const IDLE: Duration = Duration::from_secs(1);

/// The area of a connection. Dropping it lets the worker know that nobody waits.
#[derive(Debug)]
pub(super) struct Area(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// Of [`SIZE`] bytes.
    start: NonNull<u8>,
    memory: OwnedFd,
    bell: UnixStream,
    /// The worker's ring that is still to be heard.
    owed: AtomicUsize,
    /// stan fills its side.
    filling: AtomicBool,
    /// Pieces of the answer that are still to be sent.
    lent: AtomicUsize,
    returned: Notify,
    /// The worker wants to be told when there are none.
    asked: AtomicBool,
    turn: Mutex<Turn>,
}

#[derive(Debug)]
struct Turn {
    busy: bool,
    since: Instant,
    /// Something has been put there since its memory was last given back.
    used: bool,
    sweeping: bool,
}

// SAFETY: `start` is an address that is valid until the drop, whatever thread looks at it; see `Side::room`
// and `Piece::as_ref` for who does so when. All else can be shared anyway.
#[expect(unsafe_code, reason = "a raw address")]
unsafe impl Send for Shared {}
// SAFETY: as above.
#[expect(unsafe_code, reason = "a raw address")]
unsafe impl Sync for Shared {}

impl Area {
    /// An area, and what the worker gets of it: the memory and its end of the bell.
    pub(super) fn new() -> io::Result<(Self, OwnedFd, Pair)> {
        let memory = memory()?;
        let (ours, theirs) = Pair::pair()?;
        ours.set_nonblocking(true)?;
        let bell = UnixStream::from_std(ours)?;
        let given = memory.try_clone()?;
        let start = map(memory.as_fd())?;
        let shared = Shared {
            start,
            memory,
            bell,
            owed: AtomicUsize::new(0),
            filling: AtomicBool::new(false),
            lent: AtomicUsize::new(0),
            returned: Notify::new(),
            asked: AtomicBool::new(false),
            turn: Mutex::new(Turn { busy: false, since: Instant::now(), used: false, sweeping: false }),
        };
        Ok((Self(Arc::new(shared)), given, theirs))
    }

    /// A request begins.
    pub(super) fn begin(&self) {
        self.0.turn.lock().busy = true;
    }

    /// The answer has been sent.
    pub(super) fn rest(&self) {
        let mut turn = self.0.turn.lock();
        (turn.busy, turn.since) = (false, Instant::now());
        if turn.used && !turn.sweeping {
            turn.sweeping = true;
            tokio::spawn(sweep(Arc::downgrade(&self.0)));
        }
    }

    /// The side that the request's body is put into.
    pub(super) fn side(&self) -> Side {
        self.0.filling.store(true, SeqCst);
        self.0.turn.lock().used = true;
        Side { shared: self.0.clone(), filled: 0, told: 0 }
    }

    /// The piece of an answer that a frame tells of; `None` where there can be none.
    pub(super) fn piece(&self, told: &[u8]) -> Option<Bytes> {
        let range = place(told)?;
        if range.start < SIDE && self.0.filling.load(SeqCst) {
            return None;
        }
        self.0.turn.lock().used = true;
        self.0.lent.fetch_add(1, SeqCst);
        Some(Bytes::from_owner(Piece { shared: self.0.clone(), range }))
    }

    /// The worker wants to be told when all its pieces have been sent.
    pub(super) fn asked(&self) {
        self.0.asked.store(true, SeqCst);
        if self.0.lent.load(SeqCst) == 0 {
            self.0.ring_if_asked();
        }
    }

    /// Whether all pieces have been sent.
    pub(super) fn is_free(&self) -> bool {
        self.0.lent.load(SeqCst) == 0
    }

    /// Waits until they have been.
    pub(super) async fn free(&self) {
        while !self.is_free() {
            self.0.returned.notified().await;
        }
    }
}

impl Drop for Area {
    fn drop(&mut self) {
        let _ = rustix::net::shutdown(&self.0.bell, Shutdown::Both);
    }
}

impl Shared {
    fn ring_if_asked(&self) {
        if self.asked.swap(false, SeqCst) {
            // It asks once for a ring, so there is room; a worker that has gone needs none.
            let _ = rustix::net::send(&self.bell, b".", SendFlags::DONTWAIT);
        }
    }
}

impl Shared {
    /// Gives the memory back if the thread has been idle for long enough. No request begins meanwhile.
    fn is_swept(&self, now: Instant) -> bool {
        let mut turn = self.turn.lock();
        if turn.busy || now < turn.since + IDLE {
            return false;
        }
        empty(self.memory.as_fd());
        (turn.used, turn.sweeping) = (false, false);
        true
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: it was mapped by `map` with this length, and nobody has its address any more: what
        // was made of it holds this.
        #[expect(unsafe_code, reason = "the system offers it in no other form")]
        let _ = unsafe { rustix::mm::munmap(self.start.as_ptr().cast(), SIZE) };
    }
}

/// A piece of an answer.
struct Piece {
    shared: Arc<Shared>,
    range: Range<usize>,
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: `place` has held the range against the mapping, which `shared` keeps. stan itself
        // writes to none of it meanwhile: `Area::piece` gives nothing of stan's side while that is filled, and a
        // connection gets its next request when all pieces have gone. The worker is to leave it alone until
        // then; one that does not changes bytes of its own answer and nothing else, since they are sent on
        // and never looked at for lengths or addresses. It cannot cut the memory off: its size is sealed.
        #[expect(unsafe_code, reason = "memory that is shared with another process")]
        unsafe {
            std::slice::from_raw_parts(self.shared.start.as_ptr().add(self.range.start), self.range.len())
        }
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        if self.shared.lent.fetch_sub(1, SeqCst) == 1 {
            self.shared.returned.notify_one();
            self.shared.ring_if_asked();
        }
    }
}

/// stan's side while a body is put into it.
#[derive(Debug)]
pub(super) struct Side {
    shared: Arc<Shared>,
    filled: usize,
    /// Of that, what the worker knows of.
    told: usize,
}

impl Side {
    /// What is empty.
    pub(super) fn room(&mut self) -> &mut [u8] {
        let start = self.filled.min(SIDE);
        // SAFETY: it lies within the mapping, which `shared` keeps. There is one `Side` of an area at a time,
        // borrowed as long as the room is; `Area::piece` gives nothing of this side meanwhile. The worker has
        // not been told of these bytes, or has told that it is done with them; one that writes there all the
        // same changes what it is sent itself and nothing else.
        #[expect(unsafe_code, reason = "memory that is shared with another process")]
        unsafe {
            std::slice::from_raw_parts_mut(self.shared.start.as_ptr().add(start), SIDE - start)
        }
    }

    /// So many bytes have been put into the room.
    pub(super) fn placed(&mut self, bytes: usize) {
        self.filled = self.filled.saturating_add(bytes).min(SIDE);
    }

    /// Copies as much of `bytes` as there is room for. The system does it, which says so where it has no
    /// memory.
    pub(super) fn copy(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let most = bytes.len().min(SIDE - self.filled);
        let copied =
            rustix::io::pwrite(&self.shared.memory, bytes.get(..most).unwrap_or_default(), self.filled as u64)?;
        self.placed(copied);
        Ok(copied)
    }

    /// Leaves out as much at the beginning that what comes after the first `bytes` bytes, which is most of the
    /// body, begins where copying is fastest.
    pub(super) fn align(&mut self, bytes: usize) {
        if self.filled == 0 {
            self.filled = bytes.next_multiple_of(LINE) - bytes;
            self.told = self.filled;
        }
    }

    /// Bytes of which the worker does not know.
    pub(super) fn untold(&self) -> usize {
        self.filled - self.told
    }

    /// Bytes that are empty.
    pub(super) fn left(&self) -> usize {
        SIDE - self.filled
    }

    /// Puts the frame that tells the worker of all.
    pub(super) fn tell(&mut self, out: &mut BytesMut) {
        if self.untold() > 0 {
            frame(out, self.told, self.untold());
            self.told = self.filled;
        }
    }

    /// Puts the frame that asks to be told when all has been read.
    pub(super) fn ask(&mut self, out: &mut BytesMut) {
        self.tell(out);
        wire::put(out, wire::ROOM, b"");
        self.shared.owed.fetch_add(1, SeqCst);
    }

    /// Waits for the answer to all that was asked, by whatever request.
    pub(super) async fn emptied(&mut self) -> io::Result<()> {
        while self.shared.owed.load(SeqCst) > 0 {
            self.shared.bell.readable().await?;
            match self.shared.bell.try_read(&mut [0]) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) => self.shared.owed.fetch_sub(1, SeqCst),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                Err(error) => return Err(error),
            };
        }
        (self.filled, self.told) = (0, 0);
        Ok(())
    }
}

impl Drop for Side {
    fn drop(&mut self) {
        self.shared.filling.store(false, SeqCst);
    }
}

/// Puts the frame of a piece.
fn frame(out: &mut BytesMut, start: usize, length: usize) {
    wire::prefix(out, wire::AREA, 8);
    // Both are less than the size.
    out.put_u32(start as u32);
    out.put_u32(length as u32);
}

/// Where a piece lies, if what the worker tells can be.
fn place(told: &[u8]) -> Option<Range<usize>> {
    let (start, length) = told.split_first_chunk::<4>()?;
    let length: [u8; 4] = length.try_into().ok()?;
    let start = u32::from_be_bytes(*start) as usize;
    let end = start.checked_add(u32::from_be_bytes(length) as usize)?;
    (start < end && end <= SIZE).then_some(start..end)
}

/// Gives the memory back when the thread has been idle for a while.
async fn sweep(shared: Weak<Shared>) {
    loop {
        let Some(due) = shared.upgrade().map(|shared| shared.turn.lock().since + IDLE) else { return };
        // One that works is looked at again later.
        tokio::time::sleep_until(due.max(Instant::now() + IDLE / 2)).await;
        if shared.upgrade().is_none_or(|shared| shared.is_swept(Instant::now())) {
            return;
        }
    }
}

/// Maps all of it.
fn map(memory: BorrowedFd<'_>) -> io::Result<NonNull<u8>> {
    let (rights, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED);
    // SAFETY: a new mapping wherever the system likes takes the place of no other. The file is as long, and
    // sealed to stay so, so that no access is beyond its end.
    #[expect(unsafe_code, reason = "the system offers it in no other form")]
    let start = unsafe { rustix::mm::mmap(std::ptr::null_mut(), SIZE, rights, flags, memory, 0) }?;
    NonNull::new(start.cast()).ok_or_else(|| io::ErrorKind::OutOfMemory.into())
}

/// Memory of no name, none of which is there before it is used.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn memory() -> io::Result<OwnedFd> {
    use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};
    let memory = memfd_create("stan", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    ftruncate(&memory, SIZE as u64)?;
    fcntl_add_seals(&memory, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
    Ok(memory)
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn empty(memory: BorrowedFd<'_>) {
    use rustix::fs::{FallocateFlags, fallocate};
    // Where that cannot be, the memory stays.
    let _ = fallocate(memory, FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE, 0, SIZE as u64);
}

/// Elsewhere all goes over the connection.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn memory() -> io::Result<OwnedFd> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn empty(_: BorrowedFd<'_>) {}

#[cfg(all(test, any(target_os = "linux", target_os = "android")))]
mod tests;
