//! One upstream: where it is, its connections, what it is doing and how.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Instant;

use http::{Request, Response};
use hyper::body::Incoming;
use parking_lot::Mutex;

use super::balance::Load;
use super::connect::connect;
use super::failure::Failure;
use super::health::{Health, Trouble};
use super::http2::Shared;
use super::link::{Link, Unanswered};
use super::pool::Pool;
use super::sending::Sending;
use crate::config;
use crate::event::{Event, Feed, Note};

/// An upstream.
pub(super) struct Upstream {
    pub(super) at: config::Upstream,
    /// What it is called in a `Host` field.
    pub(super) authority: String,
    pool: Arc<Pool<Box<Link>>>,
    shared: Mutex<Option<Shared>>,
    health: Mutex<Health>,
    busy: AtomicUsize,
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
    async fn send(&mut self, request: Request<Sending>) -> Result<Response<Incoming>, Unanswered> {
        match self {
            Self::Own(link) => link.send(request).await,
            Self::Shared(shared) => shared.send(request).await,
        }
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
    pub(super) fn new(at: &config::Upstream) -> Arc<Self> {
        Arc::new(Self {
            authority: at.authority(),
            at: at.clone(),
            pool: Arc::default(),
            shared: Mutex::default(),
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
            feed.event(Event::Note(Note::info(format!("proxy {} answers again", self.at))));
        }
    }

    /// It did not.
    pub(super) fn failed(&self, failure: &Failure, feed: &Feed) {
        let trouble = match failure {
            Failure::Unreachable(_) => Trouble::Unreachable,
            Failure::Bad(_) => Trouble::Bad,
            Failure::Slow(_) => Trouble::Slow,
        };
        if self.health.lock().failed(trouble, Instant::now()) {
            feed.event(Event::Note(Note::error(format!("proxy {} {failure}", self.at))));
        }
    }

    /// Keeps a connection whose answer has been read, if it is good for another.
    pub(super) fn keep(&self, mut link: Box<Link>) {
        if link.settles() {
            self.pool.keep(link);
        }
    }

    /// A connection that is there; the shared one, or one of its own.
    fn waiting(&self) -> Option<Connection> {
        if self.at.http2 {
            let shared = self.shared.lock().clone();
            return shared.filter(Shared::is_open).map(Connection::Shared);
        }
        self.pool.take().map(Connection::Own)
    }

    async fn connect(&self) -> io::Result<Connection> {
        let io = connect(&self.at.address).await?;
        if self.at.http2 {
            let shared = Shared::over(io).await.map_err(io::Error::other)?;
            *self.shared.lock() = Some(shared.clone());
            return Ok(Connection::Shared(shared));
        }
        Link::over(io).await.map(|link| Connection::Own(Box::new(link))).map_err(io::Error::other)
    }

    /// Sends a request; the head of the answer and its connection. Where it was not answered, the body comes
    /// back if nothing of the request was sent.
    ///
    /// A connection that waited may be dead, as its other side may close it at any time. What was not sent on it
    /// is sent on another, and so is what may be sent twice (RFC 9110, section 9.2.2).
    pub(super) async fn send(
        &self,
        head: &http::request::Parts,
        body: Sending,
    ) -> Result<(Response<Incoming>, Option<Box<Link>>), (Failure, Option<Sending>)> {
        let repeatable = body.is_nothing() && head.method.is_idempotent();
        let mut body = body;
        loop {
            let (mut connection, waited) = match self.waiting() {
                Some(connection) => (connection, true),
                None => match self.connect().await {
                    Ok(connection) => (connection, false),
                    Err(error) => return Err((Failure::Unreachable(error), Some(body))),
                },
            };
            let unanswered = match connection.send(Request::from_parts(head.clone(), body)).await {
                Ok(answer) => return Ok((answer, connection.into_link())),
                Err(unanswered) => unanswered,
            };
            body = match unanswered.request {
                Some(request) if waited => request.into_body(),
                Some(request) => return Err((Failure::Bad(unanswered.error), Some(request.into_body()))),
                None if waited && repeatable && !unanswered.error.is_parse() => Sending::Nothing,
                None => return Err((Failure::Bad(unanswered.error), None)),
            };
            // What failed is not taken again.
            if let (Connection::Shared(_), true) = (&connection, waited) {
                self.shared.lock().take();
            }
        }
    }
}
