//! What is done with single uploads by order.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Session;
use crate::command::{Deed, Reply, Which};
use crate::server::store::{ReceivedError, Store};
use crate::text::size;

/// Uploads that are looked through for the newest under way.
const LATELY: u64 = 10_000;

impl Session {
    /// Does `deed` with an upload.
    pub(super) async fn upload(&self, which: Which, deed: Deed) -> Reply {
        let Some(id) = self.which(which, &deed) else {
            return Reply::failed(match deed {
                Deed::Cancel => "nothing is under way",
                _ => "nothing has arrived yet",
            });
        };
        if deed == Deed::Cancel {
            return self.cancel(id);
        }
        let store = self.store.clone();
        let opens = deed == Deed::Open;
        // The disk may be slow, and a large file takes its time to go.
        let done = tokio::task::spawn_blocking(move || carry_out(&store, id, deed)).await;
        match done.unwrap_or_else(|_| Ok(Done::Refused("it could not be carried out".to_owned()))) {
            Ok(Done::At(path)) if opens => open(&path),
            Ok(Done::At(path)) => Reply::done(path.display().to_string()),
            Ok(Done::Said(line)) => Reply::done(line),
            Ok(Done::Refused(line)) => Reply::failed(line),
            Err(ReceivedError::Unknown { id }) if self.store.under_way(id) => {
                Reply::failed(format!("upload {id} has not arrived yet; uploads cancel {id} gives it up"))
            }
            Err(error) => Reply::failed(error.to_string()),
        }
    }

    fn which(&self, which: Which, deed: &Deed) -> Option<u64> {
        let newest = self.store.newest();
        match (which, deed) {
            (Which::Id(id), _) => Some(id),
            (Which::Last, Deed::Cancel) => {
                (newest.saturating_sub(LATELY)..=newest).rev().find(|id| self.store.under_way(*id))
            }
            (Which::Last, _) => self.store.received().last(),
        }
    }

    fn cancel(&self, id: u64) -> Reply {
        if self.store.cancel(id) {
            return Reply::done(format!("upload {id} is cancelled"));
        }
        match self.store.received().describe(id) {
            Ok((name, _)) => Reply::failed(format!("{name} has arrived already; uploads delete {id} deletes it")),
            Err(ReceivedError::Unknown { .. }) => Reply::failed(format!("no upload {id} is under way")),
            Err(error) => Reply::failed(error.to_string()),
        }
    }
}

/// What came of a deed.
enum Done {
    /// The file is there.
    At(PathBuf),
    Said(String),
    Refused(String),
}

fn carry_out(store: &Arc<Store>, id: u64, deed: Deed) -> Result<Done, ReceivedError> {
    let received = store.received();
    Ok(match deed {
        Deed::Open | Deed::Path | Deed::Cancel => {
            let path = received.path(id)?;
            Done::At(std::path::absolute(&path).unwrap_or(path))
        }
        Deed::Rename(name) => {
            let now = received.rename(id, &name)?;
            let made_safe = if now == name { "" } else { ", made safe" };
            Done::Said(format!("upload {id} is {now} now{made_safe}"))
        }
        Deed::Delete { sure: true } => Done::Said(format!("deleted {}", received.delete(id)?)),
        Deed::Delete { sure: false } => {
            let (name, bytes) = received.describe(id)?;
            Done::Refused(format!("this deletes {name} ({}) from disk: uploads delete {id} yes", size(bytes)))
        }
    })
}

fn open(path: &Path) -> Reply {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    match open::that_detached(path) {
        Ok(()) => Reply::done(format!("opened {name}")),
        Err(_) => Reply::failed(format!("no program here opens it; it is {}", path.display())),
    }
}
