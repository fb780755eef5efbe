//! What ends a connection from outside: its time is up, or the server moves or stops.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::time::Sleep;

use super::wire::{Phase, Wire};
use crate::config::Limits;
use crate::server::connection::Drain;

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

/// Watches one connection.
pub(super) struct Watch<'a> {
    pub(super) wire: &'a Wire,
    pub(super) limits: &'a Limits,
    pub(super) drain: &'a Drain,
    pub(super) timer: Pin<&'a mut Sleep>,
    /// It is to end after the next answer.
    last: bool,
    /// It is to end as soon as it can.
    ending: bool,
}

impl<'a> Watch<'a> {
    pub(super) fn new(wire: &'a Wire, limits: &'a Limits, drain: &'a Drain, timer: Pin<&'a mut Sleep>) -> Self {
        Self { wire, limits, drain, timer, last: false, ending: false }
    }

    /// Resolves when the connection is to end from outside; `None` when it is only to be polled
    /// again.
    pub(super) async fn next(&mut self) -> Option<Verdict> {
        let Self { wire, limits, drain, timer, last, ending } = self;
        tokio::select! {
            biased;
            () = drain.now.cancelled(), if !*ending => {
                *ending = true;
                let mut inner = wire.lock();
                inner.last = true;
                // A request that has not wholly arrived was never accepted.
                matches!(inner.phase, Phase::Idle | Phase::Head).then_some(Verdict::Close)
            }
            () = drain.soon.cancelled(), if !*last => {
                *last = true;
                wire.lock().last = true;
                timer.as_mut().reset((Instant::now() + GRACE).into());
                None
            }
            () = poll_fn(|cx| elapsed(wire, limits, timer, cx)) => {
                let now = Instant::now();
                let mut inner = wire.lock();
                if *last && inner.phase == Phase::Idle {
                    return Some(Verdict::Close);
                }
                match inner.due(limits) {
                    Some(due) if due <= now => match inner.phase {
                        Phase::Head if !inner.input.is_empty() => Some(Verdict::SlowHead),
                        // The body is told, which ends with an error; who does not hear it is cut off next time.
                        Phase::Busy if inner.reading.due(limits.idle_timeout).is_some_and(|due| due <= now)
                            && !inner.stalled =>
                        {
                            inner.stalled = true;
                            timer.as_mut().reset((now + limits.headers_timeout).into());
                            None
                        }
                        _ => Some(Verdict::Close),
                    },
                    due => {
                        let look = limits.headers_timeout.max(Duration::from_secs(1));
                        timer.as_mut().reset(due.unwrap_or(now + look).into());
                        None
                    }
                }
            }
        }
    }
}

/// Resolves at the deadline of what the connection does at present.
fn elapsed(wire: &Wire, limits: &Limits, timer: &mut Pin<&mut Sleep>, cx: &mut Context<'_>) -> Poll<()> {
    let due = wire.lock().due(limits).map(tokio::time::Instant::from_std);
    if due.is_some_and(|due| due < timer.deadline())
        && !wire.lock().stalled
        && let Some(due) = due
    {
        timer.as_mut().reset(due);
    }
    timer.as_mut().poll(cx)
}
