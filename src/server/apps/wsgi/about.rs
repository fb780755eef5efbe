//! What concerns an app whatever request is at hand.
//!
//! Whoever holds it keeps the app's workers: an answer that goes on is not cut by a site that has
//! the app no more.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::failure::Failure;
use super::process::News;
use crate::event::{Event, Feed};

pub(super) struct About {
    pub(super) name: Arc<str>,
    /// What paths are shown relative to.
    pub(super) root: PathBuf,
    /// How long a request may wait, and an answer take.
    pub(super) timeout: Duration,
    pub(super) feed: Feed,
    news: mpsc::Sender<(u64, News)>,
    pub(super) end: CancellationToken,
    _end: DropGuard,
}

impl About {
    pub(super) fn new(
        name: Arc<str>,
        root: PathBuf,
        timeout: Duration,
        feed: Feed,
        news: mpsc::Sender<(u64, News)>,
        end: CancellationToken,
    ) -> Arc<Self> {
        Arc::new(Self { name, root, timeout, feed, news, _end: end.clone().drop_guard(), end })
    }

    /// Tells the person what went wrong.
    pub(super) fn failed(&self, failure: &Failure) {
        self.feed.event(Event::Note(failure.note(&self.name)));
    }

    /// As [`About::failed`], of what a worker has told.
    pub(super) fn told(&self, told: &[u8]) {
        self.failed(&Failure::told(told, &self.root));
    }

    /// Something of worker `id` has taken too long.
    pub(super) fn hung(&self, id: u64) {
        // Where so much is told already, this will be found again.
        let _ = self.news.try_send((id, News::Hung(self.timeout)));
    }

    /// Worker `id` does not keep to the protocol.
    pub(super) fn strange(&self, id: u64) {
        // As above.
        let _ = self.news.try_send((id, News::Strange));
    }
}
