//! Whether a content is here already, whole or in part: what a page asks before it sends, because
//! phones give the same file another name and date each time it is chosen.
//!
//! `GET .known?size=N&mark=HEX` below the upload page names candidates; with `&bytes=M` each has the
//! SHA-256 of its first M bytes, so that the page can prove that it means the same. The mark is the
//! SHA-256 of the whole file up to 196,608 bytes, else of its first 65,536 bytes, as many from
//! N/2 − 32,768 (N/2 rounded down), and its last 65,536.

use std::path::PathBuf;

use http::StatusCode;
use http::header::{CACHE_CONTROL, HeaderValue};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::Upload;
use super::reply::Reply;
use crate::server::answer::{self, Answer};
use crate::server::files::url_path;
use crate::server::request::Request;
use crate::server::store::{Standing, Store};

/// The name below the page.
pub(super) const NAME: &str = ".known";
/// Whole files that are read at a time.
static READING: Semaphore = Semaphore::const_new(1);

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

/// Answers what is known.
pub(super) async fn answer(upload: &Upload, asked: Option<Asked>, reply: &Reply<'_>) -> Answer {
    let Some(asked) = asked else {
        let detail = "Ask with size=BYTES and mark=HEX, 64 hexadecimal digits.";
        return reply.wrong(StatusCode::BAD_REQUEST, "bad question", detail);
    };
    let file = file(upload, &asked).await;
    let part = part(upload, &asked).await;
    let mut answer = answer::json(StatusCode::OK, &json!({ "file": file, "part": part }));
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

async fn file(upload: &Upload, asked: &Asked) -> Value {
    let (store, dir, size, mark) = (upload.store.clone(), upload.dir.clone(), asked.size, asked.mark.clone());
    let found = spawn_blocking(move || store.alike(&dir, size, &mark)).await.unwrap_or_default();
    let Some(name) = found.into_iter().next() else { return Value::Null };
    let url = format!("{}{}", url_path(&upload.path), url_path(&name));
    let path = upload.dir.join(&name);
    proven(json!({ "name": name, "url": url }), path, asked.size, asked).await
}

async fn part(upload: &Upload, asked: &Asked) -> Value {
    let open = upload.store.unfinished(&upload.dir, &asked.mark).into_iter().filter_map(|held| match held.standing() {
        Standing::Open { offset, length } if length == Some(asked.size) && offset > 0 => Some((offset, held)),
        _ => None,
    });
    let Some((offset, held)) = open.max_by_key(|(offset, _)| *offset) else { return Value::Null };
    let url = format!("{}/.part/{}", url_path(&upload.path), held.token());
    proven(json!({ "url": url, "offset": offset }), held.part(), offset, asked).await
}

/// A candidate of which `there` bytes are here, with the digest that was asked for.
async fn proven(mut candidate: Value, path: PathBuf, there: u64, asked: &Asked) -> Value {
    let Some(bytes) = asked.bytes.filter(|bytes| *bytes <= there) else { return candidate };
    let Ok(_turn) = READING.acquire().await else { return candidate };
    match spawn_blocking(move || Store::sha256(&path, bytes)).await {
        Ok(Ok(digest)) => {
            candidate["sha256"] = digest.into();
            candidate
        }
        // It has gone meanwhile.
        _ => Value::Null,
    }
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
