//! A body made of a file's bytes, in bounded memory.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::task::{JoinHandle, spawn_blocking};

/// Where it is read, it is read piece by piece, one in memory at a time.
const PIECE: u64 = 128 << 10;

/// A piece of a body.
#[derive(Debug)]
pub enum Part {
    /// Known bytes.
    Bytes(Bytes),
    /// Bytes of the file.
    Span(Range<u64>),
}

/// A body that is made of a file's bytes and what stands between them.
///
/// When the file has become shorter it ends with an error, and so does the connection: the
/// length has been promised.
#[derive(Debug)]
pub struct FileBody {
    file: Arc<File>,
    parts: VecDeque<Part>,
    left: u64,
    reading: Option<JoinHandle<io::Result<Bytes>>>,
}

impl FileBody {
    pub(crate) fn new(file: Arc<File>, parts: impl Into<VecDeque<Part>>) -> Self {
        let parts = parts.into();
        let left = parts.iter().map(Part::len).sum();
        Self { file, parts, left, reading: None }
    }

    /// What is to be sent next, for whoever can send it without reading it.
    pub(crate) fn front(&self) -> Option<&Part> {
        self.parts.front()
    }

    /// The file that spans are of.
    pub(crate) fn file(&self) -> &Arc<File> {
        &self.file
    }

    /// The error that ends a body whose file has become shorter.
    pub(crate) fn shorter() -> io::Error {
        io::Error::new(io::ErrorKind::UnexpectedEof, "the file became shorter while it was sent")
    }

    /// Takes the bytes at the front away from what is left to send.
    pub(crate) fn advance(&mut self, read: u64) {
        self.left = self.left.saturating_sub(read);
        if let Some(Part::Span(span)) = self.parts.front_mut() {
            span.start += read;
        }
        if self.parts.front().is_some_and(|part| matches!(part, Part::Bytes(_)) || part.len() == 0) {
            self.parts.pop_front();
        }
    }
}

impl Part {
    fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Span(span) => span.end.saturating_sub(span.start),
        }
    }
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        if this.reading.is_none() {
            match this.parts.front() {
                None => return Poll::Ready(None),
                Some(Part::Bytes(bytes)) => {
                    let bytes = bytes.clone();
                    this.advance(bytes.len() as u64);
                    return Poll::Ready(Some(Ok(Frame::data(bytes))));
                }
                Some(Part::Span(span)) => {
                    let (file, at) = (Arc::clone(&this.file), span.start);
                    let length = (span.end - at).min(PIECE);
                    this.reading = Some(spawn_blocking(move || piece(&file, at, length)));
                }
            }
        }
        let Some(reading) = &mut this.reading else { return Poll::Ready(None) };
        let read = ready!(Pin::new(reading).poll(cx)).map_err(io::Error::other).flatten();
        this.reading = None;
        Poll::Ready(Some(match read {
            Ok(bytes) => {
                this.advance(bytes.len() as u64);
                Ok(Frame::data(bytes))
            }
            Err(error) => {
                this.parts.clear();
                Err(error)
            }
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.parts.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// Reads up to `length` bytes, at least one.
fn piece(file: &File, at: u64, length: u64) -> io::Result<Bytes> {
    let mut bytes = vec![0; length as usize];
    loop {
        match file.read_at(&mut bytes, at) {
            Ok(0) => {
                return Err(FileBody::shorter());
            }
            Ok(read) => {
                bytes.truncate(read);
                return Ok(bytes.into());
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;
    use std::io::Write as _;

    fn file(bytes: &[u8]) -> Arc<File> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        Arc::new(file)
    }

    #[tokio::test]
    async fn a_large_file_comes_in_pieces() {
        let bytes: Vec<u8> = (0..1_000_000_u32).map(|n| (n % 251) as u8).collect();
        let mut body = FileBody::new(file(&bytes), [Part::Span(0..bytes.len() as u64)]);
        assert_eq!(body.size_hint().exact(), Some(1_000_000));
        let mut got = Vec::new();
        while let Some(frame) = body.frame().await {
            let data = frame.unwrap().into_data().unwrap();
            assert!(data.len() as u64 <= PIECE);
            got.extend_from_slice(&data);
            assert_eq!(body.size_hint().exact(), Some((bytes.len() - got.len()) as u64));
        }
        assert!(body.is_end_stream() && got == bytes);
    }

    #[tokio::test]
    async fn parts_and_text_between_them() {
        let parts = [
            Part::Bytes("<".into()),
            Part::Span(2..4),
            Part::Bytes("|".into()),
            Part::Span(0..1),
            Part::Bytes(">".into()),
        ];
        let body = FileBody::new(file(b"abcdef"), parts);
        assert_eq!(body.collect().await.unwrap().to_bytes(), "<cd|a>");
    }

    #[tokio::test]
    async fn a_file_cut_short_ends_with_an_error() {
        let file = file(&vec![b'x'; 300_000]);
        let mut body = FileBody::new(Arc::clone(&file), [Part::Span(0..300_000)]);
        assert!(body.frame().await.unwrap().is_ok());
        file.set_len(10).unwrap();
        let error = body.frame().await.unwrap().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        assert!(body.frame().await.is_none());
    }
}
