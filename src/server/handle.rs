//! The server's handle: start, move, swap the site, pause, drain.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::accept::accept_loop;
use super::descriptors;
use super::drain::{Bell, Drain};
use super::guard::Key;
use super::live::Live;
use super::log::AccessLog;
use super::pipeline::Pipeline;
use super::site::Site;
use super::stats::Stats;
use super::store::Store;
use super::trace::Recorder;
use crate::event::{Event, Feed};

/// A server: what all its requests share, and the sockets that it listens on, if any.
pub struct Server {
    pipeline: Arc<Pipeline>,
    listening: Option<Listening>,
    /// Rung by `stop`: nobody waits for idle clients any more.
    end: Bell,
    /// The accept loops, each of which holds its socket until it has ended.
    accepting: TaskTracker,
    died: (mpsc::Sender<()>, mpsc::Receiver<()>),
}

/// One generation of sockets and the connections that came by them.
struct Listening {
    listeners: Vec<Arc<TcpListener>>,
    accept: CancellationToken,
    /// Its connections are to end when they can.
    soon: Bell,
}

/// The parts that a server is made of.
pub struct Parts {
    /// What it serves; [`Server::swap`] changes it.
    pub site: Arc<ArcSwap<Site>>,
    /// The pages connected.
    pub live: Arc<Live>,
    /// What arrives.
    pub store: Arc<Store>,
    /// What other devices need.
    pub key: Arc<Key>,
    /// Where it tells what happens.
    pub feed: Feed,
    /// Where it logs.
    pub log: Arc<AccessLog>,
    /// What it counts.
    pub stats: Arc<Stats>,
}

impl Server {
    /// It was at `port`, and is somewhere else from now on: pages that are open there may go on sending.
    pub fn moved_from(&self, port: u16) {
        self.pipeline.moved.from(port);
    }

    /// A server that does not listen yet. Must be called within a tokio runtime.
    pub fn new(parts: Parts) -> Self {
        parts.site.load().begin(&parts.feed);
        let recorder = Recorder { feed: parts.feed, log: parts.log, stats: parts.stats };
        let pipeline = Arc::new(Pipeline::new(parts.site, parts.live, parts.store, parts.key, recorder));
        Self { pipeline, listening: None, end: Bell::default(), accepting: TaskTracker::new(), died: mpsc::channel(1) }
    }

    /// Serves on `listeners` from now on. Those before stop accepting; their connections finish
    /// what they have under way and end.
    pub fn listen(&mut self, listeners: Vec<TcpListener>) {
        self.accept_on(listeners.into_iter().map(Arc::new).collect());
    }

    /// Begins anew on the same sockets: connections finish what they have under way and end, and
    /// nobody is refused meanwhile.
    pub fn renew(&mut self) {
        if let Some(listening) = &self.listening {
            self.accept_on(listening.listeners.clone());
        }
    }

    fn accept_on(&mut self, listeners: Vec<Arc<TcpListener>>) {
        self.pause();
        descriptors::allow(self.pipeline.limits().connections);
        let (accept, soon) = (CancellationToken::new(), Bell::default());
        for listener in &listeners {
            let (pipeline, died) = (self.pipeline.clone(), self.died.0.clone());
            let drain = Arc::new(Drain { soon: soon.clone(), now: self.end.clone() });
            let looping = accept_loop(listener.clone(), pipeline, drain, died);
            let ended = accept.clone();
            self.accepting.spawn(async move { ended.run_until_cancelled(looping).await });
        }
        self.listening = Some(Listening { listeners, accept, soon });
    }

    /// Stops accepting. Connections finish what they have under way and end.
    fn pause(&mut self) {
        if let Some(old) = self.listening.take() {
            old.accept.cancel();
            old.soon.ring();
        }
    }

    /// Stops listening; resolves when the sockets are closed and their addresses free. Connections
    /// finish what they have under way and end.
    pub async fn close(&mut self) {
        self.pause();
        self.accepting.close();
        self.accepting.wait().await;
        self.accepting.reopen();
    }

    /// The addresses listened on; empty while paused.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        let listening = self.listening.iter().flat_map(|l| &l.listeners);
        listening.filter_map(|listener| listener.local_addr().ok()).collect()
    }

    /// Serves `site` from now on; requests under way end on the one that they began with.
    pub fn swap(&self, mut site: Site) {
        site.take_over(&self.pipeline.site.load());
        site.begin(&self.pipeline.recorder.feed);
        descriptors::allow(site.config.limits.connections);
        self.pipeline.site.store(Arc::new(site));
    }

    /// What is served.
    pub fn site(&self) -> Arc<Site> {
        self.pipeline.site.load_full()
    }

    /// Resolves when a listening socket has died, as sockets do on a device that slept.
    pub async fn died(&mut self) {
        let _ = self.died.1.recv().await;
    }

    /// Stops listening and waits until every connection has ended, `limit` at most. What is still
    /// in flight then is the result.
    pub async fn stop(&mut self, limit: Duration) -> usize {
        self.close().await;
        self.end.ring();
        self.pipeline.ends.ring();
        let stats = &self.pipeline.recorder.stats;
        let end = Instant::now() + limit;
        while stats.connections() > 0 {
            self.pipeline.recorder.feed.event(Event::Stopping(stats.in_flight()));
            let step = end.min(Instant::now() + Duration::from_secs(1));
            if timeout_at(step, stats.no_connections()).await.is_err() && Instant::now() >= end {
                break;
            }
        }
        stats.in_flight()
    }
}
