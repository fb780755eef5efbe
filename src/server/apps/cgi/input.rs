//! What a script reads: the request's body, as the client sends it and as fast as the script takes it.

use std::fs::File;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};

use http::header::CONTENT_LENGTH;
use http::request::Parts;
use http_body::Body as _;
use http_body_util::BodyExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::process::ChildStdin;
use tokio::sync::oneshot;
use tokio_util::task::AbortOnDropHandle;

use super::spool::spool;
use super::trouble::Trouble;
use crate::server::body::Received;

/// Where a script's input comes from.
pub(super) enum Input {
    /// There is none.
    None,
    /// It is here already.
    File(File, u64),
    /// It is still on its way, and so long.
    Stream(Received, u64),
}

impl Input {
    /// The body of the request `head`.
    pub(super) async fn of(head: &Parts, body: Received) -> Result<Self, Trouble> {
        let length = head.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        match length {
            Some(length) => Ok(Self::Stream(body, length)),
            None if body.is_end_stream() => Ok(Self::None),
            None => spool(body).await.map(|(file, length)| Self::File(file, length)),
        }
    }

    /// Its length, where there is any.
    pub(super) fn length(&self) -> Option<u64> {
        match self {
            Self::None => None,
            Self::File(_, length) | Self::Stream(_, length) => Some(*length),
        }
    }

    /// What the process is to have as its input, and what is to be fed to it.
    pub(super) fn into_stdio(self) -> (Stdio, Option<Received>) {
        match self {
            Self::None | Self::Stream(_, 0) => (Stdio::null(), None),
            Self::File(file, _) => (file.into(), None),
            Self::Stream(body, _) => (Stdio::piped(), Some(body)),
        }
    }
}

/// A body on its way into a script. Dropped, it feeds no more.
#[derive(Debug)]
pub(super) struct Feeding {
    state: Arc<State>,
    failed: Option<oneshot::Receiver<Trouble>>,
    _task: AbortOnDropHandle<()>,
}

#[derive(Debug, Default)]
struct State {
    awaits_client: AtomicBool,
    moved: AtomicU64,
}

impl Feeding {
    pub(super) fn start(body: Received, into: ChildStdin) -> Self {
        let state = Arc::new(State::default());
        let (failing, failed) = oneshot::channel();
        let feeding = feed(body, into, state.clone());
        let task = tokio::spawn(async move {
            if let Err(trouble) = feeding.await {
                // Where nobody asks any more, nobody needs to know.
                let _ = failing.send(trouble);
            }
        });
        Self { state, failed: Some(failed), _task: AbortOnDropHandle::new(task) }
    }

    /// Why the body did not come whole, where that is so. Wakes also when all is fed.
    pub(super) fn poll_failed(&mut self, cx: &mut Context<'_>) -> Poll<Trouble> {
        let Some(failed) = &mut self.failed else { return Poll::Pending };
        match std::pin::Pin::new(failed).poll(cx) {
            Poll::Ready(Ok(trouble)) => Poll::Ready(trouble),
            Poll::Ready(Err(_)) => {
                self.failed = None;
                Poll::Pending
            }
            Poll::Pending => Poll::Pending,
        }
    }

    /// Whether the script waits for the client, or has taken something since `moved`.
    pub(super) fn goes_on(&self, moved: &mut u64) -> bool {
        let before = std::mem::replace(moved, self.state.moved.load(Relaxed));
        self.state.awaits_client.load(Relaxed) || *moved != before
    }
}

/// Feeds until the body has ended, or the script reads no more of it, which is its own business.
async fn feed(mut body: Received, mut into: ChildStdin, state: Arc<State>) -> Result<(), Trouble> {
    loop {
        state.awaits_client.store(true, Relaxed);
        let frame = body.frame().await;
        state.awaits_client.store(false, Relaxed);
        let Some(frame) = frame else { return Ok(()) };
        let Ok(mut data) = frame.map_err(|error| Trouble::body(&error))?.into_data() else { continue };
        while !data.is_empty() {
            if into.write_buf(&mut data).await.is_err() {
                return Ok(());
            }
            state.moved.fetch_add(1, Relaxed);
        }
    }
}
