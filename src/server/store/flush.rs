//! Names on disk: a folder is flushed once for all files that got their names meanwhile.
//!
//! Each flush of a folder costs the disk a commit of its journal, whoever asks. So while one is
//! under way, those that come wait together for the next.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::{Condvar, Mutex};

/// The folders that are being flushed.
#[derive(Default)]
pub(super) struct Folders(Mutex<HashMap<PathBuf, Arc<Folder>>>);

#[derive(Default)]
struct Folder {
    rounds: Mutex<Rounds>,
    ended: Condvar,
}

#[derive(Default)]
struct Rounds {
    /// How many have begun, and how many have ended.
    begun: u64,
    ended: u64,
    /// What the last one came to.
    failed: Option<(ErrorKind, String)>,
}

impl Folders {
    /// Returns when what `dir` holds by now is on disk. Blocks.
    pub(super) fn flush(&self, dir: &Path) -> io::Result<()> {
        let folder = self.0.lock().entry(dir.to_owned()).or_default().clone();
        let flushed = folder.flush(dir);
        let mut folders = self.0.lock();
        // Nobody else holds it: the map and this caller.
        if Arc::strong_count(&folder) == 2 {
            folders.remove(dir);
        }
        flushed
    }
}

impl Folder {
    fn flush(&self, dir: &Path) -> io::Result<()> {
        let mut rounds = self.rounds.lock();
        // A round that has begun already may not have seen the name.
        let wanted = rounds.begun + 1;
        while rounds.ended < wanted {
            if rounds.begun > rounds.ended {
                self.ended.wait(&mut rounds);
                continue;
            }
            rounds.begun += 1;
            drop(rounds);
            let flushed = flush_folder(dir);
            rounds = self.rounds.lock();
            rounds.ended += 1;
            rounds.failed = flushed.err().map(|error| (error.kind(), error.to_string()));
            self.ended.notify_all();
        }
        match &rounds.failed {
            None => Ok(()),
            Some((kind, why)) => Err(io::Error::new(*kind, why.clone())),
        }
    }
}

/// Not every file system can flush a folder, and then it need not.
pub(super) fn flush_folder(dir: &Path) -> io::Result<()> {
    match File::open(dir).and_then(|dir| dir.sync_all()) {
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        // A folder that may be written and not read cannot be opened to flush it.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(()),
        flushed => flushed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_at_once_all_end_and_nothing_is_remembered() {
        let dir = tempfile::tempdir().unwrap();
        let folders = Folders::default();
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| (0..20).for_each(|_| folders.flush(dir.path()).unwrap()));
            }
        });
        assert!(folders.0.lock().is_empty());
    }

    #[test]
    fn a_folder_that_is_gone_is_said() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Folders::default().flush(&dir.path().join("gone")).unwrap_err().kind(), ErrorKind::NotFound);
    }
}
