//! Who answers next: the workers that have imported the app, and the requests that wait for one.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use parking_lot::Mutex;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::conn::{self, Conn};
use super::failure::Failure;
use super::home::{Homes, Lease};
use super::slot::{Delivery, Job, Slot, Told, Work, Worker};
use super::wire;

/// Requests that may wait for a worker.
const WAITING: usize = 1024;

#[derive(Debug, Default)]
struct State {
    slots: Vec<Slot>,
    /// Those that get nothing more, but have something to finish.
    leaving: Vec<Slot>,
    queue: VecDeque<Job>,
    /// Why there is no worker.
    broken: Option<Failure>,
    requests: u64,
}

/// The workers of an app.
#[derive(Debug)]
pub(super) struct Pool {
    state: Mutex<State>,
    /// Threads of each.
    threads: usize,
    /// How long a request may wait, and an answer take.
    timeout: Duration,
}

/// Why a request has no answer.
#[derive(Debug)]
pub(super) enum Refusal {
    /// All threads had something else to do for too long, or too many wait already.
    Crowded,
    /// No worker has imported the app in time.
    Nobody,
    /// The worker ended.
    Gone,
    /// That worker took too long.
    Hung(u64),
}

/// What a worker sent over the connection that carries the requests, but for what was handed on.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// Failures after the answer had been given.
    pub(super) late: Vec<BytesMut>,
    /// There was something that is none of the protocol's.
    pub(super) nonsense: bool,
}

impl Pool {
    pub(super) fn new(threads: usize, timeout: Duration) -> Self {
        Self { state: Mutex::default(), threads, timeout }
    }

    /// Has a worker asked, as soon as one has room. `body` is `None` for one that follows on a connection of
    /// its own. Cancel safe: the answer to a request that nobody waits for is dropped.
    pub(super) async fn ask(&self, environ: &[u8], body: Option<&[u8]>) -> Result<Told, Refusal> {
        let (sender, told) = oneshot::channel();
        let id = {
            let mut state = self.state.lock();
            if let (true, Some(failure)) = (state.slots.is_empty(), &state.broken) {
                return Ok(Told::Broken(failure.clone()));
            }
            if state.queue.len() >= WAITING {
                state.queue.retain(|job| !job.told.is_closed());
            }
            if state.queue.len() >= WAITING {
                return Err(Refusal::Crowded);
            }
            state.requests += 1;
            let id = state.requests;
            let frame = wire::request(id, environ, body);
            state.queue.push_back(Job::new(id, frame, sender));
            state.fill();
            id
        };
        match tokio::time::timeout(self.timeout, told).await {
            Ok(told) => told.map_err(|_| Refusal::Gone),
            Err(_) => Err(self.given_up(id)),
        }
    }

    /// Why a request that waited too long has no answer; it waits no more.
    fn given_up(&self, id: u64) -> Refusal {
        let mut guard = self.state.lock();
        let state = &mut *guard;
        state.queue.retain(|job| job.id != id);
        let nobody = if state.slots.is_empty() { Refusal::Nobody } else { Refusal::Crowded };
        let Some(slot) = state.slots.iter_mut().chain(&mut state.leaving).find(|slot| slot.has(id)) else {
            return nobody;
        };
        let stuck = slot.give_up(id, Instant::now(), self.timeout);
        let refusal = if stuck { Refusal::Hung(slot.worker.id) } else { Refusal::Crowded };
        state.fill();
        let done = state.done();
        drop(guard);
        drop(done);
        refusal
    }

    /// `worker` answers from now on, and those of other generations get nothing more. Gives the
    /// connection that carries its requests.
    pub(super) fn add(&self, worker: Arc<Worker>) -> io::Result<Work> {
        let generation = worker.generation;
        let (slot, work) = Slot::open(worker, self.threads)?;
        let mut state = self.state.lock();
        let old: Vec<Slot> = state.slots.extract_if(.., |slot| slot.worker.generation != generation).collect();
        state.leaving.extend(old);
        state.slots.push(slot);
        state.broken = None;
        state.fill();
        let done = state.done();
        drop(state);
        drop(done);
        Ok(work)
    }

    /// That worker gets nothing more, and what it has not begun is given to others; whether it was one of
    /// those that answer. One that has `ended` answers nothing any more.
    pub(super) fn remove(&self, id: u64, ended: bool) -> bool {
        let mut state = self.state.lock();
        let gone: Vec<Slot> = state.slots.extract_if(.., |slot| slot.worker.id == id).collect();
        let mut answered = !gone.is_empty();
        state.leaving.extend(gone);
        let mut again = Vec::new();
        for slot in state.leaving.iter_mut().filter(|slot| slot.worker.id == id) {
            answered |= std::mem::take(&mut slot.lost);
            again = slot.take_back(ended);
            if ended {
                slot.worker.dead.cancel();
            } else {
                // What it has been sent only it can say.
                conn::give_back(&slot.worker.control);
            }
        }
        state.put_back(again);
        let done: Vec<Slot> =
            state.leaving.extract_if(.., |slot| slot.is_done() || (ended && slot.worker.id == id)).collect();
        drop(state);
        drop(done);
        answered
    }

    /// The connection that carries that worker's requests has ended.
    pub(super) fn lost(&self, id: u64) {
        let mut state = self.state.lock();
        let gone: Vec<Slot> = state.slots.extract_if(.., |slot| slot.worker.id == id).collect();
        let mut again = Vec::new();
        for mut slot in gone {
            again = slot.take_back(true);
            slot.lost = true;
            state.leaving.push(slot);
        }
        state.put_back(again);
    }

