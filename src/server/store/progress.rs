//! What the feed hears of an upload: when it begins, at most ten times a second, and its end.

use std::time::{Duration, Instant};

use super::{Declared, Finished};
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

    /// What was told last.
    pub(super) fn upload(&self) -> &Upload {
        &self.upload
    }

    /// Whole, under its final name.
    pub(super) fn done(&mut self, finished: &Finished) {
        self.upload.name.clone_from(&finished.name);
        self.upload.received = finished.size;
        self.upload.total = Some(finished.size);
        self.end(UploadState::Done { path: finished.path.clone(), duplicate: finished.duplicate });
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
