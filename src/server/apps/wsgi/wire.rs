//! Frames: a kind, a length of four bytes, most significant first, and as many bytes.
//!
//! Here are their kinds and how they are cut from what arrives, for both kinds of connection.

use bytes::{Buf, BufMut, Bytes, BytesMut};

/// To the worker, for whichever thread: a request with its body.
const WHOLE: u8 = b'R';
/// A request whose body follows on another connection.
const WITH_BODY: u8 = b'P';
/// From the worker, of a request: its answer, which is whole.
const ANSWER: u8 = b'A';
/// The rest is on one of the worker's other connections.
const TURN: u8 = b'N';
/// From the worker: the numbers of requests that it was to give back.
const BACK: u8 = b'B';
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
/// It has grown far too large; how many MiB it has.
pub(super) const LARGE: u8 = b'L';
/// Something to tell the person.
pub(super) const WARNING: u8 = b'W';

/// Bytes before those of a frame.
pub(super) const PREFIX: usize = 5;
/// A frame that has to be had whole, a head or a failure, is no longer than this.
pub(super) const MOST: usize = 4 << 20;

/// Of a request's frame: its number, and the length of its environ.
const ASKED: usize = 8 + 4;

/// What a worker tells of a request, by the request's number.
pub(super) enum Told {
    /// Head and body.
    Answer(u64, BytesMut, Bytes),
    /// As [`FAILURE`].
    Failure(u64, BytesMut),
    /// The number of the connection.
    Turn(u64, usize),
    /// Requests that it has not begun.
    Back(Vec<u64>),
}

/// The frame of a request. Its environ's pairs have NUL between; `body` is `None` where it follows.
pub(super) fn request(id: u64, environ: &[u8], body: Option<&[u8]>) -> Bytes {
    let rest = body.unwrap_or_default();
    let mut frame = BytesMut::with_capacity(PREFIX + ASKED + environ.len() + rest.len());
    prefix(&mut frame, if body.is_some() { WHOLE } else { WITH_BODY }, ASKED + environ.len() + rest.len());
    frame.put_u64(id);
    // A head is bounded far below.
    frame.put_u32(u32::try_from(environ.len()).unwrap_or(u32::MAX));
    frame.extend_from_slice(environ);
    frame.extend_from_slice(rest);
    frame.freeze()
}

/// Reads what a worker tells of a request.
pub(super) fn told(kind: u8, mut bytes: BytesMut) -> Option<Told> {
    if kind == BACK {
        return Some(Told::Back(std::iter::from_fn(|| bytes.try_get_u64().ok()).collect()));
    }
    let id = bytes.try_get_u64().ok()?;
    match kind {
        ANSWER => {
            let length = bytes.try_get_u32().ok()? as usize;
            let head = (length <= bytes.len()).then(|| bytes.split_to(length))?;
            Some(Told::Answer(id, head, bytes.freeze()))
        }
        FAILURE => Some(Told::Failure(id, bytes)),
        TURN => Some(Told::Turn(id, bytes.try_get_u8().ok()?.into())),
        _ => None,
    }
}

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
    fn what_is_told_is_never_trusted() {
        assert!(matches!(told(ANSWER, BytesMut::from(&b"\0\0\0\0\0\0\0\x07\0\0\0\x02HHbody"[..])),
            Some(Told::Answer(7, head, body)) if &head[..] == b"HH" && &body[..] == b"body"));
        assert!(told(ANSWER, BytesMut::from(&b"\0\0\0\0\0\0\0\x07\0\0\0\x09HHbody"[..])).is_none());
        assert!(told(TURN, BytesMut::from(&b"\0\0\0\0\0\0\0\x07"[..])).is_none());
        assert!(
            matches!(told(BACK, BytesMut::from(&b"\0\0\0\0\0\0\0\x07\0"[..])), Some(Told::Back(ids)) if ids == [7])
        );
        assert!(told(b'?', BytesMut::from(&b"\0\0\0\0\0\0\0\x07"[..])).is_none());
    }

    #[test]
    fn texts_may_be_empty() {
        assert_eq!(texts(b"a\0\0b").collect::<Vec<_>>(), ["a", "", "b"]);
    }
}
