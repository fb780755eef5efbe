//! The live-reload script, put into HTML that a browser asked for as a document.
//!
//! What belongs here works on bytes, whatever the charset, and on answers from anywhere.

pub(super) mod condition;
mod finder;
mod meta;
mod policy;
mod stream;

use std::fmt;

use bytes::{Bytes, BytesMut};
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    HOST, HeaderMap, HeaderValue,
};
use http::request::Parts;
use http::{Method, StatusCode};
use http_body_util::BodyExt;
use xxhash_rust::xxh3::xxh3_64;

use self::finder::Finder;
use self::policy::Policy;
use super::answer::{AboutHtml, Answer};
use super::body::Body;
use super::source::Sources;
use super::{encode, live};

/// Says of HTML that it would be another answer to whoever asks for a document, or does not.
pub(super) fn vary(answer: &mut Answer) {
    if answer.extensions_mut().remove::<AboutHtml>().is_some() || is_page(answer) {
        encode::vary_by(answer.headers_mut(), &["Accept", "Sec-Fetch-Dest"]);
    }
}

/// Why an HTML document was left without the script.
#[derive(Debug, PartialEq, Eq)]
enum Refused {
    Encoded(String),
    Policy(String),
    Utf16,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encoded(how) => write!(f, "it arrived compressed ({how})"),
            Self::Policy(directive) => {
                write!(f, "its Content-Security-Policy refuses it; allow 'self' in {directive}")
            }
            Self::Utf16 => f.write_str("it is UTF-16; save it as UTF-8"),
        }
    }
}

/// Puts the script into the answer to a document's request, if it is HTML to be shown; sets the
/// `ETag` and answers the condition. With it comes a line for the log where the script would have
/// been refused.
pub async fn document(head: &Parts, answer: Answer) -> (Answer, Option<String>) {
    if !is_page(&answer) {
        return (answer, None);
    }
    let mut answer = answer;
    if answer.headers().contains_key(CONTENT_SECURITY_POLICY) {
        // What it says of the script depends on the host that was asked for.
        answer.extensions_mut().remove::<Sources>();
    }
    let (answer, refused) = match refusal(head, answer.headers()) {
        Some(refused) => (answer, Some(refused)),
        None => put(head, answer).await,
    };
    let note = refused.map(|why| format!("no live reload in {}: {why}", head.uri.path()));
    (answer, note)
}

/// Whether the answer is HTML that is shown.
fn is_page(answer: &Answer) -> bool {
    let bodiless = [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED, StatusCode::PARTIAL_CONTENT];
    let text = |name| answer.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let kind = text(CONTENT_TYPE).and_then(|value| value.split(';').next()).unwrap_or_default().trim();
    let attached = text(CONTENT_DISPOSITION)
        .is_some_and(|value| value.trim_start().get(..10).is_some_and(|word| word.eq_ignore_ascii_case("attachment")));
    kind.eq_ignore_ascii_case("text/html")
        && !attached
        && !answer.status().is_informational()
        && !bodiless.contains(&answer.status())
}

/// Why its headers rule the script out.
fn refusal(head: &Parts, headers: &HeaderMap) -> Option<Refused> {
    let encoding = headers.get(CONTENT_ENCODING).map(|value| String::from_utf8_lossy(value.as_bytes()));
    if let Some(encoding) = encoding.filter(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        return Some(Refused::Encoded(encoding.into_owned()));
    }
    let kind = headers.get(CONTENT_TYPE).map(|value| value.as_bytes().to_ascii_lowercase()).unwrap_or_default();
    if memchr::memmem::find(&kind, b"utf-16").is_some() {
        return Some(Refused::Utf16);
    }
    let policies = headers.get_all(CONTENT_SECURITY_POLICY).iter().filter_map(|value| value.to_str().ok());
    policies.flat_map(|value| value.split(',')).find_map(|policy| refused_by(head, policy))
}

fn refused_by(head: &Parts, policy: &str) -> Option<Refused> {
    let host = head.uri.authority().map(http::uri::Authority::as_str);
    let host = host.or_else(|| head.headers.get(HOST)?.to_str().ok()).unwrap_or_default();
    Policy::new(policy).refuses(host).map(|directive| Refused::Policy(directive.to_owned()))
}

