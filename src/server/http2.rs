//! HTTP/2 in clear text, for a client that starts with it (RFC 9113, section 3.3); hyper's.

use std::convert::Infallible;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};

use super::body::{Body, Received};
use super::connection::Drain;
use super::http1::Upgraded;
use super::pipeline::Pipeline;
use super::request::Peer;
use super::trace::Trace;

/// Requests at once on one connection.
const STREAMS: u32 = 128;
/// Bytes of one request's fields.
const FIELDS: u32 = 64 << 10;
/// Bytes that a client may send ahead on one stream, and on all together.
const WINDOW: u32 = 1 << 20;

/// Serves a socket whose client has begun with the preface.
pub(crate) async fn serve(socket: Upgraded, peer: Peer, pipeline: Arc<Pipeline>, drain: &Drain) {
    let limits = pipeline.limits();
    let busy = Arc::new(AtomicUsize::new(0));
    let service = service_fn(|request: http::Request<hyper::body::Incoming>| {
        let (pipeline, under_way) = (pipeline.clone(), UnderWay::new(&busy));
        async move {
            let (parts, body) = request.into_parts();
            let mut trace = Trace::begin(&pipeline.recorder, peer.ip, &parts, Instant::now());
            let request = http::Request::from_parts(parts, Received::Http2(body));
            let (mut parts, body) = pipeline.answer(request, peer, &mut trace).await.into_parts();
            trace.answered(&parts);
            // What concerns one connection has no place in HTTP/2 (RFC 9113, section 8.2.2).
            for name in ["connection", "keep-alive", "transfer-encoding", "upgrade"] {
                parts.headers.remove(name);
            }
            Ok::<_, Infallible>(http::Response::from_parts(parts, Traced { body, trace, _under_way: under_way }))
        }
    });
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(FIELDS)
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        .keep_alive_interval(Some(limits.idle_timeout / 2))
        .keep_alive_timeout(limits.headers_timeout)
        .serve_connection(TokioIo::new(socket), service);
    let mut connection = pin!(connection);
    let mut idle = pin!(tokio::time::sleep(limits.idle_timeout));
    let (mut ending, mut quiet) = (false, false);
    loop {
        tokio::select! {
            biased;
            // Errors are the client's: it left, or spoke something else.
            _ = connection.as_mut() => return,
            () = async { tokio::select! { () = drain.now.rings() => {}, () = drain.soon.rings() => {} } }, if !ending => {
                ending = true;
                connection.as_mut().graceful_shutdown();
            }
            () = idle.as_mut() => {
                // Twice without a request under way: nobody misses it.
                let now = busy.load(Relaxed) == 0;
                if now && quiet && !ending {
                    ending = true;
                    connection.as_mut().graceful_shutdown();
                }
                quiet = now;
                idle.as_mut().reset((Instant::now() + limits.idle_timeout.max(Duration::from_secs(1))).into());
            }
        }
    }
}

/// Counts a request for as long as it is being answered.
struct UnderWay(Arc<AtomicUsize>);

impl UnderWay {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Relaxed);
        Self(count.clone())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

/// A body that counts what it hands over.
struct Traced {
    body: Body,
    trace: Trace,
    _under_way: UnderWay,
}

impl HttpBody for Traced {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        let frame = ready!(Pin::new(&mut this.body).poll_frame(cx));
        if let Some(Ok(frame)) = &frame {
            this.trace.sent(frame.data_ref().map_or(0, |data| data.len() as u64));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
