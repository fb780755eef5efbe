//! The last step of an answer: its body in the coding that the client likes best.

use bytes::Bytes;
use http::header::{
    ACCEPT_RANGES, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH,
};
use http::request::Parts;
use http::{Method, StatusCode, response};

use super::accept::Accepted;
use super::coding::Coding;
use super::eligible::is_eligible;
use super::encoder::{self, Effort};
use super::stream;
use super::tag::{self, AsItIs, Sealed};
use crate::server::answer::Answer;
use crate::server::body::Body;
use crate::server::files::conditional::{Validators, Verdict};

/// A body up to this size is compressed in place: it takes less time than a thread's wake-up.
const IN_PLACE: usize = 64 << 10;

/// What this step needs to know of a request, once the request itself is gone.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    accepted: Accepted,
    head: bool,
    /// `If-None-Match` of a GET or HEAD.
    condition: Option<HeaderMap>,
}

impl Asked {
    pub(crate) fn of(head: &Parts) -> Self {
        let accepted = Accepted::of(&head.headers);
        let safe = matches!(head.method, Method::GET | Method::HEAD);
        let condition = (safe && accepted.best().is_some() && head.headers.contains_key(IF_NONE_MATCH))
            .then(|| head.headers.get_all(IF_NONE_MATCH).iter().map(|value| (IF_NONE_MATCH, value.clone())).collect());
        Self { accepted, head: head.method == Method::HEAD, condition }
    }
}

/// Compresses the answer if the client asks for that and it is worth it, and says `Vary` where it
/// could have been.
pub(crate) async fn answer(asked: &Asked, answer: Answer) -> Answer {
    let (mut parts, body) = answer.into_parts();
    let sealed = parts.extensions.remove::<Sealed>();
    let decided = parts.extensions.remove::<AsItIs>().is_some();
    let eligible = is_eligible(parts.status, &parts.headers, &body, asked.head);
    // Said again, for a header of the route may have taken the place of what was said before.
    if eligible || decided || sealed.is_some() {
        tag::vary(&mut parts.headers);
    }
    let coding = asked.accepted.best().filter(|_| eligible && !decided);
    let Some(coding) = coding else {
        // A 304 keeps the tag that was compared.
        if parts.status != StatusCode::NOT_MODIFIED {
            unseal(&mut parts, sealed);
        }
        return Answer::from_parts(parts, body);
    };
    let (sealed, fresh) = seal(asked, coding, &mut parts, &body, sealed);
    if fresh {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(CONTENT_LENGTH);
        parts.headers.remove(CONTENT_TYPE);
        return Answer::from_parts(parts, Body::Empty);
    }
    match encoded(coding, body).await {
        Ok(body) => {
            mark(coding, &mut parts.headers, &body);
            Answer::from_parts(parts, body)
        }
        Err(body) => {
            unseal(&mut parts, sealed);
            Answer::from_parts(parts, body)
        }
    }
}

/// Gives a strong tag its coding, if it does not have it yet: the tag as it was, and whether the
/// client has just this.
fn seal(
    asked: &Asked,
    coding: Coding,
    parts: &mut response::Parts,
    body: &Body,
    sealed: Option<Sealed>,
) -> (Option<Sealed>, bool) {
    let plain = parts.headers.get(ETAG).and_then(|etag| etag.to_str().ok()).map(str::to_owned);
    let Some(plain) = plain.filter(|_| sealed.is_none()) else { return (sealed, false) };
    let etag = tag::of(coding, &plain, body);
    if etag == plain {
        return (None, false);
    }
    tag::set(&mut parts.headers, &etag);
    let etag = etag.trim_start_matches("W/").to_owned();
    let validators = Validators { etag, modified: None };
    let verdict = asked.condition.as_ref().map(|condition| validators.evaluate(condition));
    (Some(Sealed(plain)), parts.status == StatusCode::OK && verdict == Some(Verdict::NotModified))
}

/// The bytes go as they are, and so does their tag.
fn unseal(parts: &mut response::Parts, sealed: Option<Sealed>) {
    if let Some(Sealed(plain)) = sealed {
        tag::set(&mut parts.headers, &plain);
    }
}

/// The body in this coding, or as it was where that is no gain.
async fn encoded(coding: Coding, body: Body) -> Result<Body, Body> {
    match body {
        // To HEAD: what the head says is all there is.
        Body::Empty => Ok(Body::Empty),
        Body::Full(bytes) => match whole(coding, bytes.clone()).await {
            Some(smaller) => Ok(Body::full(smaller)),
            None => Err(Body::Full(bytes)),
        },
        body @ (Body::File(_) | Body::Stream(_)) => stream::open(body, coding),
    }
}

async fn whole(coding: Coding, bytes: Bytes) -> Option<Bytes> {
    let length = bytes.len();
    let compress = move || encoder::whole(coding, Effort::Once, &bytes);
    let out = if length <= IN_PLACE { compress() } else { encoder::aside(compress).await };
    out.ok().filter(|out| out.len() < length)
}

/// The headers of a body in this coding.
fn mark(coding: Coding, headers: &mut HeaderMap, body: &Body) {
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
    headers.remove(ACCEPT_RANGES);
    for stale in ["content-md5", "digest", "content-digest", "repr-digest"] {
        headers.remove(stale);
    }
    match body {
        Body::Full(_) => {
            let length = http_body::Body::size_hint(body).exact().unwrap_or_default();
            headers.insert(CONTENT_LENGTH, length.into());
        }
        _ => {
            headers.remove(CONTENT_LENGTH);
        }
    }
}

#[cfg(test)]
mod tests;
