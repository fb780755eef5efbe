//! One request on a connection that is its own, up to the head of its answer and after its end.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::io::AsyncWriteExt as _;

use super::about::About;
use super::home::Lease;
use super::pump::{Pump, Sending};
use super::wire;

/// A thread at an answer, and the body that is still being sent to it. Dropping it lets the thread know that
/// nobody waits.
pub(super) struct Thread {
    pub(super) lease: Lease,
    pub(super) pump: Option<Pump>,
    pub(super) about: Arc<About>,
}

/// What a thread answers.
pub(super) enum First {
    /// Its head; the rest is in the connection or comes.
    Head(BytesMut),
    /// Its head, and the file that is its body.
    File(BytesMut),
    /// The app failed before it had sent anything.
    Failure(BytesMut),
}

/// Why there is no answer.
pub(super) enum Lost {
    /// The worker has ended.
    Gone,
    /// It took too long.
    Hung,
}

impl Thread {
    /// Takes over a connection that a thread has turned to, and sends the rest of the request there.
    pub(super) fn new(mut lease: Lease, body: Sending, most: u64, about: Arc<About>) -> Self {
        let area = lease.conn.area.as_ref();
        if let Some(area) = area {
            area.begin();
        }
        let pump = match body {
            Sending::Whole(_) => None,
            Sending::Streamed(body) => lease.conn.write.take().map(|write| Pump::start(body, write, most, area)),
        };
        Self { lease, pump, about }
    }

    /// What it answers first; the time during which the client sends does not count.
    pub(super) async fn first(&mut self) -> Result<First, Lost> {
        loop {
            let buffer = &mut self.lease.conn.buffer;
            match wire::take(buffer) {
                Some((wire::HEAD, head)) => return Ok(First::Head(head)),
                Some((wire::FILE, place)) => return Ok(First::File(place)),
                Some((wire::FAILURE, told)) => return Ok(First::Failure(told)),
                Some(_) => return Err(Lost::Gone),
                None if wire::peek(buffer).is_some_and(|(_, length)| length > wire::MOST) => return Err(Lost::Gone),
                None => {}
            }
            match tokio::time::timeout(self.about.timeout, self.lease.more()).await {
                Ok(read) => read.map_err(|_| Lost::Gone)?,
                Err(_) if self.pump.as_ref().is_some_and(Pump::waits_for_client) => {}
                Err(_) => return Err(Lost::Hung),
            }
        }
    }

    /// The whole body, if it has come already; and whether the thread is idle.
    pub(super) fn whole(&mut self) -> Option<(Bytes, bool)> {
        let buffer = &mut self.lease.conn.buffer;
        let (kind, length) = wire::peek(buffer)?;
        if kind == wire::DATA {
            let end = wire::PREFIX + length;
            let (next, 0) = wire::peek(buffer.get(end..)?)? else { return None };
            if !matches!(next, wire::END | wire::ENDED) {
                return None;
            }
            let (_, data) = wire::take(buffer)?;
            wire::take(buffer)?;
            return Some((data.freeze(), next == wire::END));
        }
        matches!(kind, wire::END | wire::ENDED).then(|| wire::take(buffer))??;
        Some((Bytes::new(), kind == wire::END))
    }

    /// The piece of which the frame at hand tells, or none where it asks for room; `None` if it cannot be.
    pub(super) fn of_area(&mut self) -> Option<Bytes> {
        let conn = &mut self.lease.conn;
        let (kind, told) = wire::take(&mut conn.buffer)?;
        let area = conn.area.as_ref()?;
        if kind == wire::ROOM {
            area.asked();
            return Some(Bytes::new());
        }
        area.piece(&told)
    }

    /// The file of the answer has been opened, or will not be: the app may close it.
    pub(super) async fn opened(&mut self) {
        let mut frame = BytesMut::with_capacity(wire::PREFIX);
        wire::put(&mut frame, wire::END, b"");
        if let Some(write) = &mut self.lease.conn.write {
            // A worker that has gone is found by whoever reads.
            let _ = write.write_all(&frame).await;
        }
    }

    /// The answer has ended: the connection is given back as soon as the thread is done with it and the client has
    /// all. What `close()` does wrong is told to the person.
    pub(super) fn settle(mut self, idle: bool) {
        let pump = self.pump.take();
        if idle && pump.is_none() && self.lease.conn.is_free() {
            self.give_back();
            return;
        }
        tokio::spawn(async move {
            let (about, worker) = (self.about.clone(), self.lease.worker());
            let Ok(done) = tokio::time::timeout(about.timeout, self.done(idle, pump)).await else {
                drop(self);
                return about.hung(worker);
            };
            self.lease.worked();
            if done {
                if let Some(area) = &self.lease.conn.area {
                    area.free().await;
                }
                self.give_back();
            }
        });
    }

    /// Waits until the thread is done with the request; whether the connection is still good.
    async fn done(&mut self, mut idle: bool, pump: Option<Pump>) -> bool {
        if let Some(pump) = pump {
            self.lease.conn.write = pump.end().await;
        }
        while !idle {
            match wire::take(&mut self.lease.conn.buffer) {
                Some((wire::FAILURE, told)) => self.about.told(&told),
                Some((kind, _)) => idle = kind == wire::IDLE,
                None if self.lease.more().await.is_err() => return false,
                None => {}
            }
        }
        self.lease.conn.write.is_some()
    }

    fn give_back(self) {
        if let Some(area) = &self.lease.conn.area {
            area.rest();
        }
        self.lease.give_back();
    }
}
