//! A worker that has imported the app, as the pool sees it: what it was asked and has not answered,
//! and its connections for what is large or comes in pieces.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

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
/// Between two looks whether it is stuck.
const SELDOM: Duration = Duration::from_secs(1);
/// Connections beyond one for each thread: a client that reads slowly keeps one, and no thread.
const SPARE: usize = 4;

/// A process that has imported the app. It is asked to end when nobody holds this any more.
#[derive(Debug)]
pub(super) struct Worker {
    pub(super) id: u64,
    pub(super) generation: u64,
    pub(super) control: UnixStream,
    pub(super) end: CancellationToken,
    /// Cancelled once it is known to answer nothing any more.
    pub(super) dead: CancellationToken,
    _end: DropGuard,
}

impl Worker {
    pub(super) fn new(id: u64, generation: u64, control: UnixStream, end: CancellationToken) -> Self {
        let dead = CancellationToken::new();
        Self { id, generation, control, end: end.clone(), dead, _end: end.drop_guard() }
    }
}

/// What a worker tells of a request.
#[derive(Debug)]
pub(super) enum Told {
    /// Head and body of the answer, which is whole.
    Whole(BytesMut, Bytes),
    /// The app failed before it had sent anything.
    Failure(BytesMut),
    /// The rest is on that connection.
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
    /// When it was given to a worker.
    pub(super) since: Instant,
    /// A worker ended that had it and had not begun with it.
    pub(super) again: bool,
    /// The driver has it.
    pub(super) handed: bool,
    /// One that the worker got later was answered.
    pub(super) overtaken: bool,
}

impl Job {
    pub(super) fn new(id: u64, frame: Bytes, told: oneshot::Sender<Told>) -> Self {
        Self { id, frame, told, since: Instant::now(), again: false, handed: false, overtaken: false }
    }
}

