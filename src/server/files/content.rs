//! The bytes of an open file, its type, and the state in which it was read.

use std::fs::{File, Metadata};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use http::header::HeaderValue;

use super::charset::{self, Charsets};
use super::read::{SMALL, settled};
use super::resolve::Opened;
use super::types;
use crate::server::answer::Answer;
use crate::server::body::{Body, FileBody, Part};
use crate::server::source::{State, is_quiet};

/// Files up to this many bytes are read whole: they may be asked for again.
pub(super) const LARGEST: u64 = 256 << 10;

/// Sidecars by path, each in the state in which it is, if it is there.
pub(super) type Beside = Vec<(PathBuf, Option<State>)>;

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
    pub(super) async fn kind(&self, name: &str, charsets: &Charsets) -> HeaderValue {
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
    pub(super) fn mark(&self, answer: &mut Answer) {
        if answer.status() == StatusCode::OK && is_quiet(&self.meta) {
            let (meta, path) = (self.meta.clone(), self.path.clone());
            answer.extensions_mut().insert(Settled { meta, path, beside: Vec::new() });
        }
    }

    pub(super) fn part(&self, span: Range<u64>) -> Part {
        match &self.bytes {
            Some(bytes) => Part::Bytes(bytes.slice(span.start as usize..span.end as usize)),
            None => Part::Span(span),
        }
    }

    /// All of it.
    pub(super) fn whole(&self) -> Body {
        self.body(vec![self.part(0..self.size())])
    }

    pub(super) fn body(&self, mut parts: Vec<Part>) -> Body {
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
