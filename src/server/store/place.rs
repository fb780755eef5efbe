//! The last step: a part file gets its final name, never over a file that should stay.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use parking_lot::Mutex;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::digest::Sums;
use super::flush::Folders;
use super::name::{numbered, shorten};
use super::names::Names;
use super::writer::Writer;
use super::{Declared, Finished, StoreError};
use crate::config::{self, Exists};
use crate::event::{Event, Feed, Note};

/// Numbers tried for a folder.
const FOLDERS: u32 = 100;
/// Bytes of a name that every file system holds.
const SHORT: usize = 140;
/// Numbers tried before a name counts as taken for good.
const NUMBERS: u32 = 100_000;

/// Where a file goes, and how.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) dir: PathBuf,
    /// Made safe, with its folders.
    pub(super) name: String,
    pub(super) exists: Exists,
    pub(super) flush: bool,
    pub(super) modified: Option<SystemTime>,
}

/// What a name is given with.
pub(super) struct Givers<'a> {
    pub(super) names: &'a Names,
    pub(super) folders: &'a Folders,
    pub(super) feed: &'a Feed,
}

impl Place {
    /// Where a file goes that was declared so.
    pub(super) fn new(dir: &Path, name: String, declared: &Declared, settings: &config::Upload) -> Self {
        let modified = declared.modified.filter(|time| credible(*time));
        Self { dir: dir.to_owned(), name, exists: settings.exists, flush: settings.flush, modified }
    }

    /// Gives what `writer` has written its final name. `fresh` are digests of no bytes.
    pub(super) fn give(
        &self,
        writer: Writer,
        fresh: impl FnOnce() -> Sums,
        givers: &Givers<'_>,
    ) -> Result<Finished, StoreError> {
        let flush = if self.flush { writer.flush() } else { Ok(()) };
        flush?;
        let size = writer.size();
        let (part, file, digest) = writer.end(fresh)?;
        if let Some(modified) = self.modified {
            // Some shared storage keeps its own times; the file matters more.
            let _ = file.set_modified(modified);
        }
        let failed = |source| StoreError::io("name a file in", &self.dir, &self.dir, 0, source);
        let (folder, made) = folders(&self.dir, &self.name, self.exists)?;
        let settled =
            self.settle(part.path(), &folder, &digest, givers.names).map_err(|source| match source.kind() {
                // The folder, or the part file in it, was removed while the bytes came.
                ErrorKind::NotFound => StoreError::Folder { dir: self.dir.clone(), source },
                _ => failed(source),
            })?;
        let Some((path, duplicate)) = settled else { return Err(StoreError::Exists { name: self.name.clone() }) };
        if self.flush && !duplicate {
            for dir in made.iter().map(PathBuf::as_path).chain(path.parent()) {
                // The file is there, whatever becomes of the folder in a power cut.
                if let Err(error) = givers.folders.flush(dir) {
                    let text = format!("{} has arrived, but its folder cannot be flushed: {error}", path.display());
                    givers.feed.event(Event::Note(Note::error(text)));
                }
            }
        }
        // What has its final name, or is one too many, is of no more use here.
        if part.is_kept() && duplicate {
            part.give_up();
        }
        givers.names.remember(&self.dir.join(&self.name), &digest, &path);
        let name = path.strip_prefix(&self.dir).map_or(self.name.clone(), |name| name.to_string_lossy().into_owned());
        Ok(Finished { name, path, size, digest, duplicate })
    }

    /// The final path and whether the bytes were there already; `None` when the name is taken.
    fn settle(&self, part: &Path, folder: &Path, digest: &str, names: &Names) -> io::Result<Option<(PathBuf, bool)>> {
        let name = self.name.rsplit('/').next().unwrap_or_default();
        let mut wanted = folder.join(name);
        if self.exists != Exists::Replace {
            match rename_new(part, &wanted) {
                Ok(true) => return Ok(Some((wanted, false))),
                Ok(false) => {}
                // Some encrypted file systems hold fewer bytes of a name.
                Err(error) if error.kind() == ErrorKind::InvalidFilename && name.len() > SHORT => {
                    wanted = folder.join(shorten(name.to_owned(), SHORT));
                    if rename_new(part, &wanted)? {
                        return Ok(Some((wanted, false)));
                    }
                }
                Err(error) => return Err(error),
            }
        }
        if same_bytes(part, &wanted) {
            return Ok(Some((wanted, true)));
        }
        match self.exists {
            Exists::Refuse => Ok(None),
            Exists::Replace if wanted.symlink_metadata().is_ok_and(|meta| meta.is_dir()) => Ok(None),
            Exists::Replace => {
                fs::rename(part, &wanted)?;
                Ok(Some((wanted, false)))
            }
            Exists::Rename => number(part, &wanted, digest, names),
        }
    }
}

