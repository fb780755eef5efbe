//! What ends a connection from outside: its time is up, or the server moves or stops.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::time::Sleep;

use super::wire::{Phase, Wire};
use crate::config::Limits;
use crate::server::drain::Drain;

/// How long an idle connection may still send a request when the server has moved: a client
/// cannot know that it is late, so its request is answered, with `Connection: close`.
const GRACE: Duration = Duration::from_secs(1);

/// Why a connection is to end now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nobody misses it.
    Close,
    /// The client took too long over its head.
    SlowHead,
}

/// A bell that will ring.
type Bell<'a> = Pin<&'a mut (dyn Future<Output = ()> + Send + 'a)>;

/// Watches one connection.
pub(super) struct Watch<'a> {
    wire: &'a Wire,
    limits: &'a Limits,
    drain: &'a Drain,
    timer: Pin<&'a mut Sleep>,
    soon: Bell<'a>,
    now: Bell<'a>,
    /// The bells know whom to wake.
    listens: bool,
    /// It is to end after the next answer.
    last: bool,
    /// It is to end as soon as it can.
    ending: bool,
}

impl<'a> Watch<'a> {
    /// `soon` and `now` are the bells of `drain`, ringing.
    pub(super) fn new(
        wire: &'a Wire,
        limits: &'a Limits,
        drain: &'a Drain,
        timer: Pin<&'a mut Sleep>,
        soon: Bell<'a>,
        now: Bell<'a>,
    ) -> Self {
        Self { wire, limits, drain, timer, soon, now, listens: false, last: false, ending: false }
    }

    /// Resolves when the connection is to end from outside; `None` when it is only to be polled
    /// again.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Verdict>> {
        // Once is enough: a task's waker stays the same.
        if !std::mem::replace(&mut self.listens, true) {
            let _ = (self.now.as_mut().poll(cx), self.soon.as_mut().poll(cx));
        }
        if self.drain.now.has_rung() {
            let mut inner = self.wire.lock();
            inner.last = true;
            // A request that has not wholly arrived was never accepted; what is still to be read by
            // a client that lingers, the system goes on sending.
            let waits = matches!(inner.phase, Phase::Idle | Phase::Head);
            if inner.phase == Phase::Lingering || waits && !self.ending {
                return Poll::Ready(Some(Verdict::Close));
            }
            self.ending = true;
        }
        if !self.last && self.drain.soon.has_rung() {
            self.last = true;
            self.wire.lock().last = true;
            self.timer.as_mut().reset((Instant::now() + GRACE).into());
            return Poll::Ready(None);
        }
        let mut inner = self.wire.lock();
        if let Some(due) = inner.due(self.limits).map(tokio::time::Instant::from_std)
            && due < self.timer.deadline()
            && !inner.stalled
        {
            self.timer.as_mut().reset(due);
        }
        if self.timer.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        let now = Instant::now();
        if self.last && inner.phase == Phase::Idle {
            return Poll::Ready(Some(Verdict::Close));
        }
        let due = inner.due(self.limits);
        if due.is_none_or(|due| due > now) {
            let look = self.limits.headers_timeout.max(Duration::from_secs(1));
            self.timer.as_mut().reset(due.unwrap_or(now + look).into());
            return Poll::Ready(None);
        }
        let body = inner.reading.due(self.limits.idle_timeout).is_some_and(|due| due <= now);
        match inner.phase {
            Phase::Head if !inner.input.is_empty() => Poll::Ready(Some(Verdict::SlowHead)),
            // Whoever reads the body is told, and answers. Who does not hear it is cut off next time.
            Phase::Busy if body && !inner.stalled => {
                inner.stalled = true;
                self.timer.as_mut().reset((now + self.limits.headers_timeout).into());
                Poll::Ready(None)
            }
            _ => Poll::Ready(Some(Verdict::Close)),
        }
    }
}
