//! What is to be watched, and whether a path is part of it.

use std::fs;
use std::path::{Path, PathBuf};

use super::skip;

/// What to watch. Paths are absolute.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WatchSet {
    /// Folders with all that is below. One may be missing now and appear later.
    pub folders: Vec<PathBuf>,
    /// Single files, which may be missing too.
    pub files: Vec<PathBuf>,
    /// Files and folders that never count: uploads, the log.
    pub ignore: Vec<PathBuf>,
}

/// A [`WatchSet`] with what its links lead to.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub set: WatchSet,
    /// Where a folder or file really is (the name that the system may use in events), and the
    /// name that we were given.
    real: Vec<(PathBuf, PathBuf)>,
}

impl Scope {
    pub(super) fn new(set: WatchSet) -> Self {
        let real = set.folders.iter().chain(&set.files).filter_map(|given| {
            let real = fs::canonicalize(given).ok()?;
            Some((real, given.clone()))
        });
        Self { real: real.collect(), set }
    }

    /// Whether a change of `path` is a change of what is watched.
    pub(super) fn wants(&self, path: &Path) -> bool {
        if self.set.files.iter().any(|file| file == path) {
            return true;
        }
        let Some(name) = path.file_name() else { return false };
        !skip::is_junk(name) && !self.ignores(path) && self.set.folders.iter().any(|folder| is_inside(path, folder))
    }

    /// Whether `path` is a watched folder, or lies above a watched folder or file: when it comes
    /// or goes, what is watched comes or goes with it.
    pub(super) fn leads(&self, path: &Path) -> bool {
        self.set.folders.iter().any(|folder| folder.starts_with(path))
            || self.set.files.iter().any(|file| file != path && file.starts_with(path))
    }

    /// Whether `path` is left out.
    pub(super) fn ignores(&self, path: &Path) -> bool {
        self.set.ignore.iter().any(|out| path.starts_with(out))
    }

    /// Whether a link may lead to `real`: links are followed only inside.
    pub(super) fn holds(&self, real: &Path) -> bool {
        self.set.folders.iter().any(|folder| {
            let root = self.real.iter().find(|(_, given)| given == folder).map_or(folder, |(real, _)| real);
            real.starts_with(root)
        })
    }

    /// The name under which we know `path`, where the system uses its real one.
    pub(super) fn given(&self, path: &Path) -> PathBuf {
        let known = self.wants(path) || self.leads(path);
        let link = || self.real.iter().find_map(|(real, given)| Some((given, path.strip_prefix(real).ok()?)));
        match (known, link()) {
            (false, Some((given, rest))) if rest.as_os_str().is_empty() => given.clone(),
            (false, Some((given, rest))) => given.join(rest),
            _ => path.to_path_buf(),
        }
    }

    /// Folders to watch by themselves, not with what is below: around single files, around what
    /// links to files lead to, and the nearest ones that exist above what is missing.
    pub(super) fn around(&self) -> Vec<PathBuf> {
        let missing = self.set.folders.iter().filter(|folder| !folder.is_dir());
        let linked = self.real.iter().filter(|(real, given)| real != given && self.set.files.contains(given));
        let mut around: Vec<PathBuf> = missing
            .chain(&self.set.files)
            .chain(linked.map(|(real, _)| real))
            .filter_map(|path| path.ancestors().skip(1).find(|above| above.is_dir()))
            .map(Path::to_path_buf)
            .collect();
        around.sort();
        around.dedup();
        around
    }
}

/// Whether `path` lies in `folder` and in no closed folder below it.
fn is_inside(path: &Path, folder: &Path) -> bool {
    let Ok(rest) = path.strip_prefix(folder) else { return false };
    let mut below = folder.to_path_buf();
    let mut parts = rest.components().peekable();
    while let Some(part) = parts.next() {
        let name = part.as_os_str();
        below.push(name);
        let last = parts.peek().is_none();
        if skip::is_tools(name) || !last && (skip::is_hidden(name) || name == "target" && skip::is_closed(&below)) {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope() -> Scope {
        Scope::new(WatchSet {
            folders: vec!["/s/static".into(), "/s/templates".into()],
            files: vec!["/s/stan.conf".into()],
            ignore: vec!["/s/static/uploads".into(), "/s/stan.log".into()],
        })
    }

    #[test]
    fn wants() {
        for (path, wanted) in [
            ("/s/stan.conf", true),
            ("/s/stan.log", false),
            ("/s/other", false),
            ("/s/static/a.css", true),
            ("/s/static/deep/er/a.css", true),
            ("/s/static/.env", true),
            ("/s/static/.git/HEAD", false),
            ("/s/static/.git", false),
            ("/s/static/.well-known/x", true),
            ("/s/static/node_modules/x/y.js", false),
            ("/s/static/target/a.html", true),
            ("/s/static/a.css~", false),
            ("/s/static/uploads/a.jpg", false),
            ("/s/static/uploads2/a.jpg", true),
            ("/s/templates/base.html", true),
        ] {
            assert_eq!(scope().wants(Path::new(path)), wanted, "{path}");
        }
    }

    #[test]
    fn leads_above_and_at_what_is_watched() {
        for (path, leads) in [("/", true), ("/s", true), ("/s/static", true), ("/s/static/a", false), ("/t", false)] {
            assert_eq!(scope().leads(Path::new(path)), leads, "{path}");
        }
        assert!(!scope().leads(Path::new("/s/stan.conf")));
    }

    #[test]
    fn a_link_is_known_by_the_name_that_was_given() {
        let folder = tempfile::tempdir().unwrap();
        let top = fs::canonicalize(folder.path()).unwrap();
        fs::write(top.join("real.conf"), "").unwrap();
        fs::create_dir(top.join("real")).unwrap();
        std::os::unix::fs::symlink(top.join("real.conf"), top.join("stan.conf")).unwrap();
        std::os::unix::fs::symlink(top.join("real"), top.join("static")).unwrap();
        let set =
            WatchSet { folders: vec![top.join("static")], files: vec![top.join("stan.conf")], ignore: Vec::new() };
        let scope = Scope::new(set);
        assert_eq!(scope.given(&top.join("real.conf")), top.join("stan.conf"));
        assert_eq!(scope.given(&top.join("real/a.css")), top.join("static/a.css"));
        assert_eq!(scope.given(&top.join("static/a.css")), top.join("static/a.css"));
        assert!(scope.holds(&top.join("real/deep")) && !scope.holds(&top.join("elsewhere")));
    }

    #[test]
    fn around_what_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let set = WatchSet { folders: vec![folder.path().join("not/yet")], ..WatchSet::default() };
        assert_eq!(Scope::new(set).around(), [folder.path()]);
    }
}
