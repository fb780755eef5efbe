//! Observes each exchange from its head to the last byte of its answer.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use http::request::Parts;
use http::{Method, Version};

use super::answer::NoNews;
use super::log::{AccessLog, Entry};
use super::stats::Stats;
use crate::event::Feed;
use crate::exchange::{Exchange, More};
use crate::text::masked;

/// Where finished exchanges are told of.
#[derive(Clone)]
pub(crate) struct Recorder {
    pub(crate) feed: Feed,
    pub(crate) log: Arc<AccessLog>,
    pub(crate) stats: Arc<Stats>,
}

impl Recorder {
    /// Tells of an exchange that was over at once, of which `entry` is a view.
    pub(crate) fn tell(&self, entry: &Entry<'_>, exchange: Exchange) {
        self.stats.passed(entry.status);
        self.log.write(entry);
        self.feed.exchange(exchange);
    }
}

/// One exchange under way. Dropped at its end, whatever that is, it tells the recorder.
pub(crate) struct Trace {
    recorder: Recorder,
    began: Instant,
    exchange: Option<Exchange>,
    /// It is not worth a row.
    no_news: bool,
}

impl Trace {
    /// Of a request whose head had come at `began`.
    pub(crate) fn begin(recorder: &Recorder, remote: IpAddr, head: &Parts, began: Instant) -> Self {
        let text = |name| head.headers.get(name).map(|v| String::from_utf8_lossy(v.as_bytes()).into());
        let more = More {
            host: text(http::header::HOST),
            referer: text(http::header::REFERER).map(without_secrets),
            user_agent: text(http::header::USER_AGENT),
            received: length(head),
            ..More::default()
        };
        let target = masked(head.uri.path_and_query().map_or("*", http::uri::PathAndQuery::as_str)).into();
        let exchange = exchange(remote, head.method.clone(), target, head.version, Some(Arc::new(more)));
        Self::of(recorder, exchange, began)
    }

    /// Of what is no request; what could be made out of its first line.
    pub(crate) fn refused(recorder: &Recorder, remote: IpAddr, method: &[u8], target: &[u8], since: Instant) -> Self {
        let method = Method::from_bytes(method).unwrap_or_default();
        let target = masked(&String::from_utf8_lossy(target)).into();
        Self::of(recorder, exchange(remote, method, target, Version::HTTP_11, None), since)
    }

    /// Of an exchange whose head had come at `began`.
    pub(crate) fn of(recorder: &Recorder, exchange: Exchange, began: Instant) -> Self {
        recorder.stats.began();
        Self { recorder: recorder.clone(), began, exchange: Some(exchange), no_news: false }
    }

    /// The route that answers, for the details of the row.
    pub(crate) fn route(&mut self, name: &Arc<str>) {
        if let Some(more) = self.more() {
            more.route = Some(name.clone());
        }
    }

    /// Whoever asked has passed with this name.
    pub(crate) fn user(&mut self, name: &Arc<str>) {
        if let Some(more) = self.more() {
            more.user = Some(name.clone());
        }
    }

    /// The name of the route that answered.
    pub(crate) fn route_name(&self) -> Option<&Arc<str>> {
        self.exchange.as_ref()?.more.as_ref()?.route.as_ref()
    }

    fn more(&mut self) -> Option<&mut More> {
        // A copy of its own where the answer was ready: others have the same.
        Some(Arc::make_mut(self.exchange.as_mut()?.more.as_mut()?))
    }

    /// The answer is known.
    pub(crate) fn answered(&mut self, parts: &http::response::Parts) {
        self.no_news = parts.extensions.get::<NoNews>().is_some();
        if let Some(exchange) = &mut self.exchange {
            exchange.status = parts.status.as_u16();
        }
        if let (Some(more), Some(kind)) = (self.more(), parts.headers.get(http::header::CONTENT_TYPE)) {
            more.content_type = Some(String::from_utf8_lossy(kind.as_bytes()).into());
        }
    }

    /// The answer ended before its end.
    pub(crate) fn cut(&mut self) {
        if let Some(more) = self.more() {
            more.cut = true;
        }
    }

    /// Bytes of the body that have been handed over.
    pub(crate) fn bytes(&self) -> u64 {
        self.exchange.as_ref().map_or(0, |exchange| exchange.sent)
    }

    /// So many more bytes of its body have been handed over.
    pub(crate) fn sent(&mut self, bytes: u64) {
        if let Some(exchange) = &mut self.exchange {
            exchange.sent += bytes;
        }
    }
}

fn exchange(remote: IpAddr, method: Method, target: Box<str>, version: Version, more: Option<Arc<More>>) -> Exchange {
    Exchange { at: SystemTime::now(), took: Duration::ZERO, remote, method, target, version, status: 0, sent: 0, more }
}

/// Text of a field, without what is secret in it.
fn without_secrets(text: Box<str>) -> Box<str> {
    match masked(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(shown) => shown.into(),
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
        self.recorder.stats.ended(exchange.status);
        self.recorder.log.write(&(&exchange).into());
        if !self.no_news {
            self.recorder.feed.exchange(exchange);
        }
    }
}
