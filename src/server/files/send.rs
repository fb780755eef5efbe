//! From an open file to an answer: type, validators, conditions, ranges, body.

use std::fs::{File, Metadata};
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::header::{ACCEPT_RANGES, CONTENT_ENCODING, CONTENT_RANGE, CONTENT_TYPE, HeaderValue, RANGE};
use http::{Method, StatusCode};

use super::charset::{self, Charsets};
use super::coded::{Beside, Coded, Mount};
use super::conditional::{Validators, Verdict};
use super::range::{Selection, select};
use super::read::{SMALL, settled};
use super::resolve::Opened;
use super::state::is_quiet;
use super::{Wanted, types};
use crate::server::answer::{Answer, empty, text};
use crate::server::body::{Body, FileBody, Part};
use crate::server::encode::{self, Accepted, AsItIs};
use crate::server::inject::AboutHtml;

/// Other files up to this many bytes are read whole: they may be asked for again.
pub(super) const LARGEST: u64 = 256 << 10;
/// Documents up to this many bytes are given whole, so that a later step can put a script in.
const DOCUMENT: u64 = 8 << 20;

/// On an answer: all of it was made of one file, which had been left alone in this state.
#[derive(Debug, Clone)]
pub(super) struct Settled {
    pub(super) meta: Metadata,
    /// Where it really is.
    pub(super) path: Arc<Path>,
    /// The sidecars that were looked for, and what was found.
    pub(super) beside: Beside,
}

/// The bytes of an opened file: in memory, or to be read as they are sent.
pub(super) struct Content {
    pub(super) file: Arc<File>,
    pub(super) path: Arc<Path>,
    pub(super) meta: Metadata,
    pub(super) bytes: Option<Bytes>,
}

impl Content {
    pub(super) async fn of(opened: Opened, in_memory: u64) -> io::Result<Self> {
        let Opened { file, meta, path } = opened;
        let (file, path) = (Arc::new(file), path.into());
        let (bytes, meta) = if meta.len() <= SMALL {
            settled(&file, meta, SMALL)?
        } else if meta.len() <= in_memory {
            let file = Arc::clone(&file);
            tokio::task::spawn_blocking(move || settled(&file, meta, in_memory)).await.map_err(io::Error::other)??
        } else {
            (None, meta)
        };
        Ok(Self { file, path, meta, bytes: bytes.map(Bytes::from) })
    }

    pub(super) fn size(&self) -> u64 {
        self.bytes.as_ref().map_or_else(|| self.meta.len(), |bytes| bytes.len() as u64)
    }

    /// The `Content-Type`: by extension, with a charset only on text that is UTF-8.
    async fn kind(&self, name: &str, charsets: &Charsets) -> HeaderValue {
        let essence = types::of(name);
        if essence.is_some_and(|essence| !types::is_text(essence)) || (essence.is_none() && self.size() == 0) {
            return HeaderValue::from_static(essence.unwrap_or("application/octet-stream"));
        }
        let utf8 = match &self.bytes {
            Some(bytes) => charset::is_text(bytes),
            None => charsets.is_utf8(&self.file, &self.meta).await,
        };
        let plain = HeaderValue::from_static(essence.unwrap_or("application/octet-stream"));
        // A name without a known extension, such as LICENSE, is text when its bytes are.
        let text = format!("{}; charset=utf-8", essence.unwrap_or("text/plain"));
        if utf8 { HeaderValue::try_from(text).unwrap_or(plain) } else { plain }
    }

    /// Says on an answer that was made of this and is in memory in which state the file was.
    fn mark(&self, answer: &mut Answer) {
        if answer.status() == StatusCode::OK && is_quiet(&self.meta) {
            let (meta, path) = (self.meta.clone(), self.path.clone());
            answer.extensions_mut().insert(Settled { meta, path, beside: Vec::new() });
        }
    }

    fn part(&self, span: Range<u64>) -> Part {
        match &self.bytes {
            Some(bytes) => Part::Bytes(bytes.slice(span.start as usize..span.end as usize)),
            None => Part::Span(span),
        }
    }

    /// All of it.
    fn whole(&self) -> Body {
        self.body(vec![self.part(0..self.size())])
    }

    fn body(&self, mut parts: Vec<Part>) -> Body {
        match (parts.pop(), parts.is_empty()) {
            (None, _) => Body::Empty,
            (Some(Part::Bytes(bytes)), true) => Body::full(bytes),
            (Some(last), _) => {
                parts.push(last);
                Body::File(FileBody::new(Arc::clone(&self.file), parts))
            }
        }
    }
}

/// Answers with a file, whole and without conditions: documents that get a script, error pages.
pub(super) async fn whole(opened: Opened, name: &str, status: StatusCode, charsets: &Charsets) -> io::Result<Answer> {
    let content = Content::of(opened, DOCUMENT).await?;
    let mut answer = empty(status);
    if content.bytes.is_some() {
        content.mark(&mut answer);
    }
    answer.headers_mut().insert(CONTENT_TYPE, content.kind(name, charsets).await);
    *answer.body_mut() = content.whole();
    Ok(answer)
}

