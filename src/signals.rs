//! The system's signals, as a stream that a front end reads beside everything else.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::Stream;
use tokio::signal::unix::{self, SignalKind};

/// A signal that concerns a front end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT: stop; the key Ctrl-C comes as a key.
    Interrupt,
    /// SIGTERM: stop.
    Terminate,
    /// SIGHUP: the terminal is gone, or, where there is none, a wish to reload.
    Hangup,
    /// SIGTSTP: somebody wants us to stop for a while.
    Suspend,
    /// SIGCONT: and to go on.
    Continue,
}

impl Signal {
    /// Its number.
    pub fn number(self) -> i32 {
        match self {
            Self::Interrupt => libc::SIGINT,
            Self::Terminate => libc::SIGTERM,
            Self::Hangup => libc::SIGHUP,
            Self::Suspend => libc::SIGTSTP,
            Self::Continue => libc::SIGCONT,
        }
    }
}

/// The process's signals. From the first one of these on, the system's own reactions are off.
#[derive(Debug)]
pub struct Signals(Vec<(Signal, unix::Signal)>);

impl Signals {
    /// Those that concern plain lines.
    pub const LINES: [Signal; 3] = [Signal::Interrupt, Signal::Terminate, Signal::Hangup];
    /// Those that concern a screen, which must be put aside while we are stopped.
    pub const SCREEN: [Signal; 5] =
        [Signal::Interrupt, Signal::Terminate, Signal::Hangup, Signal::Suspend, Signal::Continue];

    /// Listens to some signals; needs a tokio runtime.
    pub fn new(signals: &[Signal]) -> io::Result<Self> {
        let listen = |signal: &Signal| Ok((*signal, unix::signal(SignalKind::from_raw(signal.number()))?));
        signals.iter().map(listen).collect::<io::Result<_>>().map(Self)
    }
}

impl Stream for Signals {
    type Item = Signal;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Signal>> {
        let arrived = self.0.iter_mut().find_map(|(signal, stream)| match stream.poll_recv(cx) {
            Poll::Ready(Some(())) => Some(*signal),
            _ => None,
        });
        arrived.map_or(Poll::Pending, |signal| Poll::Ready(Some(signal)))
    }
}
