//! HTTP/2 in clear text, for a client that starts with it (RFC 9113, section 3.3); hyper's.

use std::convert::Infallible;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};

use super::body::{Body, Received};
use super::drain::Drain;
use super::http1::Upgraded;
use super::pipeline::Pipeline;
use super::request::{Connected, Peer};
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
    let streams = Arc::new(Streams::default());
    let service = service_fn(|request: http::Request<hyper::body::Incoming>| {
        let (pipeline, under_way) = (pipeline.clone(), UnderWay::new(&streams));
        async move {
            let (mut parts, body) = request.into_parts();
            let connected = peer.ip;
            let peer = pipeline.peer(peer, &parts.headers);
            if peer.ip != connected {
                parts.extensions.insert(Connected(connected));
            }
            let mut trace = Trace::begin(&pipeline.recorder, peer.ip, &parts, Instant::now());
            let request = http::Request::from_parts(parts, Received::stream(body.map_err(io::Error::other)));
            let (mut parts, body) = pipeline.answer(request, peer, &mut trace).await.into_parts();
            trace.answered(&parts);
            let mut under_way = under_way;
            under_way.waits_for_room(!body.is_end_stream());
            // What concerns one connection has no place in HTTP/2 (RFC 9113, section 8.2.2).
            for name in ["connection", "keep-alive", "transfer-encoding", "upgrade"] {
                parts.headers.remove(name);
            }
            Ok::<_, Infallible>(http::Response::from_parts(parts, Traced { body, trace, under_way, ended: false }))
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
    let mut look = pin!(tokio::time::sleep(limits.idle_timeout));
    let (mut ending, mut before) = (false, None);
    loop {
        tokio::select! {
            biased;
            // Errors are the client's: it left, or spoke something else.
            _ = connection.as_mut() => return,
            () = rung(drain), if !ending => {
                ending = true;
                connection.as_mut().graceful_shutdown();
                look.as_mut().reset((Instant::now() + GRACE).into());
            }
            () = look.as_mut() => {
                let state = streams.state();
                // Twice without a request under way: nobody misses it. Twice without a byte taken of
                // what is there to be sent: nobody reads it.
                if before == Some(state) && (state.busy == 0 || state.unread > 0) || ending && state.busy == 0 {
                    return;
                }
                before = Some(state);
                let pause = if ending { GRACE } else { limits.idle_timeout.max(GRACE) };
                look.as_mut().reset((Instant::now() + pause).into());
            }
        }
    }
}

/// How long a connection may take over its end when nothing is under way on it.
const GRACE: Duration = Duration::from_secs(1);

/// Resolves when the connection is to end.
async fn rung(drain: &Drain) {
    tokio::select! {
        () = drain.now.rings() => {}
        () = drain.soon.rings() => {}
    }
}

/// What the streams of a connection are doing.
#[derive(Debug, Default)]
struct Streams {
    busy: AtomicUsize,
    unread: AtomicUsize,
    moved: AtomicU64,
}

/// The same at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct State {
    /// Requests that are being answered.
    busy: usize,
    /// Those whose answers wait for the client to make room.
    unread: usize,
    /// Bytes that answers have handed over.
    moved: u64,
}

impl Streams {
    fn state(&self) -> State {
        State { busy: self.busy.load(Relaxed), unread: self.unread.load(Relaxed), moved: self.moved.load(Relaxed) }
    }
}

/// A request that is being answered.
struct UnderWay {
    streams: Arc<Streams>,
    /// hyper asks for the next piece when there is room for it.
    unread: bool,
}

impl UnderWay {
    fn new(streams: &Arc<Streams>) -> Self {
        streams.busy.fetch_add(1, Relaxed);
        Self { streams: streams.clone(), unread: false }
    }

    fn waits_for_room(&mut self, waits: bool) {
        if std::mem::replace(&mut self.unread, waits) == waits {
            return;
        }
        if waits {
            self.streams.unread.fetch_add(1, Relaxed);
        } else {
            self.streams.unread.fetch_sub(1, Relaxed);
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.waits_for_room(false);
        self.streams.busy.fetch_sub(1, Relaxed);
    }
}

/// A body that counts what it hands over.
struct Traced {
    body: Body,
    trace: Trace,
    under_way: UnderWay,
    ended: bool,
}

impl Drop for Traced {
    fn drop(&mut self) {
        if !self.ended && !self.body.is_end_stream() {
            self.trace.cut();
        }
    }
}

impl HttpBody for Traced {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        this.under_way.waits_for_room(false);
        let frame = ready!(Pin::new(&mut this.body).poll_frame(cx));
        if let Some(Ok(frame)) = &frame {
            let bytes = frame.data_ref().map_or(0, |data| data.len() as u64);
            this.trace.sent(bytes);
            this.under_way.streams.moved.fetch_add(bytes, Relaxed);
            this.under_way.waits_for_room(true);
        }
        this.ended = frame.is_none();
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