/// Answers with a file as the request wants it.
pub(super) async fn file(opened: Opened, name: &str, wanted: &Wanted, mount: Mount<'_>) -> io::Result<Answer> {
    if wanted.document && types::of(name) == Some("text/html") {
        return whole(opened, name, StatusCode::OK, mount.charsets).await;
    }
    let path = opened.path.clone();
    let content = Content::of(opened, LARGEST).await?;
    let compressible = match types::of(name) {
        Some(essence) => encode::is_compressible(essence),
        None => content.kind(name, mount.charsets).await.as_bytes().starts_with(b"text/"),
    };
    if !compressible {
        return plain(content, name, wanted, mount.charsets).await;
    }
    let accepted = Accepted::of(&wanted.headers);
    let beside = mount.beside(&path, accepted);
    let mut answer = match mount.coded(&path, &content, accepted).await {
        Some(coded) => in_coding(&content, &coded, name, wanted, mount.charsets).await,
        None => plain(content, name, wanted, mount.charsets).await?,
    };
    encode::vary(answer.headers_mut());
    if types::of(name) == Some("text/html") {
        answer.extensions_mut().insert(AboutHtml);
    }
    if accepted.best().is_some() {
        answer.extensions_mut().insert(AsItIs);
    }
    if let Some(settled) = answer.extensions_mut().get_mut::<Settled>() {
        settled.beside = beside;
    }
    Ok(answer)
}

/// The bytes as they are, or parts of them.
async fn plain(content: Content, name: &str, wanted: &Wanted, charsets: &Charsets) -> io::Result<Answer> {
    let validators = Validators::of_file(&content.meta);
    let now = SystemTime::now();
    let mut answer = match validators.evaluate(&wanted.headers) {
        Verdict::NotModified => empty(StatusCode::NOT_MODIFIED),
        Verdict::Failed => return Ok(failed()),
        Verdict::Proceed => {
            let kind = content.kind(name, charsets).await;
            let range = wanted.headers.get(RANGE).filter(|_| wanted.method == Method::GET);
            let range = range.filter(|_| validators.permit_range(&wanted.headers, now));
            let selection = range
                .and_then(|range| range.to_str().ok())
                .map_or(Selection::Whole, |range| select(range, content.size()));
            selected(&content, &kind, selection)
        }
    };
    let headers = answer.headers_mut();
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    validators.write(headers, now);
    if content.bytes.is_some() {
        content.mark(&mut answer);
    }
    Ok(answer)
}

/// The file in a coding: a representation of its own, and never a part of it.
async fn in_coding(content: &Content, coded: &Coded, name: &str, wanted: &Wanted, charsets: &Charsets) -> Answer {
    let mut validators = Validators::of_file(&coded.content.meta);
    validators.etag = coded.coding.tag(&validators.etag);
    let mut answer = match validators.evaluate(&wanted.headers) {
        Verdict::NotModified => empty(StatusCode::NOT_MODIFIED),
        Verdict::Failed => return failed(),
        Verdict::Proceed => {
            let mut answer = empty(StatusCode::OK);
            answer.headers_mut().insert(CONTENT_TYPE, content.kind(name, charsets).await);
            answer.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(coded.coding.name()));
            *answer.body_mut() = coded.content.whole();
            if coded.content.bytes.is_some() && is_quiet(&coded.content.meta) {
                content.mark(&mut answer);
            }
            answer
        }
    };
    validators.write(answer.headers_mut(), SystemTime::now());
    answer
}

fn failed() -> Answer {
    text(StatusCode::PRECONDITION_FAILED, "The file has changed.\n")
}

/// The answer with the bytes that were selected.
fn selected(content: &Content, kind: &HeaderValue, selection: Selection) -> Answer {
    let size = content.size();
    let spans = match selection {
        Selection::Whole => {
            let mut answer = empty(StatusCode::OK);
            answer.headers_mut().insert(CONTENT_TYPE, kind.clone());
            *answer.body_mut() = content.whole();
            return answer;
        }
        Selection::Unsatisfiable => {
            let mut answer = text(StatusCode::RANGE_NOT_SATISFIABLE, format!("The file has {size} bytes.\n"));
            content_range(&mut answer, &format!("bytes */{size}"));
            return answer;
        }
        Selection::Spans(spans) => spans,
    };
    let mut answer = empty(StatusCode::PARTIAL_CONTENT);
    if let [span] = spans.as_slice() {
        answer.headers_mut().insert(CONTENT_TYPE, kind.clone());
        content_range(&mut answer, &format!("bytes {}-{}/{size}", span.start, span.end.saturating_sub(1)));
        *answer.body_mut() = content.body(vec![content.part(span.clone())]);
        return answer;
    }
    let boundary = boundary();
    let mut parts = Vec::with_capacity(spans.len() * 2 + 1);
    for span in spans {
        let head = format!(
            "\r\n--{boundary}\r\nContent-Type: {}\r\nContent-Range: bytes {}-{}/{size}\r\n\r\n",
            kind.to_str().unwrap_or("application/octet-stream"),
            span.start,
            span.end.saturating_sub(1)
        );
        parts.push(Part::Bytes(head.into()));
        parts.push(content.part(span));
    }
    parts.push(Part::Bytes(format!("\r\n--{boundary}--\r\n").into()));
    if let Ok(value) = HeaderValue::try_from(format!("multipart/byteranges; boundary={boundary}")) {
        answer.headers_mut().insert(CONTENT_TYPE, value);
    }
    *answer.body_mut() = content.body(parts);
    answer
}

fn content_range(answer: &mut Answer, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(CONTENT_RANGE, value);
    }
}

/// A boundary that no file can be written to contain: it is new each time and hard to guess.
fn boundary() -> String {
    use std::hash::{BuildHasher, RandomState};
    format!("{:016x}{:016x}", RandomState::new().hash_one(0), RandomState::new().hash_one(1))
}
