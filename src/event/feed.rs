//! The way from the server to a front end: bounded, never waiting, losses counted.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::{Event, UploadState};
use crate::exchange::Exchange;

/// Exchanges kept for a front end that is slower than the server.
const EXCHANGES: usize = 8192;
/// Events kept. Most are states of which the newest replaces the older, so this many wait
/// only when a front end has stopped.
const EVENTS: usize = 4096;

#[derive(Default)]
struct Pending {
    exchanges: VecDeque<Exchange>,
    events: VecDeque<Event>,
    lost_exchanges: u64,
    lost_events: u64,
    closed: bool,
    /// Nobody waits for exchanges; only so many of the last are of interest.
    recent: Option<usize>,
}

#[derive(Default)]
struct Shared {
    pending: Mutex<Pending>,
    arrived: Notify,
}

/// The sending end. Cheap to clone; the feed closes when [`Feed::close`] is called.
#[derive(Clone)]
pub struct Feed(Arc<Shared>);

/// The receiving end, of which there is one.
pub struct Reader(Arc<Shared>);

/// All that happened since the last look, in order of arrival within each list.
#[derive(Debug, Default)]
pub struct Batch {
    /// Requests answered.
    pub exchanges: VecDeque<Exchange>,
    /// Everything else.
    pub events: VecDeque<Event>,
    /// Exchanges that found no room.
    pub lost_exchanges: u64,
    /// Events that found no room.
    pub lost_events: u64,
    /// Nothing more will come.
    pub closed: bool,
}

/// A new feed.
pub fn feed() -> (Feed, Reader) {
    let shared = Arc::new(Shared::default());
    (Feed(shared.clone()), Reader(shared))
}

impl Feed {
    /// Tells of one exchange. Never waits.
    pub fn exchange(&self, exchange: Exchange) {
        let mut pending = self.0.pending.lock();
        if let Some(most) = pending.recent {
            pending.exchanges.push_back(exchange);
            if pending.exchanges.len() > most {
                // Freed here, by the thread that makes them: that is cheaper than to hand it over.
                pending.exchanges.pop_front();
                pending.lost_exchanges += 1;
            }
            return;
        }
        if pending.exchanges.len() >= EXCHANGES {
            pending.lost_exchanges += 1;
            return;
        }
        pending.exchanges.push_back(exchange);
        let first = pending.exchanges.len() == 1;
        drop(pending);
        if first {
            self.0.arrived.notify_one();
        }
    }

    /// Tells of anything else. Never waits; a state replaces the older one of its kind that
    /// nobody has read yet.
    pub fn event(&self, event: Event) {
        let mut pending = self.0.pending.lock();
        if let Some(older) = pending.events.iter_mut().rev().find(|older| replaces(&event, older)) {
            *older = event;
            return;
        }
        if pending.events.len() >= EVENTS {
            pending.lost_events += 1;
            return;
        }
        pending.events.push_back(event);
        drop(pending);
        self.0.arrived.notify_one();
    }

    /// Nothing more will come.
    pub fn close(&self) {
        self.0.pending.lock().closed = true;
        self.0.arrived.notify_one();
    }
}

/// Whether `new` says all that `old` said.
fn replaces(new: &Event, old: &Event) -> bool {
    match (new, old) {
        (Event::Upload(new), Event::Upload(old)) => {
            new.id == old.id && matches!(old.state, UploadState::Arriving | UploadState::Waiting)
        }
        (Event::Pages(_), Event::Pages(_)) | (Event::Stopping(_), Event::Stopping(_)) => true,
        _ => false,
    }
}

impl Reader {
    /// What has come since the last look; empty when nothing has.
    pub fn take(&mut self) -> Batch {
        let mut pending = self.0.pending.lock();
        Batch {
            exchanges: std::mem::take(&mut pending.exchanges),
            events: std::mem::take(&mut pending.events),
            lost_exchanges: std::mem::take(&mut pending.lost_exchanges),
            lost_events: std::mem::take(&mut pending.lost_events),
            closed: pending.closed,
        }
    }

    /// From now on only the last exchanges are of interest, `most` of them, and only when somebody
    /// takes them: they wake nobody. The others count as lost.
    pub fn only_recent(&mut self, most: usize) {
        self.0.pending.lock().recent = Some(most);
    }

    /// Waits until there is something to take. Cancel safe.
    pub async fn wait(&mut self) {
        loop {
            let arrived = self.0.arrived.notified();
            {
                let pending = self.0.pending.lock();
                let exchanges = pending.recent.is_none() && !pending.exchanges.is_empty();
                if exchanges || !pending.events.is_empty() || pending.closed {
                    return;
                }
            }
            arrived.await;
        }
    }
}
