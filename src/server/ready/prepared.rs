//! One answer as bytes.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, LAST_MODIFIED};
use http::{Method, StatusCode};
use parking_lot::Mutex;

use super::Variant;
use crate::exchange::More;
use crate::server::answer::{Answer, write_fields};
use crate::server::fields::Fields;
use crate::server::files::conditional::{Validators, Verdict};
use crate::server::log::Entry;
use crate::server::source::Sources;

/// Bytes that are reckoned for an answer's path, and for the details of a request.
const OTHERS: usize = 1024;

/// What of an answer is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Head and body.
    Whole,
    /// The head alone, for HEAD.
    Head,
    /// 304.
    NotModified,
}

/// An answer, ready but for `Connection`, `Date` and the empty line.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(super) variant: Variant,
    pub(super) sources: Sources,
    validators: Validators,
    head: Vec<u8>,
    not_modified: Vec<u8>,
    body: Bytes,
    content_type: Option<Arc<str>>,
    pub(crate) route: Arc<str>,
    /// The details of the request that it answered last; the next has mostly the same.
    last: Mutex<Option<Arc<More>>>,
}

impl Prepared {
    /// `None` where the answer cannot be revalidated.
    pub(super) fn new(
        variant: Variant,
        sources: Sources,
        answer: &Answer,
        body: Bytes,
        route: Arc<str>,
    ) -> Option<Self> {
        let text = |name| answer.headers().get(name).and_then(|value| value.to_str().ok());
        let seconds = |date: &str| {
            let date = httpdate::parse_http_date(date).ok()?;
            Some(date.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs())
        };
        let validators = Validators { etag: text(ETAG)?.to_owned(), modified: text(LAST_MODIFIED).and_then(seconds) };
        let content_type = text(CONTENT_TYPE).map(Into::into);
        let (mut parts, ()) = http::Response::new(()).into_parts();
        parts.headers.clone_from(answer.headers());
        parts.headers.insert(CONTENT_LENGTH, body.len().into());
        let mut head = Vec::new();
        write_fields(&mut head, &parts, true);
        parts.status = StatusCode::NOT_MODIFIED;
        for name in [CONTENT_LENGTH, CONTENT_TYPE, CONTENT_ENCODING] {
            parts.headers.remove(name);
        }
        let mut not_modified = Vec::new();
        write_fields(&mut not_modified, &parts, true);
        Some(Self {
            variant,
            sources,
            validators,
            head,
            not_modified,
            body,
            content_type,
            route,
            last: Mutex::default(),
        })
    }

    /// What of it answers the request; `None` where the conditions ask for more than that.
    pub(super) fn kind(&self, method: &Method, fields: &impl Fields) -> Option<Kind> {
        match self.validators.evaluate(fields) {
            Verdict::Proceed if *method == Method::HEAD => Some(Kind::Head),
            Verdict::Proceed => Some(Kind::Whole),
            Verdict::NotModified => Some(Kind::NotModified),
            Verdict::Failed => None,
        }
    }

    /// The status, the fields and the body that are sent.
    pub(crate) fn parts(&self, kind: Kind) -> (StatusCode, &[u8], &[u8]) {
        match kind {
            Kind::Whole => (StatusCode::OK, &self.head, &self.body),
            Kind::Head => (StatusCode::OK, &self.head, &[]),
            Kind::NotModified => (StatusCode::NOT_MODIFIED, &self.not_modified, &[]),
        }
    }

    /// The details of a request that it answers.
    pub(crate) fn more(&self, entry: &Entry<'_>) -> Arc<More> {
        let mut last = self.last.lock();
        if let Some(more) = last.as_ref().filter(|more| {
            more.host.as_deref() == entry.host.as_deref()
                && more.user_agent.as_deref() == entry.user_agent.as_deref()
                && more.referer.as_deref() == entry.referer.as_deref()
        }) {
            return more.clone();
        }
        let own = |text: &Option<Cow<'_, str>>| text.as_deref().map(Into::into);
        let more = Arc::new(More {
            host: own(&entry.host),
            referer: own(&entry.referer),
            user_agent: own(&entry.user_agent),
            content_type: self.content_type.clone(),
            received: 0,
            cut: false,
            route: Some(self.route.clone()),
            user: None,
        });
        let length = |text: &Option<Box<str>>| text.as_deref().map_or(0, str::len);
        if length(&more.host) + length(&more.referer) + length(&more.user_agent) <= OTHERS {
            *last = Some(more.clone());
        }
        more
    }

    /// Bytes that it takes up.
    pub(super) fn weight(&self) -> usize {
        let coding = self.variant.coding.as_deref().map_or(0, <[u8]>::len);
        self.body.len() + self.head.len() + self.not_modified.len() + coding + self.sources.weight() + 2 * OTHERS
    }
}
