//! One connection: hyper on the socket, within limits, until it ends or is asked to.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::activity::{Activity, Due};
use super::pipeline::Pipeline;
use super::request::Peer;
use super::socket::Socket;

/// How long an idle connection may still send a request when the server has moved: a client
/// cannot know that it is late, so its request is answered, with `Connection: close`.
const GRACE: Duration = Duration::from_secs(1);

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
    let (mut last, mut draining) = (false, false);
    loop {
        tokio::select! {
            biased;
            // Errors here are the client's: it left, or spoke something else; hyper has answered 400.
            _ = connection.as_mut() => return,
            () = drain.now.cancelled(), if !draining => {
                // A request that has not wholly arrived was never accepted.
                if activity.no_request_yet() {
                    return;
                }
                draining = true;
                connection.as_mut().graceful_shutdown();
            }
            () = drain.soon.cancelled(), if !last && !draining => {
                last = true;
                activity.end_after_next();
                timer.as_mut().reset((Instant::now() + GRACE).into());
            }
            () = timer.as_mut() => match activity.due(Instant::now(), &limits) {
                _ if last && !draining => {
                    draining = true;
                    connection.as_mut().graceful_shutdown();
                    timer.as_mut().reset((Instant::now() + limits.headers_timeout).into());
                }
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
