//! One request on the connection of a thread's own, up to the head of its answer.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::AsyncWriteExt as _;

use super::failure::Failure;
use super::home::Lease;
use super::pump::{Pump, Sending};
use super::wire;
use crate::event::{Event, Feed};

/// A thread that answers, and the body that is still being sent to it. Dropping it lets the
/// thread know that nobody waits.
pub(super) struct Thread {
    pub(super) lease: Lease,
    pub(super) pump: Option<Pump>,
    /// What paths are shown relative to.
    pub(super) root: PathBuf,
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
    /// Takes over a thread that has turned to its own connection, and sends the rest of the request there.
    pub(super) fn new(mut lease: Lease, body: Sending, most: u64, root: PathBuf) -> Self {
        let area = lease.conn.area.as_ref();
        if let Some(area) = area {
            area.begin();
        }
        let pump = match body {
            Sending::Whole(_) => None,
            Sending::Streamed(body) => lease.conn.write.take().map(|write| Pump::start(body, write, most, area)),
        };
        Self { lease, pump, root }
    }

    /// What it answers first; the time during which the client sends does not count.
    pub(super) async fn first(&mut self, timeout: Duration) -> Result<First, Lost> {
        let conn = &mut self.lease.conn;
        loop {
            match wire::take(&mut conn.buffer) {
                Some((wire::HEAD, head)) => return Ok(First::Head(head)),
                Some((wire::FILE, place)) => return Ok(First::File(place)),
                Some((wire::FAILURE, told)) => return Ok(First::Failure(told)),
                Some(_) => return Err(Lost::Gone),
                None if wire::peek(&conn.buffer).is_some_and(|(_, length)| length > wire::MOST) => {
                    return Err(Lost::Gone);
                }
                None => {}
            }
            match tokio::time::timeout(timeout, conn.more()).await {
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

    /// The answer has ended: the thread is given back as soon as it is idle.
    ///
    /// What `close()` does wrong after the end is told to `feed`, with the app's name.
    pub(super) fn settle(mut self, idle: bool, feed: Feed, name: Arc<str>) {
        let pump = self.pump.take();
        if idle && pump.is_none() && self.lease.conn.is_free() {
            self.give_back();
            return;
        }
        tokio::spawn(async move {
            if let Some(pump) = pump {
                self.lease.conn.write = pump.end().await;
            }
            let mut idle = idle;
            while !idle {
                match wire::take(&mut self.lease.conn.buffer) {
                    Some((wire::FAILURE, told)) => {
                        let note = Failure::told(&told, &self.root).note(&name);
                        feed.event(Event::Note(note));
                    }
                    Some((kind, _)) => idle = kind == wire::IDLE,
                    None if self.lease.conn.more().await.is_err() => return,
                    None => {}
                }
            }
            if let Some(area) = &self.lease.conn.area {
                area.free().await;
            }
            if self.lease.conn.write.is_some() {
                self.give_back();
            }
        });
    }

    fn give_back(self) {
        if let Some(area) = &self.lease.conn.area {
            area.rest();
        }
        self.lease.give_back();
    }
}
