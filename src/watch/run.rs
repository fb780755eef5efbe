//! The watching task: from a source of signs by way of [`Settle`] to signals.

mod source;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{mpsc, watch};

use self::source::{News, Source};
use super::backend::Open;
use super::inbox::LIMIT;
use super::scope::Scope;
use super::settle::Settle;
use super::stamp::Stamp;
use super::{Began, Signal, WatchSet};
use crate::config;
use crate::event::Watching;

/// Watches until the sender of `sets` or the reader of `signals` has gone.
pub(super) async fn run(
    mode: config::Watch,
    open: Open,
    mut sets: watch::Receiver<WatchSet>,
    signals: mpsc::Sender<Signal>,
    began: Began,
) {
    let set = sets.borrow_and_update().clone();
    let start = began.start.clone();
    let mut source = Source::start(mode, open, scope(set).await, began).await;
    start.hearing.notify_one();
    let mut settle = Settle::default();
    let mut outgoing = Outgoing::default();
    loop {
        let due = settle.due();
        tokio::select! {
            biased;
            changed = sets.changed() => {
                if changed.is_err() {
                    return;
                }
                let set = sets.borrow_and_update().clone();
                source.narrow(scope(set).await).await;
            }
            permit = signals.reserve(), if outgoing.is_waiting() => {
                let Ok(permit) = permit else { return };
                permit.send(outgoing.next());
                continue;
            }
            () = signals.closed() => return,
            news = source.next() => match news {
                News::Mode(watching) => outgoing.mode = Some(watching),
                News::Signs(delivery) => {
                    let flood = delivery.flood;
                    let now = Instant::now();
                    for (path, signs, stamp) in source.digest(delivery).await {
                        settle.sign(now, path, signs, stamp);
                    }
                    if flood || settle.is_crowded() {
                        settle.flood(Instant::now(), &source.roots());
                    }
                }
            },
            () = at(due) => {}
        }
        outgoing.add(settle.take(Instant::now(), &mut |path| Stamp::of(path)), &source);
    }
}

/// What waits for the reader.
#[derive(Default)]
struct Outgoing {
    mode: Option<Watching>,
    paths: Vec<PathBuf>,
}

impl Outgoing {
    fn is_waiting(&self) -> bool {
        self.mode.is_some() || !self.paths.is_empty()
    }

    /// Adds to what waits; a reader that has stopped reading gets the roots for it all.
    fn add(&mut self, paths: Vec<PathBuf>, source: &Source) {
        if paths.is_empty() {
            return;
        }
        self.paths.extend(paths);
        self.paths.sort();
        self.paths.dedup();
        if self.paths.len() > LIMIT {
            self.paths = source.roots();
        }
    }

    fn next(&mut self) -> Signal {
        match self.mode.take() {
            Some(mode) => Signal::Mode(mode),
            None => Signal::Changed(std::mem::take(&mut self.paths)),
        }
    }
}

async fn at(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}

/// Resolving links is the disk's work.
async fn scope(set: WatchSet) -> Arc<Scope> {
    Arc::new(tokio::task::spawn_blocking(move || Scope::new(set)).await.unwrap_or_default())
}
