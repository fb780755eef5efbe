//! The files that have arrived in this run, by number: found again, renamed, deleted.
//!
//! A number means exactly the file that arrived. Where another stands under its name by now, or
//! a link does, nothing is done to that.

mod error;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;

use super::name::safe_name;
use super::place::rename_new;
use crate::event::{Event, Feed, Upload, UploadState};

pub use error::ReceivedError;

/// Files that are remembered.
const MOST: usize = 1000;

/// The files that have arrived in this run.
pub struct Received {
    feed: Feed,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    files: BTreeMap<u64, File>,
    last: u64,
    bytes: u64,
}

/// One that has arrived.
#[derive(Clone)]
struct File {
    upload: Upload,
    path: PathBuf,
    /// What tells it from every other file; `None` where it was gone at once.
    identity: Option<Identity>,
    deleted: bool,
}

/// Device, inode and size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity(u64, u64, u64);

impl Identity {
    fn of(meta: &Metadata) -> Option<Self> {
        meta.is_file().then(|| Self(meta.dev(), meta.ino(), meta.len()))
    }

    /// That of what stands at `path` itself: a link is no file.
    fn at(path: &Path) -> Option<Self> {
        path.symlink_metadata().ok().as_ref().and_then(Self::of)
    }
}

impl Received {
    pub(super) fn new(feed: Feed) -> Self {
        Self { feed, known: Mutex::default() }
    }

    /// Remembers an upload that is done.
    pub(super) fn add(&self, upload: &Upload) {
        let UploadState::Done { path, .. } = &upload.state else { return };
        let file = File { path: path.clone(), identity: Identity::at(path), upload: upload.clone(), deleted: false };
        let mut known = self.known.lock();
        known.bytes += upload.received;
        // It is the one that arrived last, whichever began last.
        known.last = upload.id;
        known.files.insert(upload.id, file);
        if known.files.len() > MOST {
            known.files.pop_first();
        }
    }

    /// Bytes that have arrived in this run.
    pub fn bytes(&self) -> u64 {
        self.known.lock().bytes
    }

    /// The number of the file that arrived last and is not deleted.
    pub fn last(&self) -> Option<u64> {
        let known = self.known.lock();
        let there = |id: &u64| known.files.get(id).is_some_and(|file| !file.deleted);
        Some(known.last).filter(there).or_else(|| known.files.keys().rev().copied().find(there))
    }

    /// Where the file is, once it is sure that it is the one that arrived.
    pub fn path(&self, id: u64) -> Result<PathBuf, ReceivedError> {
        Ok(self.find(id)?.path)
    }

    /// Its name and size, once it is sure that it is the one that arrived.
    pub fn describe(&self, id: u64) -> Result<(String, u64), ReceivedError> {
        let file = self.find(id)?;
        Ok((file.upload.name, file.upload.received))
    }

    /// Gives the file another name in its folder, never over another file; the name it has then.
    pub fn rename(&self, id: u64, name: &str) -> Result<String, ReceivedError> {
        if name.contains(['/', '\\']) {
            return Err(ReceivedError::NotAName { given: name.to_owned() });
        }
        let safe = safe_name(name);
        if safe == "unnamed" && !name.contains("unnamed") {
            return Err(ReceivedError::NotAName { given: name.to_owned() });
        }
        let file = self.find(id)?;
        if file.path.file_name() == Some(OsStr::new(&safe)) {
            return Ok(safe);
        }
        let to = file.path.with_file_name(&safe);
        let failed = |source| ReceivedError::Io { doing: "rename", path: file.path.clone(), source };
        if !rename_new(&file.path, &to).map_err(failed)? {
            return Err(ReceivedError::Taken { name: safe });
        }
        self.change(&file.path, |id, same| {
            same.path.clone_from(&to);
            same.upload.name.clone_from(&safe);
            same.upload.state = UploadState::Done { path: to.clone(), duplicate: same.duplicate() };
            Event::Renamed { id, path: to.clone() }
        });
        Ok(safe)
    }

    /// Deletes the file; the name that it had.
    pub fn delete(&self, id: u64) -> Result<String, ReceivedError> {
        let file = self.find(id)?;
        fs::remove_file(&file.path).map_err(|source| ReceivedError::Io {
            doing: "delete",
            path: file.path.clone(),
            source,
        })?;
        self.change(&file.path, |_, same| {
            same.deleted = true;
            Event::Upload(Upload { state: UploadState::Deleted, ..same.upload.clone() })
        });
        Ok(file.upload.name)
    }

    /// The file of that number, if it is still the one that arrived.
    fn find(&self, id: u64) -> Result<File, ReceivedError> {
        let file = self.known.lock().files.get(&id).cloned().ok_or(ReceivedError::Unknown { id })?;
        let name = file.upload.name.clone();
        if file.deleted {
            return Err(ReceivedError::Deleted { id, name });
        }
        match Identity::at(&file.path) {
            Some(now) if Some(now) == file.identity => Ok(file),
            None if file.path.symlink_metadata().is_err() => Err(ReceivedError::Gone { id, path: file.path }),
            _ => Err(ReceivedError::Changed { id, path: file.path }),
        }
    }

    /// Changes all uploads whose file was at `path` (bytes that came twice are one file), and
    /// tells of each.
    fn change(&self, path: &Path, change: impl Fn(u64, &mut File) -> Event) {
        let mut known = self.known.lock();
        let same = known.files.iter_mut().filter(|(_, file)| file.path == path && !file.deleted);
        let events: Vec<Event> = same.map(|(id, file)| change(*id, file)).collect();
        drop(known);
        for event in events {
            self.feed.event(event);
        }
    }
}

impl File {
    fn duplicate(&self) -> bool {
        matches!(self.upload.state, UploadState::Done { duplicate: true, .. })
    }
}
