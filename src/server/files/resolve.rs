//! From a path to an open file inside the root, or to the reason why not.
//!
//! Containment does not rest on one check: the names are checked as asked for, the path is
//! resolved and must lie inside the root under names that may be served, and what is opened is
//! reached from the root name by name without following links, so that a link that appears in
//! between leads nowhere.

use std::ffi::{CStr, OsStr};
use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat, openat, stat as stat_of, statat};

use super::names::{self, Refusal};

/// Something to serve: open, and known to be a regular file or a folder.
#[derive(Debug)]
pub struct Opened {
    /// Open for reading.
    pub file: File,
    /// What the system says of just this open file.
    pub meta: Metadata,
    /// Where it really is.
    pub path: PathBuf,
}

impl Opened {
    fn new(file: File, path: PathBuf) -> Result<Self, Failure> {
        let meta = file.metadata()?;
        if !meta.is_file() && !meta.is_dir() {
            return Err(Refusal::Missing.into());
        }
        Ok(Self { file, meta, path })
    }
}

/// How often a path is resolved anew when what it led to was replaced meanwhile.
const TRIES: usize = 3;

/// Whether what was found a moment ago is there no more, or is a link now.
fn is_gone(error: &io::Error) -> bool {
    use rustix::io::Errno;
    matches!(Errno::from_io_error(error), Some(Errno::NOENT | Errno::LOOP | Errno::NOTDIR))
}

/// Why nothing could be opened.
#[derive(Debug)]
pub enum Failure {
    /// It is not for the network, or not there.
    Refused(Refusal),
    /// It is there, and the system does not let us read it.
    Unreadable(io::Error),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        use rustix::io::Errno;
        // NXIO is a socket or a device without a driver.
        let missing = [Errno::NOENT, Errno::NOTDIR, Errno::NAMETOOLONG, Errno::LOOP, Errno::NXIO, Errno::INVAL];
        match Errno::from_io_error(&error) {
            Some(errno) if missing.contains(&errno) => Refusal::Missing.into(),
            _ => Self::Unreadable(error),
        }
    }
}

/// A folder that is served, and what in it is not.
#[derive(Debug, Clone)]
pub struct Root {
    folder: PathBuf,
    kept_out: Vec<PathBuf>,
    /// The folders below, or this one, that hold the code of apps.
    code: Vec<PathBuf>,
}

impl Root {
    /// The folder, which need not exist yet, and the folders and files in it that are never served.
    pub fn new(folder: &Path, kept_out: &[PathBuf]) -> Self {
        Self { folder: folder.to_owned(), kept_out: kept_out.iter().map(|path| real(path)).collect(), code: Vec::new() }
    }

    /// The same, without the code and databases of the apps in these folders. A root inside such a folder is for
    /// files, and keeps all of its own.
    #[must_use]
    pub fn without_code(mut self, folders: &[PathBuf]) -> Self {
        let root = real(&self.folder);
        self.code = folders.iter().map(|path| real(path)).filter(|folder| folder.starts_with(&root)).collect();
        self
    }

    /// The folder as it was named.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Opens what lies at these names (checked by [`names::split`]).
    pub fn open(&self, names: &[&str]) -> Result<Opened, Failure> {
        // A save may put another in its place between two looks: then there is something all the same.
        (1..TRIES)
            .find_map(|_| self.try_open(names).transpose())
            .unwrap_or_else(|| self.try_open(names).and_then(|opened| opened.ok_or(Failure::Refused(Refusal::Missing))))
    }

    /// `None` where what was there has just been replaced or removed.
    fn try_open(&self, names: &[&str]) -> Result<Option<Opened>, Failure> {
        // Resolved each time: the folder may have been made, or swapped for another, since.
        let root = fs::canonicalize(&self.folder)?;
        let path = match names {
            [] => root.clone(),
            names => fs::canonicalize(names.iter().fold(root.clone(), |path, name| path.join(name)))?,
        };
        let relative = self.contain(&root, &path)?;
        match open_below(&root, relative) {
            Ok(file) => Opened::new(file, path).map(Some),
            Err(error) if is_gone(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The path whose name goes on with `extension`.
    pub(super) fn beside(path: &Path, extension: &str) -> PathBuf {
        let mut beside = path.to_owned().into_os_string();
        beside.push(extension);
        beside.into()
    }

    /// Opens the file beside an opened one whose name goes on with `extension`, under the same rules.
    pub(super) fn open_beside(&self, path: &Path, extension: &str) -> Option<Opened> {
        // Mostly there is none, and this is how that is found out soonest.
        let beside = fs::canonicalize(Self::beside(path, extension)).ok()?;
        let root = fs::canonicalize(&self.folder).ok()?;
        let file = open_below(&root, self.contain(&root, &beside).ok()?).ok()?;
        Opened::new(file, beside).ok().filter(|opened| opened.meta.is_file())
    }

    /// An open folder of this root, for a look at what is in it.
    pub(super) fn folder<'a>(&'a self, opened: &'a Opened) -> io::Result<Folder<'a>> {
        let real = fs::canonicalize(&self.folder)?;
        let within = |kept: &&'a PathBuf| kept.parent() == Some(opened.path.as_path());
        let kept_out = self.kept_out.iter().filter(within).filter_map(|kept| kept.file_name()).collect();
        let code = self.holds_code(&opened.path);
        Ok(Folder { root: self, code, top: real == opened.path, real, opened, kept_out })
    }

    /// The part of a resolved path below the root, if that may be served.
    fn contain<'a>(&self, root: &Path, path: &'a Path) -> Result<&'a Path, Refusal> {
        let relative = path.strip_prefix(root).map_err(|_| Refusal::KeptBack)?;
        names::check_path(relative)?;
        if self.keeps_out(path) { Err(Refusal::KeptBack) } else { Ok(relative) }
    }

    fn keeps_out(&self, path: &Path) -> bool {
        let code = || path.file_name().is_some_and(|name| names::is_code(name.as_bytes()));
        self.kept_out.iter().any(|kept| path.starts_with(kept)) || (self.holds_code(path) && code())
    }

    fn holds_code(&self, path: &Path) -> bool {
        self.code.iter().any(|folder| path.starts_with(folder))
    }
}

/// An open folder of a root.
pub(super) struct Folder<'a> {
    root: &'a Root,
    /// The root with its links resolved.
    real: PathBuf,
    opened: &'a Opened,
    top: bool,
    /// It is one of an app's.
    code: bool,
    /// The names of this folder that are kept out.
    kept_out: Vec<&'a OsStr>,
}

