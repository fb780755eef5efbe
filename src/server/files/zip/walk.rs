//! What goes into an archive: every file below a folder that is served, and the folders that are
//! empty; folders first, names as people count.

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::PathBuf;

use rustix::io::Errno;

use super::records::Member;
use super::rename::Taken;
use super::source;
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
    /// Where members with another path on the disk are, in order.
    renamed: Vec<(usize, Box<[u8]>)>,
    renamed_bytes: usize,
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

    /// Where a member is, below the folder.
    pub(super) fn path(&self, index: usize) -> &[u8] {
        match self.renamed.binary_search_by_key(&index, |(index, _)| *index) {
            Ok(at) => self.renamed.get(at).map_or(&[], |(_, path)| path),
            Err(_) => self.member(index).map_or(&[], |member| member.name.as_bytes()),
        }
    }

    /// The memory that it holds, with a checksum for each member.
    pub(super) fn bytes(&self) -> usize {
        let rows = self.rows.capacity() * (size_of::<Row>() + size_of::<u32>());
        self.paths.capacity() + rows + self.renamed_bytes
    }

    fn used(&self) -> usize {
        self.paths.len() + self.rows.len() * size_of::<Row>() + self.renamed_bytes
    }

    /// Adds a member, `on_disk` where it has another path there; what is too long for any path on
    /// this system is left out.
    pub(super) fn add(&mut self, path: &str, on_disk: Option<&[u8]>, size: u64, seconds: i64, executable: bool) {
        /// What the allocator adds, about.
        const EACH: usize = 16;
        if let (Ok(path_length), Ok(path_at)) = (u16::try_from(path.len()), u32::try_from(self.paths.len())) {
            self.paths.push_str(path);
            if let Some(on_disk) = on_disk {
                self.renamed.push((self.rows.len(), on_disk.into()));
                // A vector may have twice the room that it needs.
                self.renamed_bytes += on_disk.len() + EACH + 2 * size_of::<(usize, Box<[u8]>)>();
            }
            self.rows.push(Row { path_at, path_length, executable, size, seconds });
        }
    }
}

/// A folder on the way down.
struct Level {
    entries: Entries,
    sorted: Vec<u32>,
    next: usize,
    /// How long the paths were above it.
    above: (usize, usize),
    /// The names in it, once one of them cannot stay.
    taken: Option<Taken>,
    /// How many members there were before it.
    before: usize,
    seconds: i64,
}

impl Level {
    fn bytes(&self) -> usize {
        let taken = self.taken.as_ref().map_or(0, Taken::bytes);
        self.entries.bytes() + self.sorted.capacity() * size_of::<u32>() + taken
    }

