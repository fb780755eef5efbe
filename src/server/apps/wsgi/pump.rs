//! A request's body on its way to the worker: small ones with the request, others piece by piece
//! while the app reads them.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::unix::OwnedWriteHalf;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::area::{Area, LARGE, SIDE, Side};
use super::wire;
use crate::server::body::{Came, Received};

/// A body no longer than this is had whole before a thread is asked for: whoever sends slowly
/// keeps none of them waiting.
const SMALL: u64 = 64 << 10;
/// The worker hears of what lies in the area when that is so much, unless all that is to come fits as well, …
const STEP: usize = SIDE / 2;
/// … or has lain there for so long.
const PAUSE: Duration = Duration::from_millis(10);

/// What is known of a body before the request is sent.
pub(super) enum Sending {
    /// All of it.
    Whole(Bytes),
    /// It comes as it comes.
    Streamed(Received),
}

/// Why a body was not had.
pub(super) struct CutShort;

/// Reads a small body.
pub(super) async fn begin(body: Received) -> Result<Sending, CutShort> {
    if body.is_end_stream() {
        return Ok(Sending::Whole(Bytes::new()));
    }
    if body.size_hint().exact().is_none_or(|length| length > SMALL) {
        return Ok(Sending::Streamed(body));
    }
    let whole = body.collect().await.map_err(|_| CutShort)?;
    Ok(Sending::Whole(whole.to_bytes()))
}

/// A body that is being sent.
#[derive(Debug)]
pub(super) struct Pump {
    task: JoinHandle<Option<OwnedWriteHalf>>,
    enough: CancellationToken,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    /// It waits for the client, not for the app.
    waits_for_client: AtomicBool,
    too_large: AtomicBool,
    cut_short: AtomicBool,
}

impl Pump {
    /// Sends `body`, at most `most` bytes of it.
    pub(super) fn start(body: Received, write: OwnedWriteHalf, most: u64, area: Option<&Area>) -> Self {
        let (enough, state) = (CancellationToken::new(), Arc::new(State::default()));
        let (stop, shared) = (enough.clone(), state.clone());
        let out = Out { write, frames: BytesMut::new(), side: area.map(Area::side) };
        let task = tokio::spawn(run(body, out, most, stop, shared));
        Self { task, enough, state }
    }

    /// Whether the next step is the client's.
    pub(super) fn waits_for_client(&self) -> bool {
        self.state.waits_for_client.load(Relaxed) && !self.task.is_finished()
    }

    /// The client has sent more than it may.
    pub(super) fn too_large(&self) -> bool {
        self.state.too_large.load(Relaxed)
    }

    /// The client has not sent all of it.
    pub(super) fn cut_short(&self) -> bool {
        self.state.cut_short.load(Relaxed)
    }

    /// No more of it is wanted; gives the sending half back, if it is still good.
    pub(super) async fn end(mut self) -> Option<OwnedWriteHalf> {
        self.enough.cancel();
        (&mut self.task).await.ok().flatten()
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The way to the worker.
struct Out {
    write: OwnedWriteHalf,
    /// Frames that are still to be sent.
    frames: BytesMut,
    side: Option<Side>,
}

async fn run(
    mut body: Received,
    mut out: Out,
    most: u64,
    stop: CancellationToken,
    state: Arc<State>,
) -> Option<OwnedWriteHalf> {
    let known = body.size_hint().exact().is_some();
    let mut left = most;
    let mut due = None;
    let last = loop {
        if out.side.as_ref().is_some_and(|side| side.left() == 0) {
            out.turn().await?;
        }
        state.waits_for_client.store(true, Relaxed);
        let next = poll_fn(|cx| {
            let room = out.side.as_mut().map(Side::room).unwrap_or_default();
            Pin::new(&mut body).poll_into(cx, room)
        });
        let next = stop.run_until_cancelled(next);
        let piece = match due {
            Some(due) => tokio::time::timeout_at(due, next).await,
            None => Ok(next.await),
        };
        state.waits_for_client.store(false, Relaxed);
        let came = match piece {
            Ok(None) => break wire::CUT,
            Ok(Some(Some(Err(_)))) => {
                state.cut_short.store(true, Relaxed);
                break wire::CUT;
            }
            Ok(Some(None)) => break wire::END,
            Ok(Some(Some(Ok(came)))) => came,
            Err(_) => {
                due = None;
                out.tell().await?;
                continue;
            }
        };
        let Some(rest) = left.checked_sub(came.len() as u64) else {
            state.too_large.store(true, Relaxed);
            break wire::CUT;
        };
        left = rest;
        match came {
            Came::Placed(bytes) => {
                if let Some(side) = &mut out.side {
                    side.placed(bytes);
                }
            }
            // The first bytes of a body came with the head; those in the area are to lie together.
            Came::Apart(bytes) if out.side.is_some() && (known || bytes.len() >= LARGE) => {
                if let Some(side) = &mut out.side {
                    side.align(bytes.len());
                }
                out.copy(&bytes).await?;
            }
            Came::Apart(bytes) => out.send(&bytes).await?,
            // WSGI has no place for them.
            Came::Trailers(_) => {}
        }
        if body.is_end_stream() {
            break wire::END;
        }
        let Some(side) = &out.side else { continue };
        let fits = body.size_hint().exact().is_some_and(|rest| rest <= side.left() as u64);
        if side.untold() >= STEP && !fits {
            due = None;
            out.tell().await?;
        } else if side.untold() > 0 && due.is_none() {
            due = Some(Instant::now() + PAUSE);
        }
    };
    out.end(last).await
}

impl Out {
    /// Sends the frames that wait.
    async fn flush(&mut self) -> Option<()> {
        self.write.write_all(&self.frames).await.ok()?;
        self.frames.clear();
        Some(())
    }

    /// Tells the worker what lies in the area.
    async fn tell(&mut self) -> Option<()> {
        if let Some(side) = &mut self.side {
            side.tell(&mut self.frames);
        }
        self.flush().await
    }

    /// Waits until the worker has read all that lies in the area.
    async fn turn(&mut self) -> Option<()> {
        if let Some(side) = &mut self.side {
            side.ask(&mut self.frames);
        }
        self.flush().await?;
        match &mut self.side {
            Some(side) => side.emptied().await.ok(),
            None => Some(()),
        }
    }

    /// Puts a piece into the area.
    async fn copy(&mut self, bytes: &[u8]) -> Option<()> {
        let mut rest = bytes;
        while let (Some(side), false) = (&mut self.side, rest.is_empty()) {
            if side.left() == 0 {
                self.turn().await?;
                continue;
            }
            match side.copy(rest) {
                Ok(copied @ 1..) => rest = rest.get(copied..).unwrap_or_default(),
                _ => return self.send(rest).await,
            }
        }
        Some(())
    }

    /// Sends a piece over the connection.
    async fn send(&mut self, bytes: &[u8]) -> Option<()> {
        if bytes.is_empty() {
            return Some(());
        }
        if let Some(side) = &mut self.side {
            side.tell(&mut self.frames);
        }
        wire::prefix(&mut self.frames, wire::DATA, bytes.len());
        self.flush().await?;
        self.write.write_all(bytes).await.ok()
    }

    /// Sends the end; the sending half, if it is still good.
    async fn end(mut self, last: u8) -> Option<OwnedWriteHalf> {
        if let Some(side) = &mut self.side {
            side.tell(&mut self.frames);
        }
        // From here on all of the area is the worker's.
        self.side = None;
        wire::put(&mut self.frames, last, b"");
        self.flush().await?;
        Some(self.write)
    }
}
