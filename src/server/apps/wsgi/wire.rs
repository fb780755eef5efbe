//! Frames: a kind, a length of four bytes, most significant first, and as many bytes.
//!
//! Here are their kinds and how they are cut from what arrives, for both kinds of connection.

use bytes::{Buf, BufMut, BytesMut};

/// To the worker: a request that has no body. Its fields are the pairs of its environ, NUL between.
pub(super) const PLAIN: u8 = b'R';
/// To the worker: a request whose body follows.
pub(super) const WITH_BODY: u8 = b'P';
/// Either way: a piece of a body.
pub(super) const DATA: u8 = b'D';
/// Either way: a piece of a body that lies in the area; where it begins there, and its length, of four bytes each.
pub(super) const AREA: u8 = b'A';
/// Either way: whoever sends this has no room left in the area, and wants to hear when all in it has been read.
pub(super) const ROOM: u8 = b'W';
/// To the worker: the end of the body. From it: the end of the answer; it is idle.
pub(super) const END: u8 = b'E';
/// To the worker: the body was cut short.
pub(super) const CUT: u8 = b'X';
/// From the worker: the status, then names and values, NUL between.
pub(super) const HEAD: u8 = b'H';
/// From the worker: an answer whose body stan reads itself: path, inode, start and end, then as [`HEAD`].
pub(super) const FILE: u8 = b'S';
/// From the worker: the app failed; what, file, line, traceback, NUL between.
pub(super) const FAILURE: u8 = b'F';
/// From the worker: the end of the answer; `close()` is still to run.
pub(super) const ENDED: u8 = b'e';
/// From the worker: it is idle.
pub(super) const IDLE: u8 = b'I';

/// On the control connection, from the worker: the app has been imported; files, NUL between.
pub(super) const READY: u8 = b'R';
/// More files have been imported.
pub(super) const FILES: u8 = b'M';
/// The app could not be imported; as [`FAILURE`].
pub(super) const BROKEN: u8 = b'X';
/// A connection's thread has ended.
pub(super) const THREAD: u8 = b'T';
/// It has grown far too large; how many MiB it has.
pub(super) const LARGE: u8 = b'L';
/// Something to tell the person.
pub(super) const WARNING: u8 = b'W';

/// Bytes before those of a frame.
pub(super) const PREFIX: usize = 5;
/// A frame that has to be had whole, a head or a failure, is no longer than this.
pub(super) const MOST: usize = 4 << 20;

/// Puts the prefix of a frame of `length` bytes.
pub(super) fn prefix(out: &mut BytesMut, kind: u8, length: usize) {
    out.put_u8(kind);
    // Nothing that is sent in one frame is anywhere near 4 GiB.
    out.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
}

/// Puts a whole frame.
pub(super) fn put(out: &mut BytesMut, kind: u8, bytes: &[u8]) {
    prefix(out, kind, bytes.len());
    out.extend_from_slice(bytes);
}

/// Kind and length of the frame that `buffer` begins with, if so much of it has come.
pub(super) fn peek(buffer: &[u8]) -> Option<(u8, usize)> {
    let (prefix, _) = buffer.split_first_chunk::<PREFIX>()?;
    let [kind, length @ ..] = *prefix;
    Some((kind, u32::from_be_bytes(length) as usize))
}

/// Takes the frame that `buffer` begins with, if it is there whole.
pub(super) fn take(buffer: &mut BytesMut) -> Option<(u8, BytesMut)> {
    let (kind, length) = peek(buffer)?;
    if buffer.len() - PREFIX < length {
        return None;
    }
    buffer.advance(PREFIX);
    Some((kind, buffer.split_to(length)))
}

/// The texts of a frame.
pub(super) fn texts(bytes: &[u8]) -> impl Iterator<Item = String> {
    bytes.split(|byte| *byte == 0).map(|text| String::from_utf8_lossy(text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_taken_whole() {
        let mut all = BytesMut::new();
        put(&mut all, DATA, b"abc");
        put(&mut all, END, b"");
        let whole = all.clone();
        let mut some = BytesMut::new();
        let mut taken = Vec::new();
        for byte in whole {
            some.put_u8(byte);
            taken.extend(take(&mut some).map(|(kind, bytes)| (kind, bytes.to_vec())));
        }
        assert_eq!(taken, [(DATA, b"abc".to_vec()), (END, Vec::new())]);
        assert!(some.is_empty());
    }

    #[test]
    fn texts_may_be_empty() {
        assert_eq!(texts(b"a\0\0b").collect::<Vec<_>>(), ["a", "", "b"]);
    }
}
