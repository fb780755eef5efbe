//! One connection: HTTP/1, or HTTP/2 where the client starts it, until it ends or is asked to.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::pipeline::Pipeline;
use super::request::Peer;
use super::{http1, http2};

/// When a connection is to end.
#[derive(Clone)]
pub(crate) struct Drain {
    /// After the next answer, or when it has been idle for a moment more.
    pub(crate) soon: CancellationToken,
    /// After the answer that is under way.
    pub(crate) now: CancellationToken,
}

/// Serves `stream` until the client leaves, a limit is crossed, or `drain` asks for the end.
pub(crate) async fn serve(stream: TcpStream, remote: SocketAddr, pipeline: Arc<Pipeline>, drain: Drain) {
    // Small answers must not wait for an acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let peer = Peer::new(remote, stream.local_addr().ok());
    if let Some(socket) = http1::serve(stream, peer, pipeline.clone(), &drain).await {
        // Far larger, and seldom needed.
        Box::pin(http2::serve(socket, peer, pipeline, &drain)).await;
    }
}
