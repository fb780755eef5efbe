//! Observes each exchange from its head to the last byte of its answer.

use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Instant, SystemTime};

use bytes::Bytes;
use http::request::Parts;
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::activity::Activity;
use super::answer::Answer;
use super::body::Body;
use super::log::AccessLog;
use super::stats::Stats;
use crate::event::Feed;
use crate::exchange::{Exchange, More};

/// Where finished exchanges are told of.
#[derive(Clone)]
pub(crate) struct Recorder {
    pub(crate) feed: Feed,
    pub(crate) log: Arc<AccessLog>,
    pub(crate) stats: Arc<Stats>,
}

/// One exchange under way. Dropped at its end, whatever that is, it tells the recorder.
pub(crate) struct Trace {
    recorder: Recorder,
    activity: Arc<Activity>,
    began: Instant,
    exchange: Option<Exchange>,
}

impl Trace {
    pub(crate) fn begin(recorder: &Recorder, activity: &Arc<Activity>, remote: IpAddr, head: &Parts) -> Self {
        activity.request_began();
        recorder.stats.began();
        let text = |name| head.headers.get(name).map(|v| String::from_utf8_lossy(v.as_bytes()).into());
        let exchange = Exchange {
            at: SystemTime::now(),
            took: std::time::Duration::ZERO,
            remote,
            method: head.method.clone(),
            target: head.uri.path_and_query().map_or("*", http::uri::PathAndQuery::as_str).into(),
            version: head.version,
            status: 0,
            sent: 0,
            more: Some(Box::new(More {
                host: text(http::header::HOST),
                referer: text(http::header::REFERER),
                user_agent: text(http::header::USER_AGENT),
                received: length(head),
                ..More::default()
            })),
        };
        Self { recorder: recorder.clone(), activity: activity.clone(), began: Instant::now(), exchange: Some(exchange) }
    }

    /// The route that answers, for the details of the row.
    pub(crate) fn route(&mut self, name: &Arc<str>) {
        if let Some(more) = self.more() {
            more.route = Some(name.clone());
        }
    }

    fn more(&mut self) -> Option<&mut More> {
        self.exchange.as_mut()?.more.as_deref_mut()
    }

    /// The answer with its body watched until the end.
    pub(crate) fn watch(mut self, answer: Answer) -> http::Response<Traced> {
        let (parts, body) = answer.into_parts();
        if let Some(exchange) = &mut self.exchange {
            exchange.status = parts.status.as_u16();
        }
        if let (Some(more), Some(kind)) = (self.more(), parts.headers.get(http::header::CONTENT_TYPE)) {
            more.content_type = Some(String::from_utf8_lossy(kind.as_bytes()).into());
        }
        http::Response::from_parts(parts, Traced { body, trace: self })
    }
}

/// The length of the request's body, where the client has said so.
fn length(head: &Parts) -> u64 {
    let length = head.headers.get(http::header::CONTENT_LENGTH);
    length.and_then(|length| length.to_str().ok()?.parse().ok()).unwrap_or(0)
}

impl Drop for Trace {
    fn drop(&mut self) {
        let Some(mut exchange) = self.exchange.take() else { return };
        exchange.took = self.began.elapsed();
        // An answer that was never made: the client left first (nginx's 499).
        if exchange.status == 0 {
            exchange.status = 499;
        }
        self.activity.request_ended();
        self.recorder.stats.ended(exchange.status);
        self.recorder.log.write(&exchange);
        self.recorder.feed.exchange(exchange);
    }
}

/// A body that counts what it hands over.
pub(crate) struct Traced {
    body: Body,
    trace: Trace,
}

impl HttpBody for Traced {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        let frame = ready!(Pin::new(&mut this.body).poll_frame(cx));
        if let (Some(Ok(frame)), Some(exchange)) = (&frame, &mut this.trace.exchange) {
            exchange.sent += frame.data_ref().map_or(0, |data| data.len() as u64);
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
