//! Files that changed: native events where they can be trusted, looking again and again elsewhere.
//!
//! What belongs here knows files and time, not HTTP and not the screen. From the bottom:
//! [`Stamp`] and `sign` say what was seen of one file, `scope` and `walk` what is watched,
//! `native` and `poll` are the two ways to notice, `settle` makes one event of a save, and
//! `run` drives them.

mod backend;
mod canary;
mod inbox;
mod links;
mod mounts;
mod native;
mod pace;
mod poll;
mod quiet;
mod run;
mod scope;
mod settle;
mod sign;
mod skip;
mod stamp;
mod tree;
mod trouble;
mod walk;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc, watch};

pub use quiet::Quiet;
pub use scope::WatchSet;
pub use stamp::Stamp;

use crate::config;
use crate::event::Watching;

/// Signals that wait for a slow reader; what comes on top is merged.
const SIGNALS: usize = 16;

/// What the watcher has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signal {
    /// How files are watched now: once after the start, and again when that changes.
    Mode(Watching),
    /// Absolute paths that changed, appeared or went; a burst is one signal. A path that is a
    /// folder, or was one, stands for everything below it.
    Changed(Vec<PathBuf>),
}

/// How things stood when watching was asked for; events are heard only some time after.
#[derive(Debug)]
struct Began {
    at: SystemTime,
    /// The single files that were there.
    there: Vec<PathBuf>,
    start: Arc<Start>,
}

/// What the asker and the watching task tell each other at the start.
#[derive(Debug, Default)]
struct Start {
    /// From when on a change must not be missed; before, nobody relies on it.
    relied_on: Mutex<Option<SystemTime>>,
    /// Events are heard from now on.
    hearing: Notify,
}

/// Watches files until it is dropped.
#[derive(Debug)]
pub struct Watcher {
    set: watch::Sender<WatchSet>,
    start: Arc<Start>,
}

impl Watcher {
    /// Starts to watch, on the current tokio runtime.
    pub fn start(set: WatchSet, mode: config::Watch) -> (Self, mpsc::Receiver<Signal>) {
        Self::with(set, mode, Arc::new(native::open))
    }

    /// The same over another source of native events.
    fn with(set: WatchSet, mode: config::Watch, open: backend::Open) -> (Self, mpsc::Receiver<Signal>) {
        let (signals, reader) = mpsc::channel(SIGNALS);
        let there = set.files.iter().filter(|file| file.exists()).cloned().collect();
        let start = Arc::new(Start::default());
        let began = Began { at: stamp::now(), there, start: start.clone() };
        let (set, sets) = watch::channel(set);
        tokio::spawn(run::run(mode, open, sets, signals, began));
        (Self { set, start }, reader)
    }

    /// Resolves when events are heard, or will not be; at most once.
    pub async fn hears(&self) {
        self.start.hearing.notified().await;
    }

    /// From now on somebody relies on it: what changes before events are heard is told as well.
    pub fn relied_on(&self) {
        *self.start.relied_on.lock() = Some(stamp::now());
    }

    /// Watches something else from now on.
    pub fn update(&self, set: WatchSet) {
        self.set.send_if_modified(|old| {
            let differs = *old != set;
            *old = set;
            differs
        });
    }
}

#[cfg(test)]
mod tests;
