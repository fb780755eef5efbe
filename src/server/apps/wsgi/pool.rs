//! Who answers next: the workers that have imported the app, and the requests that wait for one.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use parking_lot::Mutex;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::conn::Conn;
use super::failure::Failure;
use super::home::Lease;
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
}

/// Why a request has no answer.
#[derive(Debug)]
pub(super) enum Refusal {
    /// All threads had something else to do for too long, or too many wait already.
    Crowded,
    /// The worker ended.
    Gone,
    /// That worker took too long.
    Hung(u64),
}

/// What a worker sent over the connection that carries the requests.
pub(super) enum Heard {
    /// Nothing but what was handed on.
    Nothing,
    /// A failure after the answer had been given.
    Late(BytesMut),
    /// What is none of the protocol's.
    Nonsense,
}

impl Pool {
    pub(super) fn new(threads: usize) -> Self {
        Self { state: Mutex::default(), threads }
    }

    /// Has a worker asked, as soon as one has room. `body` is `None` for one that follows on the thread's own
    /// connection. Cancel safe: the answer to a request that nobody waits for is dropped.
    pub(super) async fn ask(&self, environ: &[u8], body: Option<&[u8]>, timeout: Duration) -> Result<Told, Refusal> {
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
            state.queue.push_back(Job { id, frame, told: sender, again: false });
            state.fill();
            id
        };
        match tokio::time::timeout(timeout, told).await {
            Ok(told) => told.map_err(|_| Refusal::Gone),
            Err(_) => Err(self.state.lock().given_up(id)),
        }
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
        let answered = state.slots.iter().any(|slot| slot.worker.id == id);
        let gone: Vec<Slot> = state.slots.extract_if(.., |slot| slot.worker.id == id).collect();
        state.leaving.extend(gone);
        let mut again = Vec::new();
        for slot in state.leaving.iter_mut().filter(|slot| slot.worker.id == id) {
            again.extend(slot.take_back());
        }
        for job in again.into_iter().rev() {
            state.queue.push_front(job);
        }
        state.fill();
        let done: Vec<Slot> =
            state.leaving.extract_if(.., |slot| slot.is_done() || (ended && slot.worker.id == id)).collect();
        drop(state);
        drop(done);
        answered
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

    /// Adds what worker `id` is to be sent to `out`; when it will seem to stand still.
    pub(super) fn collect(&self, id: u64, out: &mut BytesMut) -> Option<Instant> {
        let mut state = self.state.lock();
        let slot = state.slot(id)?;
        if out.is_empty() {
            std::mem::swap(out, &mut slot.out);
        } else {
            out.extend_from_slice(&slot.out);
            slot.out.clear();
        }
        slot.pace.due()
    }

    /// Whether worker `id` stands still.
    pub(super) fn stands_still(&self, id: u64) -> bool {
        self.state.lock().slot(id).is_some_and(|slot| slot.pace.stands_still(Instant::now()))
    }

    /// Hands on what worker `id` has sent, as far as it has come whole.
    pub(super) fn heard(self: &Arc<Self>, id: u64, buffer: &mut BytesMut) -> Heard {
        let (mut deliveries, mut heard): (Vec<Delivery>, _) = (Vec::new(), Heard::Nothing);
        let mut state = self.state.lock();
        let Some(slot) = state.slot(id) else { return Heard::Nothing };
        let mut answers = 0;
        while let Some((kind, bytes)) = wire::take(buffer) {
            let Some(frame) = wire::told(kind, bytes) else {
                heard = Heard::Nonsense;
                break;
            };
            match frame {
                wire::Told::Answer(id, head, body) => {
                    deliveries.extend(slot.take(id).map(|told| (told, Told::Whole(head, body))));
                }
                wire::Told::Failure(id, text) if slot.has(id) => {
                    deliveries.extend(slot.take(id).map(|told| (told, Told::Failure(text))));
                }
                wire::Told::Failure(_, text) => heard = Heard::Late(text),
                wire::Told::Turn(id, number, generation) => {
                    let turned = slot.turn(id, number, generation);
                    let worker = slot.worker.clone();
                    deliveries.extend(
                        turned.map(|(told, conn)| (told, Told::Home(Lease::new(conn, number, worker, self.clone())))),
                    );
                }
            }
            answers += 1;
        }
        if answers > 0 {
            slot.pace.answered(Instant::now(), answers, slot.load());
            state.fill();
        }
        let done = state.done();
        drop(state);
        // Not while it is locked: what nobody waits for is dropped, and a connection then looks for its place.
        for (to, told) in deliveries {
            let _ = to.send(told);
        }
        drop(done);
        heard
    }

    /// An answer on the connection of that thread has been read to its end.
    pub(super) fn returned(self: &Arc<Self>, worker: &Arc<Worker>, number: usize, conn: Conn) {
        let mut state = self.state.lock();
        let next = state.slot(worker.id).and_then(|slot| slot.returned(number, conn));
        state.fill();
        let done = state.done();
        drop(state);
        if let Some((told, conn)) = next {
            let lease = Lease::new(conn, number, worker.clone(), self.clone());
            let _ = told.send(Told::Home(lease));
        }
        drop(done);
    }

    /// The connection of that thread was closed before the answer's end.
    pub(super) fn renew(&self, worker: &Worker, number: usize) {
        let mut state = self.state.lock();
        if let Some(slot) = state.slot(worker.id) {
            slot.renew(number);
        }
        state.fill();
        let done = state.done();
        drop(state);
        drop(done);
    }
}

impl State {
    fn slot(&mut self, id: u64) -> Option<&mut Slot> {
        self.slots.iter_mut().chain(&mut self.leaving).find(|slot| slot.worker.id == id)
    }

    /// Gives what waits to those that have room: to the one that was busy last as long as it is quick, so
    /// that the others stay idle, else to the one that has least to do.
    fn fill(&mut self) {
        while let Some(job) = self.queue.front() {
            if job.told.is_closed() {
                self.queue.pop_front();
                continue;
            }
            let load = |slot: &Slot| if slot.pace.soon(slot.load()) { 0 } else { slot.load() };
            let room = self.slots.iter_mut().filter(|slot| slot.has_room());
            let Some(slot) = room.min_by_key(|slot| (load(slot), u64::MAX - slot.used)) else { return };
            slot.used = job.id;
            let Some(job) = self.queue.pop_front() else { return };
            slot.put(job);
        }
    }

    /// Why a request that waited too long has no answer; it waits no more.
    fn given_up(&mut self, id: u64) -> Refusal {
        self.queue.retain(|job| job.id != id);
        let Some(slot) = self.slots.iter_mut().chain(&mut self.leaving).find(|slot| slot.has(id)) else {
            return Refusal::Crowded;
        };
        slot.take(id);
        if slot.is_taken() { Refusal::Crowded } else { Refusal::Hung(slot.worker.id) }
    }

    /// Takes out the leaving ones that have nothing left to do.
    fn done(&mut self) -> Vec<Slot> {
        self.leaving.extract_if(.., |slot| slot.is_done()).collect()
    }
}