/// The first numbered name that is free, or has the same bytes.
fn number(part: &Path, wanted: &Path, digest: &str, names: &Names) -> io::Result<Option<(PathBuf, bool)>> {
    if let Some(there) = names.seen(wanted, digest).filter(|there| same_bytes(part, there)) {
        return Ok(Some((there, true)));
    }
    let name = wanted.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    for _ in 0..NUMBERS {
        let path = wanted.with_file_name(numbered(&name, names.number(wanted)));
        if rename_new(part, &path)? {
            return Ok(Some((path, false)));
        }
        if same_bytes(part, &path) {
            return Ok(Some((path, true)));
        }
    }
    Ok(None)
}

/// Makes the folders of `name` in `dir`: the last of them, and those in which a new one now is. What
/// stands in the way is left alone, and the folder gets a number, or none where `exists` refuses.
fn folders(dir: &Path, name: &str, exists: Exists) -> Result<(PathBuf, Vec<PathBuf>), StoreError> {
    let mut made = Vec::new();
    let mut at = dir.to_owned();
    let mut parts = name.split('/').peekable();
    while let Some(part) = parts.next().filter(|_| parts.peek().is_some()) {
        let names = std::iter::once(part.to_owned()).chain((2..FOLDERS).map(|number| numbered(part, number)));
        let mut free = None;
        for name in names.take(if exists == Exists::Refuse { 1 } else { FOLDERS as usize }) {
            let folder = at.join(name);
            match fs::create_dir(&folder) {
                Ok(()) => made.push(at.clone()),
                // A link would lead out of the folder.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    if !folder.symlink_metadata().is_ok_and(|meta| meta.is_dir()) {
                        continue;
                    }
                }
                Err(source) => return Err(StoreError::Folder { dir: folder, source }),
            }
            free = Some(folder);
            break;
        }
        at = free.ok_or_else(|| StoreError::Exists { name: part.to_owned() })?;
    }
    Ok((at, made))
}

/// Whether a sender's clock can be believed: after 1980 (where FAT begins), not after tomorrow.
fn credible(time: SystemTime) -> bool {
    const Y1980: u64 = 315_532_800;
    const DAY: u64 = 86_400;
    let since = |t: SystemTime| t.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_secs());
    since(time) > Y1980 && since(time) <= since(SystemTime::now()) + DAY
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

/// The same where the file system has neither: the name is looked at first. One of our own files cannot
/// come in between; an empty file to claim the name would stay after a crash.
fn claim_new(from: &Path, to: &Path) -> io::Result<bool> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _held = ONE_AT_A_TIME.lock();
    match to.symlink_metadata() {
        Ok(_) => Ok(false),
        Err(error) if error.kind() == ErrorKind::NotFound => fs::rename(from, to).map(|()| true),
        Err(error) => Err(error),
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

    #[test]
    fn times_of_a_lost_clock_are_not_kept() {
        let at = |secs| SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(secs);
        assert!(!credible(SystemTime::UNIX_EPOCH));
        assert!(!credible(at(315_532_800)));
        assert!(credible(at(315_532_801)));
        assert!(credible(SystemTime::now() + std::time::Duration::from_secs(3600)));
        assert!(!credible(SystemTime::now() + std::time::Duration::from_secs(2 * 86_400)));
    }

    #[test]
    fn folders_are_made_and_links_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let made = |name: &str| folders(dir.path(), name, Exists::Rename).unwrap();
        let path = |name: &str| dir.path().join(name);
        assert_eq!(made("a/b/c.jpg"), (path("a/b"), vec![dir.path().to_owned(), path("a")]));
        assert_eq!(made("a/b/d.jpg"), (path("a/b"), vec![]));
        std::os::unix::fs::symlink("/tmp", path("link")).unwrap();
        fs::write(path("file"), "").unwrap();
        assert_eq!(made("link/x").0, path("link (2)"));
        assert_eq!(made("file/x").0, path("file (2)"));
        assert_eq!(made("file/y"), (path("file (2)"), vec![]));
        assert!(matches!(folders(dir.path(), "file/x", Exists::Refuse), Err(StoreError::Exists { .. })));
    }
}
