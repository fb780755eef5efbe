//! What tells one state of a file from another.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A file that was touched less than this ago may be touched again under the same time stamp,
/// for file systems stamp by a clock that ticks slowly.
const QUIET: Duration = Duration::from_millis(20);
/// The same where stamps have no fractions: FAT counts in steps of two seconds.
const QUIET_COARSE: Duration = Duration::from_secs(3);

/// Which file, and in what state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct State([u64; 3], [i64; 4]);

impl State {
    /// The state that the metadata shows.
    pub(crate) fn of(meta: &Metadata) -> Self {
        Self([meta.dev(), meta.ino(), meta.size()], [meta.mtime(), meta.mtime_nsec(), meta.ctime(), meta.ctime_nsec()])
    }

    /// The state that a `stat` shows.
    pub(crate) fn of_stat(stat: &rustix::fs::Stat) -> Self {
        // The widths of these fields differ from system to system.
        #[allow(clippy::unnecessary_cast, clippy::cast_possible_wrap, reason = "not everywhere the same types")]
        Self(
            [stat.st_dev as u64, stat.st_ino as u64, stat.st_size as u64],
            [stat.st_mtime as i64, stat.st_mtime_nsec as i64, stat.st_ctime as i64, stat.st_ctime_nsec as i64],
        )
    }

    /// Its bytes.
    pub(crate) fn size(&self) -> u64 {
        self.0[2]
    }
}

/// Whether the file was left alone for so long that its next change will show in its state. What
/// was read of any other must not be kept.
pub(crate) fn is_quiet(meta: &Metadata) -> bool {
    let (seconds, nanos) = (meta.mtime(), meta.mtime_nsec()).max((meta.ctime(), meta.ctime_nsec()));
    let quiet = if meta.mtime_nsec() == 0 && meta.ctime_nsec() == 0 { QUIET_COARSE } else { QUIET };
    let Ok(seconds) = u64::try_from(seconds) else { return true };
    let at = UNIX_EPOCH.checked_add(Duration::new(seconds, u32::try_from(nanos).unwrap_or(0)));
    at.is_some_and(|at| SystemTime::now().duration_since(at).is_ok_and(|age| age > quiet))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_just_written_is_not_quiet_and_becomes_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "a").unwrap();
        assert!(!is_quiet(&path.metadata().unwrap()));
        while !is_quiet(&path.metadata().unwrap()) {
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_state_knows_its_size_and_changes_with_the_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "abc").unwrap();
        let first = State::of(&path.metadata().unwrap());
        std::fs::write(&path, "abcd").unwrap();
        assert_eq!(first.size(), 3);
        assert_ne!(first, State::of(&path.metadata().unwrap()));
    }
}