/// One of the worker's connections for answers.
#[derive(Debug)]
struct Home {
    /// Away while an answer goes over it.
    conn: Option<Conn>,
    /// A thread is still at that answer.
    works: bool,
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
    /// What is not handed to the driver yet.
    pub(super) out: BytesMut,
    wake: Arc<Notify>,
    pub(super) pace: Pace,
    /// When it last got a request, counted in requests.
    pub(super) used: u64,
    /// When was last looked whether it is stuck.
    looked: Instant,
    /// Its connection has ended.
    pub(super) lost: bool,
    /// In the order in which it got them.
    unanswered: VecDeque<Job>,
    threads: usize,
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
        for number in 0..threads + SPARE {
            homes.push(Home { conn: Some(Conn::new(&worker.control, number)?), works: false });
        }
        let slot = Self {
            worker,
            out: BytesMut::new(),
            wake,
            pace: Pace::new(Instant::now()),
            used: 0,
            looked: Instant::now(),
            lost: false,
            unanswered: VecDeque::new(),
            threads,
            homes,
        };
        Ok((slot, work))
    }

    /// Threads at answers that are more than one small piece.
    fn working(&self) -> usize {
        self.homes.iter().filter(|home| home.works).count()
    }

    /// Whether all its threads, or all its connections, have answers that take long.
    fn is_taken(&self) -> bool {
        self.working() >= self.threads || self.homes.iter().all(|home| home.conn.is_none())
    }

    pub(super) fn load(&self) -> usize {
        self.unanswered.len() + self.working()
    }

    pub(super) fn has_room(&self, now: Instant) -> bool {
        !self.is_taken() && self.load() < self.threads + self.pace.ahead(now, self.load())
    }

    /// Whether nothing is left to do.
    pub(super) fn is_done(&self) -> bool {
        self.unanswered.is_empty() && self.homes.iter().all(|home| home.conn.is_some())
    }

    pub(super) fn has(&self, id: u64) -> bool {
        self.place(id).is_some()
    }

    fn place(&self, id: u64) -> Option<usize> {
        self.unanswered.iter().position(|job| job.id == id)
    }

    /// Gives it a request.
    pub(super) fn put(&mut self, mut job: Job, now: Instant) {
        (job.since, job.handed, job.overtaken) = (now, false, false);
        self.pace.asked(now, self.load());
        self.out.extend_from_slice(&job.frame);
        self.unanswered.push_back(job);
        self.wake.notify_one();
    }

    /// What is to be sent is handed to the driver.
    pub(super) fn hand_over(&mut self, out: &mut BytesMut) {
        if out.is_empty() {
            std::mem::swap(out, &mut self.out);
        } else {
            out.extend_from_slice(&self.out);
            self.out.clear();
        }
        for job in self.unanswered.iter_mut().rev().take_while(|job| !job.handed) {
            job.handed = true;
        }
    }

    /// A request has its answer.
    pub(super) fn take(&mut self, id: u64) -> Option<oneshot::Sender<Told>> {
        let place = self.place(id)?;
        for before in self.unanswered.iter_mut().take(place) {
            before.overtaken = true;
        }
        self.unanswered.remove(place).map(|job| job.told)
    }

    /// A request waits no more. Whether it was begun, and has taken at least so long since.
    pub(super) fn give_up(&mut self, id: u64, now: Instant, timeout: Duration) -> bool {
        let Some(job) = self.place(id).and_then(|place| self.unanswered.remove(place)) else { return false };
        self.is_stuck(&job, now, timeout)
    }

    /// Whether a thread has been at that request for so long: others that came later were answered, or nothing
    /// has been heard at all.
    fn is_stuck(&self, job: &Job, now: Instant, timeout: Duration) -> bool {
        !self.is_taken() && now.duration_since(self.begun(job)) >= timeout
    }

    /// When a thread took up that request, at the earliest.
    fn begun(&self, job: &Job) -> Instant {
        if job.overtaken { job.since } else { self.pace.since().max(job.since) }
    }

    /// When the worker is to be looked at: it may stand still, or be stuck.
    pub(super) fn due(&self, timeout: Duration) -> Option<Instant> {
        let stuck = (self.begun(self.unanswered.front()?) + timeout).max(self.looked + SELDOM);
        Some(self.pace.due().map_or(stuck, |due| due.min(stuck)))
    }

    /// Drops the requests at which threads have been for so long, and says whether there are any. Whoever waits
    /// for one has been told by then.
    pub(super) fn drop_stuck(&mut self, now: Instant, timeout: Duration) -> bool {
        self.looked = now;
        let jobs = std::mem::take(&mut self.unanswered);
        let (stuck, rest): (VecDeque<Job>, VecDeque<Job>) =
            jobs.into_iter().partition(|job| job.told.is_closed() && self.is_stuck(job, now, timeout));
        self.unanswered = rest;
        !stuck.is_empty()
    }

    /// Whether an answer can go over connection `number`.
    pub(super) fn has_home(&self, number: usize) -> bool {
        self.homes.get(number).is_some_and(|home| home.conn.is_some())
    }

    /// A request, which may have been given up, goes on over connection `number`.
    pub(super) fn turn(&mut self, id: u64, number: usize) -> Option<(Option<oneshot::Sender<Told>>, Conn)> {
        let told = self.take(id);
        let home = self.homes.get_mut(number)?;
        let conn = home.conn.take()?;
        home.works = true;
        Some((told, conn))
    }

    /// A thread has finished with the answer on connection `number`.
    pub(super) fn worked(&mut self, number: usize) {
        if let Some(home) = self.homes.get_mut(number) {
            home.works = false;
        }
    }

    /// The answer on connection `number` has been had.
    pub(super) fn returned(&mut self, number: usize, conn: Conn) {
        if let Some(home) = self.homes.get_mut(number) {
            *home = Home { conn: Some(conn), works: false };
        }
    }

    /// Connection `number` has been closed: the worker gets another.
    pub(super) fn renew(&mut self, number: usize) {
        if let Some(home) = self.homes.get_mut(number) {
            // A worker that cannot be reached is about to be found dead.
            *home = Home { conn: Conn::new(&self.worker.control, number).ok(), works: false };
        }
    }

    /// The worker has given these back.
    pub(super) fn given_back(&mut self, ids: &[u64]) -> Vec<Job> {
        ids.iter().filter_map(|id| self.place(*id).and_then(|place| self.unanswered.remove(place))).collect()
    }

    /// Takes back what it cannot have begun with, oldest first: what it was not sent, and, where it has
    /// `ended`, the newest of the others.
    ///
    /// It takes them up in their order, so that it has begun with none but the oldest: one for each thread and
    /// as many as it may have answered already and held.
    pub(super) fn take_back(&mut self, ended: bool) -> Vec<Job> {
        let begun = if ended { self.threads + HELD } else { usize::MAX };
        let not_begun = |(count, job): (usize, &Job)| count >= begun || !job.handed;
        let first = self.unanswered.iter().enumerate().position(not_begun).unwrap_or(self.unanswered.len());
        self.out.clear();
        let jobs = self.unanswered.split_off(first).into_iter();
        let again = jobs.filter(|job| !(job.told.is_closed() || job.handed && job.again));
        again.map(|job| Job { again: job.again || job.handed, ..job }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot() -> (Slot, UnixStream, Work) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let worker = Arc::new(Worker::new(1, 1, ours, CancellationToken::new()));
        let (slot, work) = Slot::open(worker, 1).unwrap();
        (slot, theirs, work)
    }

    fn put(slot: &mut Slot, id: u64) -> oneshot::Receiver<Told> {
        let (told, answer) = oneshot::channel();
        slot.put(Job::new(id, Bytes::from_static(b"frame"), told), Instant::now());
        answer
    }

    fn ids(jobs: &[Job]) -> Vec<u64> {
        jobs.iter().map(|job| job.id).collect()
    }

    #[tokio::test]
    async fn what_was_not_sent_is_taken_back_whatever_its_number() {
        let (mut slot, _theirs, _work) = slot();
        let _first = [put(&mut slot, 5), put(&mut slot, 6)];
        slot.hand_over(&mut BytesMut::new());
        // One that another worker gave back is older than those.
        let _later = [put(&mut slot, 2), put(&mut slot, 7)];
        assert_eq!(ids(&slot.take_back(false)), [2, 7]);
        assert!(slot.out.is_empty() && slot.has(5) && slot.has(6));
    }

    #[tokio::test]
    async fn one_that_ended_has_begun_with_what_it_got_first() {
        let (mut slot, _theirs, _work) = slot();
        let first: Vec<_> = (100..100 + 1 + HELD as u64).map(|id| put(&mut slot, id)).collect();
        let _last = [put(&mut slot, 1), put(&mut slot, 2)];
        slot.hand_over(&mut BytesMut::new());
        let again = slot.take_back(true);
        assert_eq!(ids(&again), [1, 2]);
        assert!(again.iter().all(|job| job.again));
        assert_eq!(slot.load(), first.len());
    }

    #[tokio::test]
    async fn one_that_others_overtook_is_stuck_though_they_are_answered() {
        let (mut slot, _theirs, _work) = slot();
        let _answers = [put(&mut slot, 1), put(&mut slot, 2)];
        let timeout = Duration::from_secs(1);
        let later = Instant::now() + timeout;
        slot.take(2);
        slot.pace.answered(later, 1, 1);
        assert!(slot.give_up(1, later, timeout));
        let _answer = put(&mut slot, 3);
        slot.pace.answered(later, 1, 1);
        assert!(!slot.give_up(3, later, timeout), "it may have waited for its turn");
    }
}
