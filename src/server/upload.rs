//! The upload page, and the ways in without it: a form, `PUT`, a raw `POST`, resumable uploads.
//!
//! Files go through the [`store`](super::store); here is what HTTP adds: which method means what,
//! what is refused, and what the answers look like.

mod digest;
mod download;
pub mod key;
mod known;
mod page;
mod reply;
mod resumable;
mod structured;
#[cfg(test)]
mod tests;
mod text;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::header::{CONTENT_ENCODING, CONTENT_RANGE, EXPECT, USER_AGENT};
use http::{Method, StatusCode};

use super::answer::{self, Answer};
use super::files::{Files, Lookup, url_path};
use super::form::{self, Chunks, Encoding, File, FileSink, FormError, Reason};
use super::request::Request;
use super::store::{Algorithm, Declared, Store, StoreError, is_safe_name};
use crate::config;

pub use crate::text::device;
pub use download::as_download;
pub use page::asset;

use reply::Reply;

/// A folder that receives files, and the URL path under which it does.
pub struct Upload {
    /// URL path of the page, without a slash at the end: `/upload`.
    pub path: String,
    /// The folder.
    pub dir: PathBuf,
    /// What receives.
    pub store: Arc<Store>,
    /// The settings.
    pub config: Arc<config::Upload>,
    /// The limits on fields and on silence.
    pub limits: config::Limits,
    /// What was received, for giving it back.
    pub files: Files,
    /// Whether the PIN has more than digits, so that a phone has to show all keys for it.
    pub lettered: bool,
}

const PAGE: [Method; 4] = [Method::GET, Method::HEAD, Method::POST, Method::OPTIONS];
const FILE: [Method; 5] = [Method::GET, Method::HEAD, Method::PUT, Method::POST, Method::OPTIONS];

/// Bytes of the fields that may come with files: nobody keeps them.
const FIELDS: u64 = 256 << 10;

impl Upload {
    /// Answers a request; `rest` is the decoded path after [`Upload::path`].
    pub async fn answer(&self, request: Request, rest: &str) -> Answer {
        // An encoded slash is part of a name, and no name has one.
        let name = rest.trim_matches('/').replace('\0', "%2F");
        let reply = Reply::new(&request, &self.path);
        if let Some(token) = resumable::token(&name) {
            return resumable::answer(self, request, token, &reply).await;
        }
        let methods: &[Method] = match name.as_str() {
            "" => &PAGE,
            text::NAME => &text::METHODS,
            known::NAME => &known::METHODS,
            _ => &FILE,
        };
        match request.head.method {
            ref method if (name == text::NAME || name == known::NAME) && !methods.contains(method) => {
                answer::allow(StatusCode::METHOD_NOT_ALLOWED, methods)
            }
            Method::GET | Method::HEAD if name == known::NAME => {
                let asked = request.head.uri.query().and_then(known::Asked::read);
                known::answer(self, asked, &reply).await
            }
            Method::GET | Method::HEAD if name == text::NAME => text::give(self, &request, &reply),
            Method::POST if name == text::NAME => text::take(self, request, &reply).await,
            Method::OPTIONS => resumable::offered(self, answer::allow(StatusCode::NO_CONTENT, methods)),
            Method::GET | Method::HEAD if !name.is_empty() => self.download(request, &name, &reply).await,
            Method::GET | Method::HEAD => self.page(&reply),
            Method::POST | Method::PUT if resumable::is_asked_for(&request, !name.is_empty()) => {
                resumable::create(self, request, &name, &reply).await
            }
            Method::POST | Method::PUT => self.receive(request, &name, &reply).await,
            _ => answer::allow(StatusCode::METHOD_NOT_ALLOWED, methods),
        }
    }

    /// The file that was received under `name`, if there is one. The name must be final, as in an
    /// answer's `url`; a folder, a link and a part file are none.
    pub fn find(&self, name: &str) -> Option<PathBuf> {
        if !is_safe_name(name) {
            return None;
        }
        let path = self.dir.join(name);
        path.symlink_metadata().is_ok_and(|meta| meta.is_file()).then_some(path)
    }

    /// Where the files of `request` go.
    pub fn sink(&self, request: &Request) -> FileSink {
        let agent = request.header(USER_AGENT).unwrap_or_default();
        FileSink {
            store: self.store.clone(),
            dir: self.dir.clone(),
            config: self.config.clone(),
            url: url_path(&self.path),
            from: request.remote(),
            device: device(agent),
            key: key::shown(request),
        }
    }

    fn page(&self, reply: &Reply<'_>) -> Answer {
        if self.config.enabled {
            page::answer(&self.path, self.config.max_size, self.lettered)
        } else {
            reply.refused(&off())
        }
    }

    async fn download(&self, mut request: Request, name: &str, reply: &Reply<'_>) -> Answer {
        if self.find(name).is_none() {
            return reply.missing(name);
        }
        // Whoever asks, it is given as it is: ranges, no script put in.
        request.document = false;
        let found = self.files.answer(&request, &format!("/{name}"));
        drop(request);
        match found.await {
            Lookup::Found(mut answer) => {
                if answer.status().is_success() {
                    as_download(answer.headers_mut(), name);
                }
                answer
            }
            Lookup::KeptBack => reply.kept_back(name),
            Lookup::Missing => reply.missing(name),
        }
    }

