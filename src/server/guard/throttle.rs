//! `throttle`: answers' bodies at so many bytes a second, shared by all answers that the setting covers.
//!
//! A body is cut into small pieces; each takes its turn on a common line in time, so that answers
//! under way at once go on side by side.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use parking_lot::Mutex;
use tokio::time::Sleep;

use crate::server::body::Body;

/// Pieces a second, as far as bytes can be cut.
const PIECES: u64 = 10;
/// Bytes of the largest piece.
const LARGEST: u64 = 64 << 10;

/// The line in time on which pieces take their turns.
#[derive(Debug)]
pub(crate) struct Pace {
    /// Bytes a second, more than none.
    rate: u64,
    next: Mutex<Instant>,
}

impl Pace {
    /// None where there is no limit.
    pub(crate) fn new(rate: u64, now: Instant) -> Option<Arc<Self>> {
        (rate > 0).then(|| Arc::new(Self { rate, next: Mutex::new(now) }))
    }

    /// Bytes of one piece.
    fn piece(&self) -> usize {
        (self.rate / PIECES).clamp(1, LARGEST) as usize
    }

    /// When `bytes` may go that are ready `now`. Those after them wait until they are through.
    fn turn(&self, bytes: usize, now: Instant) -> Instant {
        let mut next = self.next.lock();
        let turn = now.max(*next);
        *next = turn + Duration::from_secs_f64(bytes as f64 / self.rate as f64);
        turn
    }

    /// The body at this pace.
    pub(crate) fn throttled(self: &Arc<Self>, body: Body) -> Body {
        if body.is_end_stream() {
            return body;
        }
        let sleep = Box::pin(tokio::time::sleep(Duration::ZERO));
        Body::stream(Throttled { body, pace: self.clone(), held: Bytes::new(), piece: None, sleep })
    }
}

/// A body that goes at a pace.
struct Throttled {
    body: Body,
    pace: Arc<Pace>,
    /// What has come of it and not gone.
    held: Bytes,
    /// Bytes that wait for their turn.
    piece: Option<usize>,
    sleep: Pin<Box<Sleep>>,
}

impl HttpBody for Throttled {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        while this.held.is_empty() {
            let Some(frame) = ready!(Pin::new(&mut this.body).poll_frame(cx)?) else { return Poll::Ready(None) };
            match frame.into_data() {
                Ok(data) => this.held = data,
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            }
        }
        let Self { pace, held, sleep, .. } = this;
        let piece = *this.piece.get_or_insert_with(|| {
            let piece = pace.piece().min(held.len());
            sleep.as_mut().reset(pace.turn(piece, Instant::now()).into());
            piece
        });
        ready!(this.sleep.as_mut().poll(cx));
        this.piece = None;
        Poll::Ready(Some(Ok(Frame::data(this.held.split_to(piece)))))
    }

    fn is_end_stream(&self) -> bool {
        self.held.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (held, hint) = (self.held.len() as u64, self.body.size_hint());
        let mut sum = SizeHint::new();
        sum.set_lower(hint.lower().saturating_add(held));
        if let Some(upper) = hint.upper() {
            sum.set_upper(upper.saturating_add(held));
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[test]
    fn turns_follow_one_another() {
        let now = Instant::now();
        let pace = Pace::new(1000, now).unwrap();
        let turn = |bytes, at: Duration| pace.turn(bytes, now + at).duration_since(now).as_millis();
        assert_eq!(turn(100, Duration::ZERO), 0);
        assert_eq!(turn(100, Duration::ZERO), 100);
        assert_eq!(turn(500, Duration::from_millis(50)), 200);
        assert_eq!(turn(100, Duration::ZERO), 700);
        assert_eq!(turn(100, Duration::from_secs(5)), 5000, "what was not used is lost");
        assert_eq!(turn(100, Duration::from_secs(5)), 5100);
    }

    #[test]
    fn pieces_are_small_and_never_nothing() {
        let piece = |rate| Pace::new(rate, Instant::now()).map(|pace| pace.piece());
        assert_eq!((piece(0), piece(1), piece(5000)), (None, Some(1), Some(500)));
        assert_eq!(piece(u64::MAX), Some(64 << 10));
    }

    #[tokio::test]
    async fn a_body_takes_its_time_and_keeps_its_length() {
        let began = Instant::now();
        let pace = Pace::new(10_000, began).unwrap();
        let bytes: Vec<u8> = (0..2500_u32).map(|n| n as u8).collect();
        let mut body = pace.throttled(Body::full(bytes.clone()));
        assert_eq!(body.size_hint().exact(), Some(2500));
        let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!((first.len(), body.size_hint().exact(), body.is_end_stream()), (1000, Some(1500), false));
        let rest = body.collect().await.unwrap().to_bytes();
        assert_eq!([first, rest].concat(), bytes);
        assert!(began.elapsed() >= Duration::from_millis(200), "{:?}", began.elapsed());
        assert!(matches!(pace.throttled(Body::Empty), Body::Empty));
    }
}