/// What is known of an entry of a folder without opening it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub(super) folder: bool,
    pub(super) linked: bool,
    pub(super) mode: u16,
    pub(super) size: u64,
    pub(super) seconds: i64,
    pub(super) nanos: u32,
}

impl Folder<'_> {
    /// Whether it is the root itself.
    pub(super) fn top(&self) -> bool {
        self.top
    }

    /// Its names, from the first.
    pub(super) fn directory(&self) -> io::Result<Dir> {
        Ok(Dir::read_from(&self.opened.file)?)
    }

    /// What an entry is, links followed, unless it is kept out or leads where nothing is served.
    /// Whether its own name may be served is for [`names::check`].
    pub(super) fn entry(&self, name: &CStr) -> Option<Found> {
        if self.kept_out.iter().any(|kept| kept.as_bytes() == name.to_bytes()) {
            return None;
        }
        if self.code && names::is_code(name.to_bytes()) {
            return None;
        }
        let stat = statat(&self.opened.file, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        if !FileType::from_raw_mode(stat.st_mode).is_symlink() {
            return found(&stat, false);
        }
        let path = fs::canonicalize(self.opened.path.join(OsStr::from_bytes(name.to_bytes()))).ok()?;
        self.root.contain(&self.real, &path).ok()?;
        found(&stat_of(&path).ok()?, true)
    }
}

/// A file or a folder; nothing else is served.
fn found(stat: &Stat, linked: bool) -> Option<Found> {
    let kind = FileType::from_raw_mode(stat.st_mode);
    (kind.is_file() || kind.is_dir()).then(|| Found {
        folder: kind.is_dir(),
        linked,
        mode: (stat.st_mode & 0o7777) as u16,
        size: u64::try_from(stat.st_size).unwrap_or(0),
        seconds: stat.st_mtime,
        nanos: stat.st_mtime_nsec as u32,
    })
}

/// The path with its links resolved as far as it exists.
fn real(path: &Path) -> PathBuf {
    if let Ok(real) = fs::canonicalize(path) {
        return real;
    }
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) if !parent.as_os_str().is_empty() => real(parent).join(name),
        _ => path.to_owned(),
    }
}