    async fn receive(&self, request: Request, name: &str, reply: &Reply<'_>) -> Answer {
        let post = request.head.method == Method::POST;
        let encoding = form::encoding(&request.head);
        if post && (name.is_empty() || matches!(encoding, Encoding::Multipart(_))) {
            return self.form(request, &encoding, reply).await;
        }
        let sink = self.sink(&request);
        let refusal = refusal(&request, name).map(|(status, title, detail)| reply.wrong(status, title, detail));
        let said = digest::of_request(&request.head.headers);
        let (modified, wish) = (modified(&request), digest::wanted(&request.head.headers));
        let mut chunks = Chunks::new(&request.head, request.body, self.limits.idle_timeout);
        let digests = match (refusal, said) {
            (None, Ok(digests)) => digests,
            (Some(refusal), _) => {
                chunks.drain().await;
                return refusal;
            }
            (None, Err(invalid)) => {
                chunks.drain().await;
                return resumable::invalid_digest(invalid);
            }
        };
        let declared = Declared { length: chunks.length(), modified, digests, ..sink.declared() };
        match self.raw(&mut chunks, &sink, name, &declared).await {
            Ok(file) => created(file, wish, reply).await,
            Err(Reason::Store(StoreError::Digest { algorithm })) => {
                resumable::other_bytes(&declared.digests, algorithm)
            }
            Err(reason) => {
                chunks.drain().await;
                reply.refused(&FormError { reason, kept: Vec::new() })
            }
        }
    }

    async fn form(&self, request: Request, encoding: &Encoding, reply: &Reply<'_>) -> Answer {
        let sink = self.sink(&request);
        if *encoding == Encoding::None {
            let mut chunks = Chunks::new(&request.head, request.body, self.limits.idle_timeout);
            chunks.drain().await;
            let detail = "Send multipart/form-data, or name the file in the path: POST or PUT PATH/NAME.";
            return reply.wrong(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not a form", detail);
        }
        let files = self.config.enabled.then_some(&sink);
        let limits = config::Limits { body: self.limits.body.min(FIELDS), ..self.limits.clone() };
        match form::read(&request.head, request.body, &limits, files).await {
            Ok(form) if form.files.is_empty() => {
                let detail = "The form held no file. Choose one, then send it.";
                reply.wrong(StatusCode::BAD_REQUEST, "no file", detail)
            }
            Ok(form) => reply.created(&form.files, &form.fields),
            Err(error) => reply.refused(&error),
        }
    }

    /// Receives a body that is a file.
    async fn raw(&self, chunks: &mut Chunks, sink: &FileSink, name: &str, declared: &Declared) -> Result<File, Reason> {
        if !self.config.enabled {
            return Err(Reason::Refused);
        }
        let incoming = sink.begin(name, declared).await?;
        let finished = form::pour(chunks, incoming).await?;
        Ok(sink.file(String::new(), name, String::new(), finished))
    }
}

/// The answer to a file that has arrived, with the digest that was asked for.
async fn created(file: File, wish: Option<Algorithm>, reply: &Reply<'_>) -> Answer {
    let path = file.path.clone();
    let mut answer = reply.created(&[file], &[]);
    if let Some(wish) = wish {
        answer.headers_mut().extend(digest::of_file(path, wish).await.ok().as_ref().and_then(digest::field));
    }
    answer
}

fn off() -> FormError {
    FormError { reason: Reason::Refused, kept: Vec::new() }
}

/// A refusal: status, title, detail.
type Refusal = (StatusCode, &'static str, &'static str);

/// What a raw body cannot be, and that it needs a name.
fn refusal(request: &Request, name: &str) -> Option<Refusal> {
    if name.is_empty() {
        let detail = "Name the file in the path: PUT PATH/NAME. curl does so by itself when the URL ends with a slash.";
        return Some((StatusCode::BAD_REQUEST, "no name", detail));
    }
    unfit(request)
}

/// What the bytes of a file cannot be.
fn unfit(request: &Request) -> Option<Refusal> {
    let has = |name| request.head.headers.get(name).is_some_and(|value| value.as_bytes() != b"identity");
    if has(CONTENT_RANGE) {
        let detail = "A part of a file cannot be put; send the whole file without Content-Range.";
        return Some((StatusCode::BAD_REQUEST, "partial", detail));
    }
    if has(CONTENT_ENCODING) {
        let detail = "Files are kept as they are; send the file without Content-Encoding.";
        return Some((StatusCode::UNSUPPORTED_MEDIA_TYPE, "encoded", detail));
    }
    let expects = request.header(EXPECT).is_some_and(|value| !value.eq_ignore_ascii_case("100-continue"));
    expects.then_some((StatusCode::EXPECTATION_FAILED, "expectation", "Only Expect: 100-continue can be met."))
}

/// When the file was last modified: `X-Last-Modified`, in milliseconds as a browser's
/// `File.lastModified`, or `Last-Modified`.
fn modified(request: &Request) -> Option<SystemTime> {
    let browser = request.header("x-last-modified").and_then(|ms| ms.trim().parse().ok());
    let browser = browser.and_then(|ms| SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(ms)));
    browser.or_else(|| httpdate::parse_http_date(request.header(http::header::LAST_MODIFIED)?).ok())
}
