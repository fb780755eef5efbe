//! Small files kept in memory with their headers ready.
//!
//! An entry answers only after a `stat` of its path has shown the very state that was read, so it
//! is right the moment a file changes, however it changes and whoever watches.

use std::collections::HashMap;
use std::fs::Metadata;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE, RANGE};
use http::{HeaderMap, Method, StatusCode};
use parking_lot::Mutex;

use super::conditional::{Validators, Verdict};
use super::state::{State, is_quiet};
use crate::server::answer::{Answer, empty, text};
use crate::server::body::Body;

/// Bytes of a file that is kept.
pub(super) const LARGEST: u64 = 256 << 10;
/// Bytes kept in all; what would go beyond begins anew.
const BUDGET: usize = 32 << 20;
/// A file in memory.
#[derive(Debug)]
struct Kept {
    path: PathBuf,
    state: State,
    bytes: Bytes,
    validators: Validators,
    /// Of the plain answer to GET.
    headers: HeaderMap,
}

/// The files of one mount, by decoded path.
#[derive(Debug, Clone, Default)]
pub(super) struct Cache(Arc<Mutex<Shelf>>);

#[derive(Debug, Default)]
struct Shelf {
    kept: HashMap<String, Arc<Kept>>,
    bytes: usize,
}

/// A file that may be kept: its answer, and what it was made of.
pub(super) struct Fresh<'a> {
    pub(super) path: PathBuf,
    pub(super) meta: &'a Metadata,
    pub(super) bytes: Bytes,
    pub(super) headers: &'a HeaderMap,
}

impl Cache {
    /// The answer to GET or HEAD at `below`, where the file is kept and is still the same, and the
    /// request wants nothing out of the ordinary.
    pub(super) fn answer(&self, below: &str, method: &Method, asked: &HeaderMap) -> Option<Answer> {
        if asked.contains_key(RANGE) || !matches!(*method, Method::GET | Method::HEAD) {
            return None;
        }
        let kept = self.0.lock().kept.get(below).cloned()?;
        if std::fs::metadata(&kept.path).map(|meta| State::of(&meta)).ok() != Some(kept.state) {
            self.forget(below);
            return None;
        }
        Some(match kept.verdict(asked) {
            Verdict::Proceed => {
                let mut answer = empty(StatusCode::OK);
                answer.headers_mut().clone_from(&kept.headers);
                *answer.body_mut() = Body::full(kept.bytes.clone());
                answer
            }
            Verdict::NotModified => {
                let mut answer = empty(StatusCode::NOT_MODIFIED);
                answer.headers_mut().clone_from(&kept.headers);
                answer.headers_mut().remove(CONTENT_TYPE);
                answer
            }
            Verdict::Failed => text(StatusCode::PRECONDITION_FAILED, "The file has changed.\n"),
        })
    }

    /// Keeps a file, if it is small and has been quiet.
    pub(super) fn keep(&self, below: &str, fresh: Fresh<'_>) {
        if fresh.bytes.len() as u64 > LARGEST || !is_quiet(fresh.meta) {
            return;
        }
        let kept = Kept {
            path: fresh.path,
            state: State::of(fresh.meta),
            bytes: fresh.bytes,
            validators: Validators::of_file(fresh.meta),
            headers: fresh.headers.clone(),
        };
        let mut shelf = self.0.lock();
        if shelf.bytes + kept.bytes.len() > BUDGET {
            *shelf = Shelf::default();
        }
        shelf.bytes += kept.bytes.len();
        if let Some(old) = shelf.kept.insert(below.to_owned(), Arc::new(kept)) {
            shelf.bytes -= old.bytes.len();
        }
    }

    fn forget(&self, below: &str) {
        let mut shelf = self.0.lock();
        if let Some(old) = shelf.kept.remove(below) {
            shelf.bytes -= old.bytes.len();
        }
    }
}

