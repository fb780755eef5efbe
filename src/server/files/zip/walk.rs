//! What goes into an archive: every file below a folder that is served, and the folders that are
//! empty; folders first, names as people count.

use std::collections::HashSet;
use std::path::PathBuf;

use rustix::io::Errno;

use super::records::Member;
use crate::server::files::folder::{Entries, Entry, Failure, Order};
use crate::server::files::resolve::{self, Opened, Root};

/// The memory for all members of an archive: about a million of them.
pub(super) const MOST_BYTES: usize = 96 << 20;

/// A member; its path is in [`Walk`].
#[derive(Debug, Clone, Copy)]
struct Row {
    path_at: u32,
    path_length: u16,
    executable: bool,
    size: u64,
    seconds: i64,
}

/// The members of an archive, in order.
#[derive(Debug, Default)]
pub(super) struct Walk {
    paths: String,
    rows: Vec<Row>,
}

impl Walk {
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn member(&self, index: usize) -> Option<Member<'_>> {
        let row = self.rows.get(index)?;
        let at = row.path_at as usize;
        let name = self.paths.get(at..at + usize::from(row.path_length))?;
        Some(Member { name, size: row.size, seconds: row.seconds, executable: row.executable })
    }

    /// The memory that it holds, with a checksum for each member.
    pub(super) fn bytes(&self) -> usize {
        self.paths.capacity() + self.rows.capacity() * (size_of::<Row>() + size_of::<u32>())
    }

    fn used(&self) -> usize {
        self.paths.len() + self.rows.len() * size_of::<Row>()
    }

    /// Adds a member; what is too long for any path on this system is left out.
    pub(super) fn add(&mut self, path: &str, size: u64, seconds: i64, executable: bool) {
        if let (Ok(path_length), Ok(path_at)) = (u16::try_from(path.len()), u32::try_from(self.paths.len())) {
            self.paths.push_str(path);
            self.rows.push(Row { path_at, path_length, executable, size, seconds });
        }
    }
}

/// A folder on the way down.
struct Level {
    entries: Entries,
    sorted: Vec<u32>,
    next: usize,
    /// How long the path was above it.
    above: usize,
    /// How many members there were before it.
    before: usize,
    seconds: i64,
}

impl Level {
    fn bytes(&self) -> usize {
        self.entries.bytes() + self.sorted.capacity() * size_of::<u32>()
    }
}

/// A walk on its way.
struct Walker<'a> {
    root: &'a Root,
    base: &'a [&'a str],
    /// Where the folder really is.
    real: PathBuf,
    /// Folders outside of it that a link has led to.
    linked: HashSet<PathBuf>,
    /// Below the base; a slash ends each folder.
    path: String,
    levels: Vec<Level>,
    held: usize,
    walk: Walk,
    most_bytes: usize,
}

/// Walks the folder at the names `base` below the root in at most so much memory, until
/// `is_over`.
pub(super) fn walk(root: &Root, base: &[&str], most_bytes: usize, is_over: &dyn Fn() -> bool) -> Result<Walk, Failure> {
    let opened = root.open(base).map_err(|failure| match failure {
        resolve::Failure::Refused(_) => Errno::NOENT.into(),
        resolve::Failure::Unreadable(error) => error,
    })?;
    let mut walker = Walker {
        root,
        base,
        real: opened.path.clone(),
        linked: HashSet::new(),
        path: String::new(),
        levels: Vec::new(),
        held: 0,
        walk: Walk::default(),
        most_bytes,
    };
    walker.enter(&opened, 0, 0)?;
    while let Some(level) = walker.levels.last_mut() {
        let Some(index) = level.sorted.get(level.next).copied() else {
            walker.leave();
            continue;
        };
        level.next += 1;
        let Some(entry) = level.entries.all().get(index as usize).copied() else { continue };
        // A name that no path can have is served nowhere.
        let Some(name) = str::from_utf8(level.entries.name(&entry)).ok().filter(|_| entry.reachable) else { continue };
        let above = walker.path.len();
        walker.path.push_str(name);
        if !entry.folder {
            walker.file(&entry);
            walker.path.truncate(above);
        } else if is_over() {
            return Err(Errno::INTR.into());
        } else {
            walker.folder(&entry, above)?;
        }
        if walker.bytes() > walker.most_bytes {
            return Err(Failure::TooLarge);
        }
    }
    walker.walk.paths.shrink_to_fit();
    walker.walk.rows.shrink_to_fit();
    Ok(walker.walk)
}

