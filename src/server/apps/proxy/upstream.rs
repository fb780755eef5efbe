//! One upstream: where it is, its connections, what it is doing and how.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use http::{Request, Response};
use hyper::body::Incoming;
use parking_lot::Mutex;
use tokio::time::timeout;

use super::balance::Load;
use super::connect::connect;
use super::failure::Failure;
use super::health::{Health, Trouble};
use super::http2::Shared;
use super::link::{Link, Unsent};
use super::outgoing::Ask;
use super::patience::in_time;
use super::pool::Pool;
use super::sending::Sending;
use super::tls::{Offer, Tls};
use crate::config;
use crate::event::{Event, Feed, Note};

/// How long a request waits for another that connects already, where they could share the connection.
const COMPANY: Duration = Duration::from_secs(1);

/// An upstream.
pub(super) struct Upstream {
    pub(super) at: config::Upstream,
    /// What it is called in a `Host` field.
    pub(super) authority: String,
    /// What people call it.
    pub(super) called: String,
    /// How a line about it begins.
    label: String,
    /// Where it speaks https.
    tls: Option<Arc<Tls>>,
    pool: Arc<Pool<Box<Link>>>,
    shared: Mutex<Option<Shared>>,
    /// Held while a connection is made that others may share.
    connecting: tokio::sync::Mutex<()>,
    /// It has chosen HTTP/1.1 where it could have HTTP/2.
    is_http1: AtomicBool,
    health: Mutex<Health>,
    busy: AtomicUsize,
}

/// A request that was not answered.
pub(super) struct Missed {
    pub(super) failure: Failure,
    /// Its body, where another upstream may be asked.
    pub(super) body: Option<Sending>,
    /// Some of it may have arrived.
    pub(super) sent: bool,
}

/// Counts a request as under way.
pub(super) struct Busy(Arc<Upstream>);

impl Busy {
    pub(super) fn upstream(&self) -> &Upstream {
        &self.0
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Relaxed);
    }
}

/// A connection, of its own or shared.
enum Connection {
    Own(Box<Link>),
    Shared(Shared),
}

impl Connection {
    async fn send(&mut self, request: Request<Sending>) -> Result<Response<Incoming>, Unsent> {
        match self {
            Self::Own(link) => link.send(request).await,
            Self::Shared(shared) => shared.send(request).await,
        }
    }

    fn is_http2(&self) -> bool {
        matches!(self, Self::Shared(_))
    }

    /// What is needed to read the answer's body.
    fn into_link(self) -> Option<Box<Link>> {
        match self {
            Self::Own(link) => Some(link),
            Self::Shared(_) => None,
        }
    }
}

impl Upstream {
    /// One that people know by a name of its own, or by where it is.
    pub(super) fn new(at: &config::Upstream, tls: &Arc<Tls>, name: Option<&str>) -> Arc<Self> {
        Arc::new(Self {
            called: name.map_or_else(|| at.to_string(), str::to_owned),
            label: name.map_or_else(|| format!("proxy {at}"), |name| format!("{name}:")),
            authority: at.authority(),
            at: at.clone(),
            tls: at.tls.then(|| tls.clone()),
            pool: Arc::default(),
            shared: Mutex::default(),
            connecting: tokio::sync::Mutex::default(),
            is_http1: AtomicBool::new(false),
            health: Mutex::default(),
            busy: AtomicUsize::new(0),
        })
    }

    /// What it is doing.
    pub(super) fn load(&self, now: Instant) -> Load {
        Load { busy: self.busy.load(Relaxed), rests: self.health.lock().rests(now) }
    }

    /// A request is passed on to it.
    pub(super) fn begin(self: &Arc<Self>, now: Instant) -> Busy {
        self.health.lock().tried(now);
        self.busy.fetch_add(1, Relaxed);
        Busy(self.clone())
    }

    /// It answered.
    pub(super) fn answered(&self, feed: &Feed) {
        if self.health.lock().answered() {
            feed.event(Event::Note(Note::info(format!("{} answers again", self.label))));
        }
    }

    /// It did not; what there is to tell of that.
    pub(super) fn failed(&self, failure: &Failure) -> Option<Note> {
        let news = self.health.lock().failed(trouble(failure), Instant::now());
        news.then(|| self.note(failure))
    }

    /// What came of a health check.
    pub(super) fn checked(&self, found: Result<(), Failure>, feed: &Feed) {
        match found {
            Ok(()) => {
                if self.health.lock().well() {
                    feed.event(Event::Note(Note::info(format!("{} answers again", self.label))));
                }
            }
            Err(failure) => {
                let news = self.health.lock().unwell(trouble(&failure));
                if news {
                    feed.event(Event::Note(self.note(&failure)));
                }
            }
        }
    }

    fn note(&self, failure: &Failure) -> Note {
        let note = Note::error(format!("{} {failure}", self.label));
        let detail = failure.detail();
        if detail.is_empty() { note } else { note.with_detail(detail) }
    }

    /// Keeps a connection whose answer has been read, if it is good for another.
    pub(super) fn keep(&self, mut link: Box<Link>) {
        if link.settles() {
            self.pool.keep(link);
        }
    }

