//! A worker that has imported the app, as the pool sees it: what it was asked and has not answered,
//! and the connections of its threads' own.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::net::UnixStream;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::conn::{self, Conn};
use super::failure::Failure;
use super::home::Lease;
use super::pace::Pace;

/// Answers that a worker may keep to itself for a moment; `HELD` of `crew.py`.
const HELD: usize = 8;

/// A process that has imported the app. It is asked to end when nobody holds this any more.
#[derive(Debug)]
pub(super) struct Worker {
    pub(super) id: u64,
    pub(super) generation: u64,
    pub(super) control: UnixStream,
    pub(super) end: CancellationToken,
    _end: DropGuard,
}

impl Worker {
    pub(super) fn new(id: u64, generation: u64, control: UnixStream, end: CancellationToken) -> Self {
        Self { id, generation, control, end: end.clone(), _end: end.drop_guard() }
    }
}

/// What a worker tells of a request.
#[derive(Debug)]
pub(super) enum Told {
    /// Head and body of the answer, which is whole.
    Whole(BytesMut, Bytes),
    /// The app failed before it had sent anything.
    Failure(BytesMut),
    /// The rest is on the thread's own connection.
    Home(Lease),
    /// There is no worker, for that reason.
    Broken(Failure),
}

/// A request that has no answer yet.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) id: u64,
    /// As it is sent.
    pub(super) frame: Bytes,
    pub(super) told: oneshot::Sender<Told>,
    /// A worker ended that had it and had not begun with it.
    pub(super) again: bool,
}

/// The connection of a thread's own.
#[derive(Debug)]
struct Home {
    /// Away while an answer goes over it.
    conn: Option<Conn>,
    /// How many there have been, as the worker counts too.
    generation: u8,
    /// The next request that goes over it, should the last answer not have been read to its end.
    next: Option<oneshot::Sender<Told>>,
}

/// The connection that carries a worker's requests.
pub(super) struct Work {
    pub(super) id: u64,
    pub(super) stream: UnixStream,
    /// Notified when there is more to send.
    pub(super) wake: Arc<Notify>,
}

#[derive(Debug)]
pub(super) struct Slot {
    pub(super) worker: Arc<Worker>,
    /// What is not sent yet.
    pub(super) out: BytesMut,
    wake: Arc<Notify>,
    pub(super) pace: Pace,
    /// When it last got a request, counted in requests.
    pub(super) used: u64,
    unanswered: BTreeMap<u64, Job>,
    homes: Vec<Home>,
}

/// Something to hand on once the pool is not locked any more.
pub(super) type Delivery = (oneshot::Sender<Told>, Told);

impl Slot {
    /// Opens the worker's connections; gives the one that carries the requests.
    pub(super) fn open(worker: Arc<Worker>, threads: usize) -> io::Result<(Self, Work)> {
        let wake: Arc<Notify> = Arc::default();
        let work = Work { id: worker.id, stream: conn::work(&worker.control)?, wake: wake.clone() };
        let mut homes = Vec::new();
        for number in 0..threads {
            let conn = Some(Conn::new(&worker.control, number)?);
            homes.push(Home { conn, generation: 1, next: None });
        }
        let (out, unanswered) = (BytesMut::new(), BTreeMap::new());
        Ok((Self { worker, out, wake, pace: Pace::new(Instant::now()), used: 0, unanswered, homes }, work))
    }

    /// Threads whose own connections carry something.
    fn away(&self) -> usize {
        self.homes.iter().filter(|home| home.conn.is_none()).count()
    }

    /// Whether all its threads have long answers to give.
    pub(super) fn is_taken(&self) -> bool {
        self.away() >= self.homes.len()
    }

    pub(super) fn load(&self) -> usize {
        self.unanswered.len() + self.away()
    }

    pub(super) fn has_room(&self) -> bool {
        !self.is_taken() && self.load() < self.homes.len() + self.pace.ahead()
    }

    /// Whether nothing is left to do.
    pub(super) fn is_done(&self) -> bool {
        self.load() == 0
    }

    pub(super) fn has(&self, id: u64) -> bool {
        self.unanswered.contains_key(&id)
    }

    /// Gives it a request.
    pub(super) fn put(&mut self, job: Job) {
        self.pace.asked(Instant::now(), self.load());
        self.out.extend_from_slice(&job.frame);
        self.unanswered.insert(job.id, job);
        self.wake.notify_one();
    }

    /// A request has its answer, or gets none.
    pub(super) fn take(&mut self, id: u64) -> Option<oneshot::Sender<Told>> {
        self.unanswered.remove(&id).map(|job| job.told)
    }

    /// A request goes on over the connection of thread `number`.
    pub(super) fn turn(&mut self, id: u64, number: usize, generation: u8) -> Option<(oneshot::Sender<Told>, Conn)> {
        let told = self.take(id)?;
        let home = self.homes.get_mut(number).filter(|home| home.generation == generation)?;
        if let Some(conn) = home.conn.take() {
            return Some((told, conn));
        }
        home.next = Some(told);
        None
    }

    /// An answer has been read to its end. Who is next on that connection gets it again.
    pub(super) fn returned(&mut self, number: usize, conn: Conn) -> Option<(oneshot::Sender<Told>, Conn)> {
        let home = self.homes.get_mut(number)?;
        if let Some(told) = home.next.take() {
            return Some((told, conn));
        }
        home.conn = Some(conn);
        None
    }

    /// The connection of thread `number` has been closed: it gets another.
    pub(super) fn renew(&mut self, number: usize) {
        if let Some(home) = self.homes.get_mut(number) {
            home.generation = home.generation.wrapping_add(1);
            home.next = None;
            // A worker that cannot be reached is about to be found dead.
            home.conn = Conn::new(&self.worker.control, number).ok();
        }
    }

    /// Takes back what it cannot have begun with, oldest first.
    ///
    /// It takes them up in their order, so that those are the newest, but for one for each thread and for
    /// the answers that it may hold.
    pub(super) fn take_back(&mut self) -> Vec<Job> {
        let begun = self.homes.len() + HELD;
        let first = self.unanswered.keys().nth(begun).copied();
        let jobs = first.map(|first| self.unanswered.split_off(&first)).unwrap_or_default();
        let unsent: Vec<Job> = jobs.into_values().filter(|job| !job.again && !job.told.is_closed()).collect();
        unsent.into_iter().map(|job| Job { again: true, ..job }).collect()
    }
}