impl Walker<'_> {
    fn bytes(&self) -> usize {
        self.walk.used() + self.held
    }

    fn open(&self) -> Option<Opened> {
        let names: Vec<&str> = self.base.iter().copied().chain(self.path.split('/')).collect();
        self.root.open(&names).ok()
    }

    fn enter(&mut self, opened: &Opened, above: usize, seconds: i64) -> Result<(), Failure> {
        let room = self.most_bytes.saturating_sub(self.bytes());
        let entries = match Entries::read(&self.root.folder(opened)?, room) {
            // What cannot be read any more is as empty as it looks.
            Err(Failure::System(_)) if !self.levels.is_empty() => Entries::default(),
            entries => entries?,
        };
        let sorted = Order::default().sort(&entries);
        let level = Level { entries, sorted, next: 0, above, before: self.walk.len(), seconds };
        self.held += level.bytes();
        self.levels.push(level);
        Ok(())
    }

    fn leave(&mut self) {
        let Some(level) = self.levels.pop() else { return };
        self.held = self.held.saturating_sub(level.bytes());
        if level.before == self.walk.len() && !self.path.is_empty() {
            self.walk.add(&self.path, 0, level.seconds, false);
        }
        self.path.truncate(level.above);
    }

    /// A file; one that may not be read by everyone is tried, and left out where it cannot be.
    fn file(&mut self, entry: &Entry) {
        const ALL_READ: u16 = 0o444;
        const OWNER_RUNS: u16 = 0o100;
        if entry.mode & ALL_READ == ALL_READ || self.open().is_some_and(|opened| opened.meta.is_file()) {
            self.walk.add(&self.path, entry.size, entry.seconds, entry.mode & OWNER_RUNS != 0);
        }
    }

    /// Goes into a folder, unless it cannot be opened or a link leads to what is here anyway.
    fn folder(&mut self, entry: &Entry, above: usize) -> Result<(), Failure> {
        let opened = self.open().filter(|opened| opened.meta.is_dir());
        let Some(opened) = opened.filter(|opened| !entry.linked || self.is_elsewhere(opened)) else {
            self.path.truncate(above);
            return Ok(());
        };
        self.path.push('/');
        self.enter(&opened, above, entry.seconds)
    }

    /// Whether a link leads beside the folder, and for the first time.
    fn is_elsewhere(&mut self, to: &Opened) -> bool {
        !to.path.starts_with(&self.real) && !self.real.starts_with(&to.path) && self.linked.insert(to.path.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::path::Path;

    fn site(files: &[&str]) -> (tempfile::TempDir, Root) {
        let dir = tempfile::tempdir().unwrap();
        for name in files {
            let path = dir.path().join(name);
            if name.ends_with('/') {
                fs::create_dir_all(path).unwrap();
            } else {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, name).unwrap();
            }
        }
        let root = Root::new(dir.path(), &[dir.path().join("uploads")]);
        (dir, root)
    }

    fn names(root: &Root, base: &[&str]) -> Vec<String> {
        let walk = walk(root, base, MOST_BYTES, &|| false).unwrap();
        (0..walk.len()).map(|index| walk.member(index).unwrap().name.to_owned()).collect()
    }

    #[test]
    fn all_that_is_served_in_order() {
        let (_dir, root) = site(&[
            "b.txt",
            "a10",
            "a9",
            "sub/deep/x",
            "sub/y",
            "empty/",
            "hidden/.env",
            ".git/config",
            "id.key",
            "uploads/p.jpg",
            "stan.conf",
            ".well-known/x",
        ]);
        assert_eq!(names(&root, &[]), ["empty/", "hidden/", "sub/deep/x", "sub/y", "a9", "a10", "b.txt"]);
        assert_eq!(names(&root, &["sub"]), ["deep/x", "y"]);
        assert!(names(&root, &["empty"]).is_empty());
    }

    #[test]
    fn links_lead_once_to_what_lies_beside_and_never_outside() {
        let (dir, root) = site(&["a/x", "b/y", "b/z/w"]);
        let link = |to: &str, name: &str| symlink(Path::new(to), dir.path().join(name)).unwrap();
        link("../b", "a/b");
        link("../b", "a/again");
        link("..", "a/up");
        link(".", "a/self");
        link("../a", "b/back");
        link("x", "a/file");
        link("/etc", "a/etc");
        link("/etc/passwd", "a/passwd");
        assert_eq!(names(&root, &["a"]), ["again/z/w", "again/y", "file", "x"]);
        assert_eq!(names(&root, &[]), ["a/file", "a/x", "b/z/w", "b/y"]);
    }

    #[test]
    fn what_is_known_of_a_member() {
        let (dir, root) = site(&["run.sh"]);
        fs::set_permissions(dir.path().join("run.sh"), fs::Permissions::from_mode(0o700)).unwrap();
        let walk = walk(&root, &[], MOST_BYTES, &|| false).unwrap();
        let member = walk.member(0).unwrap();
        assert!(member.executable && member.size == 6 && member.seconds > 1_600_000_000);
        assert!(walk.member(1).is_none());
    }

    #[test]
    fn too_much_is_refused_and_who_left_is_not_waited_for() {
        let files: Vec<String> = (0..100).map(|n| format!("folder/{n}")).collect();
        let (_dir, root) = site(&files.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(matches!(walk(&root, &[], 4000, &|| false), Err(Failure::TooLarge)));
        assert!(matches!(walk(&root, &[], MOST_BYTES, &|| true), Err(Failure::System(_))));
    }
}
