//! The body of a request on its way to an upstream: not more than is allowed, not before it is wanted, and with
//! a word for whoever waits on what became of it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use parking_lot::Mutex;

use super::hops;
use crate::server::body::Received;

/// The body of a request to an upstream.
pub(super) enum Sending {
    Nothing,
    Body(Flow),
}

/// One that flows.
pub(super) struct Flow {
    body: Received,
    left: u64,
    progress: Arc<Progress>,
}

/// How it goes.
pub(super) struct Progress(Mutex<State>);

struct State {
    moved: Instant,
    /// The upstream could be sent more, and there is nothing yet.
    awaits_client: bool,
    /// The client waits for a word before it sends the body, which the upstream is to say.
    withheld: bool,
    waker: Option<Waker>,
    fault: Option<Fault>,
}

/// Why a body could not be sent to its end, through no fault of the upstream's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is larger than is allowed.
    TooLarge,
    /// It did not come.
    Stalled,
    /// The client cut it off, or sent nonsense.
    Broken,
}

impl Sending {
    /// `body` with at most `most` bytes; it waits for [`Progress::wanted`] where it is `withheld`.
    pub(super) fn new(body: Received, most: u64, withheld: bool) -> (Self, Option<Arc<Progress>>) {
        if body.is_end_stream() {
            return (Self::Nothing, None);
        }
        let state = State { moved: Instant::now(), awaits_client: false, withheld, waker: None, fault: None };
        let progress = Arc::new(Progress(Mutex::new(state)));
        (Self::Body(Flow { body, left: most, progress: progress.clone() }), Some(progress))
    }

    /// What of it has not been sent.
    pub(super) fn into_body(self) -> Received {
        match self {
            Self::Nothing => Received::full(""),
            Self::Body(flow) => flow.body,
        }
    }

    pub(super) fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing)
    }
}

impl Progress {
    /// The upstream wants the body.
    pub(super) fn wanted(&self) {
        let mut state = self.0.lock();
        if std::mem::take(&mut state.withheld)
            && let Some(waker) = state.waker.take()
        {
            waker.wake();
        }
    }

    /// Whether the upstream has not said yet that it wants the body.
    pub(super) fn is_withheld(&self) -> bool {
        self.0.lock().withheld
    }

    /// When a piece was last asked for.
    pub(super) fn moved(&self) -> Instant {
        self.0.lock().moved
    }

    /// Whether the next piece is the client's to send.
    pub(super) fn awaits_client(&self) -> bool {
        self.0.lock().awaits_client
    }

    pub(super) fn fault(&self) -> Option<Fault> {
        self.0.lock().fault
    }

    /// Whether it may not flow yet.
    fn holds(&self, cx: &Context<'_>) -> bool {
        let mut state = self.0.lock();
        if state.withheld {
            state.waker = Some(cx.waker().clone());
        }
        state.withheld
    }
}

impl HttpBody for Sending {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let Self::Body(flow) = self.get_mut() else { return Poll::Ready(None) };
        if flow.progress.holds(cx) {
            return Poll::Pending;
        }
        let polled = Pin::new(&mut flow.body).poll_frame(cx);
        let mut state = flow.progress.0.lock();
        state.awaits_client = polled.is_pending();
        let frame = std::task::ready!(polled);
        state.moved = Instant::now();
        Poll::Ready(match frame {
            Some(Ok(frame)) => {
                let length = frame.data_ref().map_or(0, |data| data.len() as u64);
                if let Some(left) = flow.left.checked_sub(length) {
                    flow.left = left;
                    Some(Ok(clean(frame)))
                } else {
                    state.fault = Some(Fault::TooLarge);
                    Some(Err(io::Error::other("the body is larger than is allowed")))
                }
            }
            Some(Err(error)) => {
                let stalled = error.kind() == io::ErrorKind::TimedOut;
                state.fault = Some(if stalled { Fault::Stalled } else { Fault::Broken });
                Some(Err(error))
            }
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Body(flow) => flow.body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Nothing => SizeHint::with_exact(0),
            Self::Body(flow) => flow.body.size_hint(),
        }
    }
}

/// A frame without what a trailer may not say.
pub(super) fn clean(frame: Frame<Bytes>) -> Frame<Bytes> {
    match frame.into_data() {
        Ok(data) => Frame::data(data),
        Err(frame) => {
            let mut trailers = frame.into_trailers().unwrap_or_default();
            hops::strip_trailers(&mut trailers);
            Frame::trailers(trailers)
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt, StreamBody};

    use super::*;

    fn pieces(pieces: Vec<io::Result<&'static [u8]>>) -> Received {
        let frames = pieces.into_iter().map(|piece| piece.map(|data| Frame::data(Bytes::from_static(data))));
        Received::stream(StreamBody::new(futures_util::stream::iter(frames.collect::<Vec<_>>())))
    }

    async fn read(most: u64, body: Received) -> (Result<Bytes, String>, Option<Fault>) {
        let (sending, progress) = Sending::new(body, most, false);
        let read = sending.collect().await.map(http_body_util::Collected::to_bytes).map_err(|e| e.to_string());
        (read, progress.unwrap().fault())
    }

    #[tokio::test]
    async fn as_much_as_is_allowed() {
        assert_eq!(read(6, pieces(vec![Ok(b"abc"), Ok(b"def")])).await, (Ok("abcdef".into()), None));
        let (read, fault) = read(5, pieces(vec![Ok(b"abc"), Ok(b"def")])).await;
        assert!(read.is_err() && fault == Some(Fault::TooLarge));
    }

    #[tokio::test]
    async fn what_went_wrong_with_the_client_is_known() {
        let cut = Err(io::ErrorKind::UnexpectedEof.into());
        assert_eq!(read(9, pieces(vec![Ok(b"abc"), cut])).await.1, Some(Fault::Broken));
        assert_eq!(read(9, pieces(vec![Err(io::ErrorKind::TimedOut.into())])).await.1, Some(Fault::Stalled));
        assert!(Sending::new(Received::full(""), 0, true).1.is_none());
    }

    #[tokio::test]
    async fn nothing_flows_before_it_is_wanted() {
        let (mut sending, progress) = Sending::new(pieces(vec![Ok(b"abc")]), 9, true);
        let mut next = poll(&mut sending);
        assert!(next.is_none());
        progress.unwrap().wanted();
        next = poll(&mut sending);
        assert_eq!(next.unwrap(), "abc");
    }

    fn poll(sending: &mut Sending) -> Option<Bytes> {
        let mut cx = Context::from_waker(Waker::noop());
        match Pin::new(sending).poll_frame(&mut cx) {
            Poll::Ready(frame) => Some(frame.unwrap().unwrap().into_data().unwrap()),
            Poll::Pending => None,
        }
    }
}
