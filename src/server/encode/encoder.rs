//! The encoders behind one face: bytes in, fewer bytes out, flushed or ended when told.

use std::io::{self, Write};

use brotli::enc::BrotliEncoderParams;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::sync::Semaphore;

use super::coding::Coding;

/// Large bodies that are compressed at the same time: each takes a core, and memory while it lasts.
static WORK: Semaphore = Semaphore::const_new(2);

/// How much time and memory a coding may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effort {
    /// Once, and then kept: a megabyte of window, up to 6 MiB while it lasts.
    Kept,
    /// For this answer only: 256 KiB of window, up to 3 MiB while it lasts.
    Once,
    /// For as long as a stream lasts: at most 128 KiB of window, about 1 MiB.
    Stream,
}

/// An encoder at work.
pub(super) enum Encoder {
    Brotli(Box<brotli::CompressorWriter<Vec<u8>>>),
    Zstd(zstd::Encoder<'static, Vec<u8>>),
    Gzip(GzEncoder<Vec<u8>>),
}

impl Encoder {
    /// Begins; `length` is what will come, where that is known.
    pub(super) fn new(coding: Coding, effort: Effort, length: Option<usize>) -> io::Result<Self> {
        Ok(match coding {
            Coding::Brotli => {
                // Qualities 5 and up take 33 MiB with windows below 2^17.
                let (quality, lgwin) = match effort {
                    Effort::Kept => (6, 20),
                    Effort::Once => (4, 18),
                    Effort::Stream => (3, 16),
                };
                let parameters =
                    BrotliEncoderParams { quality, lgwin, size_hint: length.unwrap_or(0), ..Default::default() };
                Self::Brotli(Box::new(brotli::CompressorWriter::with_params(Vec::new(), 4096, &parameters)))
            }
            Coding::Zstd => {
                let (level, window) = match effort {
                    Effort::Kept => (9, 20),
                    Effort::Once => (3, 18),
                    Effort::Stream => (3, 17),
                };
                let mut encoder = zstd::Encoder::new(Vec::new(), level)?;
                encoder.window_log(window)?;
                encoder.set_pledged_src_size(length.map(|length| length as u64))?;
                Self::Zstd(encoder)
            }
            Coding::Gzip => Self::Gzip(GzEncoder::new(Vec::new(), Compression::new(6))),
        })
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Brotli(encoder) => encoder.write_all(bytes),
            Self::Zstd(encoder) => encoder.write_all(bytes),
            Self::Gzip(encoder) => encoder.write_all(bytes),
        }
    }

    /// Brings out everything written so far, so that the other side can read it.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Brotli(encoder) => encoder.flush(),
            Self::Zstd(encoder) => encoder.flush(),
            Self::Gzip(encoder) => encoder.flush(),
        }
    }

    /// How many bytes are out and not yet taken.
    pub(super) fn ready(&self) -> usize {
        match self {
            Self::Brotli(encoder) => encoder.get_ref().len(),
            Self::Zstd(encoder) => encoder.get_ref().len(),
            Self::Gzip(encoder) => encoder.get_ref().len(),
        }
    }

    /// Takes the bytes that are out.
    pub(super) fn take(&mut self) -> Bytes {
        let out = match self {
            Self::Brotli(encoder) => encoder.get_mut(),
            Self::Zstd(encoder) => encoder.get_mut(),
            Self::Gzip(encoder) => encoder.get_mut(),
        };
        std::mem::take(out).into()
    }

    /// Ends; the bytes that were not yet taken.
    pub(super) fn finish(self) -> io::Result<Bytes> {
        Ok(match self {
            Self::Brotli(encoder) => encoder.into_inner().into(),
            Self::Zstd(encoder) => encoder.finish()?.into(),
            Self::Gzip(encoder) => encoder.finish()?.into(),
        })
    }
}

/// All of `bytes` at once.
pub(super) fn whole(coding: Coding, effort: Effort, bytes: &[u8]) -> io::Result<Bytes> {
    let mut encoder = Encoder::new(coding, effort, Some(bytes.len()))?;
    encoder.write(bytes)?;
    encoder.finish()
}

/// Runs work of this kind on a thread for blocking work, when its turn has come.
pub(super) async fn aside<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    let _turn = WORK.acquire().await.map_err(io::Error::other)?;
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use super::super::testing::{decoded, text};
    use super::*;

    #[test]
    fn whole_and_back() {
        for coding in Coding::ALL {
            for effort in [Effort::Kept, Effort::Once, Effort::Stream] {
                for length in [0, 1, 1000, 70_000, 1_500_000] {
                    let bytes = text(length);
                    let out = whole(coding, effort, &bytes).unwrap();
                    assert!(length < 1000 || out.len() < length / 2, "{coding:?} {effort:?} {length}: {}", out.len());
                    assert!(decoded(coding, &out) == bytes, "{coding:?} {effort:?} {length}");
                }
            }
        }
    }

    #[test]
    fn what_was_flushed_can_be_read_before_the_end() {
        for coding in Coding::ALL {
            let mut encoder = Encoder::new(coding, Effort::Stream, None).unwrap();
            let mut out = Vec::new();
            let mut written = Vec::new();
            for piece in [&b"data: one\n\n"[..], b"data: two\n\n", &text(100_000)] {
                encoder.write(piece).unwrap();
                encoder.flush().unwrap();
                written.extend_from_slice(piece);
                assert!(encoder.ready() > 0);
                out.extend_from_slice(&encoder.take());
                assert!(super::super::testing::readable(coding, &out) == written, "{coding:?}");
            }
            out.extend_from_slice(&encoder.finish().unwrap());
            assert!(decoded(coding, &out) == written, "{coding:?}");
        }
    }

    #[test]
    fn windows_are_modest() {
        // RFC 8878, section 3.1.1.1.2; a browser takes 8 MiB at most (RFC 9659).
        let out = whole(Coding::Zstd, Effort::Stream, &text(1_000_000)).unwrap();
        let exponent = out.get(5).unwrap() >> 3;
        assert!(exponent + 10 <= 17, "2^{}", exponent + 10);
    }
}
