//! Whether a file's bytes are UTF-8: looked at once, remembered until the file changes.

use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::Arc;

use parking_lot::Mutex;

/// A file is judged by so many bytes from its beginning.
const LOOK: u64 = 16 << 20;
/// Verdicts that are remembered.
const MOST: usize = 4096;

/// What tells one state of a file from another.
type Stamp = (u64, u64, i64, i64, u64);

/// Verdicts on files.
#[derive(Debug, Clone, Default)]
pub(super) struct Charsets(Arc<Mutex<HashMap<Stamp, bool>>>);

impl Charsets {
    /// Whether the file is UTF-8.
    pub(super) async fn is_utf8(&self, file: &Arc<File>, meta: &Metadata) -> bool {
        let stamp = (meta.dev(), meta.ino(), meta.mtime(), meta.mtime_nsec(), meta.size());
        if let Some(known) = self.0.lock().get(&stamp) {
            return *known;
        }
        let file = Arc::clone(file);
        let verdict = tokio::task::spawn_blocking(move || look(&file)).await;
        let Ok(Ok(verdict)) = verdict else { return false };
        let mut known = self.0.lock();
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(stamp, verdict);
        verdict
    }
}

/// Whether all of a file's bytes are text in UTF-8. NUL is in no text, but in UTF-16 and in programs.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok() && memchr::memchr(0, bytes).is_none()
}

/// Reads the file from its beginning, piece by piece, until something is not UTF-8.
fn look(file: &File) -> io::Result<bool> {
    let mut buffer = vec![0; 64 << 10];
    let mut at = 0;
    // A character may be cut by the end of a piece; its first bytes are kept for the next.
    let mut kept = 0;
    while at < LOOK {
        let Some(room) = buffer.get_mut(kept..) else { return Ok(false) };
        let read = match file.read_at(room, at) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        if read == 0 {
            return Ok(kept == 0);
        }
        at += read as u64;
        let filled = kept + read;
        let piece = buffer.get(..filled).unwrap_or_default();
        if memchr::memchr(0, piece).is_some() {
            return Ok(false);
        }
        let valid = match std::str::from_utf8(piece) {
            Ok(_) => filled,
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => return Ok(false),
        };
        buffer.copy_within(valid..filled, 0);
        kept = filled - valid;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn judged(bytes: &[u8]) -> bool {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        look(&file).unwrap()
    }

    #[test]
    fn utf8_is_told_from_latin1() {
        assert!(judged(b""));
        assert!(judged(b"plain"));
        assert!(judged("grüße 写真 🙂".as_bytes()));
        assert!(!judged(b"gr\xfc\xdfe"));
        assert!(!judged(b"cut \xe5\x86"));
        assert!(!judged(b"\0asm") && !is_text(b"\0asm"));
    }

    #[test]
    fn a_character_across_the_edge_of_a_piece_is_whole() {
        for shift in 0..4 {
            let mut bytes = vec![b'a'; (64 << 10) - shift];
            bytes.extend_from_slice("🙂".as_bytes());
            bytes.extend_from_slice(&vec![b'b'; 64 << 10]);
            assert!(judged(&bytes), "{shift}");
            bytes.push(0xff);
            assert!(!judged(&bytes), "{shift}");
        }
    }

    #[tokio::test]
    async fn a_change_is_looked_at_anew() {
        let charsets = Charsets::default();
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"fine").unwrap();
        let open = Arc::new(file.reopen().unwrap());
        assert!(charsets.is_utf8(&open, &open.metadata().unwrap()).await);
        file.write_all(b"\xff").unwrap();
        assert!(!charsets.is_utf8(&open, &open.metadata().unwrap()).await);
    }
}
