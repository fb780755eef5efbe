//! The access log: lines are made where the answer ends, written where nobody waits for them.

pub mod line;

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;

pub(crate) use self::line::Entry;
use crate::config::LogFormat;
use crate::event::{Event, Feed, Note};

/// Bytes that may wait for the disk; lines beyond are counted as lost.
const ROOM: usize = 4 << 20;
/// Lines wait this long for company before they are written.
const DELAY: Duration = Duration::from_millis(200);

/// The access log, or nothing where there is none.
pub struct AccessLog {
    feed: Feed,
    pending: Mutex<Pending>,
    file: Mutex<Option<Open>>,
    arrived: Notify,
}

#[derive(Default)]
struct Pending {
    format: Option<LogFormat>,
    common: line::Common,
    bytes: Vec<u8>,
    lost: u64,
}

struct Open {
    file: File,
    path: PathBuf,
    /// A failure was told of; it is told once.
    failed: bool,
}

impl AccessLog {
    /// No log yet; troubles with it go to `feed`.
    pub fn new(feed: Feed) -> Self {
        Self { feed, pending: Mutex::default(), file: Mutex::default(), arrived: Notify::new() }
    }

    /// Opens `path` for appending and goes on there; with `None`, ends the log. Called again with
    /// the same path it reopens the file, as log rotation wants. On an error the old file stays.
    pub fn open(&self, path: Option<&Path>, format: LogFormat) -> io::Result<()> {
        let open = match path {
            Some(path) => {
                if let Some(folder) = path.parent() {
                    std::fs::create_dir_all(folder)?;
                }
                let file = OpenOptions::new().create(true).append(true).open(path)?;
                Some(Open { file, path: path.to_owned(), failed: false })
            }
            None => None,
        };
        self.flush();
        self.pending.lock().format = open.is_some().then_some(format);
        *self.file.lock() = open;
        Ok(())
    }

    /// Adds a line. Never waits for the disk.
    pub(crate) fn write(&self, entry: &Entry<'_>) {
        let mut pending = self.pending.lock();
        let Pending { format: Some(format), common, bytes, lost } = &mut *pending else { return };
        if bytes.len() > ROOM {
            *lost += 1;
            return;
        }
        let first = bytes.is_empty();
        line::append(bytes, common, *format, entry);
        drop(pending);
        if first {
            self.arrived.notify_one();
        }
    }

    /// Writes all that waits. Blocks on the disk.
    pub fn flush(&self) {
        // The file's lock is held throughout, so that lines keep their order.
        let mut file = self.file.lock();
        let mut pending = self.pending.lock();
        let bytes = std::mem::take(&mut pending.bytes);
        let lost = std::mem::take(&mut pending.lost);
        drop(pending);
        let Some(open) = &mut *file else { return };
        if lost > 0 {
            self.tell(format!("{lost} lines of {} are lost: the disk is too slow", open.path.display()));
        }
        if let Err(error) = open.file.write_all(&bytes)
            && !std::mem::replace(&mut open.failed, true)
        {
            self.tell(format!("cannot write {}: {error}; mend it and type reload", open.path.display()));
        }
    }

    fn tell(&self, text: String) {
        self.feed.event(Event::Note(Note::error(text)));
    }

    /// Writes lines as they come, until the task is dropped.
    pub(crate) async fn run(self: Arc<Self>) {
        loop {
            self.arrived.notified().await;
            tokio::time::sleep(DELAY).await;
            let log = self.clone();
            // The disk may be slow; the requests are not to notice.
            let _ = tokio::task::spawn_blocking(move || log.flush()).await;
        }
    }
}
