//! Reading an open file at once, together with its state.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};

/// Files up to this many bytes are read in place: it takes less time than a thread's wake-up.
pub(super) const SMALL: u64 = 64 << 10;

/// Reads the first `size` bytes, or what there is of them.
pub(super) fn whole(file: &File, size: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(size).map_err(|_| io::ErrorKind::OutOfMemory)?];
    let mut filled = 0;
    while let Some(room) = bytes.get_mut(filled..).filter(|room| !room.is_empty()) {
        match file.read_at(room, filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

/// Reads a whole file of at most `most` bytes together with the metadata of just this state, so
/// that a save in between is not answered under the old state's tag. `None` when it is larger.
pub(super) fn settled(file: &File, mut meta: Metadata, most: u64) -> io::Result<(Option<Vec<u8>>, Metadata)> {
    const TRIES: usize = 3;
    let state = |meta: &Metadata| (meta.size(), meta.mtime(), meta.mtime_nsec(), meta.ctime(), meta.ctime_nsec());
    let mut bytes = Vec::new();
    for _ in 0..TRIES {
        if meta.size() > most {
            return Ok((None, meta));
        }
        bytes = whole(file, meta.size())?;
        let after = file.metadata()?;
        let same = state(&after) == state(&meta);
        meta = after;
        if same {
            break;
        }
    }
    Ok((Some(bytes), meta))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn small_files_are_read_with_their_state() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"hello").unwrap();
        let (bytes, meta) = settled(&file, file.metadata().unwrap(), 10).unwrap();
        assert_eq!((bytes.as_deref(), meta.size()), (Some(&b"hello"[..]), 5));
        assert_eq!(settled(&file, file.metadata().unwrap(), 4).unwrap().0, None);
    }
}