impl Kept {
    fn verdict(&self, asked: &HeaderMap) -> Verdict {
        let conditions = [IF_NONE_MATCH, IF_MODIFIED_SINCE, IF_MATCH, IF_UNMODIFIED_SINCE];
        if conditions.iter().any(|name| asked.contains_key(name)) {
            self.validators.evaluate(asked)
        } else {
            Verdict::Proceed
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::{SystemTime, UNIX_EPOCH};

    use super::*;

    /// A file that has been quiet, and a cache that keeps it.
    fn kept() -> (tempfile::TempDir, PathBuf, Cache) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        fs::write(&path, "one").unwrap();
        let cache = Cache::default();
        while !is_quiet(&path.metadata().unwrap()) {
            std::thread::yield_now();
        }
        keep(&cache, &path);
        (folder, path, cache)
    }

    fn keep(cache: &Cache, path: &std::path::Path) {
        let (meta, bytes) = (path.metadata().unwrap(), Bytes::from(fs::read(path).unwrap()));
        let mut headers = HeaderMap::new();
        Validators::of_file(&meta).write(&mut headers, SystemTime::now());
        cache.keep("/a.txt", Fresh { path: path.to_owned(), meta: &meta, bytes, headers: &headers });
    }

    fn status(cache: &Cache, asked: &HeaderMap) -> Option<u16> {
        cache.answer("/a.txt", &Method::GET, asked).map(|answer| answer.status().as_u16())
    }

    #[test]
    fn what_is_kept_answers_and_its_tag_is_honoured() {
        let (_folder, path, cache) = kept();
        let mut asked = HeaderMap::new();
        assert_eq!(status(&cache, &asked), Some(200));
        asked.insert(IF_NONE_MATCH, Validators::of_file(&path.metadata().unwrap()).etag.parse().unwrap());
        assert_eq!(status(&cache, &asked), Some(304));
        asked.insert(RANGE, "bytes=0-".parse().unwrap());
        assert_eq!(status(&cache, &asked), None, "ranges are not its business");
        assert!(cache.answer("/b.txt", &Method::GET, &HeaderMap::new()).is_none());
    }

    #[test]
    fn any_change_is_seen_at_once() {
        type Edit = fn(&std::path::Path);
        let edits: [Edit; 5] = [
            |path| fs::write(path, "two").unwrap(),
            |path| fs::File::options().append(true).open(path).and_then(|f| f.set_len(1)).unwrap(),
            |path| fs::remove_file(path).unwrap(),
            |path| {
                let other = path.with_extension("new");
                fs::write(&other, "one").unwrap();
                fs::rename(other, path).unwrap();
            },
            |path| {
                let file = fs::File::options().append(true).open(path).unwrap();
                file.set_modified(UNIX_EPOCH).unwrap();
            },
        ];
        for edit in edits {
            let (_folder, path, cache) = kept();
            assert_eq!(status(&cache, &HeaderMap::new()), Some(200));
            edit(&path);
            assert_eq!(status(&cache, &HeaderMap::new()), None);
        }
    }

    #[test]
    fn what_was_just_touched_is_not_kept() {
        let (_folder, path, cache) = kept();
        fs::write(&path, "two").unwrap();
        keep(&cache, &path);
        assert_eq!(status(&cache, &HeaderMap::new()), None);
    }

    #[test]
    fn it_stays_within_its_budget() {
        let (_folder, path, cache) = kept();
        let (meta, bytes) = (path.metadata().unwrap(), Bytes::from(vec![0; LARGEST as usize]));
        for i in 0..2 * BUDGET / bytes.len() {
            let headers = HeaderMap::new();
            cache.keep(
                &format!("/{i}"),
                Fresh { path: path.clone(), meta: &meta, bytes: bytes.clone(), headers: &headers },
            );
        }
        let shelf = cache.0.lock();
        assert!(
            shelf.bytes <= BUDGET && shelf.bytes == shelf.kept.values().map(|kept| kept.bytes.len()).sum::<usize>()
        );
    }
}
