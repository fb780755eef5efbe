//! A request's body on its way to the worker: small ones with the request, others piece by piece
//! while the app reads them.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use bytes::{Bytes, BytesMut};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::unix::OwnedWriteHalf;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::wire;
use crate::server::body::Received;

/// A body no longer than this is had whole before a thread is asked for: whoever sends slowly
/// keeps none of them waiting.
const SMALL: u64 = 64 << 10;

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
}

impl Pump {
    /// Sends `body`, at most `most` bytes of it.
    pub(super) fn start(body: Received, mut write: OwnedWriteHalf, most: u64) -> Self {
        let (enough, state) = (CancellationToken::new(), Arc::new(State::default()));
        let (stop, shared) = (enough.clone(), state.clone());
        let task = tokio::spawn(async move {
            let mut body = body;
            let mut left = most;
            let mut frame = BytesMut::new();
            let last = loop {
                shared.waits_for_client.store(true, Relaxed);
                let piece = stop.run_until_cancelled(Pin::new(&mut body).frame()).await;
                shared.waits_for_client.store(false, Relaxed);
                let data = match piece {
                    None | Some(Some(Err(_))) => break wire::CUT,
                    Some(None) => break wire::END,
                    Some(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
                };
                let Some(rest) = left.checked_sub(data.len() as u64) else {
                    shared.too_large.store(true, Relaxed);
                    break wire::CUT;
                };
                left = rest;
                if !data.is_empty() {
                    frame.clear();
                    wire::prefix(&mut frame, wire::DATA, data.len());
                    write.write_all(&frame).await.ok()?;
                    write.write_all(&data).await.ok()?;
                }
            };
            frame.clear();
            wire::put(&mut frame, last, b"");
            write.write_all(&frame).await.ok()?;
            Some(write)
        });
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
