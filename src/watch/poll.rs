//! Looking again and again, where events cannot be had.

use std::collections::HashMap;
use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::task::JoinHandle;

use super::links::Links;
use super::pace::Pace;
use super::scope::Scope;
use super::sign::{Sign, Signs};
use super::stamp::Stamp;
use super::walk::{Found, walk};

/// Files that are looked at; a tree with more is watched in part.
const FILES: usize = 200_000;

/// What one look saw.
type Seen = HashMap<PathBuf, Stamp>;

/// Looks again and again. A device that slept finds out at the next look.
pub(super) struct Poller {
    scope: Arc<Scope>,
    /// `None` before the first look.
    seen: Option<Seen>,
    /// The first look tells of what changed since then.
    since: Option<SystemTime>,
    pace: Pace,
    at: Instant,
    look: Option<JoinHandle<Look>>,
    /// When the last look began.
    looked: SystemTime,
}

struct Look {
    seen: Seen,
    changes: HashMap<PathBuf, Signs>,
    cost: Duration,
}

impl Poller {
    /// The first look comes at once; it is what later ones compare with, and tells of what was
    /// touched since watching was asked for.
    pub(super) fn new(scope: Arc<Scope>, since: SystemTime) -> Self {
        let (at, looked) = (Instant::now(), SystemTime::now());
        Self { scope, seen: None, since: Some(since), pace: Pace::default(), at, look: None, looked }
    }

    /// Looks at something else from now on. Its files count as changed only when they were
    /// touched after the last look.
    pub(super) fn narrow(&mut self, scope: Arc<Scope>) {
        self.scope = scope;
        self.look = None;
        self.seen = None;
        self.since = Some(self.looked);
    }

    /// Waits for changes. Cancel safe.
    pub(super) async fn next(&mut self) -> HashMap<PathBuf, Signs> {
        loop {
            if self.look.is_none() {
                tokio::time::sleep_until(self.at.into()).await;
                self.looked = SystemTime::now();
                let (scope, before, since) = (self.scope.clone(), self.seen.take(), self.since.take());
                self.look = Some(tokio::task::spawn_blocking(move || look(&scope, before, since)));
            }
            let Some(running) = &mut self.look else { continue };
            let done = running.await;
            self.look = None;
            let Ok(done) = done else { continue };
            let now = Instant::now();
            self.at = now + self.pace.next(now, done.cost, !done.changes.is_empty());
            self.seen = Some(done.seen);
            if !done.changes.is_empty() {
                return done.changes;
            }
        }
    }
}

fn look(scope: &Scope, before: Option<Seen>, since: Option<SystemTime>) -> Look {
    let begin = Instant::now();
    let (seen, links) = scan(scope);
    let mut changes = HashMap::new();
    if let Some(before) = before {
        for path in before.keys().filter(|path| !seen.contains_key(*path)) {
            changes.insert(path.clone(), Signs::from(Sign::Removed));
        }
        for (path, _) in seen.iter().filter(|(path, stamp)| before.get(*path) != Some(stamp)) {
            changes.insert(path.clone(), Signs::from(Sign::Whole));
        }
    } else if let Some(since) = since {
        for (path, _) in seen.iter().filter(|(_, stamp)| stamp.is_since(since)) {
            changes.insert(path.clone(), Signs::from(Sign::Whole));
        }
    }
    let also: Vec<_> = changes.iter().flat_map(|(path, signs)| links.of(path).map(|link| (link, *signs))).collect();
    changes.extend(also);
    Look { seen, changes, cost: begin.elapsed() }
}

fn scan(scope: &Scope) -> (Seen, Links) {
    let mut seen = Seen::new();
    let mut links = Links::default();
    let Ok(()) = walk::<Infallible>(scope, &scope.set.folders, &mut HashMap::new(), &mut |found| {
        match found {
            Found::File(path) if seen.len() < FILES => {
                if let Some(stamp) = Stamp::of(path) {
                    seen.insert(path.to_path_buf(), stamp);
                }
            }
            Found::Link { real, link } => links.add(real, link.to_path_buf()),
            Found::File(_) | Found::Folder(..) => {}
        }
        Ok(())
    });
    for file in &scope.set.files {
        if let Some(stamp) = Stamp::of(file) {
            seen.insert(file.clone(), stamp);
        }
    }
    (seen, links)
}

#[cfg(test)]
mod tests {
    use super::super::WatchSet;
    use super::*;
    use std::fs::{self, File};

    struct Site {
        root: tempfile::TempDir,
        scope: Scope,
        seen: Option<Seen>,
    }

    impl Site {
        fn new() -> Self {
            let root = tempfile::tempdir().unwrap();
            let scope = Scope::new(WatchSet { folders: vec![root.path().into()], ..WatchSet::default() });
            let mut site = Self { root, scope, seen: None };
            site.changes();
            site
        }

        fn changes(&mut self) -> Vec<String> {
            let look = look(&self.scope, self.seen.take(), None);
            self.seen = Some(look.seen);
            let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
            let mut names: Vec<_> = look.changes.keys().map(name).collect();
            names.sort();
            names
        }

        fn write(&self, name: &str, text: &str) -> File {
            let path = self.root.path().join(name);
            fs::write(&path, text).unwrap();
            File::options().write(true).open(path).unwrap()
        }
    }

    #[test]
    fn sees_every_one_of_eight_saves_of_the_same_size() {
        let mut site = Site::new();
        let base = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        for i in 0..8_u64 {
            site.write("a", &i.to_string()).set_modified(base + Duration::from_nanos(i * 1000)).unwrap();
            assert_eq!(site.changes(), ["a"], "save {i}");
            assert!(site.changes().is_empty());
        }
    }

    #[test]
    fn sees_an_older_time() {
        let mut site = Site::new();
        site.write("a", "1");
        site.changes();
        site.write("a", "1").set_modified(SystemTime::now() - Duration::from_secs(86400)).unwrap();
        assert_eq!(site.changes(), ["a"]);
    }

    #[test]
    fn sees_new_replaced_and_deleted_files() {
        let mut site = Site::new();
        site.write("a", "1");
        assert_eq!(site.changes(), ["a"]);
        site.write("b", "1");
        fs::rename(site.root.path().join("b"), site.root.path().join("a")).unwrap();
        assert_eq!(site.changes(), ["a"]);
        fs::remove_file(site.root.path().join("a")).unwrap();
        assert_eq!(site.changes(), ["a"]);
    }

    #[test]
    fn tells_a_linked_file_by_both_names() {
        let mut site = Site::new();
        fs::create_dir(site.root.path().join("real")).unwrap();
        site.write("real/a", "1");
        std::os::unix::fs::symlink(site.root.path().join("real"), site.root.path().join("link")).unwrap();
        site.changes();
        site.write("real/a", "22");
        let look = look(&site.scope, site.seen.take(), None);
        assert!(look.changes.contains_key(&site.root.path().join("link/a")));
        assert!(look.changes.contains_key(&site.root.path().join("real/a")));
    }

    #[test]
    fn the_first_look_tells_what_changed_since_the_start() {
        let site = Site::new();
        let start = SystemTime::now() - Duration::from_secs(1);
        site.write("old", "1").set_modified(SystemTime::UNIX_EPOCH).unwrap();
        site.write("new", "1");
        // Both were touched just now, whatever their times say.
        assert_eq!(look(&site.scope, None, Some(start)).changes.len(), 2);
        let later = SystemTime::now() + Duration::from_secs(60);
        assert!(look(&site.scope, None, Some(later)).changes.is_empty());
    }
}
