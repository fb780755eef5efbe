//! What the feed hears of an upload: when it begins, at most ten times a second, and its end.

use std::time::{Duration, Instant};

use super::{Declared, Finished, Received};
use crate::event::{Event, Feed, Upload, UploadState};

const INTERVAL: Duration = Duration::from_millis(100);

/// Tells the feed. An upload whose end was not told when this is dropped was cut short.
pub(super) struct Progress {
    feed: Feed,
    upload: Upload,
    began: Instant,
    told: Instant,
}

impl Progress {
    pub(super) fn begin(feed: Feed, id: u64, name: &str, declared: &Declared) -> Self {
        let upload = Upload {
            id,
            name: name.to_owned(),
            from: declared.from,
            device: declared.device.clone(),
            received: 0,
            total: declared.length.or(declared.expected),
            took: Duration::ZERO,
            state: UploadState::Arriving,
        };
        let now = Instant::now();
        let progress = Self { feed, upload, began: now, told: now };
        progress.tell();
        progress
    }

    fn tell(&self) {
        self.feed.event(Event::Upload(self.upload.clone()));
    }

    /// So many bytes by now.
    pub(super) fn received(&mut self, bytes: u64) {
        self.upload.received = bytes;
        let now = Instant::now();
        if now.duration_since(self.told) >= INTERVAL {
            self.told = now;
            self.upload.took = now.duration_since(self.began);
            self.tell();
        }
    }

    /// Whole, under its final name. Whoever hears of it finds it among what was received.
    pub(super) fn done(&mut self, finished: &Finished, received: &Received) {
        self.upload.name.clone_from(&finished.name);
        self.upload.received = finished.size;
        self.upload.total = Some(finished.size);
        let done = UploadState::Done { path: finished.path.clone(), duplicate: finished.duplicate };
        received.add(&Upload { state: done.clone(), ..self.upload.clone() });
        self.end(done);
    }

    /// Given up. Only the first reason counts.
    pub(super) fn failed(&mut self, why: &str) {
        self.end(UploadState::Failed(why.to_owned()));
    }

    fn end(&mut self, state: UploadState) {
        if self.upload.state == UploadState::Arriving {
            self.upload.took = self.began.elapsed();
            self.upload.state = state;
            self.tell();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.failed("cut short by the sender");
    }
}
