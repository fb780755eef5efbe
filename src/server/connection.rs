//! One connection: HTTP/1, or HTTP/2 where the client starts it, until it ends or is asked to.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpStream;

use super::drain::Drain;
use super::pipeline::Pipeline;
use super::request::Peer;
use super::stats::Open;
use super::{http1, http2};

/// Serves `stream` until the client leaves, a limit is crossed, or `drain` asks for the end.
pub(crate) async fn serve(
    stream: TcpStream,
    remote: SocketAddr,
    pipeline: Arc<Pipeline>,
    drain: Arc<Drain>,
    open: Open,
) {
    // Small answers must not wait for an acknowledgement of the one before. On Linux the listener
    // has passed that on.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let _ = stream.set_nodelay(true);
    let local = if remote.ip().is_loopback() { None } else { stream.local_addr().ok() };
    let peer = Peer::new(remote, local);
    if let Some(socket) = http1::serve(stream, peer, pipeline.clone(), &drain, open).await {
        // Far larger, and seldom needed.
        Box::pin(http2::serve(socket, peer, pipeline, &drain)).await;
    }
}
