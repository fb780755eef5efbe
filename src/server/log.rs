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
/// Lines wait this long for company before they are written,
const DELAY: Duration = Duration::from_millis(200);
/// or until they are so many bytes: more would push what requests need out of the processor's caches.
const ENOUGH: usize = 64 << 10;

/// The access log, or nothing where there is none.
pub struct AccessLog {
    feed: Feed,
    pending: Mutex<Pending>,
    file: Mutex<Option<Open>>,
    arrived: Notify,
    enough: Notify,
}

#[derive(Default)]
struct Pending {
    format: Option<LogFormat>,
    common: line::Common,
    bytes: Vec<u8>,
    /// Room that was used before.
    spare: Vec<u8>,
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
        Self { feed, pending: Mutex::default(), file: Mutex::default(), arrived: Notify::new(), enough: Notify::new() }
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
        let Pending { format: Some(format), common, bytes, lost, .. } = &mut *pending else { return };
        if bytes.len() > ROOM {
            *lost += 1;
            return;
        }
        let before = bytes.len();
        line::append(bytes, common, *format, entry);
        let enough = before < ENOUGH && bytes.len() >= ENOUGH;
        drop(pending);
        if before == 0 {
            self.arrived.notify_one();
        } else if enough {
            self.enough.notify_one();
        }
    }

    /// Writes all that waits. Blocks on the disk.
    pub fn flush(&self) {
        // The file's lock is held throughout, so that lines keep their order.
        let mut file = self.file.lock();
        let mut pending = self.pending.lock();
        let spare = std::mem::take(&mut pending.spare);
        let mut bytes = std::mem::replace(&mut pending.bytes, spare);
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
        // A busy log uses the same room again and again, an idle one has none.
        if bytes.len() >= ENOUGH && bytes.capacity() <= 4 * ENOUGH {
            bytes.clear();
            self.pending.lock().spare = bytes;
        }
    }

    fn tell(&self, text: String) {
        self.feed.event(Event::Note(Note::error(text)));
    }

    /// Writes lines as they come, until the task is dropped.
    pub(crate) async fn run(self: Arc<Self>) {
        loop {
            self.arrived.notified().await;
            let _ = tokio::time::timeout(DELAY, self.enough.notified()).await;
            let log = self.clone();
            // The disk may be slow; the requests are not to notice.
            let _ = tokio::task::spawn_blocking(move || log.flush()).await;
        }
    }
}
