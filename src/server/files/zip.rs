//! `?zip` on a folder's listing: everything below it that is served, as one archive.
//!
//! The walk comes first, so that the length is known and a refusal is a clean one; then the
//! archive is made while it is sent, in constant memory. Files are stored as they are: on a local
//! network that is the fastest, and most are compressed already. Links to folders are followed
//! where they lead beside the folder, once each; what lies below it is there anyway. A name that no
//! path can have, and some systems neither, gets `_` for what is wrong with it.

mod body;
mod disposition;
mod records;
mod rename;
mod source;
mod walk;
mod writer;

use std::sync::Arc;

use http::StatusCode;
use http::header::{ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use self::body::ZipBody;
use self::source::Served;
use self::writer::Archive;
use super::folder::Failure;
use super::listing::is_on;
use super::resolve::Root;
use super::{Wanted, names};
use crate::server::answer::{Answer, empty};
use crate::server::body::Body;

/// Whether the query asks for an archive.
pub(super) fn is_wanted(query: &str) -> bool {
    is_on(query, "zip")
}

/// The archive of the folder at the path wanted, which is one. Blocks on the disk, and gives up
/// soon after `gone`.
///
/// What the answer holds in memory is taken from `room`, which counts kibibytes.
pub(super) fn answer(
    root: &Arc<Root>,
    wanted: &Wanted,
    room: &Arc<Semaphore>,
    gone: &CancellationToken,
) -> Result<Answer, Failure> {
    let (base, _) = names::split(&wanted.below).unwrap_or_default();
    let walk = walk::walk(root, &base, walk::MOST_BYTES, &|| gone.is_cancelled())?;
    let kibibytes = u32::try_from(walk.bytes() >> 10).unwrap_or(u32::MAX);
    let permit = Arc::clone(room).try_acquire_many_owned(kibibytes).map_err(|_| Failure::NoRoom)?;
    let own = root.path().file_name().and_then(|name| name.to_str());
    let name = base.last().copied().or(own).unwrap_or("files");
    let archive = Archive::new(walk, Served::new(Arc::clone(root), &base));
    let mut answer = empty(StatusCode::OK);
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("none"));
    headers.insert(CONTENT_DISPOSITION, disposition::attachment(&format!("{name}.zip")));
    *answer.body_mut() = Body::stream(ZipBody::new(archive, permit));
    Ok(answer)
}

#[cfg(test)]
mod tests;