async fn put(head: &Parts, answer: Answer) -> (Answer, Option<Refused>) {
    let (mut parts, body) = answer.into_parts();
    let body = if let Body::File(file) = body { Body::stream(file) } else { body };
    match body {
        Body::Empty if head.method == Method::HEAD => (Answer::from_parts(parts, Body::Empty), None),
        Body::Stream(source) => {
            // Not read yet: what the answer's own tag says of it has to do.
            let known = parts.headers.get(ETAG).map(HeaderValue::as_bytes);
            let weak = known.is_some_and(|etag| etag.starts_with(b"W/"));
            let hash = known.map(xxh3_64);
            let opened = stream::open(source, tag(hash), &|policy| refused_by(head, policy)).await;
            match opened {
                Ok(body) => {
                    parts.headers.remove(CONTENT_LENGTH);
                    (revalidated(head, Answer::from_parts(parts, body), hash, weak), None)
                }
                Err((body, refused)) => (Answer::from_parts(parts, body), Some(refused)),
            }
        }
        Body::Empty | Body::Full(_) | Body::File(_) => {
            // It is all there: nothing is waited for and nothing fails.
            let page = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
            let policies = meta::policies(&page);
            if !policies.is_empty() {
                parts.extensions.remove::<Sources>();
            }
            let refused = policies.iter().find_map(|policy| refused_by(head, policy));
            if let Some(refused) = refused {
                return (Answer::from_parts(parts, Body::full(page)), Some(refused));
            }
            let hash = Some(xxh3_64(&page));
            let Some(page) = whole(&page, &tag(hash)) else {
                return (Answer::from_parts(parts, Body::full(page)), Some(Refused::Utf16));
            };
            parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(page.len()));
            (revalidated(head, Answer::from_parts(parts, Body::full(page)), hash, false), None)
        }
    }
}

/// The page with the tag in its place; `None` for UTF-16.
fn whole(page: &[u8], tag: &[u8]) -> Option<Bytes> {
    let mut finder = Finder::default();
    let place = match finder.feed(page) {
        Some(finder::Place::At(place)) => usize::try_from(place).unwrap_or(page.len()),
        Some(finder::Place::Nowhere) => return None,
        None => page.len(),
    };
    let (before, after) = page.split_at_checked(place)?;
    let mut out = BytesMut::with_capacity(page.len() + tag.len());
    out.extend_from_slice(before);
    out.extend_from_slice(tag);
    out.extend_from_slice(after);
    Some(out.freeze())
}

/// The script's tag. The build id is the content's; a page that is not yet known has none.
fn tag(hash: Option<u64>) -> Bytes {
    let build = hash.map(build).unwrap_or_default();
    format!("<script src=\"/__stan/client.js\" data-build=\"{build}\" async></script>").into()
}

/// The build id of a page with this content hash, as its script tells it to
/// [`Missed`](super::live::Missed).
pub fn build(hash: u64) -> String {
    format!("{hash:016x}")
}

/// Marks an answer with the script in it, and answers the condition of the request.
fn revalidated(head: &Parts, mut answer: Answer, hash: Option<u64>, weak: bool) -> Answer {
    let ok = answer.status() == StatusCode::OK;
    let headers = answer.headers_mut();
    for stale in ["accept-ranges", "content-md5", "digest", "content-digest", "repr-digest", "etag"] {
        headers.remove(stale);
    }
    // A page must be asked for again, and may be kept for back and forward.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache"));
    let Some(hash) = hash.filter(|_| ok) else { return answer };
    let etag = format!("{}\"{}-{}\"", if weak { "W/" } else { "" }, build(hash), live::version());
    let etag = encode::seal(&head.headers, &mut answer, etag);
    if let Ok(value) = HeaderValue::from_str(&etag) {
        answer.headers_mut().insert(ETAG, value);
    }
    if condition::matches(&head.headers, &etag) {
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
        *answer.body_mut() = Body::Empty;
        answer.headers_mut().remove(CONTENT_LENGTH);
        answer.headers_mut().remove(CONTENT_TYPE);
    }
    answer
}

#[cfg(test)]
mod tests;
