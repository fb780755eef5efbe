//! What is answered by other programs, those that stan starts and those that run by themselves.
//!
//! `child` is a process that is ended whole, `said` what it prints; the rest are the ways to speak to one,
//! each a target of its own. [`Apps`] holds what outlives one site, because a site is built anew with
//! every save and an app is not.

pub(crate) mod cgi;
pub mod child;
mod proxy;
pub(crate) mod said;
pub(crate) mod wsgi;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

pub(crate) use proxy::{Around, Proxy};

use super::live::Live;
use crate::config;
use crate::event::Feed;

/// How long apps may take to end at the end of all.
const GRACE: Duration = Duration::from_secs(3);

/// The pages that are told of apps, once there are any: they are told of sites too, which have apps.
pub(crate) type Pages = Arc<OnceLock<Arc<Live>>>;

/// The apps that run. Each ends when no site has it any more.
pub struct Apps {
    feed: Feed,
    live: Pages,
    running: Mutex<Vec<Weak<wsgi::App>>>,
    /// There are other files to watch.
    files: Arc<Notify>,
    processes: TaskTracker,
}

impl Apps {
    /// None yet.
    pub fn new(feed: Feed) -> Arc<Self> {
        let (live, running, files) = (Arc::default(), Mutex::default(), Arc::default());
        Arc::new(Self { feed, live, running, files, processes: TaskTracker::new() })
    }

    /// Tells these pages when an app has changed or is broken.
    pub fn tell(&self, live: &Arc<Live>) {
        // The first ones are the only ones.
        let _ = self.live.set(live.clone());
    }

    /// The app that stan.conf describes: the one that runs already, or a new one.
    pub(crate) fn wsgi(&self, app: &config::Wsgi, root: &Path) -> Arc<wsgi::App> {
        let mut running = self.running.lock();
        running.retain(|app| app.strong_count() > 0);
        let same = running.iter().filter_map(Weak::upgrade).find(|running| running.is(app));
        same.unwrap_or_else(|| {
            let around = wsgi::Around {
                feed: self.feed.clone(),
                live: self.live.clone(),
                files: self.files.clone(),
                processes: self.processes.clone(),
                root: root.to_owned(),
            };
            let app = wsgi::App::start(app.clone(), around);
            running.push(Arc::downgrade(&app));
            app
        })
    }

    fn all(&self) -> Vec<Arc<wsgi::App>> {
        self.running.lock().iter().filter_map(Weak::upgrade).collect()
    }

    /// Resolves when there are other files to watch. Cancel safe.
    pub async fn files_changed(&self) {
        self.files.notified().await;
    }

    /// The files of which the apps are made, and the folders that hold their templates.
    pub fn watched(&self) -> (Vec<PathBuf>, Vec<PathBuf>) {
        let all = self.all();
        (all.iter().map(|app| app.folder()).collect(), all.iter().flat_map(|app| app.files()).collect())
    }

    /// Virtual environments in the apps' folders: large, and of interest only where a file was imported.
    pub fn environments(&self) -> Vec<PathBuf> {
        let folders = self.all().into_iter().map(|app| app.folder());
        let beside = folders.flat_map(|folder| ["venv", "env"].map(|name| folder.join(name)));
        beside.filter(|folder| folder.join("pyvenv.cfg").is_file()).collect()
    }

    /// Files changed: the apps that are made of them are loaded anew, and tell the pages when they
    /// answer. Says which of the files were theirs.
    pub fn changed(&self, paths: &[PathBuf]) -> Vec<PathBuf> {
        let mut theirs = Vec::new();
        for app in self.all() {
            let its: Vec<&PathBuf> = paths.iter().filter(|path| app.is_made_of(path)).collect();
            if !its.is_empty() {
                app.reload();
                theirs.extend(its.into_iter().cloned());
            }
        }
        theirs
    }

    /// Loads every app anew.
    pub fn reload(&self) {
        self.all().iter().for_each(|app| app.reload());
    }

    /// Ends all of them, and waits until they have.
    pub async fn end(&self) {
        self.all().iter().for_each(|app| app.end());
        self.processes.close();
        let _ = tokio::time::timeout(GRACE, self.processes.wait()).await;
    }
}
