//! Text both ways at `PATH/.text`: a POST stores one as a file and shows it in the terminal, a GET
//! fetches the one that is shared. No received file can have that name.

use std::sync::Arc;
use std::time::SystemTime;

use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};
use http::{Method, StatusCode};
use http_body::Body as _;
use jiff::Zoned;
use serde_json::json;

use super::Upload;
use super::reply::Reply;
use crate::config::{self, Exists};
use crate::event::Note;
use crate::server::answer::{self, Answer, NoNews};
use crate::server::files::conditional::{Validators, Verdict};
use crate::server::form::{Chunks, File, FileSink, FormError, Reason};
use crate::server::guard::may_send;
use crate::server::request::Request;
use crate::server::store::{Declared, Shared, Text};
use crate::text::size;

/// The name below the page's path.
pub(super) const NAME: &str = ".text";
/// What can be done there.
pub(super) const METHODS: [Method; 4] = [Method::GET, Method::HEAD, Method::POST, Method::OPTIONS];
/// Bytes of a received text that are looked at for the terminal.
const GLIMPSE: usize = 4 << 10;
/// Characters of its first line that are shown.
const LINE: usize = 400;

/// What is shared with the devices. `If-None-Match` makes asking again cheap.
pub(super) fn give(upload: &Upload, request: &Request, reply: &Reply<'_>) -> Answer {
    if !upload.config.enabled {
        return reply.refused(&super::off());
    }
    // Where `cors` lets other pages read what is served, that does not mean this.
    if !may_send(&request.head, request.host()) {
        let detail = "Only pages of this server may read the text that is shared.";
        return reply.wrong(StatusCode::FORBIDDEN, "another origin", detail);
    }
    let mut answer = match upload.store.shared().current() {
        None => answer::empty(StatusCode::NO_CONTENT),
        Some(text) => current(&text, request),
    };
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if answer.status() != StatusCode::OK {
        answer.extensions_mut().insert(NoNews);
    }
    answer
}

fn current(text: &Text, request: &Request) -> Answer {
    // The number makes two texts of the same words two.
    let validators = Validators::of_bytes(format!("{} {}", text.id, text.text).as_bytes());
    let mut answer = match validators.evaluate(&request.head.headers) {
        Verdict::Proceed => answer::json(StatusCode::OK, &json!({ "id": text.id, "text": &*text.text })),
        Verdict::NotModified => answer::empty(StatusCode::NOT_MODIFIED),
        Verdict::Failed => answer::empty(StatusCode::PRECONDITION_FAILED),
    };
    validators.write(answer.headers_mut(), SystemTime::now());
    answer
}

/// Takes a text from a device: into a file, so that nothing is lost, and into the log.
pub(super) async fn take(upload: &Upload, request: Request, reply: &Reply<'_>) -> Answer {
    let mut sink = upload.sink(&request);
    // Two texts of one minute are two texts, whatever holds for files.
    sink.config = Arc::new(config::Upload { exists: Exists::Rename, ..config::Upload::clone(&sink.config) });
    let length = request.body.size_hint().exact();
    let refusal = refusal(&request, length);
    let mut chunks = Chunks::new(&request.head, request.body, upload.limits.idle_timeout);
    if let Some((status, title, detail)) = refusal {
        chunks.drain().await;
        return reply.wrong(status, title, detail);
    }
    match receive(upload, &mut chunks, &sink).await {
        Ok((file, glimpse)) => {
            upload.store.note(note(&sink, &file, &glimpse));
            reply.created(&[file], &[])
        }
        Err(Refused::Reason(reason)) => {
            chunks.drain().await;
            reply.refused(&FormError { reason, kept: Vec::new() })
        }
        Err(Refused::Wrong((status, title, detail))) => {
            chunks.drain().await;
            reply.wrong(status, title, detail)
        }
    }
}

/// A refusal of what cannot be a text: status, title, detail.
type Wrong = (StatusCode, &'static str, &'static str);

/// Why a text was not taken.
enum Refused {
    Reason(Reason),
    Wrong(Wrong),
}

impl<E: Into<Reason>> From<E> for Refused {
    fn from(reason: E) -> Self {
        Self::Reason(reason.into())
    }
}

const NOT_UTF8: Wrong = (StatusCode::BAD_REQUEST, "not UTF-8", "The text is not in UTF-8; send it as a file instead.");
const EMPTY: Wrong = (StatusCode::BAD_REQUEST, "no text", "There is no text. Write one, then send it.");
const TOO_LARGE: Wrong =
    (StatusCode::PAYLOAD_TOO_LARGE, "too large", "A text has at most 4 MiB. Send a longer one as a file.");

