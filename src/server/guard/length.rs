//! `body`: a body whose length nobody has told, cut off where it becomes too long.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};

use crate::server::body::Received;

/// Says afterwards whether a body was too long.
#[derive(Debug, Clone, Default)]
pub(crate) struct TooLong(Arc<AtomicBool>);

impl TooLong {
    pub(crate) fn is(&self) -> bool {
        self.0.load(Relaxed)
    }
}

/// The body, which fails after `most` bytes.
pub(crate) fn limited(body: Received, most: u64) -> (Received, TooLong) {
    let too_long = TooLong::default();
    let limited = Received::stream(Limited { body, left: most, too_long: too_long.clone() });
    (limited, too_long)
}

struct Limited {
    body: Received,
    left: u64,
    too_long: TooLong,
}

impl HttpBody for Limited {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        if this.too_long.is() {
            return Poll::Ready(None);
        }
        let Some(frame) = ready!(Pin::new(&mut this.body).poll_frame(cx)?) else { return Poll::Ready(None) };
        let length = frame.data_ref().map_or(0, |data| data.len() as u64);
        let Some(left) = this.left.checked_sub(length) else {
            this.too_long.0.store(true, Relaxed);
            let error = io::Error::new(io::ErrorKind::FileTooLarge, "the body is larger than the limit");
            return Poll::Ready(Some(Err(error)));
        };
        this.left = left;
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use http_body_util::{BodyExt as _, StreamBody};

    use super::*;

    fn body(pieces: &[&'static str]) -> Received {
        let frames: Vec<_> = pieces.iter().map(|piece| Ok(Frame::data(Bytes::from_static(piece.as_bytes())))).collect();
        Received::stream(StreamBody::new(stream::iter(frames)))
    }

    #[tokio::test]
    async fn up_to_the_limit_and_no_byte_more() {
        let (whole, too_long) = limited(body(&["abc", "de"]), 5);
        assert_eq!(whole.collect().await.unwrap().to_bytes(), "abcde");
        assert!(!too_long.is());
        let (mut cut, too_long) = limited(body(&["abc", "def", "g"]), 5);
        assert!(cut.frame().await.unwrap().is_ok() && !too_long.is());
        assert_eq!(cut.frame().await.unwrap().unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert!(too_long.is() && cut.frame().await.is_none());
    }
}
