//! Programs that serve HTTP (`[[app]]`): started, waited for until they answer, proxied to, started again when
//! they crash or what they watch has changed, ended with all that they have started.
//!
//! What belongs here lies between a line of stan.conf and a server on the loopback: `keeper` is the task that keeps
//! one running, `port` where it answers, `hosted` its route, `page` what is said in its place.

mod hosted;
mod keeper;
mod page;
mod port;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

pub(crate) use hosted::Hosted;

use self::keeper::Keeper;
use super::Pages;
use super::said::Last;
use crate::config::Program;
use crate::event::Feed;

/// How long a request waits at most for a program that is starting.
const PATIENCE: Duration = Duration::from_secs(10);

/// How a program is doing.
#[derive(Debug, Clone)]
enum State {
    /// It has been started, and does not answer yet.
    Starting,
    /// It has not answered for so long that somebody was told why that may be.
    Late(String),
    /// It answers here.
    Answers(SocketAddr),
    /// It ended, and why, but had answered: it starts again at once.
    Again(String),
    /// It does not run, and why; it is tried again.
    Down(String),
    /// It is no longer wanted.
    Over,
}

/// How a program is doing just now, and which it is.
#[derive(Debug, Clone)]
struct Now {
    state: State,
    /// Counts its starts from 1.
    run: u64,
    pid: Option<u32>,
    port: Option<u16>,
    /// What this run has said, or the last one.
    last: Last,
}

/// What a program and its keeper share.
#[derive(Default)]
struct Shared {
    /// It is to be started again.
    again: Notify,
    /// Why.
    why: Mutex<String>,
    /// Somebody looks at a page that says that it does not answer.
    awaited: AtomicBool,
}

/// A program that is kept running, whatever site it is part of.
pub(crate) struct App {
    program: Arc<Program>,
    name: Arc<str>,
    shared: Arc<Shared>,
    now: watch::Receiver<Now>,
    end: CancellationToken,
    _end: DropGuard,
}

/// What a program is told of the server.
pub(crate) struct Around {
    pub(crate) feed: Feed,
    pub(crate) live: Pages,
    /// Those that have to end before it begins.
    pub(crate) before: Vec<Place>,
}

/// The place of a program that gives way to another.
pub(crate) struct Place {
    end: CancellationToken,
    now: watch::Receiver<Now>,
}

impl Place {
    /// Ends what is there, and waits until it has.
    async fn clear(mut self) {
        self.end.cancel();
        // One that nobody keeps any more has ended too.
        let _ = self.now.wait_for(|now| matches!(now.state, State::Over)).await;
    }
}

impl App {
    /// Starts it; requests wait until it answers.
    pub(crate) fn start(program: Program, around: Around, processes: &TaskTracker) -> Arc<Self> {
        let program = Arc::new(program);
        let name: Arc<str> = program.name().into();
        let first = Now { state: State::Starting, run: 0, pid: None, port: None, last: Last::default() };
        let (tell, now) = watch::channel(first);
        let (shared, end) = (Arc::new(Shared::default()), CancellationToken::new());
        let keeper = Keeper::new(program.clone(), name.clone(), around, shared.clone(), tell, end.clone());
        processes.spawn(keeper.run());
        Arc::new(Self { program, name, shared, now, _end: end.clone().drop_guard(), end })
    }

    /// Whether it is the one that `program` describes.
    pub(crate) fn is(&self, program: &Program) -> bool {
        *self.program == *program && !self.end.is_cancelled()
    }

    /// Whether both cannot be at once: no two in one stan.conf have the same path or the same port.
    pub(crate) fn gives_way_to(&self, program: &Program) -> bool {
        self.program.path == program.path || (self.program.port.is_some() && self.program.port == program.port)
    }

    /// Its place, for another to take.
    pub(crate) fn place(&self) -> Place {
        Place { end: self.end.clone(), now: self.now.clone() }
    }

    /// The files and folders that it watches.
    pub(crate) fn watched(&self) -> Vec<PathBuf> {
        self.program.watch.iter().map(|watched| watched.base().to_owned()).collect()
    }

    /// Whether a change of `path` starts it again.
    pub(crate) fn watches(&self, path: &Path) -> bool {
        self.program.watches(path)
    }

    /// A path as its messages show it.
    pub(crate) fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.program.dir).unwrap_or(path).display().to_string()
    }

    /// Ends it and starts it again, for a reason that is told.
    pub(crate) fn restart(&self, why: &str) {
        why.clone_into(&mut self.shared.why.lock());
        self.shared.again.notify_one();
    }

    /// Ends it with all that it has started.
    pub(crate) fn end(&self) {
        self.end.cancel();
    }

    /// How it is doing, in a line.
    pub(crate) fn status(&self) -> String {
        let now = self.now.borrow();
        let state = match &now.state {
            State::Starting => "starting".to_owned(),
            State::Late(_) => "starting, no answer yet".to_owned(),
            State::Answers(_) => "running".to_owned(),
            State::Again(why) | State::Down(why) => format!("crashed: {why}"),
            State::Over => "ended".to_owned(),
        };
        let port = now.port.map(|port| format!(", port {port}")).unwrap_or_default();
        let pid = now.pid.map(|pid| format!(", pid {pid}")).unwrap_or_default();
        format!("{} {state}{port}{pid} ({})", self.name, self.program.command)
    }

    /// Which run answers and where, as soon as one does; else how it is doing, after a while at the latest.
    async fn answering(&self) -> Result<(u64, SocketAddr), Now> {
        let mut now = self.now.clone();
        let settled = now.wait_for(|now| !matches!(now.state, State::Starting | State::Again(_)));
        let patience = PATIENCE.min(self.program.ready);
        // What it says once nobody keeps it, or when patience is at its end, is how it is doing.
        let _ = timeout(patience, settled).await.map(drop);
        let now = now.borrow().clone();
        if let State::Answers(at) = now.state { Ok((now.run, at)) } else { Err(self.missed()) }
    }

    /// How it is doing, for somebody who will see that it did not answer.
    fn missed(&self) -> Now {
        self.shared.awaited.store(true, Relaxed);
        self.now.borrow().clone()
    }

    /// Waits a little for the news that `run` is over, for that comes after its last connection broke.
    async fn is_over(&self, run: u64) -> Option<Now> {
        /// The system tells of both at once.
        const NEWS: Duration = Duration::from_millis(250);
        let mut now = self.now.clone();
        let over = now.wait_for(|now| now.run != run || !matches!(now.state, State::Answers(_)));
        timeout(NEWS, over).await.ok()?.ok().map(|now| now.clone())
    }
}

#[cfg(test)]
mod tests;
