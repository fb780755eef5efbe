//! The system's own file events, by way of notify.

use std::path::Path;
use std::sync::Arc;

use notify::event::{AccessKind, AccessMode, CreateKind, Flag, ModifyKind, RenameMode};
use notify::{Config, ErrorKind, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use super::backend::Backend;
use super::inbox::Inbox;
use super::sign::Sign;
use super::trouble::Trouble;

/// Whether the system tells when a file is closed after writing, and watches folder by folder.
const INOTIFY: bool = cfg!(any(target_os = "linux", target_os = "android"));

struct Native(RecommendedWatcher);

/// Opens the system's events.
pub(super) fn open(inbox: Arc<Inbox>) -> Result<Box<dyn Backend>, Trouble> {
    let hear = move |event: notify::Result<Event>| match event {
        Ok(event) => deliver(&inbox, &event),
        Err(error) => inbox.fail(Trouble::from(&error)),
    };
    let watcher = RecommendedWatcher::new(hear, Config::default()).map_err(|error| Trouble::from(&error))?;
    Ok(Box::new(Native(watcher)))
}

fn deliver(inbox: &Inbox, event: &Event) {
    if event.attrs.flag() == Some(Flag::Rescan) {
        inbox.flood();
    }
    for path in &event.paths {
        if let Some(sign) = sign(event.kind, path) {
            inbox.offer(path, sign);
        }
    }
}

fn sign(kind: EventKind, path: &Path) -> Option<Sign> {
    Some(match kind {
        EventKind::Create(CreateKind::Folder) => Sign::Created,
        EventKind::Create(_) if INOTIFY => Sign::Created,
        EventKind::Modify(ModifyKind::Data(_)) if INOTIFY => Sign::Written,
        EventKind::Modify(ModifyKind::Name(RenameMode::From)) | EventKind::Remove(_) => Sign::Removed,
        // Told by From and To already.
        EventKind::Modify(ModifyKind::Name(RenameMode::Both)) if INOTIFY => return None,
        EventKind::Modify(ModifyKind::Name(RenameMode::Any | RenameMode::Both | RenameMode::Other)) => {
            if path.exists() { Sign::Whole } else { Sign::Removed }
        }
        EventKind::Access(AccessKind::Close(AccessMode::Write)) | EventKind::Create(_) | EventKind::Modify(_) => {
            Sign::Whole
        }
        EventKind::Access(_) | EventKind::Any | EventKind::Other => return None,
    })
}

impl Backend for Native {
    fn watch(&mut self, folder: &Path) -> Result<(), Trouble> {
        let mode = if self.is_deep() { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive };
        match self.0.watch(folder, mode) {
            Ok(()) => Ok(()),
            Err(error) => match &error.kind {
                ErrorKind::PathNotFound => Ok(()),
                ErrorKind::Io(io) if is_local(io) => Ok(()),
                _ => Err(Trouble::from(&error)),
            },
        }
    }

    fn unwatch(&mut self, folder: &Path) {
        // It fails when the folder has gone, and its watch with it.
        let _ = self.0.unwatch(folder);
    }

    fn is_deep(&self) -> bool {
        !INOTIFY
    }
}

/// Whether the error is about this folder alone.
fn is_local(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{NotADirectory, NotFound, PermissionDenied};
    matches!(error.kind(), NotFound | PermissionDenied | NotADirectory)
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::event::{DataChange, RemoveKind};

    #[test]
    fn reading_is_no_sign() {
        let open = EventKind::Access(AccessKind::Open(AccessMode::Any));
        assert_eq!(sign(open, Path::new("/a")), None);
        assert_eq!(sign(EventKind::Access(AccessKind::Close(AccessMode::Read)), Path::new("/a")), None);
    }

    #[test]
    fn closing_after_writing_is_whole() {
        let close = EventKind::Access(AccessKind::Close(AccessMode::Write));
        assert_eq!(sign(close, Path::new("/a")), Some(Sign::Whole));
        assert_eq!(sign(EventKind::Remove(RemoveKind::File), Path::new("/a")), Some(Sign::Removed));
        if INOTIFY {
            let write = EventKind::Modify(ModifyKind::Data(DataChange::Any));
            assert_eq!(sign(write, Path::new("/a")), Some(Sign::Written));
        }
    }
}
