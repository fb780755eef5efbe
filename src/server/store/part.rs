//! Part files: where bytes wait, in `.part/` of the folder that they are for, so that the final
//! rename stays within one file system.
//!
//! A part file is locked while it is open. Whatever can be locked was left by a crashed run.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::StoreError;

const FOLDER: &str = ".part";
const SUFFIX: &str = ".part";
/// How old a leftover must be where files cannot be locked.
const OLD: Duration = Duration::from_secs(3600);

/// A part file's name. Dropping it removes the file, if it has not become the final one.
pub(super) struct Part {
    dir: PathBuf,
    path: PathBuf,
}

impl Part {
    /// A new, locked part file for `dir`, which is made when it is missing.
    pub(super) fn create(dir: &Path) -> Result<(Self, File), StoreError> {
        let folder = |source| StoreError::Folder { dir: dir.to_owned(), source };
        // A link would let the parts lie, and be swept, somewhere else.
        if dir.join(FOLDER).symlink_metadata().is_ok_and(|meta| !meta.is_dir()) {
            return Err(folder(std::io::Error::other(".part in it is not a folder; remove it")));
        }
        loop {
            let path = dir.join(FOLDER).join(unique());
            let file = match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    fs::create_dir_all(dir.join(FOLDER)).map_err(folder)?;
                    continue;
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(folder(error)),
            };
            let part = Self { dir: dir.to_owned(), path };
            // Another process may be sweeping, and take a file that is not locked yet for a leftover.
            let swept = flock(&file, FlockOperation::NonBlockingLockExclusive) == Err(Errno::WOULDBLOCK)
                || file.metadata().map_err(folder)?.nlink() == 0;
            if !swept {
                return Ok((part, file));
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The error where a writer was lost.
    pub(super) fn lost(&self) -> StoreError {
        let source = io::Error::other("writing was given up");
        StoreError::Io { doing: "write to", path: self.dir.clone(), source }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// A name that no other part file has, also of another run.
fn unique() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |t| t.as_nanos());
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{now:x}-{:x}-{count:x}{SUFFIX}", process::id())
}

/// Removes leftovers; how many those were.
pub(super) fn sweep(dir: &Path) -> usize {
    let Ok(entries) = fs::read_dir(dir.join(FOLDER)) else { return 0 };
    let part = |path: &PathBuf| path.to_str().is_some_and(|path| path.ends_with(SUFFIX));
    let swept = entries.flatten().map(|entry| entry.path()).filter(part).filter(|path| {
        File::open(path).is_ok_and(|file| {
            let left = match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => true,
                Err(Errno::WOULDBLOCK) => false,
                Err(_) => old(&file),
            };
            // Removed while it is locked, so that whoever has just made it notices.
            left && fs::remove_file(path).is_ok()
        })
    });
    swept.count()
}

fn old(file: &File) -> bool {
    let modified = file.metadata().and_then(|meta| meta.modified());
    modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > OLD))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftovers_go_and_live_parts_stay() {
        let dir = tempfile::tempdir().unwrap();
        let (live, file) = Part::create(dir.path()).unwrap();
        let left = dir.path().join(".part/1-2-3.part");
        fs::write(&left, "half").unwrap();
        let other = dir.path().join(".part/notes.txt");
        fs::write(&other, "mine").unwrap();
        assert_eq!(sweep(dir.path()), 1);
        assert!(live.path().exists() && other.exists() && !left.exists());
        drop(file);
        assert_eq!(sweep(dir.path()), 1);
    }

    #[test]
    fn nothing_to_sweep_is_fine() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(sweep(&dir.path().join("missing")), 0);
    }

    #[test]
    fn a_dropped_part_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let (part, _file) = Part::create(dir.path()).unwrap();
        let path = part.path().to_owned();
        assert!(path.exists());
        drop(part);
        assert!(!path.exists());
    }

    #[test]
    fn a_file_in_the_folders_place_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let taken = dir.path().join("uploads");
        fs::write(&taken, "").unwrap();
        let Err(error) = Part::create(&taken) else { panic!("created in a file") };
        assert!(error.to_string().contains("uploads"), "{error}");
        assert!(error.to_string().contains("--uploads"), "{error}");
    }
}
