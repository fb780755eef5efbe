//! Validators, and the conditions that clients put on them (RFC 9110, sections 8.8 and 13).
//!
//! Pure: headers and validators in, a verdict out. For GET and HEAD.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::{
    ETAG, HeaderMap, HeaderName, HeaderValue, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE,
    IF_UNMODIFIED_SINCE, LAST_MODIFIED,
};

use crate::server::fields::Fields;

/// The last second that an HTTP date can name (the year 9999).
const LAST_SECOND: u64 = 253_402_300_799;

/// What identifies a representation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validators {
    /// A strong entity tag with its quotes.
    pub etag: String,
    /// Seconds since 1970; `None` for generated content and for dates that HTTP cannot name.
    pub modified: Option<u64>,
}

/// What the conditions of a request come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Answer as if there were none.
    Proceed,
    /// 304.
    NotModified,
    /// 412.
    Failed,
}

impl Validators {
    /// Those of a file: any change that the system can tell changes the tag.
    pub fn of_file(meta: &Metadata) -> Self {
        let etag = format!(
            "\"{:x}.{:x}-{:x}.{:x}-{:x}-{:x}\"",
            meta.mtime(),
            meta.mtime_nsec(),
            meta.ctime(),
            meta.ctime_nsec(),
            meta.size(),
            meta.ino()
        );
        let modified = u64::try_from(meta.mtime()).ok().filter(|seconds| *seconds <= LAST_SECOND);
        Self { etag, modified }
    }

    /// Those of generated content.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self::of_hash(xxhash_rust::xxh3::xxh3_128(bytes))
    }

    /// Those of generated content with this XXH3 hash.
    pub fn of_hash(hash: u128) -> Self {
        Self { etag: format!("\"{hash:032x}\""), modified: None }
    }

    /// Puts them on an answer. A date that lies ahead of the clock is sent as now (section 8.8.2.1).
    pub fn write(&self, headers: &mut HeaderMap, now: SystemTime) {
        if let Ok(etag) = HeaderValue::from_str(&self.etag) {
            headers.insert(ETAG, etag);
        }
        let date = self.modified.map(|modified| httpdate::fmt_http_date(date(modified.min(seconds(now)))));
        if let Some(date) = date.and_then(|date| HeaderValue::try_from(date).ok()) {
            headers.insert(LAST_MODIFIED, date);
        }
    }

    /// Evaluates the conditions in the order of section 13.2.2 (`If-Range` is [`Self::permit_range`]).
    pub fn evaluate(&self, headers: &impl Fields) -> Verdict {
        if headers.has(IF_MATCH.as_str()) {
            if !self.listed(headers, &IF_MATCH, Strength::Strong) {
                return Verdict::Failed;
            }
        } else if let (Some(modified), Some(limit)) = (self.modified, date_in(headers, &IF_UNMODIFIED_SINCE))
            && modified > limit
        {
            return Verdict::Failed;
        }
        let fresh = if headers.has(IF_NONE_MATCH.as_str()) {
            self.listed(headers, &IF_NONE_MATCH, Strength::Weak)
        } else {
            matches!((self.modified, date_in(headers, &IF_MODIFIED_SINCE)), (Some(modified), Some(since)) if modified <= since)
        };
        if fresh { Verdict::NotModified } else { Verdict::Proceed }
    }

    /// Whether `If-Range`, if sent, still holds, so that `Range` counts.
    ///
    /// A date is a strong validator only when the file has been quiet for a second since
    /// (section 8.8.2.2): within it the bytes may have changed unseen.
    pub fn permit_range(&self, headers: &HeaderMap, now: SystemTime) -> bool {
        let mut values = headers.get_all(IF_RANGE).iter();
        let Some(value) = values.next() else { return true };
        if values.next().is_some() {
            // Two of them do not say which bytes the client has: it gets all.
            return false;
        }
        if value.as_bytes().contains(&b'"') {
            return value.as_bytes().trim_ascii() == self.etag.as_bytes();
        }
        matches!((self.modified, date_in(headers, &IF_RANGE)),
            (Some(modified), Some(date)) if modified == date && seconds(now) > modified)
    }

    /// Whether the tag is in a list of entity tags, or the list is `*`.
    fn listed(&self, headers: &impl Fields, name: &HeaderName, strength: Strength) -> bool {
        headers.values(name.as_str()).any(|value| {
            value.trim_ascii() == b"*"
                || tags(value).any(|(weak, tag)| (!weak || strength == Strength::Weak) && tag == self.etag.as_bytes())
        })
    }
}

/// How entity tags are compared (section 8.8.3.2).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strength {
    Strong,
    Weak,
}

/// The entity tags of a list, with their quotes, and whether they are weak. A comma may be part of a tag.
fn tags(mut list: &[u8]) -> impl Iterator<Item = (bool, &[u8])> {
    std::iter::from_fn(move || {
        let open = memchr::memchr(b'"', list)?;
        let close = open + 1 + memchr::memchr(b'"', list.get(open + 1..)?)?;
        let (before, tag) = (list.get(..open)?, list.get(open..=close)?);
        list = list.get(close + 1..)?;
        Some((before.ends_with(b"W/"), tag))
    })
}

/// A date header in seconds since 1970; one that is doubled or is no date counts as not sent.
fn date_in(headers: &impl Fields, name: &HeaderName) -> Option<u64> {
    let mut values = headers.values(name.as_str());
    let value = values.next()?;
    if values.next().is_some() {
        return None;
    }
    httpdate::parse_http_date(std::str::from_utf8(value).ok()?.trim()).ok().map(seconds)
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn date(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

#[cfg(test)]
mod tests;
