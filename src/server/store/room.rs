//! Free space on the disk.

use std::path::Path;

use super::StoreError;

/// Whether `coming` bytes fit into the file system of `dir` and leave `reserve` free. Where the
/// system does not tell, writing will.
pub(super) fn check(dir: &Path, reserve: u64, coming: u64) -> Result<(), StoreError> {
    let Ok(stat) = rustix::fs::statvfs(dir) else { return Ok(()) };
    // Some user-space file systems report all zeros.
    if stat.f_blocks == 0 {
        return Ok(());
    }
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    if fits(free, reserve, coming) {
        return Ok(());
    }
    Err(StoreError::NoRoom { dir: dir.to_owned(), reserve })
}

fn fits(free: u64, reserve: u64, coming: u64) -> bool {
    coming.checked_add(reserve).is_some_and(|needed| needed <= free)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserve_is_never_touched() {
        assert!(fits(100, 0, 100));
        assert!(fits(100, 40, 60));
        assert!(!fits(100, 40, 61));
        assert!(!fits(100, 101, 0));
        assert!(!fits(u64::MAX, u64::MAX, 1));
    }

    #[test]
    fn a_real_disk_has_room_for_a_byte_and_not_for_everything() {
        let dir = tempfile::tempdir().unwrap();
        assert!(check(dir.path(), 0, 1).is_ok());
        assert!(matches!(check(dir.path(), 1 << 62, 1), Err(StoreError::NoRoom { .. })));
    }
}
