//! Part files: where bytes wait, in `.part/` of the folder that they are for, so that the final
//! rename stays within one file system.
//!
//! A part file is locked while it is open. Whatever can be locked and has no record beside it was left
//! by a crashed run.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::{StoreError, record};

const FOLDER: &str = ".part";
const SUFFIX: &str = ".part";
/// How old a leftover must be where files cannot be locked.
const OLD: Duration = Duration::from_secs(3600);

/// A part file's name. Dropping it removes the file, if it has not become the final one and is not
/// kept for later.
pub(super) struct Part {
    dir: PathBuf,
    path: PathBuf,
    kept: bool,
}

/// What became of opening a part file that was kept.
pub(super) enum Opened {
    /// It is here, and locked.
    Ours(Part, File),
    /// Somebody else has it, in another process perhaps.
    Locked,
    /// There is none.
    Gone,
}

impl Part {
    /// A new, locked part file for `dir`, which is made when it is missing.
    pub(super) fn create(dir: &Path) -> Result<(Self, File), StoreError> {
        loop {
            if let Some(made) = Self::make(dir, &unique())? {
                return Ok(made);
            }
        }
    }

    /// The same under the name of `token`, and kept.
    pub(super) fn create_kept(dir: &Path, token: &str) -> Result<(Self, File), StoreError> {
        loop {
            if let Some((mut part, file)) = Self::make(dir, token)? {
                part.kept = true;
                return Ok((part, file));
            }
        }
    }

    /// `None` where the name is taken, or another process took the file for a leftover.
    fn make(dir: &Path, name: &str) -> Result<Option<(Self, File)>, StoreError> {
        let failed = |source| StoreError::Folder { dir: dir.to_owned(), source };
        // A link would let the parts lie, and be swept, somewhere else.
        if folder(dir).symlink_metadata().is_ok_and(|meta| !meta.is_dir()) {
            return Err(failed(io::Error::other(".part in it is not a folder; remove it")));
        }
        let path = of(dir, name);
        let file = match OpenOptions::new().read(true).write(true).create_new(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                fs::create_dir_all(folder(dir)).map_err(failed)?;
                return Ok(None);
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let part = Self { dir: dir.to_owned(), path, kept: false };
        let swept = !lock(&file) || file.metadata().map_err(failed)?.nlink() == 0;
        Ok((!swept).then_some((part, file)))
    }

    /// The kept part file of `token`, locked.
    pub(super) fn open(dir: &Path, token: &str) -> io::Result<Opened> {
        let path = of(dir, token);
        if !path.symlink_metadata().is_ok_and(|meta| meta.is_file()) {
            return Ok(Opened::Gone);
        }
        let file = OpenOptions::new().read(true).write(true).open(&path)?;
        if !lock(&file) {
            return Ok(Opened::Locked);
        }
        if file.metadata()?.nlink() == 0 {
            return Ok(Opened::Gone);
        }
        Ok(Opened::Ours(Self { dir: dir.to_owned(), path, kept: true }, file))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Not kept any more: dropping it removes the file.
    pub(super) fn give_up(mut self) {
        self.kept = false;
    }

    /// Whether dropping it keeps the file.
    pub(super) fn is_kept(&self) -> bool {
        self.kept
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.kept {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Whether the file is ours now. Where files cannot be locked, it is taken to be.
fn lock(file: &File) -> bool {
    flock(file, FlockOperation::NonBlockingLockExclusive) != Err(Errno::WOULDBLOCK)
}

/// Gives the lock up, also where somebody else still holds the file open.
pub(super) fn unlock(file: &File) {
    let _ = flock(file, FlockOperation::Unlock);
}

/// Where the part files for `dir` are.
pub(super) fn folder(dir: &Path) -> PathBuf {
    dir.join(FOLDER)
}

/// What is in it; `None` where it is a link, which may lead anywhere, or nothing.
pub(super) fn entries(dir: &Path) -> Option<impl Iterator<Item = PathBuf>> {
    let folder = folder(dir);
    folder.symlink_metadata().ok().filter(fs::Metadata::is_dir)?;
    Some(fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()))
}

/// Whether a part file of that name was made here: by [`unique`], or for a token.
fn is_ours(name: &str) -> bool {
    let hex = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_hexdigit());
    record::is_token(name) || (name.split('-').count() == 3 && name.split('-').all(hex))
}

/// The part file for `dir` of that name or token.
pub(super) fn of(dir: &Path, name: &str) -> PathBuf {
    folder(dir).join(format!("{name}{SUFFIX}"))
}

/// A name that no other part file has, also of another run.
fn unique() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |t| t.as_nanos());
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{now:x}-{:x}-{count:x}", process::id())
}

/// Removes leftovers; how many those were. What has a record is none.
pub(super) fn sweep(dir: &Path) -> usize {
    let Some(entries) = entries(dir) else { return 0 };
    let part = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(SUFFIX));
        name.is_some_and(|name| is_ours(name) && !record::path(dir, name).exists())
    };
    let swept = entries.filter(part).filter(|path| {
        File::open(path).is_ok_and(|file| {
            let left = match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => true,
                Err(Errno::WOULDBLOCK) => false,
                Err(_) => old(&file),
            };
            // Removed while it is locked, so that whoever has just made it notices; and only if it has
            // not got a record meanwhile.
            left && part(path) && fs::remove_file(path).is_ok()
        })
    });
    let swept = swept.count();
    // Fails while there is anything in it.
    let _ = fs::remove_dir(folder(dir));
    swept
}

fn old(file: &File) -> bool {
    let modified = file.metadata().and_then(|meta| meta.modified());
    modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > OLD))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn a_link_is_not_swept_through() {
        let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let theirs = other.path().join("1-2-3.part");
        fs::write(&theirs, "mine").unwrap();
        std::os::unix::fs::symlink(other.path(), folder(dir.path())).unwrap();
        assert_eq!(sweep(dir.path()), 0);
        assert!(theirs.exists() && record::all(dir.path()).is_empty());
    }

    #[test]
    fn leftovers_go_and_live_parts_stay() {
        let dir = tempfile::tempdir().unwrap();
        let (live, file) = Part::create(dir.path()).unwrap();
        let left = dir.path().join(".part/1-2-3.part");
        fs::write(&left, "half").unwrap();
        let others = ["notes.txt", "Download.part", "1-2.part"].map(|name| dir.path().join(".part").join(name));
        for other in &others {
            fs::write(other, "mine").unwrap();
        }
        assert_eq!(sweep(dir.path()), 1);
        assert!(live.path().exists() && others.iter().all(|other| other.exists()) && !left.exists());
        drop(file);
        assert_eq!(sweep(dir.path()), 1);
    }

    #[test]
    fn what_has_a_record_stays_and_an_empty_folder_goes() {
        let dir = tempfile::tempdir().unwrap();
        let (part, file) = Part::create_kept(dir.path(), TOKEN).unwrap();
        fs::write(record::path(dir.path(), TOKEN), "{}").unwrap();
        drop((part, file));
        assert_eq!(sweep(dir.path()), 0);
        let Opened::Ours(part, file) = Part::open(dir.path(), TOKEN).unwrap() else { panic!("it is there") };
        assert!(matches!(Part::open(dir.path(), TOKEN).unwrap(), Opened::Locked));
        drop(file);
        part.give_up();
        assert!(matches!(Part::open(dir.path(), TOKEN).unwrap(), Opened::Gone));
        fs::remove_file(record::path(dir.path(), TOKEN)).unwrap();
        assert_eq!(sweep(dir.path()), 0);
        assert!(!folder(dir.path()).exists());
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