    /// There is no worker, for that reason.
    pub(super) fn broken(&self, failure: &Failure) {
        let mut state = self.state.lock();
        let queue = std::mem::take(&mut state.queue);
        state.broken = Some(failure.clone());
        drop(state);
        for job in queue {
            // Whoever has left is not told.
            let _ = job.told.send(Told::Broken(failure.clone()));
        }
    }

    /// There are no workers any more: whoever waits is let go.
    pub(super) fn close(&self) {
        let state = std::mem::take(&mut *self.state.lock());
        // Not while it is locked: see `heard`.
        drop(state);
    }

    /// Workers that answer.
    pub(super) fn len(&self) -> usize {
        self.state.lock().slots.len()
    }

    /// Adds what worker `id` is to be sent to `out`; when it is to be looked at.
    pub(super) fn collect(&self, id: u64, out: &mut BytesMut) -> Option<Instant> {
        let mut state = self.state.lock();
        let slot = state.slot(id)?;
        slot.hand_over(out);
        slot.due(self.timeout)
    }

    /// Looks at worker `id`: whether it stands still, and whether it is stuck with a request that nobody waits for
    /// any more.
    pub(super) fn look(&self, id: u64) -> (bool, bool) {
        let mut state = self.state.lock();
        let now = Instant::now();
        let Some(slot) = state.slot(id) else { return (false, false) };
        let found = (slot.pace.stands_still(now), slot.drop_stuck(now, self.timeout));
        let done = state.done();
        drop(state);
        drop(done);
        found
    }

    /// Hands on what worker `id` has sent, as far as it has come whole.
    pub(super) fn heard(self: &Arc<Self>, id: u64, buffer: &mut BytesMut) -> Heard {
        let (mut deliveries, mut idle): (Vec<Delivery>, Vec<Lease>) = (Vec::new(), Vec::new());
        let (mut heard, mut answers, mut back) = (Heard::default(), 0, Vec::new());
        let mut state = self.state.lock();
        let Some(slot) = state.slot(id) else { return heard };
        while let Some((kind, bytes)) = wire::take(buffer) {
            match wire::told(kind, bytes) {
                Some(wire::Told::Answer(id, head, body)) => {
                    deliveries.extend(slot.take(id).map(|told| (told, Told::Whole(head, body))));
                }
                Some(wire::Told::Failure(id, text)) if slot.has(id) => {
                    deliveries.extend(slot.take(id).map(|told| (told, Told::Failure(text))));
                }
                Some(wire::Told::Failure(_, text)) => heard.late.push(text),
                Some(wire::Told::Turn(id, number)) if slot.has_home(number) => {
                    if let Some((told, conn)) = slot.turn(id, number) {
                        let lease = Lease::new(conn, self.clone(), slot.worker.id, number, slot.worker.dead.clone());
                        match told {
                            Some(told) => deliveries.push((told, Told::Home(lease))),
                            None => idle.push(lease),
                        }
                    }
                }
                Some(wire::Told::Back(ids)) => back.extend(slot.given_back(&ids)),
                Some(wire::Told::Turn(..)) | None => {
                    heard.nonsense = true;
                    break;
                }
            }
            answers += 1;
        }
        if answers > 0 {
            slot.pace.answered(Instant::now(), answers, slot.load());
        }
        state.put_back(back);
        let done = state.done();
        drop(state);
        // Not while it is locked: what nobody waits for is dropped, and a connection then looks for its place.
        for (to, told) in deliveries {
            let _ = to.send(told);
        }
        drop((done, idle));
        heard
    }

    fn change(&self, worker: u64, change: impl FnOnce(&mut Slot)) {
        let mut state = self.state.lock();
        if let Some(slot) = state.slot(worker) {
            change(slot);
        }
        state.fill();
        let done = state.done();
        drop(state);
        drop(done);
    }
}

impl Homes for Pool {
    fn worked(&self, worker: u64, number: usize) {
        self.change(worker, |slot| slot.worked(number));
    }

    fn returned(&self, worker: u64, number: usize, conn: Conn) {
        self.change(worker, |slot| slot.returned(number, conn));
    }

    fn renew(&self, worker: u64, number: usize) {
        self.change(worker, |slot| slot.renew(number));
    }
}

impl State {
    fn slot(&mut self, id: u64) -> Option<&mut Slot> {
        self.slots.iter_mut().chain(&mut self.leaving).find(|slot| slot.worker.id == id)
    }

    /// Gives what waits to those that have room: to the one that was busy last as long as it is quick, so
    /// that the others stay idle, else to the one that has least to do.
    fn fill(&mut self) {
        let now = Instant::now();
        while let Some(job) = self.queue.front() {
            if job.told.is_closed() {
                self.queue.pop_front();
                continue;
            }
            let load = |slot: &Slot| if slot.pace.soon(now, slot.load()) { 0 } else { slot.load() };
            let room = self.slots.iter_mut().filter(|slot| slot.has_room(now));
            let Some(slot) = room.min_by_key(|slot| (load(slot), u64::MAX - slot.used)) else { return };
            slot.used = job.id;
            let Some(job) = self.queue.pop_front() else { return };
            slot.put(job, now);
        }
    }

    /// Requests that were taken back come before all others, in their order.
    fn put_back(&mut self, jobs: Vec<Job>) {
        for job in jobs.into_iter().rev() {
            self.queue.push_front(job);
        }
        self.fill();
    }

    /// Takes out the leaving ones that have nothing left to do.
    fn done(&mut self) -> Vec<Slot> {
        self.leaving.extract_if(.., |slot| slot.is_done()).collect()
    }
}
