//! What a folder without an index.html answers: a list of what may be fetched from it.
//!
//! As a page (`listing/page.rs`), as JSON or as plain text. `?sort=name|size|time` and
//! `order=asc|desc` choose the order; folders come first in any. The JSON is an array:
//!
//! ```json
//! [{"name": "sub", "kind": "folder", "size": null, "mtime": "2026-11-20T11:01:02Z", "url": "/sub/"},
//!  {"name": "a.txt", "kind": "file", "size": 12, "mtime": "2026-11-20T11:01:02.345Z", "url": "/a.txt"}]
//! ```

mod format;
mod order;
mod page;

use std::io;
use std::path::Path;
use std::time::SystemTime;

use http::StatusCode;
use http::header::{HeaderValue, VARY};
use serde_json::json;

use self::format::Format;
use self::order::Order;
use super::generated::generated;
use super::resolve::Root;
use super::{Wanted, names, url};
use crate::server::answer::Answer;
use crate::server::encode;

/// A row of a listing.
#[derive(Debug, Clone)]
struct Entry {
    name: String,
    folder: bool,
    size: u64,
    modified: Option<SystemTime>,
}

impl Entry {
    /// The name with a slash when it is a folder.
    fn label(&self) -> String {
        format!("{}{}", self.name, if self.folder { "/" } else { "" })
    }

    /// Where it is fetched from, in the folder whose URL path is `base`.
    fn url(&self, base: &str) -> String {
        format!("{base}{}{}", url::segment(&self.name), if self.folder { "/" } else { "" })
    }
}

/// Lists a resolved folder below the root. Blocks on the disk.
pub(super) fn answer(root: &Root, folder: &Path, wanted: &Wanted) -> io::Result<Answer> {
    let query = wanted.query().unwrap_or_default();
    let order = Order::of(query);
    let mut entries = read(root, folder, wanted.top())?;
    order.sort(&mut entries);
    let base = url::path(&wanted.path);
    let (kind, content) = match Format::of(query, &wanted.headers) {
        Format::Page => ("text/html; charset=utf-8", page::page(&wanted.path, wanted.top(), order, &entries)),
        Format::Json => ("application/json", json(&base, &entries)),
        Format::Text => ("text/plain; charset=utf-8", entries.iter().map(|entry| entry.label() + "\n").collect()),
    };
    let mut answer = generated((&wanted.method, &wanted.headers), wanted.document, StatusCode::OK, kind, content);
    let headers = answer.headers_mut();
    let coded = headers.insert(VARY, HeaderValue::from_static("Accept")).is_some();
    if coded {
        encode::vary(headers);
    }
    Ok(answer)
}

/// What may be fetched from the folder; `top` when it is the root itself.
fn read(root: &Root, folder: &Path, top: bool) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        // What begins with a dot is never listed, `.well-known` neither.
        if name.starts_with('.') || names::check(&name, top).is_err() {
            continue;
        }
        // Gone in the meantime, a pipe, or a link that leads outside.
        let Some(meta) = entry.file_type().ok().and_then(|kind| root.entry(folder, &name, kind)) else { continue };
        entries.push(Entry { name, folder: meta.is_dir(), size: meta.len(), modified: meta.modified().ok() });
    }
    Ok(entries)
}

fn json(base: &str, entries: &[Entry]) -> String {
    let rows: Vec<_> = entries
        .iter()
        .map(|entry| {
            json!({
                "name": entry.name,
                "kind": if entry.folder { "folder" } else { "file" },
                "size": (!entry.folder).then_some(entry.size),
                "mtime": entry.modified.and_then(rfc3339),
                "url": entry.url(base),
            })
        })
        .collect();
    serde_json::Value::from(rows).to_string()
}

/// A time in UTC to the millisecond.
fn rfc3339(time: SystemTime) -> Option<String> {
    let time = jiff::Timestamp::try_from(time).ok()?;
    jiff::Timestamp::from_millisecond(time.as_millisecond()).ok().map(|time| time.to_string())
}

#[cfg(test)]
mod tests;