/// Opens a resolved path from the root downwards, following no link. Never waits for the other
/// end of a FIFO.
fn open_below(root: &Path, relative: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let mut at = openat(CWD, root, flags | OFlags::DIRECTORY, Mode::empty())?;
    for name in relative.components() {
        at = openat(&at, name.as_os_str(), flags, Mode::empty())?;
    }
    Ok(at.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn site() -> (tempfile::TempDir, Root) {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("site");
        fs::create_dir_all(root.join("sub")).unwrap();
        fs::create_dir(root.join("uploads")).unwrap();
        for name in ["a.txt", ".env", "sub/b.txt", "uploads/photo.jpg", "stan.conf"] {
            fs::write(root.join(name), name).unwrap();
        }
        fs::write(dir.path().join("outside.txt"), "outside").unwrap();
        let kept = root.join("uploads");
        (dir, Root::new(&root, &[kept]))
    }

    fn refusal(root: &Root, names: &[&str]) -> Refusal {
        match root.open(names) {
            Err(Failure::Refused(refusal)) => refusal,
            other => panic!("{names:?}: {other:?}"),
        }
    }

    #[test]
    fn files_and_folders_open() {
        let (_dir, root) = site();
        assert!(root.open(&[]).unwrap().meta.is_dir());
        assert!(root.open(&["a.txt"]).unwrap().meta.is_file());
        assert!(root.open(&["sub"]).unwrap().meta.is_dir());
        assert_eq!(root.open(&["sub", "b.txt"]).unwrap().meta.len(), 9);
    }

    #[test]
    fn what_is_not_there_is_missing() {
        let (_dir, root) = site();
        let long = "x".repeat(5000);
        for names in [vec!["nope"], vec!["a.txt", "x"], vec!["nope", "nope"], vec![long.as_str()]] {
            assert_eq!(refusal(&root, &names), Refusal::Missing);
        }
        assert_eq!(refusal(&Root::new(Path::new("/nonexistent-folder"), &[]), &["a"]), Refusal::Missing);
    }

    #[test]
    fn links_are_followed_only_inside_the_root() {
        let (dir, root) = site();
        let at = dir.path().join("site");
        symlink(dir.path().join("outside.txt"), at.join("out.txt")).unwrap();
        symlink("../outside.txt", at.join("out2.txt")).unwrap();
        symlink(dir.path(), at.join("up")).unwrap();
        symlink("sub/b.txt", at.join("in.txt")).unwrap();
        symlink("sub", at.join("folder")).unwrap();
        symlink("loop", at.join("loop")).unwrap();
        assert_eq!(refusal(&root, &["out.txt"]), Refusal::KeptBack);
        assert_eq!(refusal(&root, &["out2.txt"]), Refusal::KeptBack);
        assert_eq!(refusal(&root, &["up", "outside.txt"]), Refusal::KeptBack);
        assert_eq!(refusal(&root, &["loop"]), Refusal::Missing);
        assert_eq!(root.open(&["in.txt"]).unwrap().meta.len(), 9);
        assert_eq!(root.open(&["folder", "b.txt"]).unwrap().meta.len(), 9);
    }

    #[test]
    fn a_link_to_a_kept_back_name_is_kept_back() {
        let (dir, root) = site();
        let at = dir.path().join("site");
        symlink(".env", at.join("env.txt")).unwrap();
        symlink("stan.conf", at.join("conf.txt")).unwrap();
        symlink("uploads/photo.jpg", at.join("photo.jpg")).unwrap();
        for name in ["env.txt", "conf.txt", "photo.jpg"] {
            assert_eq!(refusal(&root, &[name]), Refusal::KeptBack, "{name}");
        }
    }

    #[test]
    fn a_folder_that_is_kept_out_is_kept_back_also_when_made_later() {
        let (dir, root) = site();
        assert_eq!(refusal(&root, &["uploads"]), Refusal::KeptBack);
        assert_eq!(refusal(&root, &["uploads", "photo.jpg"]), Refusal::KeptBack);
        let later = dir.path().join("site/later");
        let root = Root::new(&dir.path().join("site"), std::slice::from_ref(&later));
        fs::create_dir(&later).unwrap();
        assert_eq!(refusal(&root, &["later"]), Refusal::KeptBack);
    }

    #[test]
    fn the_code_of_apps_is_kept_back_and_their_files_are_not() {
        let (dir, _root) = site();
        let at = dir.path().join("site");
        for name in ["app.py", "sub/b.py", "sub/db.sqlite3"] {
            fs::write(at.join(name), name).unwrap();
        }
        let root = Root::new(&at, &[]);
        assert!(root.open(&["app.py"]).is_ok() && root.open(&["sub", "b.py"]).is_ok());
        let one = root.clone().without_code(&[at.join("sub")]);
        assert!(one.open(&["app.py"]).is_ok() && one.open(&["sub", "b.txt"]).is_ok());
        assert_eq!(refusal(&one, &["sub", "b.py"]), Refusal::KeptBack);
        assert_eq!(refusal(&one, &["sub", "db.sqlite3"]), Refusal::KeptBack);
        let listed = |root: &Root, name: &CStr| {
            let opened = root.open(&["sub"]).unwrap();
            root.folder(&opened).unwrap().entry(name).is_some()
        };
        assert!(listed(&root, c"b.py") && !listed(&one, c"b.py") && listed(&one, c"b.txt"));
        let files = Root::new(&at.join("sub"), &[]).without_code(std::slice::from_ref(&at));
        assert!(files.open(&["b.py"]).is_ok(), "a folder of files inside an app's");
    }

    #[test]
    fn a_link_that_appears_after_the_check_is_not_followed() {
        let (dir, _root) = site();
        let at = fs::canonicalize(dir.path().join("site")).unwrap();
        symlink(dir.path(), at.join("up")).unwrap();
        assert!(open_below(&at, Path::new("up/outside.txt")).is_err());
        symlink(dir.path().join("outside.txt"), at.join("out")).unwrap();
        assert!(open_below(&at, Path::new("out")).is_err());
    }

    #[test]
    fn a_fifo_and_a_socket_are_missing_and_nothing_waits() {
        let (dir, root) = site();
        let at = dir.path().join("site");
        rustix::fs::mknodat(CWD, at.join("pipe"), rustix::fs::FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(at.join("socket")).unwrap();
        assert_eq!(refusal(&root, &["pipe"]), Refusal::Missing);
        assert_eq!(refusal(&root, &["socket"]), Refusal::Missing);
    }
}
