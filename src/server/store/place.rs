//! The last step: a part file gets its final name, never over a file that should stay.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::name::numbered;
use super::names::Names;
use super::part::Part;
use super::writer::Writer;
use super::{Finished, StoreError};
use crate::config::Exists;

/// Numbers tried before a name counts as taken for good.
const NUMBERS: u32 = 100_000;

/// Where a file goes, and how.
pub(super) struct Place {
    pub(super) dir: PathBuf,
    pub(super) name: String,
    pub(super) exists: Exists,
    pub(super) flush: bool,
    pub(super) modified: Option<SystemTime>,
}

/// Gives the part file its final name.
pub(super) fn place(part: &Part, writer: Writer, place: &Place, names: &Names) -> Result<Finished, StoreError> {
    if let Some(modified) = place.modified {
        // Some shared storage keeps its own times; the file matters more.
        let _ = writer.file.set_modified(modified);
    }
    if place.flush {
        writer.flush()?;
    }
    let size = writer.size;
    let digest = writer.into_digest();
    let failed = |source| StoreError::io("name a file in", &place.dir, &place.dir, 0, source);
    let (path, duplicate) = settle(part.path(), place, &digest, names).map_err(failed)?.ok_or_else(exists(place))?;
    if place.flush && !duplicate {
        flush_folder(&place.dir).map_err(failed)?;
    }
    names.remember(&place.dir.join(&place.name), &digest, &path);
    let name = path.file_name().map_or_else(|| place.name.clone(), |name| name.to_string_lossy().into_owned());
    Ok(Finished { name, path, size, digest, duplicate })
}

fn exists(place: &Place) -> impl FnOnce() -> StoreError {
    let name = place.name.clone();
    || StoreError::Exists { name }
}

/// The final path and whether the bytes were there already; `None` when the name is taken.
fn settle(part: &Path, place: &Place, digest: &str, names: &Names) -> io::Result<Option<(PathBuf, bool)>> {
    let wanted = place.dir.join(&place.name);
    if place.exists != Exists::Replace && rename_new(part, &wanted)? {
        return Ok(Some((wanted, false)));
    }
    if same_bytes(part, &wanted) {
        return Ok(Some((wanted, true)));
    }
    match place.exists {
        Exists::Refuse => Ok(None),
        Exists::Replace if wanted.symlink_metadata().is_ok_and(|meta| meta.is_dir()) => Ok(None),
        Exists::Replace => {
            fs::rename(part, &wanted)?;
            Ok(Some((wanted, false)))
        }
        Exists::Rename => {
            if let Some(there) = names.seen(&wanted, digest).filter(|there| same_bytes(part, there)) {
                return Ok(Some((there, true)));
            }
            for _ in 0..NUMBERS {
                let path = place.dir.join(numbered(&place.name, names.number(&wanted)));
                if rename_new(part, &path)? {
                    return Ok(Some((path, false)));
                }
            }
            Ok(None)
        }
    }
}

/// Renames where nothing has the new name, in one step; `false` where something has.
pub(super) fn rename_new(from: &Path, to: &Path) -> io::Result<bool> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(true),
        Err(Errno::EXIST) => Ok(false),
        // The kernel or the file system does not know the flag.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP | Errno::PERM) => link_new(from, to),
        Err(error) => Err(error.into()),
    }
}

/// The same by a second name and the removal of the first.
fn link_new(from: &Path, to: &Path) -> io::Result<bool> {
    match fs::hard_link(from, to) {
        Ok(()) => {
            let _ = fs::remove_file(from);
            Ok(true)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        // No links on FAT and on Android's shared storage.
        Err(_) => claim_new(from, to),
    }
}

/// The same where the file system has neither: the name is claimed by an empty file first.
fn claim_new(from: &Path, to: &Path) -> io::Result<bool> {
    match File::create_new(to) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(false),
        Err(error) => return Err(error),
    }
    match fs::rename(from, to) {
        Ok(()) => Ok(true),
        Err(error) => {
            let _ = fs::remove_file(to);
            Err(error)
        }
    }
}

/// Whether `there` is a file of the same bytes as `part`.
fn same_bytes(part: &Path, there: &Path) -> bool {
    let sizes = (part.symlink_metadata(), there.symlink_metadata());
    let (Ok(one), Ok(two)) = sizes else { return false };
    if !two.is_file() || one.len() != two.len() {
        return false;
    }
    let (Ok(one), Ok(two)) = (File::open(part), File::open(there)) else { return false };
    equal(one, two).unwrap_or(false)
}

fn equal(mut one: File, mut two: File) -> io::Result<bool> {
    let mut left = vec![0; 64 << 10];
    let mut right = vec![0; 64 << 10];
    loop {
        let got = one.read(&mut left)?;
        let (left, right) = (&left[..got], &mut right[..got]);
        if got == 0 {
            return Ok(two.read(&mut [0])? == 0);
        }
        match two.read_exact(right) {
            Ok(()) if left == right => {}
            Ok(()) => return Ok(false),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(false),
            Err(error) => return Err(error),
        }
    }
}

/// The new name itself on disk. Not every file system can flush a folder, and then it need not.
fn flush_folder(dir: &Path) -> io::Result<()> {
    match File::open(dir).and_then(|dir| dir.sync_all()) {
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        // A folder that may be written and not read cannot be opened to flush it.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(()),
        flushed => flushed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn each_way(test: impl Fn(fn(&Path, &Path) -> io::Result<bool>, &Path)) {
        for way in [rename_new, link_new, claim_new] {
            test(way, tempfile::tempdir().unwrap().path());
        }
    }

    #[test]
    fn a_free_name_is_given() {
        each_way(|way, dir| {
            fs::write(dir.join("part"), "new").unwrap();
            assert!(way(&dir.join("part"), &dir.join("final")).unwrap());
            assert_eq!(fs::read(dir.join("final")).unwrap(), b"new");
            assert!(!dir.join("part").exists());
        });
    }

    #[test]
    fn a_taken_name_is_left_alone() {
        each_way(|way, dir| {
            fs::write(dir.join("part"), "new").unwrap();
            fs::write(dir.join("final"), "old").unwrap();
            assert!(!way(&dir.join("part"), &dir.join("final")).unwrap());
            assert_eq!(fs::read(dir.join("final")).unwrap(), b"old");
            assert!(dir.join("part").exists());
        });
    }

    #[test]
    fn a_missing_part_leaves_nothing() {
        each_way(|way, dir| {
            assert!(way(&dir.join("part"), &dir.join("final")).is_err());
            assert!(!dir.join("final").exists());
        });
    }

    #[test]
    fn bytes_are_compared_not_only_sizes() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name| dir.path().join(name);
        let long = vec![7; 200_000];
        let mut other = long.clone();
        other[199_999] = 8;
        fs::write(path("a"), &long).unwrap();
        fs::write(path("b"), &long).unwrap();
        fs::write(path("c"), &other).unwrap();
        assert!(same_bytes(&path("a"), &path("b")));
        assert!(!same_bytes(&path("a"), &path("c")));
        assert!(!same_bytes(&path("a"), &path("missing")));
        assert!(!same_bytes(&path("a"), dir.path()));
    }
}
