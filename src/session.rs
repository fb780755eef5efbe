//! The controller without a terminal: owns server, watcher and settings, executes commands.
//!
//! It runs on a thread of its own with a runtime of its own ([`spawn`]). Front ends order by
//! [`Execute`] on its [`Handle`], whose future is the ticket: it resolves when the order has been carried
//! out. What happens goes to the [`Feed`].

mod apply;
mod awake;
mod changes;
mod execute;
mod name;
mod ports;
mod reach;
mod start;
mod status;
mod text;
mod uploads;

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use tokio::sync::{mpsc, oneshot};

use crate::command::{Command, Execute, Reply, Ticket};
use crate::config::Layers;
use crate::event::Feed;
use crate::server::Server;
use crate::server::apps::Apps;
use crate::server::guard::Key;
use crate::server::live::Live;
use crate::server::log::AccessLog;
use crate::server::stats::Stats;
use crate::server::store::Store;
use crate::watch::{Quiet, Signal, Watcher};

pub use start::StartError;

/// Templates are compiled and rendered by recursion; a deep one is to end in an error, not here.
/// Only what is used of it takes memory.
const STACK: usize = 64 << 20;
/// Orders that may wait.
const ORDERS: usize = 64;

/// An order and its ticket.
struct Order {
    command: Command,
    ticket: oneshot::Sender<Reply>,
}

/// How front ends reach the session. Cheap to clone.
#[derive(Clone)]
pub struct Handle {
    orders: mpsc::Sender<Order>,
}

impl Execute for Handle {
    fn execute(&self, command: Command) -> Ticket {
        let orders = self.orders.clone();
        Box::pin(async move {
            let (ticket, done) = oneshot::channel();
            let gone = || Reply::failed("the server has ended");
            if orders.send(Order { command, ticket }).await.is_err() {
                return gone();
            }
            done.await.unwrap_or_else(|_| gone())
        })
    }
}

/// The session itself, on its own thread.
pub struct Session {
    layers: Layers,
    server: Server,
    live: Arc<Live>,
    store: Arc<Store>,
    apps: Arc<Apps>,
    key: Arc<Key>,
    log: Arc<AccessLog>,
    stats: Arc<Stats>,
    feed: Feed,
    watcher: Watcher,
    signals: mpsc::Receiver<Signal>,
    watching: crate::event::Watching,
    conf_quiet: Quiet,
    /// The last look at stan.conf found it broken.
    conf_broken: bool,
    /// The number in use, also the one that port 0 got.
    port: u16,
    began: Instant,
    reach: reach::Reach,
    name: name::NameHere,
}

/// A running session.
pub struct Running {
    /// How to reach it.
    pub handle: Handle,
    thread: JoinHandle<()>,
}

impl Running {
    /// Whether the session ended as it should; false where its thread panicked.
    pub fn join(self) -> bool {
        self.thread.join().is_ok()
    }
}

/// Starts a session on a thread of its own and waits until it listens, or could not start.
pub fn spawn(layers: Layers, feed: Feed) -> Result<Running, StartError> {
    let (orders, inbox) = mpsc::channel(ORDERS);
    let (started, start) = oneshot::channel();
    let body = move || {
        let _closer = Closer(feed.clone());
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => {
                let _ = started.send(Err(StartError::System(error)));
                return;
            }
        };
        runtime.block_on(async move {
            match Session::start(layers, feed).await {
                Ok(session) => {
                    let _ = started.send(Ok(()));
                    session.run(inbox).await;
                }
                Err(error) => {
                    let _ = started.send(Err(error));
                }
            }
        });
        // Tasks that wait for the disk must not hold up the end.
        runtime.shutdown_background();
    };
    let thread = std::thread::Builder::new()
        .name("server".to_owned())
        .stack_size(STACK)
        .spawn(body)
        .map_err(StartError::System)?;
    match start.blocking_recv() {
        Ok(Ok(())) => Ok(Running { handle: Handle { orders }, thread }),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(StartError::System(io::Error::other("the server's thread ended before it had started"))),
    }
}

/// Closes the feed however the session ends, a panic included.
struct Closer(Feed);

impl Drop for Closer {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Session {
    async fn run(mut self, mut inbox: mpsc::Receiver<Order>) {
        let log = tokio::spawn(self.log.clone().run());
        let mut awake = awake::Awake::new(self.began);
        loop {
            let conf_due = self.conf_quiet.due();
            let look_due = self.roams().then(|| self.reach.due());
            // Orders first: a person waits for them.
            tokio::select! {
                biased;
                order = inbox.recv() => {
                    let Some(Order { command, ticket }) = order else { break };
                    let stop = command == Command::Stop;
                    let reply = self.execute(command).await;
                    let _ = ticket.send(reply);
                    if stop {
                        break;
                    }
                }
                Some(signal) = self.signals.recv() => self.seen(signal),
                () = sleep_until(conf_due), if conf_due.is_some() => self.conf_saved().await,
                () = self.apps.files_changed() => self.watcher.update(start::watch_set(&self.layers, &self.apps)),
                () = self.server.died() => self.listen_again().await,
                () = sleep_until(look_due), if look_due.is_some() => self.look_due(),
                slept = awake.gap() => self.woke(slept).await,
            }
        }
        log.abort();
        self.log.flush();
    }
}

async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}
