//! One connection: hyper on the socket, within limits, until it ends or is asked to.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::activity::{Activity, Due};
use super::pipeline::Pipeline;
use super::socket::Socket;

/// Serves `stream` until the client leaves, a limit is crossed, or `drain` asks for the end after
/// the request that is under way.
pub(crate) async fn serve(stream: TcpStream, peer: SocketAddr, pipeline: Arc<Pipeline>, drain: CancellationToken) {
    // Small answers must not wait for an acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let limits = pipeline.limits();
    let activity = Arc::new(Activity::new(Instant::now()));
    let service = service_fn(|request| {
        let pipeline = pipeline.clone();
        let activity = activity.clone();
        async move { Ok::<_, Infallible>(pipeline.answer(request, peer, &activity).await) }
    });
    let socket = TokioIo::new(Socket::new(stream, activity.clone()));
    let connection = http1::Builder::new()
        .half_close(true)
        .header_read_timeout(None)
        .serve_connection(socket, service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let mut timer = pin!(tokio::time::sleep(limits.headers_timeout));
    let mut draining = false;
    loop {
        tokio::select! {
            biased;
            // Errors here are the client's: it left, or spoke something else; hyper has answered 400.
            _ = connection.as_mut() => return,
            () = drain.cancelled(), if !draining => {
                // A request that has not wholly arrived was never accepted.
                if activity.no_request_yet() {
                    return;
                }
                draining = true;
                connection.as_mut().graceful_shutdown();
            }
            () = timer.as_mut() => match activity.due(Instant::now(), &limits) {
                Due::At(at) => timer.as_mut().reset(at.into()),
                Due::Idle => {
                    connection.as_mut().graceful_shutdown();
                    timer.as_mut().reset((Instant::now() + limits.idle_timeout).into());
                }
                Due::Head => {
                    activity.time_out();
                    connection.as_mut().graceful_shutdown();
                    timer.as_mut().reset((Instant::now() + limits.headers_timeout).into());
                }
            },
        }
    }
}
