//! What `status` says.

use super::Session;
use crate::command::Reply;
use crate::event::Watching;
use crate::text::{duration, size};

impl Session {
    /// State, address, uptime, requests, errors, pages, watcher, uploads, apps: a line each, and the
    /// state again as the answer.
    pub(super) fn status(&self) -> Reply {
        let urls = self.urls();
        let state = if self.paused() { "paused" } else { "listening" };
        let uploads = &self.layers.config().upload;
        let watching = match &self.watching {
            Watching::Native => "native".to_owned(),
            Watching::Polling(why) => format!("polling: {why}"),
            Watching::Off(why) => format!("off: {why}"),
        };
        let received = self.store.finished();
        let mut above = vec![format!("state     {state}")];
        above.extend(urls.iter().map(|url| format!("address   {url}")));
        above.extend([
            format!("mDNS      {}", self.name_status()),
            format!("uptime    {}", duration(self.began.elapsed())),
            format!("requests  {} ({} in flight)", self.stats.requests(), self.stats.in_flight()),
            format!("errors    {} (5xx)", self.stats.errors()),
            format!("pages     {} connected", self.live.pages()),
            format!("watcher   {watching}"),
            if self.settings().uploads {
                format!(
                    "uploads   {received} received ({}), {} under way, into {}",
                    size(self.store.received().bytes()),
                    self.store.open(),
                    uploads.dir.display()
                )
            } else {
                format!("uploads   {}", self.settings().who.trim_start_matches("uploads: "))
            },
        ]);
        above.extend(self.apps.status().into_iter().map(|app| format!("app       {app}")));
        above.push(format!("who       {}", self.settings().who));
        if let Some(shared) = self.store.shared().current() {
            above.push(format!("text      {} shared with the phones", size(shared.text.len() as u64)));
        }
        let line = match self.best_url() {
            Some(url) => format!("{state} at {url}, {} requests", self.stats.requests()),
            None => format!("{state}, {} requests", self.stats.requests()),
        };
        Reply { ok: true, line, above }
    }
}