    /// A connection that is there; the shared one, or one of its own.
    fn waiting(&self, offer: Offer) -> Option<Connection> {
        if offer == Offer::Any && (self.at.http2 || self.tls.is_some()) {
            let shared = self.shared.lock().clone().filter(Shared::is_open).map(Connection::Shared);
            if shared.is_some() || self.at.http2 {
                return shared;
            }
        }
        self.pool.take().map(Connection::Own)
    }

    /// Whether requests may share a connection.
    fn shares(&self, offer: Offer) -> bool {
        self.at.http2 || self.tls.is_some() && offer == Offer::Any && !self.is_http1.load(Relaxed)
    }

    /// A connection, and whether it was there; `fresh` is one that was not.
    async fn connection(&self, offer: Offer, fresh: bool, limit: Duration) -> Result<(Connection, bool), Failure> {
        if fresh {
            return Ok((self.connect(offer, limit).await?, false));
        }
        if let Some(waiting) = self.waiting(offer) {
            return Ok((waiting, true));
        }
        if !self.shares(offer) {
            return Ok((self.connect(offer, limit).await?, false));
        }
        // Whoever has waited for long enough connects too.
        let _turn = timeout(COMPANY.min(limit), self.connecting.lock()).await;
        match self.waiting(offer) {
            Some(waiting) => Ok((waiting, true)),
            None => Ok((self.connect(offer, limit).await?, false)),
        }
    }

    async fn connect(&self, offer: Offer, limit: Duration) -> Result<Connection, Failure> {
        let io = connect(&self.at.address, self.tls.as_deref().map(|tls| (tls, offer)), limit).await?;
        if self.at.http2 || io.is_http2() {
            let shared = Shared::over(io).await.map_err(Failure::Bad)?;
            *self.shared.lock() = Some(shared.clone());
            return Ok(Connection::Shared(shared));
        }
        if offer == Offer::Any && self.tls.is_some() {
            self.is_http1.store(true, Relaxed);
        }
        Link::over(io).await.map(|link| Connection::Own(Box::new(link))).map_err(Failure::Bad)
    }

    /// Sends a request; the head of the answer and its connection.
    ///
    /// A connection that waited may be dead, as its other side may close it at any time. What was not sent on it
    /// is sent on another, and so is what may be sent twice (RFC 9110, section 9.2.2).
    pub(super) async fn send(
        &self,
        ask: &Ask<'_>,
        body: Sending,
    ) -> Result<(Response<Incoming>, Option<Box<Link>>), Missed> {
        let repeatable = body.is_nothing() && ask.outgoing.method.is_idempotent();
        let offer = if ask.outgoing.upgrade.is_some() { Offer::Http1 } else { Offer::Any };
        let (mut body, mut fresh, mut sent) = (body, false, false);
        loop {
            let (mut connection, waited) = match self.connection(offer, fresh, ask.limit).await {
                Ok(connection) => connection,
                Err(failure) => return Err(Missed { failure, body: Some(body), sent }),
            };
            let Some(head) = ask.head(self, connection.is_http2()) else {
                let unsayable = io::Error::new(io::ErrorKind::InvalidInput, "its name or path cannot be said in HTTP");
                return Err(Missed { failure: Failure::Unreachable(unsayable), body: Some(body), sent });
            };
            let sending = connection.send(Request::from_parts(head, body));
            let unsent = match in_time(sending, ask.limit, ask.progress).await {
                Some(Ok(answer)) => return Ok((answer, connection.into_link())),
                Some(Err(unsent)) => unsent,
                None => return Err(Missed { failure: Failure::Slow(ask.limit), body: None, sent: true }),
            };
            sent |= unsent.request.is_none();
            body = match unsent.request {
                Some(request) if waited => request.into_body(),
                Some(request) => {
                    let silent = is_silence(&unsent.error);
                    let failure = if silent { Failure::Closed } else { Failure::Bad(unsent.error) };
                    return Err(Missed { failure, body: Some(request.into_body()), sent });
                }
                None if repeatable && waited && !unsent.error.is_parse() => Sending::Nothing,
                None if repeatable && is_silence(&unsent.error) => {
                    return Err(Missed { failure: Failure::Closed, body: Some(Sending::Nothing), sent });
                }
                None => return Err(Missed { failure: Failure::Bad(unsent.error), body: None, sent }),
            };
            // What failed is not taken again: one that is shared may still be there.
            fresh = connection.is_http2();
        }
    }
}

/// Whether the connection ended before there was an answer.
fn is_silence(error: &hyper::Error) -> bool {
    let source = error.source();
    match source.and_then(|source| source.downcast_ref::<hyper::Error>()) {
        Some(why) => is_silence(why),
        None => {
            error.is_incomplete_message() || error.is_canceled() || source.is_some_and(<dyn Error>::is::<io::Error>)
        }
    }
}

fn trouble(failure: &Failure) -> Trouble {
    match failure {
        Failure::Unreachable(_) | Failure::Closed => Trouble::Unreachable,
        Failure::Insecure(_) => Trouble::Insecure,
        Failure::Bad(_) => Trouble::Bad,
        Failure::Slow(_) => Trouble::Slow,
        Failure::Unwell(_) => Trouble::Unwell,
    }
}
