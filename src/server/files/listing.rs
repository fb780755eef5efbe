//! What a folder without an index.html answers: a list of what may be fetched from it.
//!
//! As a page (`listing/page.rs`), as JSON or as plain text. `?sort=name|size|time` and
//! `order=asc|desc` choose the order; folders come first in any; `?q=` keeps the names that
//! contain a text. The JSON is an array:
//!
//! ```json
//! [{"name": "sub", "kind": "folder", "size": null, "mtime": "2026-11-20T11:01:02Z", "url": "/sub/"},
//!  {"name": "a.txt", "kind": "file", "size": 12, "mtime": "2026-11-20T11:01:02.345Z", "url": "/a.txt"}]
//! ```
//!
//! `url` is null where the name cannot be part of a path. Nothing is kept from one request to the
//! next: files change without their folder's knowing.

mod cells;
mod format;
mod json;
mod page;
mod plain;
mod sheet;
mod stream;

use std::sync::Arc;

use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue, VARY};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use self::format::Format;
pub(super) use self::format::is_on;
use self::sheet::{Made, Sheet};
use self::stream::Pieces;
use super::Wanted;
use super::conditional::{Validators, Verdict};
use super::folder::{Entries, Failure, MOST_BYTES, Order};
use super::generated::generated;
use super::resolve::{Opened, Root};
use crate::server::answer::AboutHtml;
use crate::server::answer::{Answer, empty, text};
use crate::server::body::Body;
use crate::server::form::urlencoded;

/// A listing up to this many bytes is an answer like any other generated one.
const SMALL: usize = 64 << 10;
/// One up to this many is kept in memory until it has been sent; a larger one is written again,
/// piece by piece, as it is sent.
const WHOLE: usize = 2 << 20;

/// Lists an open folder below the root. Blocks on the disk.
///
/// What the answer holds in memory until it has been sent is taken from `room`, which counts
/// kibibytes; an error means that there is none.
pub(super) fn answer(root: &Root, folder: &Opened, wanted: &Wanted, room: &Arc<Semaphore>) -> Result<Answer, Failure> {
    let entries = Entries::read(&root.folder(folder)?, MOST_BYTES)?;
    list(entries, wanted, room)
}

fn list(entries: Entries, wanted: &Wanted, room: &Arc<Semaphore>) -> Result<Answer, Failure> {
    let query = wanted.query().unwrap_or_default();
    let format = Format::of(query, &wanted.headers);
    let sheet = Sheet::new(entries, format, Order::of(query), &filter(query), &wanted.path, wanted.top());
    // Only into a page a script is put, by a step that makes its own tag and looks at conditions.
    let document = wanted.document && format == Format::Page;
    let conditions = (!document).then_some(&wanted.headers);
    let mut answer = match sheet.make(WHOLE) {
        Made::Whole(content) if content.len() <= SMALL => {
            let asked = (&wanted.method, &wanted.headers);
            generated(asked, document, StatusCode::OK, format.content_type(), content)
        }
        Made::Whole(content) => {
            let permit = take(room, content.capacity())?;
            let validators = Validators::of_bytes(&content);
            long(conditions, format, &validators, Pieces::of_bytes(content.into(), permit))
        }
        Made::Long { bytes, validators } => {
            let permit = take(room, sheet.bytes())?;
            long(conditions, format, &validators, Pieces::of_sheet(sheet, bytes, permit))
        }
    };
    answer.headers_mut().insert(VARY, HeaderValue::from_static("Accept, Accept-Encoding"));
    Ok(answer)
}

/// Takes so many bytes of what there is.
fn take(room: &Arc<Semaphore>, bytes: usize) -> Result<OwnedSemaphorePermit, Failure> {
    let kibibytes = u32::try_from(bytes >> 10).unwrap_or(u32::MAX);
    Arc::clone(room).try_acquire_many_owned(kibibytes).map_err(|_| Failure::NoRoom)
}

/// The answer whose bytes are known by their tag and come as they are sent, under the conditions in
/// these fields.
fn long(conditions: Option<&HeaderMap>, format: Format, validators: &Validators, pieces: Pieces) -> Answer {
    let mut answer = match conditions.map_or(Verdict::Proceed, |headers| validators.evaluate(headers)) {
        Verdict::NotModified => empty(StatusCode::NOT_MODIFIED),
        Verdict::Failed => return text(StatusCode::PRECONDITION_FAILED, "The folder has changed.\n"),
        Verdict::Proceed => {
            let mut answer = empty(StatusCode::OK);
            answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
            *answer.body_mut() = Body::stream(pieces);
            answer
        }
    };
    if format == Format::Page {
        answer.extensions_mut().insert(AboutHtml);
    }
    validators.write(answer.headers_mut(), std::time::SystemTime::now());
    answer
}

/// The text that names must contain.
fn filter(query: &str) -> String {
    const PAIRS: usize = 32;
    let pairs = urlencoded::parse(query.as_bytes(), PAIRS).unwrap_or_default();
    let text = pairs.into_iter().find(|(name, _)| name == "q").map(|(_, value)| value).unwrap_or_default();
    text.replace(char::is_control, "").trim().to_owned()
}

#[cfg(test)]
mod tests;
