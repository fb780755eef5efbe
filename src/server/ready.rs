//! Answers kept ready: what a small file is answered with, as bytes, so that the next request for
//! it goes from the socket's buffer to the socket.
//!
//! An entry answers the very request that it was made for: the same path as it was sent, the same
//! wish for a document or not, the same `Accept-Encoding`; and only after a `stat` of every file
//! that it was made of has shown the state that was read. So it is right the moment a file
//! changes, however it changes and whoever watches.

mod prepared;

use std::collections::HashMap;
use std::sync::Arc;

use http::request::Parts;
use http::{Method, StatusCode};
use parking_lot::Mutex;

pub(crate) use self::prepared::{Kind, Prepared};
use super::answer::Answer;
use super::body::Body;
use super::fields::Fields;
use super::request;
use super::source::Sources;

/// Bytes of the largest body that is kept.
const LARGEST: usize = 256 << 10;
/// Bytes kept in all; what would go beyond begins anew.
const BUDGET: usize = 32 << 20;
/// Bytes of a path whose answer is kept. One path can be spelt in many ways.
const LONGEST_PATH: usize = 512;
/// Bytes of an `Accept-Encoding` whose answer is kept.
const LONGEST_CODING: usize = 128;
/// Answers kept for one path; browsers and tools differ in what they accept, but not so much.
const VARIANTS: usize = 8;

/// The answers that are ready, of one site.
#[derive(Debug, Default)]
pub(crate) struct Ready(Mutex<Shelf>);

#[derive(Debug, Default)]
struct Shelf {
    kept: HashMap<Box<str>, Vec<Arc<Prepared>>>,
    bytes: usize,
}

/// What an answer depends on beside the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Variant {
    document: bool,
    coding: Option<Box<[u8]>>,
}

/// A request whose answer may be kept.
pub(crate) struct Wish {
    path: Box<str>,
    variant: Variant,
}

impl Wish {
    /// `None` where the answer would be of no use to others.
    pub(crate) fn of(head: &Parts) -> Option<Self> {
        let wished = coding(&head.headers).map_or(0, <[u8]>::len);
        let plain = head.method == Method::GET && head.uri.authority().is_none() && !head.headers.has("range");
        let short = head.uri.path().len() <= LONGEST_PATH && wished <= LONGEST_CODING;
        let once = head.headers.get_all("accept-encoding").iter().nth(1).is_none();
        (plain && short && once).then(|| Self {
            path: head.uri.path().into(),
            variant: Variant {
                document: request::is_document(&head.method, &head.headers),
                coding: coding(&head.headers).map(Into::into),
            },
        })
    }
}

/// The one `Accept-Encoding`; requests with several are not answered from here.
fn coding(fields: &impl Fields) -> Option<&[u8]> {
    fields.value("accept-encoding")
}

impl Ready {
    /// The answer to a request, if it is ready.
    pub(crate) fn find(&self, method: &str, target: &str, fields: &impl Fields) -> Option<(Arc<Prepared>, Kind)> {
        let method = match method {
            "GET" => Method::GET,
            "HEAD" => Method::HEAD,
            _ => return None,
        };
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        // Whether that is a URI at all, the long way finds out.
        if query.bytes().any(|b| matches!(b, b'#' | b'"' | b'<' | b'>')) {
            return None;
        }
        let shelf = self.0.lock();
        let variants = shelf.kept.get(path)?;
        if fields.has("range") || fields.values("accept-encoding").nth(1).is_some() {
            return None;
        }
        let document = request::is_document(&method, fields);
        let coding = coding(fields);
        let same =
            |kept: &&Arc<Prepared>| kept.variant.document == document && kept.variant.coding.as_deref() == coding;
        let prepared = variants.iter().find(same)?.clone();
        drop(shelf);
        if !prepared.sources.are_as_they_were() {
            self.forget(path);
            return None;
        }
        let kind = prepared.kind(&method, fields)?;
        Some((prepared, kind))
    }

    /// Keeps an answer, if it is made of small files that were left alone for a while.
    pub(crate) fn keep(&self, wish: Wish, answer: &mut Answer, route: &Arc<str>) {
        let Some(sources) = answer.extensions_mut().remove::<Sources>() else { return };
        let Body::Full(body) = answer.body() else { return };
        if answer.status() != StatusCode::OK || body.len() > LARGEST {
            return;
        }
        let body = body.clone();
        let Some(prepared) = Prepared::new(wish.variant, sources, answer, body, route.clone()) else { return };
        let mut shelf = self.0.lock();
        if shelf.bytes + prepared.weight() > BUDGET {
            *shelf = Shelf::default();
        }
        let Shelf { kept, bytes } = &mut *shelf;
        let variants = kept.entry(wish.path).or_default();
        let same = variants.iter().position(|kept| kept.variant == prepared.variant);
        if let Some(old) = same.or((variants.len() >= VARIANTS).then_some(0)) {
            *bytes -= variants.remove(old).weight();
        }
        *bytes += prepared.weight();
        variants.push(Arc::new(prepared));
    }

    fn forget(&self, path: &str) {
        let mut shelf = self.0.lock();
        for old in shelf.kept.remove(path).unwrap_or_default() {
            shelf.bytes = shelf.bytes.saturating_sub(old.weight());
        }
    }
}

#[cfg(test)]
mod tests;
