//! Keeps an app's workers: starts them, replaces those that end, and, when the app's files have
//! changed, starts new ones beside the old, which go on until the new have imported the app.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::about::About;
use super::driver;
use super::failure::Failure;
use super::pool::Pool;
use super::process::{News, Starter};
use super::slot::Worker;
use crate::event::{Event, Note};
use crate::server::apps::Pages;
use crate::server::live::Live;

/// Files of an app that are watched; there is no app of so many.
const FILES: usize = 8192;
/// Before a worker that ended soon is replaced: at first, and at most.
const SOON: Duration = Duration::from_millis(250);
const LATEST: Duration = Duration::from_secs(30);
/// One that lived so long did not end soon.
const LONG: Duration = Duration::from_secs(10);

/// What an app and its supervisor share.
#[derive(Default)]
pub(super) struct Shared {
    /// The files of which it is made.
    pub(super) files: Mutex<BTreeSet<PathBuf>>,
    /// The newest code could not be imported.
    pub(super) broken: Mutex<bool>,
    /// Asks for the newest code.
    pub(super) reload: Notify,
}

/// The app that is kept.
pub(super) struct Of {
    pub(super) pool: Arc<Pool>,
    pub(super) shared: Arc<Shared>,
    pub(super) about: Weak<About>,
    pub(super) live: Pages,
    /// Notified when there are more files to watch.
    pub(super) files: Arc<Notify>,
}

pub(super) struct Supervisor {
    starter: Starter,
    of: Of,
    end: CancellationToken,
    started: u64,
    generation: u64,
    /// The generation that answers.
    answering: u64,
    /// The one that is importing the app.
    fresh: Option<Worker>,
    since: Instant,
    delay: Duration,
    due: Option<Instant>,
    /// What was wrong with the last import.
    wrong: String,
}

impl Supervisor {
    pub(super) fn new(starter: Starter, of: Of, end: CancellationToken) -> Self {
        Self {
            starter,
            of,
            end,
            started: 0,
            generation: 1,
            answering: 0,
            fresh: None,
            since: Instant::now(),
            delay: SOON,
            due: None,
            wrong: String::new(),
        }
    }

    /// Until the app is ended.
    pub(super) async fn run(mut self, mut news: mpsc::Receiver<(u64, News)>) {
        let shared = self.of.shared.clone();
        self.start();
        loop {
            let due = self.due;
            let replace = async {
                match due {
                    Some(due) => tokio::time::sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                Some((id, news)) = news.recv() => self.heard(id, news),
                () = shared.reload.notified() => {
                    self.generation += 1;
                    self.delay = SOON;
                    self.start();
                }
                () = replace => self.start(),
            }
        }
    }

    /// Starts a worker; one that is still importing older code gives way.
    fn start(&mut self) {
        self.due = None;
        self.fresh = None;
        self.started += 1;
        let (id, end) = (self.started, self.end.child_token());
        let known: Vec<PathBuf> = self.of.shared.files.lock().iter().cloned().collect();
        match self.starter.start(id, &known, end.clone()) {
            Ok(control) => self.fresh = Some(Worker::new(id, self.generation, control, end)),
            Err(error) => {
                let python = self.starter.python.display();
                let advice = "install Python 3.8 or newer, or name a venv that is there: venv = \"…\"";
                self.broken(&Failure::new(format!("cannot start {python}: {error}; {advice}"), ""));
            }
        }
    }

    fn heard(&mut self, id: u64, news: News) {
        let is_fresh = self.fresh.as_ref().is_some_and(|fresh| fresh.id == id);
        match news {
            News::Ready if is_fresh => self.ready(),
            News::Broken(failure) if is_fresh => self.broken(&failure),
            News::Ended(how, last) if is_fresh => {
                let line = format!("its worker ended before it had imported the app: {how}");
                self.broken(&Failure::new(line, last));
                // It may have been anybody's doing.
                self.again();
            }
            News::Ended(how, _) => self.lost(id, true, &format!("a worker ended: {how}; another takes its place")),
            News::Large(mib) => {
                self.lost(id, false, &format!("a worker has grown to {mib} MiB; another takes its place"));
            }
            News::Strange => {
                self.lost(id, true, "a worker sent what is none of the protocol's; another takes its place");
            }
            News::Hung(waited) => {
                let waited = crate::text::duration(waited);
                self.lost(
                    id,
                    false,
                    &format!("no answer within {waited}; the worker is replaced (see timeout in stan.conf)"),
                );
            }
            News::Files(files) => self.made_of(files),
            News::Warning(text) => self.note(Note::error(format!("{}: {text}", self.starter.name))),
            News::Ready | News::Broken(_) => {}
        }
    }

    fn ready(&mut self) {
        let Some(worker) = self.fresh.take().map(Arc::new) else { return };
        let work = match self.of.pool.add(worker.clone()) {
            Ok(work) => work,
            Err(error) => {
                let line = format!("cannot open the connections of a worker: {error}");
                return self.broken(&Failure::new(line, ""));
            }
        };
        let end = worker.end.clone();
        let drive = driver::drive(self.of.pool.clone(), Arc::downgrade(&worker), work, self.of.about.clone());
        tokio::spawn(async move { end.run_until_cancelled(drive).await });
        let first = worker.generation != self.answering;
        self.answering = worker.generation;
        self.since = Instant::now();
        if first {
            if std::mem::take(&mut *self.of.shared.broken.lock()) {
                self.pages(Live::mended);
                self.note(Note::info(format!("{}: answers again", self.starter.name)));
            }
            self.wrong.clear();
            // Whoever looks at a page of the older code, or at the failure, sees this.
            if self.generation > 1 {
                self.pages(Live::reload_all);
            }
        }
        if self.of.pool.len() < self.starter.workers {
            self.start();
        }
    }

    fn broken(&mut self, failure: &Failure) {
        self.fresh = None;
        let note = failure.note(&self.starter.name);
        self.pages(|live| live.error(&note.text, &note.detail));
        if self.wrong != failure.line {
            self.wrong.clone_from(&failure.line);
            self.note(note);
        }
        *self.of.shared.broken.lock() = true;
        if !failure.file.is_empty() {
            self.made_of(vec![failure.file.clone()]);
        }
        if self.of.pool.len() == 0 {
            self.of.pool.broken(failure);
        }
        if self.generation == self.answering {
            // The same code could be imported before: what it needed may come back.
            self.again();
        }
    }

    /// A worker that answered answers no more.
    fn lost(&mut self, id: u64, ended: bool, why: &str) {
        if !self.of.pool.remove(id, ended) {
            return;
        }
        self.note(Note::error(format!("{}: {why}", self.starter.name)));
        if self.since.elapsed() > LONG {
            self.delay = SOON;
        }
        if self.fresh.is_none() {
            self.again();
        }
    }

    /// Starts another in a while.
    fn again(&mut self) {
        self.due = Some(Instant::now() + self.delay);
        self.delay = (self.delay * 2).min(LATEST);
    }

    fn made_of(&self, more: Vec<String>) {
        let mut files = self.of.shared.files.lock();
        let before = files.len();
        for file in more.into_iter().filter(|file| !file.is_empty()) {
            if files.len() < FILES {
                files.insert(PathBuf::from(file));
            }
        }
        if files.len() > before {
            self.of.files.notify_one();
        }
    }

    fn pages(&self, tell: impl FnOnce(&Live)) {
        if let Some(live) = self.of.live.get() {
            tell(live);
        }
    }

    fn note(&self, note: Note) {
        self.starter.feed.event(Event::Note(note));
    }
}
