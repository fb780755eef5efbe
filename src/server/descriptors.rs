//! As many descriptors as the settings promise connections, and none of them for other programs.
//!
//! Many systems let a program have 1024 until it asks for more.

use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use rustix::io::{FdFlags, fcntl_setfd};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What is open beside connections: listeners, logs, the watcher, uploads.
const OTHERS: u64 = 512;

/// Asks for enough descriptors for `connections`, each of which may have a file open. What the
/// system does not grant shows when it runs out, as a note.
pub(crate) fn allow(connections: usize) {
    let wanted = (connections as u64).saturating_mul(2).saturating_add(OTHERS);
    let limit = getrlimit(Resource::Nofile);
    if let Some(current) = raised(limit, wanted) {
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(current), maximum: limit.maximum });
    }
    let granted = getrlimit(Resource::Nofile).current.map_or(u64::MAX, left);
    ROOM.store(usize::try_from(granted).unwrap_or(usize::MAX), Relaxed);
}

/// What whoever started stan has left open is for none of the processes that stan starts in turn: a pipe that never
/// ends, a lock that stays. To be called before there are other threads.
pub(crate) fn inherit_none() {
    let Ok(open) = std::fs::read_dir("/dev/fd") else { return };
    let numbers: Vec<i32> = open.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
    for number in numbers.into_iter().filter(|number| *number > 2) {
        #[expect(unsafe_code, reason = "what was left open has no owner here")]
        // SAFETY: borrowed for one system call, which fails on a number that is not open any more; nobody else
        // opens or closes one meanwhile.
        let fd = unsafe { BorrowedFd::borrow_raw(number) };
        // The one by which they were listed has gone.
        let _ = fcntl_setfd(fd, FdFlags::CLOEXEC);
    }
}

/// Connections for which there are descriptors, so that those that are open can still open files.
static ROOM: AtomicUsize = AtomicUsize::new(usize::MAX);

/// As many connections as the system has descriptors for, less what else needs them.
pub(crate) fn room() -> usize {
    ROOM.load(Relaxed)
}

/// What of a limit is left for connections.
fn left(limit: u64) -> u64 {
    limit - (limit / 8).clamp(32, OTHERS).min(limit)
}

/// The limit to set; `None` where there is enough, or no more to have.
fn raised(limit: Rlimit, wanted: u64) -> Option<u64> {
    let now = limit.current?;
    let most = limit.maximum.map_or(wanted, |most| most.min(wanted));
    (most > now).then_some(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_is_needed_and_may_be_had() {
        let limit = |current, maximum| Rlimit { current, maximum };
        assert_eq!(raised(limit(Some(1024), Some(4096)), 2000), Some(2000));
        assert_eq!(raised(limit(Some(1024), Some(1500)), 2000), Some(1500));
        assert_eq!(raised(limit(Some(1024), None), 2000), Some(2000));
        assert_eq!(raised(limit(Some(4096), Some(4096)), 2000), None);
        assert_eq!(raised(limit(None, None), 2000), None);
        assert_eq!([10, 40, 1024, 20_000].map(left), [0, 8, 896, 19_488]);
    }
}
