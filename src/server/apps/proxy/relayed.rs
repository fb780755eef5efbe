//! An upstream's answer on its way to the client.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, HeaderValue, UPGRADE};
use http::response::Parts;
use http::{Response, StatusCode};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::StreamBody;
use hyper::body::Incoming;

use super::link::{Link, poll_body};
use super::mending::Mending;
use super::sending::clean;
use super::upstream::{Busy, Upstream};
use super::{hops, outgoing};
use crate::server::answer::{Answer, Foreign};
use crate::server::body::Body;
use crate::server::gone::Gone;

/// The answer as the client gets it; `is_head` where it is to HEAD.
pub(super) fn answer(
    answered: Response<Incoming>,
    link: Option<Box<Link>>,
    busy: Busy,
    gone: Option<Gone>,
    mending: &Mending<'_>,
    is_head: bool,
) -> Answer {
    let (mut parts, body) = answered.into_parts();
    head(&mut parts, mending);
    let relayed = Relayed { body, link, busy, gone, leaving: None };
    let body = if !relayed.body.is_end_stream() {
        Body::stream(relayed)
    } else if is_head && !parts.headers.contains_key(CONTENT_LENGTH) {
        // Of a length that nobody has told.
        Body::stream(StreamBody::new(futures_util::stream::empty::<io::Result<Frame<Bytes>>>()))
    } else {
        Body::Empty
    };
    Response::from_parts(parts, body)
}

/// The head of the answer to a request that changes the protocol.
pub(super) fn switching(mut parts: Parts, mending: &Mending<'_>) -> Answer {
    let upgrade = parts.headers.get(UPGRADE).cloned();
    head(&mut parts, mending);
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    if let Some(upgrade) = upgrade {
        parts.headers.insert(UPGRADE, upgrade);
    }
    Response::from_parts(parts, Body::Empty)
}

fn head(parts: &mut Parts, mending: &Mending<'_>) {
    // Whoever has to change the protocol needs to know to which (RFC 9110, section 15.5.22).
    let upgrade = parts.headers.get(UPGRADE).filter(|_| parts.status == StatusCode::UPGRADE_REQUIRED).cloned();
    hops::strip(&mut parts.headers);
    if let Some(upgrade) = upgrade {
        parts.headers.insert(UPGRADE, upgrade);
        parts.headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    }
    if parts.status == StatusCode::NO_CONTENT {
        // A length of nothing (RFC 9110, section 8.6).
        parts.headers.remove(CONTENT_LENGTH);
    }
    mending.mend(&mut parts.headers);
    outgoing::via(&mut parts.headers, parts.version);
    parts.extensions.clear();
    parts.extensions.insert(Foreign);
}

/// Its body. Read to its end, it gives its connection back; dropped before that, it closes it.
struct Relayed {
    body: Incoming,
    link: Option<Box<Link>>,
    busy: Busy,
    /// Tells of a client that leaves, once there is nothing to send to it.
    gone: Option<Gone>,
    leaving: Option<Leaving>,
}

/// Resolves when the client has left.
type Leaving = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Drop for Relayed {
    fn drop(&mut self) {
        if self.body.is_end_stream() {
            self.give_back();
        }
    }
}

impl Relayed {
    fn give_back(&mut self) {
        if let Some(link) = self.link.take() {
            self.upstream().keep(link);
        }
    }

    fn upstream(&self) -> &Upstream {
        self.busy.upstream()
    }

    fn poll_left(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(gone) = self.gone.take() {
            self.leaving = Some(Box::pin(gone.for_good()));
        }
        self.leaving.as_mut().map_or(Poll::Pending, |leaving| leaving.as_mut().poll(cx))
    }
}

impl HttpBody for Relayed {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        let polled = poll_body(&mut this.body, &mut this.link, cx);
        if polled.is_pending() && this.poll_left(cx).is_ready() {
            this.link = None;
            return Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into())));
        }
        Poll::Ready(match ready!(polled) {
            Some(Ok(frame)) => Some(Ok(clean(frame))),
            // It ended before its end; so does this.
            Some(Err(error)) => {
                this.link = None;
                Some(Err(io::Error::other(error)))
            }
            None => {
                this.give_back();
                None
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
