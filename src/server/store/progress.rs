//! What the feed hears of an upload: when it begins, at most ten times a second, and its end.

use std::time::{Duration, Instant};

use super::{Declared, Finished, Received};
use crate::event::{Event, Feed, Upload, UploadState};

const INTERVAL: Duration = Duration::from_millis(100);

/// Tells the feed. An upload that was arriving when this is dropped was cut short.
pub(super) struct Progress {
    feed: Feed,
    upload: Upload,
    /// Time during which it arrived, before it began to do so last.
    before: Duration,
    began: Instant,
    told: Instant,
}

impl Progress {
    /// One that arrives.
    pub(super) fn begin(feed: Feed, id: u64, name: &str, declared: &Declared) -> Self {
        let progress = Self::new(feed, id, name, declared, 0, UploadState::Arriving);
        progress.tell();
        progress
    }

    /// One of which `received` bytes had come in an earlier run.
    pub(super) fn waiting(feed: Feed, id: u64, name: &str, declared: &Declared, received: u64) -> Self {
        let progress = Self::new(feed, id, name, declared, received, UploadState::Waiting);
        progress.tell();
        progress
    }

    fn new(feed: Feed, id: u64, name: &str, declared: &Declared, received: u64, state: UploadState) -> Self {
        let upload = Upload {
            id,
            name: name.to_owned(),
            from: declared.from,
            device: declared.device.clone(),
            received,
            total: declared.length.or(declared.expected),
            took: Duration::ZERO,
            state,
        };
        let now = Instant::now();
        Self { feed, upload, before: Duration::ZERO, began: now, told: now }
    }

    pub(super) fn id(&self) -> u64 {
        self.upload.id
    }

    fn tell(&self) {
        self.feed.event(Event::Upload(self.upload.clone()));
    }

    fn took(&self) -> Duration {
        self.before + self.began.elapsed()
    }

    /// So many bytes by now.
    pub(super) fn received(&mut self, bytes: u64) {
        self.upload.received = bytes;
        if self.told.elapsed() >= INTERVAL {
            self.told = Instant::now();
            self.upload.took = self.took();
            self.tell();
        }
    }

    /// The whole is known now.
    pub(super) fn expects(&mut self, total: u64) {
        self.upload.total = Some(total);
    }

    /// The sender goes on.
    pub(super) fn resumes(&mut self, received: u64) {
        (self.upload.received, self.upload.state) = (received, UploadState::Arriving);
        self.began = Instant::now();
        self.tell();
    }

    /// The sender has stopped, and may go on later.
    pub(super) fn waits(&mut self, received: u64) {
        if self.upload.state == UploadState::Arriving {
            self.before = self.took();
            self.upload.took = self.before;
            (self.upload.received, self.upload.state) = (received, UploadState::Waiting);
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
            self.upload.took = self.took();
        }
        if matches!(self.upload.state, UploadState::Arriving | UploadState::Waiting) {
            self.upload.state = state;
            self.tell();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.upload.state == UploadState::Arriving {
            self.failed("cut short by the sender");
        }
    }
}
