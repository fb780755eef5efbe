//! What is answered by other programs, those that stan starts and those that run by themselves.
//!
//! `child` is a process that is ended whole, `said` what it prints, `program` one that serves HTTP by itself; the
//! rest are the ways to speak to one, each a target of its own. [`Apps`] holds what outlives one site, because a site is built anew with
//! every save and an app is not.

pub(crate) mod cgi;
pub mod child;
pub(crate) mod program;
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
    programs: Mutex<Vec<Weak<program::App>>>,
    /// There are other files to watch.
    files: Arc<Notify>,
    processes: TaskTracker,
}

impl Apps {
    /// None yet.
    pub fn new(feed: Feed) -> Arc<Self> {
        let (live, files) = (Arc::default(), Arc::default());
        let (running, programs) = (Mutex::default(), Mutex::default());
        Arc::new(Self { feed, live, running, programs, files, processes: TaskTracker::new() })
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

    /// The program that stan.conf describes: the one that runs already, or a new one, which begins when those
    /// have ended whose place it takes.
    pub(crate) fn program(&self, program: &config::Program) -> Arc<program::App> {
        let mut programs = self.programs.lock();
        programs.retain(|app| app.strong_count() > 0);
        let running: Vec<_> = programs.iter().filter_map(Weak::upgrade).collect();
        let same = running.iter().find(|running| running.is(program)).cloned();
        same.unwrap_or_else(|| {
            let before =
                running.iter().filter(|running| running.gives_way_to(program)).map(|app| app.place()).collect();
            let (feed, live) = (self.feed.clone(), self.live.clone());
            let app = program::App::start(program.clone(), program::Around { feed, live, before }, &self.processes);
            programs.push(Arc::downgrade(&app));
            app
        })
    }

    /// The programs that run, or should.
    pub(crate) fn programs(&self) -> Vec<Arc<program::App>> {
        self.programs.lock().iter().filter_map(Weak::upgrade).collect()
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
        let (all, programs) = (self.all(), self.programs());
        let watched = programs.iter().flat_map(|app| app.watched());
        let (mut folders, mut files): (Vec<_>, Vec<_>) = watched.partition(|path| path.is_dir());
        folders.extend(all.iter().map(|app| app.folder()));
        files.extend(all.iter().flat_map(|app| app.files()));
        (folders, files)
    }

    /// Virtual environments in the apps' folders: large, and of interest only where a file was imported.
    pub fn environments(&self) -> Vec<PathBuf> {
        let beside = self.watched().0.into_iter().flat_map(|folder| ["venv", "env"].map(|name| folder.join(name)));
        beside.filter(|folder| folder.join("pyvenv.cfg").is_file()).collect()
    }

    /// Files changed: the programs that watch them start again. Says which of the files were theirs.
    pub fn restart(&self, paths: &[PathBuf]) -> Vec<PathBuf> {
        let mut theirs = Vec::new();
        for app in self.programs() {
            let its: Vec<&PathBuf> = paths.iter().filter(|path| app.watches(path)).collect();
            if let Some(first) = its.first() {
                app.restart(&format!("{} changed", app.shown(first)));
                theirs.extend(its.into_iter().cloned());
            }
        }
        theirs
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

    /// Loads every app anew, and starts every program again.
    pub fn reload(&self) {
        self.all().iter().for_each(|app| app.reload());
        self.programs().iter().for_each(|app| app.restart("as ordered"));
    }

    /// How the apps and the programs are doing, a line each.
    pub fn status(&self) -> Vec<String> {
        let apps = self.all().into_iter().map(|app| app.status());
        apps.chain(self.programs().iter().map(|app| app.status())).collect()
    }

    /// Ends all of them, and waits until they have.
    pub async fn end(&self) {
        self.all().iter().for_each(|app| app.end());
        self.programs().iter().for_each(|app| app.end());
        self.processes.close();
        let _ = tokio::time::timeout(GRACE, self.processes.wait()).await;
    }
}
