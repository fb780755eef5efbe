//! A body compressed as it comes: whenever its source has nothing more just now, everything that
//! came is flushed, so that an event is read before the next one happens.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::coding::Coding;
use super::encoder::{Effort, Encoder};
use crate::server::body::Body;

/// Streams that are compressed at the same time, each with about 1 MiB; beyond that they go as
/// they are.
static STREAMS: Semaphore = Semaphore::const_new(64);

/// Bytes compressed at a stretch.
const PIECE: usize = 16 << 10;
/// Bytes compressed before others get their turn.
const TURN: usize = 64 << 10;
/// Bytes that are sent on without waiting for more.
const FULL: usize = 16 << 10;

/// A body on its way through an encoder.
struct Encoding {
    source: Body,
    /// `None` when it has ended.
    work: Option<Work>,
    /// Of the frame that came last.
    rest: Bytes,
    trailers: Option<Frame<Bytes>>,
}

struct Work {
    encoder: Encoder,
    /// Something was written that the other side cannot read yet.
    unflushed: bool,
    _place: SemaphorePermit<'static>,
}

/// The body in this coding; the body itself where there are too many already.
pub(super) fn open(source: Body, coding: Coding) -> Result<Body, Body> {
    let Ok(place) = STREAMS.try_acquire() else { return Err(source) };
    let Ok(encoder) = Encoder::new(coding, Effort::Stream, None) else { return Err(source) };
    let work = Some(Work { encoder, unflushed: false, _place: place });
    Ok(Body::stream(Encoding { source, work, rest: Bytes::new(), trailers: None }))
}

impl Work {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.unflushed = true;
        self.encoder.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.unflushed) { self.encoder.flush() } else { Ok(()) }
    }
}

impl Encoding {
    /// The next bytes, `None` at the end.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Bytes>>> {
        let mut turn = 0;
        loop {
            let Some(work) = &mut self.work else { return Poll::Ready(Ok(None)) };
            if !self.rest.is_empty() {
                let piece = self.rest.split_to(self.rest.len().min(PIECE));
                work.write(&piece)?;
                turn += piece.len();
                if work.encoder.ready() >= FULL {
                    return Poll::Ready(Ok(Some(work.encoder.take())));
                }
                if turn >= TURN {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                continue;
            }
            match Pin::new(&mut self.source).poll_frame(cx)? {
                Poll::Pending => {
                    work.flush()?;
                    if work.encoder.ready() == 0 {
                        return Poll::Pending;
                    }
                    return Poll::Ready(Ok(Some(work.encoder.take())));
                }
                Poll::Ready(Some(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(trailers) => {
                        self.trailers = Some(trailers);
                        return Poll::Ready(self.end());
                    }
                },
                Poll::Ready(None) => return Poll::Ready(self.end()),
            }
        }
    }

    fn end(&mut self) -> io::Result<Option<Bytes>> {
        self.work.take().map(|work| work.encoder.finish()).transpose()
    }
}

impl HttpBody for Encoding {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        match this.poll(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(Some(bytes))) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            Poll::Ready(Ok(None)) => Poll::Ready(this.trailers.take().map(Ok)),
            Poll::Ready(Err(error)) => {
                // Cut short: what is out must not look whole.
                this.work = None;
                Poll::Ready(Some(Err(error)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.work.is_none() && self.trailers.is_none()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt, StreamBody};
    use tokio::sync::mpsc;

    use super::super::testing::{decoded, readable, text};
    use super::*;

    type Item = io::Result<Frame<Bytes>>;

    fn channel() -> (mpsc::Sender<Item>, Body) {
        let (sender, receiver) = mpsc::channel(8);
        let stream =
            futures_util::stream::unfold(receiver, |mut receiver| async { Some((receiver.recv().await?, receiver)) });
        (sender, Body::stream(StreamBody::new(stream)))
    }

    fn opened(source: Body, coding: Coding) -> Body {
        open(source, coding).unwrap_or_else(|_| panic!("too many streams"))
    }

    #[tokio::test]
    async fn an_event_is_read_before_the_next_one_happens() {
        for coding in Coding::ALL {
            let (sender, source) = channel();
            let mut body = opened(source, coding);
            let mut came = Vec::new();
            let mut wanted = Vec::new();
            for n in 0..5 {
                let event = format!("data: event {n}\n\n");
                wanted.extend_from_slice(event.as_bytes());
                sender.send(Ok(Frame::data(event.into()))).await.unwrap();
                while readable(coding, &came) != wanted {
                    came.extend_from_slice(&body.frame().await.unwrap().unwrap().into_data().unwrap());
                }
            }
            drop(sender);
            came.extend_from_slice(&body.collect().await.unwrap().to_bytes());
            assert!(decoded(coding, &came) == wanted, "{coding:?}");
        }
    }

    #[tokio::test]
    async fn a_large_one_comes_in_pieces() {
        for coding in Coding::ALL {
            let (sender, source) = channel();
            let mut body = opened(source, coding);
            let whole = text(3_000_000);
            let sent = Bytes::from(whole.clone());
            tokio::spawn(async move {
                for at in (0..sent.len()).step_by(100_000) {
                    sender.send(Ok(Frame::data(sent.slice(at..at + 100_000)))).await.unwrap();
                }
            });
            let mut came = Vec::new();
            while let Some(frame) = body.frame().await {
                let data = frame.unwrap().into_data().unwrap();
                assert!(data.len() < 300_000, "{}", data.len());
                came.extend_from_slice(&data);
            }
            assert!(body.is_end_stream() && decoded(coding, &came) == whole, "{coding:?}");
        }
    }

    #[tokio::test]
    async fn trailers_come_last() {
        let (sender, source) = channel();
        let trailers = http::HeaderMap::from_iter([(http::header::ETAG, "\"x\"".parse().unwrap())]);
        sender.send(Ok(Frame::data("a".into()))).await.unwrap();
        sender.send(Ok(Frame::trailers(trailers.clone()))).await.unwrap();
        drop(sender);
        let all = opened(source, Coding::Gzip).collect().await.unwrap();
        assert_eq!(all.trailers(), Some(&trailers));
        assert_eq!(decoded(Coding::Gzip, &all.to_bytes()), b"a");
    }

    #[tokio::test]
    async fn an_error_ends_it_and_it_is_not_whole() {
        let (sender, source) = channel();
        sender.send(Ok(Frame::data("a".into()))).await.unwrap();
        sender.send(Err(io::ErrorKind::UnexpectedEof.into())).await.unwrap();
        let mut body = opened(source, Coding::Zstd);
        assert_eq!(body.frame().await.unwrap().unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert!(body.frame().await.is_none() && body.is_end_stream());
    }
}