    /// The name of an entry in the archive; a secret has none.
    fn name(&mut self, entry: &Entry) -> Option<Cow<'_, str>> {
        let name = self.entries.name(entry);
        if let Some(name) = str::from_utf8(name).ok().filter(|_| entry.reachable) {
            return Some(name.into());
        }
        let entries = &self.entries;
        let taken = self.taken.get_or_insert_with(|| {
            let stay = entries.all().iter().filter(|entry| entry.reachable);
            Taken::new(stay.filter_map(|entry| str::from_utf8(entries.name(entry)).ok()))
        });
        taken.rename(name).map(Cow::Owned)
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
    /// Below the base, in the archive; a slash ends each folder.
    path: String,
    /// The same on the disk.
    on_disk: Vec<u8>,
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
        on_disk: Vec::new(),
        levels: Vec::new(),
        held: 0,
        walk: Walk::default(),
        most_bytes,
    };
    walker.enter(&opened, (0, 0), 0)?;
    while let Some(level) = walker.levels.last_mut() {
        let Some(index) = level.sorted.get(level.next).copied() else {
            walker.leave();
            continue;
        };
        level.next += 1;
        let Some(entry) = level.entries.all().get(index as usize).copied() else { continue };
        let above = (walker.path.len(), walker.on_disk.len());
        let before = level.bytes();
        if let Some(name) = level.name(&entry) {
            walker.path.push_str(&name);
            walker.on_disk.extend_from_slice(level.entries.name(&entry));
            walker.held += level.bytes() - before;
        } else {
            continue;
        }
        if !entry.folder {
            walker.file(&entry);
            walker.cut(above);
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
    walker.walk.renamed.shrink_to_fit();
    Ok(walker.walk)
}

impl Walker<'_> {
    fn bytes(&self) -> usize {
        self.walk.used() + self.held
    }

    fn open(&self) -> Option<Opened> {
        source::open(self.root, self.base, &self.on_disk).ok()
    }

    /// Back to paths of these lengths.
    fn cut(&mut self, (path, on_disk): (usize, usize)) {
        self.path.truncate(path);
        self.on_disk.truncate(on_disk);
    }

    /// Adds what the paths lead to.
    fn add(&mut self, size: u64, seconds: i64, executable: bool) {
        let on_disk = Some(self.on_disk.as_slice()).filter(|on_disk| *on_disk != self.path.as_bytes());
        self.walk.add(&self.path, on_disk, size, seconds, executable);
    }

    fn enter(&mut self, opened: &Opened, above: (usize, usize), seconds: i64) -> Result<(), Failure> {
        let room = self.most_bytes.saturating_sub(self.bytes());
        let entries = match Entries::read(&self.root.folder(opened)?, room) {
            // What cannot be read any more is as empty as it looks.
            Err(Failure::System(_)) if !self.levels.is_empty() => Entries::default(),
            entries => entries?,
        };
        let sorted = Order::default().sort(&entries);
        let level = Level { entries, sorted, next: 0, above, taken: None, before: self.walk.len(), seconds };
        self.held += level.bytes();
        self.levels.push(level);
        Ok(())
    }

    fn leave(&mut self) {
        let Some(level) = self.levels.pop() else { return };
        self.held = self.held.saturating_sub(level.bytes());
        if level.before == self.walk.len() && !self.path.is_empty() {
            self.add(0, level.seconds, false);
        }
        self.cut(level.above);
    }

    /// A file; one that may not be read by everyone is tried, and left out where it cannot be.
    fn file(&mut self, entry: &Entry) {
        const ALL_READ: u16 = 0o444;
        const OWNER_RUNS: u16 = 0o100;
        if entry.mode & ALL_READ == ALL_READ || self.open().is_some_and(|opened| opened.meta.is_file()) {
            self.add(entry.size, entry.seconds, entry.mode & OWNER_RUNS != 0);
        }
    }

    /// Goes into a folder, unless it cannot be opened or a link leads to what is here anyway.
    fn folder(&mut self, entry: &Entry, above: (usize, usize)) -> Result<(), Failure> {
        let opened = self.open().filter(|opened| opened.meta.is_dir());
        let Some(opened) = opened.filter(|opened| !entry.linked || self.is_elsewhere(opened)) else {
            self.cut(above);
            return Ok(());
        };
        self.path.push('/');
        self.on_disk.push(b'/');
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
    fn names_that_no_path_can_have_are_there_under_others() {
        let (dir, root) =
            site(&["a_b", "a\\b", "line\nbreak/x\n", "line\nbreak/sub/y", "line\nbreak/id.key\n", "e\n/"]);
        let link = |to: &str, name: &str| symlink(Path::new(to), dir.path().join(name)).unwrap();
        link("/etc/passwd", "out\n");
        link("a_b", "in\n");
        link("../a_b", "line\nbreak/up");
        link("..", "line\nbreak/again");
        let walk = walk(&root, &[], MOST_BYTES, &|| false).unwrap();
        let members: Vec<_> = (0..walk.len())
            .map(|index| {
                let (name, path) = (walk.member(index).unwrap().name, walk.path(index));
                let opened = source::open(&root, &[], path.strip_suffix(b"/").unwrap_or(path)).unwrap();
                (name, opened.meta.is_dir(), String::from_utf8_lossy(path).into_owned())
            })
            .collect();
        let expected = [
            ("e_/", true, "e\n/"),
            ("line_break/sub/y", false, "line\nbreak/sub/y"),
            ("line_break/up", false, "line\nbreak/up"),
            ("line_break/x_", false, "line\nbreak/x\n"),
            ("a_b_2", false, "a\\b"),
            ("a_b", false, "a_b"),
            ("in_", false, "in\n"),
        ];
        assert_eq!(members, expected.map(|(name, folder, path)| (name, folder, path.to_owned())));
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
