//! A connection to an upstream that speaks HTTP/2 from the first byte on (RFC 9113, section 3.3), which all
//! requests share; by hyper's client.

use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::task::AbortHandle;

use super::connect::Io;
use super::link::Unsent;
use super::sending::Sending;

/// Bytes that an upstream may send ahead on one stream, and on all together.
const WINDOW: u32 = 1 << 20;
/// How often a connection under use is asked whether it is alive, and how long that may take.
const BEAT: Duration = Duration::from_secs(20);

/// A connection.
#[derive(Clone)]
pub(super) struct Shared {
    sender: SendRequest<Sending>,
    _running: Arc<Running>,
}

/// The task that puts requests on it, which ends with the last who uses it. hyper moves the bytes in a task of its
/// own, which ends after this one.
struct Running(AbortHandle);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Shared {
    /// Over a fresh connection.
    pub(super) async fn over(io: Io) -> Result<Self, hyper::Error> {
        let (sender, connection) = Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .initial_stream_window_size(WINDOW)
            .initial_connection_window_size(WINDOW)
            .keep_alive_interval(Some(BEAT))
            .keep_alive_timeout(BEAT)
            .handshake(TokioIo::new(io))
            .await?;
        // What fails is told to the requests on it.
        let running = tokio::spawn(async move { drop(connection.await) });
        Ok(Self { sender, _running: Arc::new(Running(running.abort_handle())) })
    }

    /// Whether another request can be sent.
    pub(super) fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }

    /// Sends a request; the head of the answer.
    pub(super) async fn send(&mut self, request: Request<Sending>) -> Result<Response<Incoming>, Unsent> {
        let sent = self.sender.try_send_request(request).await;
        sent.map_err(|mut unsent| Unsent { request: unsent.take_message(), error: unsent.into_error() })
    }
}
