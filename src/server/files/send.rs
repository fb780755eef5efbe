//! From an open file to an answer: type, validators, conditions, ranges, body.

use std::io;
use std::time::SystemTime;

use http::header::{ACCEPT_RANGES, CONTENT_ENCODING, CONTENT_RANGE, CONTENT_TYPE, HeaderValue, RANGE};
use http::{Method, StatusCode};

use super::charset::Charsets;
use super::coded::{Coded, Mount};
use super::conditional::{Validators, Verdict};
use super::content::{Content, LARGEST, Settled};
use super::range::{Selection, select};
use super::resolve::Opened;
use super::{Wanted, types};
use crate::server::answer::{AboutHtml, Answer, empty, text};
use crate::server::body::Part;
use crate::server::encode::{self, Accepted, AsItIs};
use crate::server::source::is_quiet;

/// Documents up to this many bytes are given whole, so that a later step can put a script in.
const DOCUMENT: u64 = 8 << 20;

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
