//! Whether a content is here already, whole or in part: what a page asks before it sends, because
//! phones give the same file another name and date each time it is chosen.
//!
//! `GET .known?size=N&mark=HEX` below the upload page names candidates, `files` (and the first of them as
//! `file`) and `part`; with `&bytes=M` each has the SHA-256 of its first M bytes, so that the page can prove
//! that it means the same. How far a part is while somebody sends, perhaps on a connection that is long dead,
//! HEAD of its `url` says. The mark is the
//! SHA-256 of the whole file up to 196,608 bytes, else of its first 65,536 bytes, as many from
//! N/2 − 32,768 (N/2 rounded down), and its last 65,536.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::header::{CACHE_CONTROL, HeaderValue};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::Upload;
use super::reply::Reply;
use crate::server::answer::{self, Answer};
use crate::server::files::url_path;
use crate::server::request::Request;
use crate::server::store::{Held, Standing, Store};

/// The name below the page.
pub(super) const NAME: &str = ".known";
pub(super) const METHODS: [Method; 3] = [Method::GET, Method::HEAD, Method::OPTIONS];
/// Questions that are answered at a time, and those that may wait.
static TURN: Semaphore = Semaphore::const_new(1);
static ROOM: Semaphore = Semaphore::const_new(16);
/// Files of which the digest is told.
const MOST: usize = 8;

/// The mark in `Stan-Mark`, by which an upload is found again.
pub(super) fn mark(request: &Request) -> String {
    request.header("stan-mark").filter(|mark| is_mark(mark)).unwrap_or_default().to_ascii_lowercase()
}

fn is_mark(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// What was asked.
pub(super) struct Asked {
    size: u64,
    mark: String,
    bytes: Option<u64>,
}

impl Asked {
    /// From a query; `None` where it is no such question.
    pub(super) fn read(query: &str) -> Option<Self> {
        let field = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        let bytes = match field("bytes") {
            Some(bytes) => Some(bytes.parse().ok()?),
            None => None,
        };
        let mark = field("mark").filter(|mark| is_mark(mark))?.to_ascii_lowercase();
        Some(Self { size: field("size")?.parse().ok()?, mark, bytes })
    }
}

/// Where something may be that has the content.
struct Candidate {
    told: Value,
    path: PathBuf,
    /// Bytes of it that are here.
    there: u64,
}

/// Answers what is known.
pub(super) async fn answer(upload: &Upload, asked: Option<Asked>, reply: &Reply<'_>) -> Answer {
    let Some(asked) = asked else {
        let detail = "Ask with size=BYTES and mark=HEX, 64 hexadecimal digits.";
        return reply.wrong(StatusCode::BAD_REQUEST, "bad question", detail);
    };
    let Ok(_room) = ROOM.try_acquire() else { return reply.later("Many ask this at once.") };
    let Ok(turn) = TURN.acquire().await else { return reply.later("Many ask this at once.") };
    let parts = parts(upload, &asked);
    let (store, dir, path) = (upload.store.clone(), upload.dir.clone(), url_path(&upload.path));
    let gone = Arc::new(AtomicBool::new(false));
    let _client = Client(gone.clone());
    let looked = spawn_blocking(move || {
        // Given back when the work ends, whether anybody waits or not.
        let _turn = turn;
        let waits = || !gone.load(Ordering::Relaxed);
        let files = store.alike(&dir, asked.size, &asked.mark).into_iter().take(MOST).map(|name| {
            let told = json!({ "name": name, "url": format!("{path}{}", url_path(&name)) });
            Candidate { told, path: dir.join(&name), there: asked.size }
        });
        let proven = |candidate| proven(candidate, asked.bytes, &waits);
        let files: Vec<Value> = files.filter_map(proven).collect();
        let part = parts.into_iter().find_map(proven);
        json!({ "file": files.first(), "files": files, "part": part })
    });
    let value = looked.await.unwrap_or_else(|_| json!({ "file": null, "files": [], "part": null }));
    let mut answer = answer::json(StatusCode::OK, &value);
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// Whoever asked; when it is dropped, nobody waits any more.
struct Client(Arc<AtomicBool>);

impl Drop for Client {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Unfinished uploads, the longest first.
fn parts(upload: &Upload, asked: &Asked) -> Vec<Candidate> {
    let open = upload.store.unfinished(&upload.dir, &asked.mark).into_iter().filter_map(|held| match held.standing() {
        Standing::Open { offset, length } if length == Some(asked.size) => Some((offset, held)),
        _ => None,
    });
    let mut open: Vec<_> = open.collect();
    open.sort_by_key(|(offset, _)| std::cmp::Reverse(*offset));
    let candidate = |(offset, held): (u64, Arc<Held>)| {
        let url = format!("{}/.part/{}", url_path(&upload.path), held.token());
        Candidate { told: json!({ "url": url, "offset": offset }), path: held.part(), there: offset }
    };
    open.into_iter().take(MOST).map(candidate).collect()
}

/// A candidate with the digest of its first bytes, if that was asked for; `None` where it has gone.
fn proven(mut candidate: Candidate, bytes: Option<u64>, waits: &dyn Fn() -> bool) -> Option<Value> {
    if let Some(bytes) = bytes.filter(|bytes| *bytes <= candidate.there) {
        candidate.told["sha256"] = Store::sha256(&candidate.path, bytes, waits).ok()?.into();
    }
    Some(candidate.told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_whole_or_none() {
        let mark = "AB".repeat(32);
        let asked = Asked::read(&format!("mark={mark}&size=5&bytes=3&x")).unwrap();
        assert_eq!((asked.size, asked.mark, asked.bytes), (5, mark.to_ascii_lowercase(), Some(3)));
        assert_eq!(Asked::read(&format!("size=5&mark={mark}")).unwrap().bytes, None);
        for bad in
            ["", "size=5", "mark=ab&size=5", &format!("size=-1&mark={mark}"), &format!("size=1&bytes=x&mark={mark}")]
        {
            assert!(Asked::read(bad).is_none(), "{bad}");
        }
    }
}
