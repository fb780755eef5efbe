//! A file that an app answers with by `wsgi.file_wrapper` (PEP 3333, "Optional Platform-Specific File
//! Handling"): read and sent by stan, while the worker goes on to something else.

use std::fs::File;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;

use crate::server::body::{Body, FileBody, Part};

/// The place of a file, as the worker tells it, and the head that came with it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place<'a> {
    path: &'a [u8],
    inode: u64,
    start: u64,
    end: u64,
    /// As in a frame of its own.
    pub(super) head: &'a [u8],
}

impl<'a> Place<'a> {
    /// Reads what the worker told.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut fields = bytes.splitn(5, |byte| *byte == 0);
        let path = fields.next()?;
        let mut number = || std::str::from_utf8(fields.next()?).ok()?.parse().ok();
        let (inode, start, end) = (number()?, number()?, number()?);
        Some(Self { path, inode, start, end, head: fields.next()? })
    }

    /// The body: as much as the app declared, or all that is left. `None` where the file is another
    /// one by now, or holds less.
    pub(super) async fn body(&self, declared: Option<u64>) -> Option<Body> {
        let path = Path::new(std::ffi::OsStr::from_bytes(self.path)).to_owned();
        let open = move || File::open(path).and_then(|file| Ok((file.metadata()?.ino(), file)));
        let (inode, file) = tokio::task::spawn_blocking(open).await.ok()?.ok()?;
        let end = declared.map_or(Some(self.end), |length| self.start.checked_add(length))?;
        let whole = inode == self.inode && end <= self.end;
        whole.then(|| Body::File(FileBody::new(Arc::new(file), [Part::Span(self.start..end)])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let place = Place::read(b"/a b\x005\x001\x009\x00200 OK\0X\0y").unwrap();
        let wanted = Place { path: b"/a b", inode: 5, start: 1, end: 9, head: b"200 OK\0X\0y" };
        assert_eq!(place, wanted);
        assert_eq!(Place::read(b"/a\x005\x00x\x009\x00200 OK"), None);
        assert_eq!(Place::read(b"/a"), None);
    }
}
