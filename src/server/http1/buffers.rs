//! Buffers for the bodies of requests, used again: to allocate each anew costs as much as a tenth of
//! receiving.

use bytes::Bytes;
use parking_lot::Mutex;

/// Bytes of one.
pub(super) const SIZE: usize = 128 << 10;
/// Buffers that are kept while some are in use.
const KEPT: usize = 16;
/// Buffers that are kept while none is.
const RESTING: usize = 6;

static SHARED: Buffers = Buffers(Mutex::new(State { free: Vec::new(), used: 0 }));

struct Buffers(Mutex<State>);

struct State {
    free: Vec<Box<[u8]>>,
    used: usize,
}

/// A buffer. Dropping it, or the last of the [`Bytes`] that were made of it, gives it back.
pub(super) struct Buffer {
    bytes: Box<[u8]>,
    filled: usize,
}

impl Buffer {
    /// One of [`SIZE`] bytes, whatever is in them.
    pub(super) fn take() -> Self {
        let mut state = SHARED.0.lock();
        state.used += 1;
        let free = state.free.pop();
        drop(state);
        Self { bytes: free.unwrap_or_else(|| vec![0; SIZE].into()), filled: 0 }
    }

    /// Room for more, up to `most` bytes in all.
    pub(super) fn room(&mut self, most: usize) -> &mut [u8] {
        let end = most.min(self.bytes.len());
        self.bytes.get_mut(self.filled..end).unwrap_or_default()
    }

    /// So many bytes have been put into the room.
    pub(super) fn advance(&mut self, bytes: usize) {
        self.filled = (self.filled + bytes).min(self.bytes.len());
    }

    /// What is in it, without copying.
    pub(super) fn freeze(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.filled).unwrap_or_default()
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        let mut state = SHARED.0.lock();
        state.used -= 1;
        let kept = if state.used == 0 { RESTING } else { KEPT };
        if state.free.len() < kept {
            state.free.push(bytes);
        }
        state.free.truncate(kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_comes_out() {
        let mut buffer = Buffer::take();
        assert_eq!(buffer.room(10).len(), 10);
        buffer.room(10)[..3].copy_from_slice(b"abc");
        buffer.advance(3);
        assert_eq!(buffer.room(10).len(), 7);
        assert_eq!(&buffer.freeze()[..], b"abc");
    }

    #[test]
    fn no_more_are_kept_than_may_be() {
        let many: Vec<_> = (0..3 * KEPT).map(|_| Buffer::take()).collect();
        drop(many);
        assert!(SHARED.0.lock().free.len() <= KEPT);
    }
}