/// What cannot be a text, by its fields alone.
fn refusal(request: &Request, length: Option<u64>) -> Option<Wrong> {
    let kind = request.header(CONTENT_TYPE).unwrap_or_default();
    let (kind, parameters) = kind.split_once(';').unwrap_or((kind, ""));
    let charset = parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("charset="));
    let charset = charset.map_or("utf-8", |charset| charset.trim_matches('"'));
    let plain = kind.trim().eq_ignore_ascii_case("text/plain");
    let utf8 = charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("us-ascii");
    if !plain || !utf8 || request.head.headers.contains_key(CONTENT_ENCODING) {
        let detail = "Send the text as it is, with Content-Type: text/plain; charset=utf-8.";
        return Some((StatusCode::UNSUPPORTED_MEDIA_TYPE, "not plain text", detail));
    }
    match length {
        Some(0) => Some(EMPTY),
        Some(length) if length > Shared::MOST as u64 => Some(TOO_LARGE),
        _ => None,
    }
}

/// Receives the body into a file of its own; with it goes the start of the text.
async fn receive(upload: &Upload, chunks: &mut Chunks, sink: &FileSink) -> Result<(File, String), Refused> {
    if !upload.config.enabled {
        return Err(Reason::Refused.into());
    }
    let name = Zoned::now().strftime("text %Y-%m-%d %H.%M.txt").to_string();
    let mut incoming = sink.begin(&name, &Declared { length: chunks.length(), ..sink.declared() }).await?;
    let (mut check, mut glimpse) = (Utf8::default(), Vec::new());
    let wrong = loop {
        match chunks.next().await {
            Ok(Some(chunk)) => {
                let room = GLIMPSE.saturating_sub(glimpse.len());
                glimpse.extend_from_slice(&chunk[..chunk.len().min(room)]);
                if !check.goes_on(&chunk) {
                    break Some(NOT_UTF8);
                }
                if incoming.received() + chunk.len() as u64 > Shared::MOST as u64 {
                    break Some(TOO_LARGE);
                }
                incoming.write(chunk).await?;
            }
            Ok(None) if incoming.received() == 0 => break Some(EMPTY),
            Ok(None) => break (!check.is_whole()).then_some(NOT_UTF8),
            Err(reason) => {
                incoming.cancel(&reason.to_string()).await;
                return Err(reason.into());
            }
        }
    };
    if let Some(wrong) = wrong {
        incoming.cancel(wrong.2).await;
        return Err(Refused::Wrong(wrong));
    }
    let finished = incoming.finish().await?;
    Ok((sink.file(String::new(), &name, String::new(), finished), start(&glimpse).to_owned()))
}

/// The text that the bytes begin with, without the character that they may cut.
fn start(bytes: &[u8]) -> &str {
    let whole = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    whole.trim_start_matches('\u{feff}')
}

/// Whether bytes that come in pieces are UTF-8, wherever the pieces are cut.
#[derive(Default)]
struct Utf8 {
    /// The start of a character whose rest is to come.
    begun: Vec<u8>,
}

impl Utf8 {
    fn goes_on(&mut self, mut bytes: &[u8]) -> bool {
        while !self.begun.is_empty() {
            let Some((first, rest)) = bytes.split_first() else { return true };
            self.begun.push(*first);
            bytes = rest;
            match str::from_utf8(&self.begun) {
                Ok(_) => self.begun.clear(),
                Err(error) if error.error_len().is_some() => return false,
                Err(_) => {}
            }
        }
        match str::from_utf8(bytes) {
            Ok(_) => true,
            Err(error) => {
                self.begun = bytes.get(error.valid_up_to()..).unwrap_or_default().to_vec();
                error.error_len().is_none()
            }
        }
    }

    fn is_whole(&self) -> bool {
        self.begun.is_empty()
    }
}

/// `text from iPhone: …`, a short one whole; whoever shows it makes it harmless.
fn note(sink: &FileSink, file: &File, glimpse: &str) -> Note {
    let from = if sink.device.is_empty() { sink.from.to_canonical().to_string() } else { sink.device.clone() };
    let mut lines = glimpse.lines().map(str::trim_end).skip_while(|line| line.is_empty());
    let first = lines.next().unwrap_or_default();
    let shown: String = first.chars().take(LINE).collect();
    let rest: Vec<&str> = lines.collect();
    let rest = rest.join("\n");
    let rest = rest.trim_end();
    let whole = shown.len() == first.len() && rest.is_empty() && file.size <= GLIMPSE as u64;
    let more = if whole { String::new() } else { format!(" … ({} in {})", size(file.size), file.name) };
    Note::info(format!("text from {from}: {shown}{more}")).with_detail(rest)
}

#[cfg(test)]
mod tests;
