//! The folders that a backend watches, kept in step with the disk. All of it may block.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::backend::Backend;
use super::links::Links;
use super::scope::Scope;
use super::stamp::{Id, Stamp};
use super::trouble::Trouble;
use super::walk::{Found, walk};

/// The folders that a backend watches.
pub(super) struct Tree {
    backend: Box<dyn Backend>,
    scope: Arc<Scope>,
    folders: HashMap<PathBuf, Id>,
    pub(super) links: Links,
    /// Every device met, with the first folder on it, in order.
    pub(super) devices: Vec<(u64, PathBuf)>,
}

/// What came with folders that are watched anew.
#[derive(Debug, Default)]
pub(super) struct Growth {
    /// The folders, in the order in which they were met.
    pub(super) folders: Vec<PathBuf>,
    /// The files in them.
    pub(super) files: Vec<PathBuf>,
}

impl Tree {
    pub(super) fn new(backend: Box<dyn Backend>) -> Self {
        Self { backend, scope: Arc::default(), folders: HashMap::new(), links: Links::default(), devices: Vec::new() }
    }

    /// Whether `path` is a watched folder.
    pub(super) fn knows(&self, path: &Path) -> bool {
        self.folders.contains_key(path)
    }

    /// Whether `path` is a watched folder and still the same one.
    pub(super) fn holds(&self, path: &Path, id: Id) -> bool {
        self.folders.get(path) == Some(&id)
    }

    /// Watches all of `scope` that exists, and nothing else.
    pub(super) fn plant(&mut self, scope: Arc<Scope>) -> Result<Growth, Trouble> {
        self.scope = scope;
        self.links = Links::default();
        let old = std::mem::take(&mut self.folders);
        let folders = self.scope.set.folders.clone();
        let growth = self.grow_from(&folders, &mut HashMap::new(), &old)?;
        for folder in self.scope.around() {
            if let Some(stamp) = Stamp::of(&folder) {
                self.keep(&folder, stamp.id(), &old)?;
            }
        }
        for folder in old.keys().filter(|folder| !self.folders.contains_key(*folder)) {
            self.backend.unwatch(folder);
        }
        Ok(growth)
    }

    /// A folder came to be, or another took its place: watches it and what is below.
    pub(super) fn grow(&mut self, folder: &Path) -> Result<Growth, Trouble> {
        self.prune(folder);
        let mut seen = self.folders.iter().map(|(path, id)| (*id, path.clone())).collect();
        self.grow_from(&[folder.to_path_buf()], &mut seen, &HashMap::new())
    }

    /// A folder went.
    pub(super) fn prune(&mut self, folder: &Path) {
        let gone: Vec<PathBuf> = self.folders.keys().filter(|path| path.starts_with(folder)).cloned().collect();
        for path in gone {
            self.backend.unwatch(&path);
            self.folders.remove(&path);
        }
        self.links.forget(folder);
    }

    fn grow_from(
        &mut self,
        starts: &[PathBuf],
        seen: &mut HashMap<Id, PathBuf>,
        old: &HashMap<PathBuf, Id>,
    ) -> Result<Growth, Trouble> {
        let mut growth = Growth::default();
        let mut new = HashSet::new();
        let scope = self.scope.clone();
        walk::<Trouble>(&scope, starts, seen, &mut |found| {
            match found {
                Found::Folder(path, id) => {
                    let deep = self.backend.is_deep() && path.parent().is_some_and(|above| self.knows(above));
                    if deep {
                        self.folders.insert(path.to_path_buf(), id);
                    } else {
                        self.keep(path, id, old)?;
                    }
                    if old.get(path) != Some(&id) {
                        growth.folders.push(path.to_path_buf());
                        new.insert(path.to_path_buf());
                    }
                }
                Found::File(path) if path.parent().is_some_and(|above| new.contains(above)) => {
                    growth.files.push(path.to_path_buf());
                }
                Found::File(_) => {}
                Found::Link { real, link } => self.links.add(real, link.to_path_buf()),
            }
            Ok(())
        })?;
        Ok(growth)
    }

    /// Watches `folder`, unless it is watched and still the same.
    fn keep(&mut self, folder: &Path, id: Id, old: &HashMap<PathBuf, Id>) -> Result<(), Trouble> {
        if self.holds(folder, id) {
            return Ok(());
        }
        match old.get(folder) {
            Some(known) if *known == id => {}
            Some(_) => {
                self.backend.unwatch(folder);
                self.backend.watch(folder)?;
            }
            None => self.backend.watch(folder)?,
        }
        self.folders.insert(folder.to_path_buf(), id);
        if !self.devices.iter().any(|(device, _)| *device == id.0) {
            self.devices.push((id.0, folder.to_path_buf()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::WatchSet;
    use super::*;
    use parking_lot::Mutex;
    use std::fs;

    struct Fake(Arc<Mutex<Vec<String>>>, PathBuf);

    impl Fake {
        fn note(&self, mark: char, folder: &Path) {
            self.0.lock().push(format!("{mark}{}", folder.strip_prefix(&self.1).unwrap().display()));
        }
    }

    impl Backend for Fake {
        fn watch(&mut self, folder: &Path) -> Result<(), Trouble> {
            self.note('+', folder);
            Ok(())
        }
        fn unwatch(&mut self, folder: &Path) {
            self.note('-', folder);
        }
        fn is_deep(&self) -> bool {
            false
        }
    }

    type Done = Arc<Mutex<Vec<String>>>;

    fn site() -> (tempfile::TempDir, Tree, Done) {
        let root = tempfile::tempdir().unwrap();
        let done = Done::default();
        let tree = Tree::new(Box::new(Fake(done.clone(), root.path().into())));
        (root, tree, done)
    }

    fn take(done: &Done) -> Vec<String> {
        let mut done = std::mem::take(&mut *done.lock());
        done.sort();
        done
    }

    fn scope(root: &Path, folder: &str) -> Arc<Scope> {
        Arc::new(Scope::new(WatchSet { folders: vec![root.join(folder)], ..WatchSet::default() }))
    }

    #[test]
    fn waits_above_what_is_missing_and_moves_in() {
        let (root, mut tree, done) = site();
        let scope = scope(root.path(), "static");
        tree.plant(scope.clone()).unwrap();
        assert_eq!(take(&done), ["+"]);
        fs::create_dir_all(root.path().join("static/a")).unwrap();
        fs::write(root.path().join("static/a/x"), "").unwrap();
        let growth = tree.plant(scope).unwrap();
        assert_eq!(take(&done), ["+static", "+static/a", "-"]);
        assert_eq!(growth.files, [root.path().join("static/a/x")]);
    }

    #[test]
    fn planting_again_touches_nothing() {
        let (root, mut tree, done) = site();
        fs::create_dir_all(root.path().join("static/a")).unwrap();
        let scope = scope(root.path(), "static");
        tree.plant(scope.clone()).unwrap();
        take(&done);
        let growth = tree.plant(scope).unwrap();
        assert!(take(&done).is_empty() && growth.folders.is_empty());
    }

    #[test]
    fn a_folder_that_was_replaced_is_watched_anew() {
        let (root, mut tree, done) = site();
        let folder = root.path().join("static/a");
        fs::create_dir_all(folder.join("b")).unwrap();
        tree.plant(scope(root.path(), "static")).unwrap();
        take(&done);
        tree.grow(&folder).unwrap();
        assert_eq!(take(&done), ["+static/a", "+static/a/b", "-static/a", "-static/a/b"]);
    }
}
