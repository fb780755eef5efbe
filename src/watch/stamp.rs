//! What of a file tells that it is another than before.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What of a file tells that it is another than before: compared for *difference*, because a
/// restored backup is older and a save within the clock's tick is as old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    modified: i128,
    changed: i128,
    size: u64,
    id: Id,
    folder: bool,
}

/// Device and inode: the same file under any name.
pub(super) type Id = (u64, u64);

impl Stamp {
    /// The stamp of what `path` leads to; `None` when there is nothing.
    pub fn of(path: &Path) -> Option<Self> {
        Some(Self::from(&fs::metadata(path).ok()?))
    }

    /// Nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.size == 0 && !self.folder
    }

    /// It is a folder.
    pub fn is_folder(&self) -> bool {
        self.folder
    }

    /// Device and inode.
    pub(super) fn id(&self) -> Id {
        self.id
    }

    /// Whether the system's clock touched it at `time` or later.
    pub fn is_since(&self, time: SystemTime) -> bool {
        let time = time.duration_since(UNIX_EPOCH).map_or(0, |d| i128::try_from(d.as_nanos()).unwrap_or(i128::MAX));
        self.modified.max(self.changed) >= time
    }
}

/// The time that the system would stamp a file with now: of a clock that ticks slowly, so that a
/// file may seem to be older than a clock read before it was written.
pub(super) fn now() -> SystemTime {
    #[cfg(target_os = "linux")]
    {
        use rustix::time::{ClockId, clock_gettime};
        let now = clock_gettime(ClockId::RealtimeCoarse);
        let whole = u64::try_from(now.tv_sec).ok().map(Duration::from_secs);
        let part = u64::try_from(now.tv_nsec).map_or(Duration::ZERO, Duration::from_nanos);
        whole.and_then(|whole| UNIX_EPOCH.checked_add(whole + part)).unwrap_or(UNIX_EPOCH)
    }
    #[cfg(not(target_os = "linux"))]
    {
        SystemTime::now() - Duration::from_millis(10)
    }
}

impl From<&Metadata> for Stamp {
    fn from(meta: &Metadata) -> Self {
        let nanos = |seconds: i64, nanos: i64| i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
        Self {
            modified: nanos(meta.mtime(), meta.mtime_nsec()),
            changed: nanos(meta.ctime(), meta.ctime_nsec()),
            size: meta.size(),
            id: (meta.dev(), meta.ino()),
            folder: meta.is_dir(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differs_after_a_rewrite_of_the_same_size_with_an_older_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "1").unwrap();
        let before = Stamp::of(&path).unwrap();
        fs::File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(SystemTime::now() - Duration::from_secs(9999))
            .unwrap();
        assert_ne!(Stamp::of(&path).unwrap(), before);
    }

    #[test]
    fn knows_empty_folder_and_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        assert_eq!(Stamp::of(&path), None);
        fs::write(&path, "").unwrap();
        assert!(Stamp::of(&path).unwrap().is_empty());
        assert!(Stamp::of(folder.path()).unwrap().is_folder());
        assert!(!Stamp::of(folder.path()).unwrap().is_empty());
    }

    #[test]
    fn knows_whether_it_was_touched_since() {
        let folder = tempfile::tempdir().unwrap();
        let hour = Duration::from_secs(3600);
        let stamp = Stamp::of(folder.path()).unwrap();
        assert!(stamp.is_since(SystemTime::now() - hour));
        assert!(!stamp.is_since(SystemTime::now() + hour));
    }
}
