//! Files that have the same content as one elsewhere, found by their size and a few of their bytes.
//!
//! A mark is the SHA-256 of a file's beginning, middle and end: cheap to make for whoever sends, enough
//! to find candidates, never enough to call two files the same.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::digest::{Algorithm, Sum, hex};
use super::name::is_safe_name;

/// Bytes of each of the three samples; a file of no more than all three is taken whole.
const SAMPLE: u64 = 64 << 10;
/// For so long a folder is not gone through again.
const FRESH: Duration = Duration::from_secs(3);
/// Files that are looked at.
const MOST: usize = 200_000;
/// Folders in folders that are looked into.
const DEEPEST: usize = 16;
/// Files of one size that are marked.
const SAME_SIZE: usize = 64;
/// Bytes that are read at once.
const PIECE: usize = 256 << 10;

/// What lies in the folders, by size, as of a moment ago.
#[derive(Default)]
pub(super) struct Alike(Mutex<HashMap<PathBuf, Listed>>);

struct Listed {
    at: Instant,
    by_size: Arc<HashMap<u64, Vec<String>>>,
}

impl Alike {
    /// The names, with their folders, of received files in `dir` that have `size` and `mark`. Blocks.
    pub(super) fn find(&self, dir: &Path, size: u64, mark: &str) -> Vec<String> {
        let by_size = self.listed(dir);
        let names = by_size.get(&size).map(Vec::as_slice).unwrap_or_default();
        let marked = |name: &&String| mark_of(&dir.join(name)).is_ok_and(|found| found == (size, mark.to_owned()));
        names.iter().take(SAME_SIZE).filter(marked).cloned().collect()
    }

    /// A file has arrived at `path`: it is found at once.
    pub(super) fn add(&self, path: &Path, size: u64) {
        for (dir, listed) in self.0.lock().iter_mut() {
            let Some(name) = path.strip_prefix(dir).ok().and_then(Path::to_str) else { continue };
            Arc::make_mut(&mut listed.by_size).entry(size).or_default().push(name.to_owned());
        }
    }

    fn listed(&self, dir: &Path) -> Arc<HashMap<u64, Vec<String>>> {
        let mut all = self.0.lock();
        all.retain(|_, listed| listed.at.elapsed() < FRESH);
        if let Some(listed) = all.get(dir) {
            return listed.by_size.clone();
        }
        let mut by_size: HashMap<u64, Vec<String>> = HashMap::new();
        let mut left = MOST;
        walk(dir, "", DEEPEST, &mut left, &mut by_size);
        let by_size = Arc::new(by_size);
        all.insert(dir.to_owned(), Listed { at: Instant::now(), by_size: by_size.clone() });
        by_size
    }
}

fn walk(dir: &Path, below: &str, deep: usize, left: &mut usize, found: &mut HashMap<u64, Vec<String>>) {
    let Ok(entries) = fs::read_dir(dir.join(below)) else { return };
    for entry in entries.flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        // What was received has a safe name; links are not followed.
        if !is_safe_name(&name) || name.contains('/') {
            continue;
        }
        let Some(rest) = left.checked_sub(1) else { return };
        *left = rest;
        let name = if below.is_empty() { name } else { format!("{below}/{name}") };
        let Ok(meta) = entry.metadata() else { continue };
        if meta.is_file() {
            found.entry(meta.len()).or_default().push(name);
        } else if meta.is_dir() && deep > 0 {
            walk(dir, &name, deep - 1, left, found);
        }
    }
}

/// Size and mark of a file. Blocks.
fn mark_of(path: &Path) -> io::Result<(u64, String)> {
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    let mut sum = Sum::new(Algorithm::Sha256);
    let samples = if size <= 3 * SAMPLE {
        vec![(0, size)]
    } else {
        vec![(0, SAMPLE), (size / 2 - SAMPLE / 2, SAMPLE), (size - SAMPLE, SAMPLE)]
    };
    for (at, length) in samples {
        add(&mut sum, &file, at, length, &|| true)?;
    }
    Ok((size, hex(&sum.finish())))
}

/// SHA-256 of the first `length` bytes of a file, hexadecimal, for as long as somebody waits for it.
/// Blocks.
pub(super) fn sha256(path: &Path, length: u64, waits: &dyn Fn() -> bool) -> io::Result<String> {
    let mut sum = Sum::new(Algorithm::Sha256);
    add(&mut sum, &File::open(path)?, 0, length, waits)?;
    Ok(hex(&sum.finish()))
}

fn add(sum: &mut Sum, file: &File, mut at: u64, length: u64, waits: &dyn Fn() -> bool) -> io::Result<()> {
    let end = at + length;
    let mut piece = vec![0; length.min(PIECE as u64) as usize];
    while at < end {
        if !waits() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let most = usize::try_from(end - at).unwrap_or(PIECE).min(piece.len());
        let room = piece.get_mut(..most).unwrap_or_default();
        file.read_exact_at(room, at)?;
        sum.update(room);
        at += most as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(dir: &Path, name: &str, bytes: &[u8]) {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    #[test]
    fn candidates_have_the_size_and_the_samples() {
        let dir = tempfile::tempdir().unwrap();
        let mut big = vec![1; 1 << 20];
        write(dir.path(), "a/big.mov", &big);
        big[100_000] = 2;
        write(dir.path(), "edited.mov", &big);
        big[0] = 2;
        write(dir.path(), "other.mov", &big);
        write(dir.path(), ".part/hidden.part", &big);
        let (size, mark) = mark_of(&dir.path().join("a/big.mov")).unwrap();
        let mut found = Alike::default().find(dir.path(), size, &mark);
        found.sort();
        // The samples do not see the edit; the digest does.
        assert_eq!(found, ["a/big.mov", "edited.mov"]);
        let sum = |name| sha256(&dir.path().join(name), size, &|| true).unwrap();
        assert_ne!(sum("a/big.mov"), sum("edited.mov"));
        assert!(Alike::default().find(dir.path(), size + 1, &mark).is_empty());
    }

    #[test]
    fn what_arrives_is_found_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let alike = Alike::default();
        let mark = sha256_of(b"hello");
        assert!(alike.find(dir.path(), 5, &mark).is_empty());
        write(dir.path(), "a/hello", b"hello");
        alike.add(&dir.path().join("a/hello"), 5);
        alike.add(Path::new("/elsewhere/hello"), 5);
        assert_eq!(alike.find(dir.path(), 5, &mark), ["a/hello"]);
    }

    fn sha256_of(bytes: &[u8]) -> String {
        let mut sum = Sum::new(Algorithm::Sha256);
        sum.update(bytes);
        hex(&sum.finish())
    }

    #[test]
    fn a_small_file_is_taken_whole() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "hello", b"hello");
        let known = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        assert_eq!(mark_of(&dir.path().join("hello")).unwrap(), (5, known.to_owned()));
        let sum = |length, waits: &dyn Fn() -> bool| sha256(&dir.path().join("hello"), length, waits);
        assert_eq!(sum(5, &|| true).unwrap(), known);
        assert!(sum(6, &|| true).is_err() && sum(5, &|| false).is_err());
    }
}
