//! Who answers next: the workers that have imported the app, and their idle threads.
//!
//! A request goes to the worker that has least to do, since Python runs one thread at a time, and
//! among equals to the one that was busy last, so that the others stay idle.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::net::UnixStream;
use tokio::sync::oneshot;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::conn::Conn;
use super::failure::Failure;

/// Requests that may wait for a thread.
const WAITING: usize = 1024;
/// A process that ends closes all that it has open about as fast as this.
const ENDING: Duration = Duration::from_millis(250);

/// A process that has imported the app. It is asked to end when nobody holds this any more.
#[derive(Debug)]
pub(super) struct Worker {
    pub(super) id: u64,
    pub(super) generation: u64,
    pub(super) control: UnixStream,
    /// Threads that live, those included that have not noticed yet that nobody waits for them.
    pub(super) threads: AtomicUsize,
    /// It has closed its end of `control`: whatever it is given now is lost.
    gone: CancellationToken,
    _end: DropGuard,
}

impl Worker {
    pub(super) fn new(
        id: u64,
        generation: u64,
        control: UnixStream,
        gone: CancellationToken,
        end: CancellationToken,
    ) -> Self {
        Self { id, generation, control, threads: AtomicUsize::new(0), gone, _end: end.drop_guard() }
    }

    /// One of its connections has ended: waits until it is known whether all of it has, so that whoever
    /// asks next is sent to another.
    pub(super) async fn ending(&self) {
        let _ = tokio::time::timeout(ENDING, self.gone.cancelled()).await;
    }
}

#[derive(Debug)]
struct Slot {
    worker: Arc<Worker>,
    idle: Vec<Conn>,
    /// When it last got a request, counted in requests.
    used: u64,
}

impl Slot {
    fn busy(&self) -> usize {
        self.worker.threads.load(Relaxed).saturating_sub(self.idle.len())
    }
}

#[derive(Debug, Default)]
struct State {
    slots: Vec<Slot>,
    /// Why there is no worker.
    broken: Option<Failure>,
    waiting: VecDeque<oneshot::Sender<()>>,
    requests: u64,
}

/// The workers of an app.
#[derive(Debug)]
pub(super) struct Pool {
    state: Mutex<State>,
    /// Threads of each.
    threads: usize,
}

/// Why nobody answers.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The app cannot be imported.
    Broken(Failure),
    /// Too many wait already.
    Crowded,
}

/// A thread that has this request, and nothing else, to answer.
#[derive(Debug)]
pub(super) struct Lease {
    pub(super) conn: Conn,
    pub(super) worker: Arc<Worker>,
    pool: Arc<Pool>,
}

impl Pool {
    pub(super) fn new(threads: usize) -> Self {
        Self { state: Mutex::default(), threads }
    }

    /// A thread to answer a request, as soon as there is one.
    pub(super) async fn lease(self: &Arc<Self>) -> Result<Lease, Refusal> {
        loop {
            let turn = {
                let mut state = self.state.lock();
                if let Some((conn, worker)) = state.pick(self.threads) {
                    return Ok(Lease { conn, worker, pool: self.clone() });
                }
                if let (true, Some(failure)) = (state.slots.is_empty(), &state.broken) {
                    return Err(Refusal::Broken(failure.clone()));
                }
                state.waiting.retain(|waiting| !waiting.is_closed());
                if state.waiting.len() >= WAITING {
                    return Err(Refusal::Crowded);
                }
                let (sender, turn) = oneshot::channel();
                state.waiting.push_back(sender);
                turn
            };
            // Whether it was called or let go, it looks again.
            let _ = turn.await;
        }
    }

    /// `worker` answers from now on, and those of other generations get nothing more.
    pub(super) fn add(&self, worker: Arc<Worker>) {
        let mut state = self.state.lock();
        let old: Vec<Slot> = state.slots.extract_if(.., |slot| slot.worker.generation != worker.generation).collect();
        state.slots.push(Slot { worker, idle: Vec::new(), used: 0 });
        state.broken = None;
        state.call_all();
        drop(state);
        drop(old);
    }

    /// That worker gets nothing more; whether it was one of those that do.
    pub(super) fn remove(&self, id: u64) -> bool {
        let mut state = self.state.lock();
        let old: Vec<Slot> = state.slots.extract_if(.., |slot| slot.worker.id == id).collect();
        drop(state);
        !old.is_empty()
    }

    /// There is no worker, for that reason.
    pub(super) fn broken(&self, failure: Failure) {
        let mut state = self.state.lock();
        state.broken = Some(failure);
        state.call_all();
    }

    /// One thread of that worker has ended.
    pub(super) fn thread_ended(&self, id: u64) {
        let mut state = self.state.lock();
        if let Some(slot) = state.slots.iter().find(|slot| slot.worker.id == id) {
            let _ = slot.worker.threads.fetch_update(Relaxed, Relaxed, |threads| threads.checked_sub(1));
            state.call();
        }
    }

    /// Workers that answer.
    pub(super) fn len(&self) -> usize {
        self.state.lock().slots.len()
    }

    fn give_back(&self, conn: Conn, worker: &Worker) {
        let mut state = self.state.lock();
        if let Some(slot) = state.slots.iter_mut().find(|slot| slot.worker.id == worker.id) {
            slot.idle.push(conn);
            state.call();
        }
    }
}

impl State {
    fn pick(&mut self, most: usize) -> Option<(Conn, Arc<Worker>)> {
        let free = |slot: &&mut Slot| {
            let has_thread = !slot.idle.is_empty() || slot.worker.threads.load(Relaxed) < most;
            has_thread && !slot.worker.gone.is_cancelled()
        };
        let slot = self.slots.iter_mut().filter(free).min_by_key(|slot| (slot.busy(), u64::MAX - slot.used))?;
        let conn = if let Some(conn) = slot.idle.pop() {
            conn
        } else {
            // One that cannot be reached is about to be found dead.
            let conn = Conn::new(&slot.worker.control).ok()?;
            slot.worker.threads.fetch_add(1, Relaxed);
            conn
        };
        self.requests += 1;
        slot.used = self.requests;
        Some((conn, slot.worker.clone()))
    }

    /// Calls whoever has waited longest.
    fn call(&mut self) {
        while let Some(waiting) = self.waiting.pop_front() {
            if waiting.send(()).is_ok() {
                return;
            }
        }
    }

    fn call_all(&mut self) {
        self.waiting.clear();
    }
}

impl Lease {
    /// The thread is idle again.
    pub(super) fn give_back(self) {
        let Self { conn, worker, pool } = self;
        pool.give_back(conn, &worker);
    }
}
