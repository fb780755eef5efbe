//! Where the bytes of an archive's members come from.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use crate::server::files::resolve::{Failure, Root};

/// Gives the files of an archive by their paths in it.
pub(super) trait Source {
    /// An open file.
    type File: Read;

    /// Opens a file that should have so many bytes.
    fn open(&self, path: &str, size: u64) -> io::Result<Self::File>;
}

/// The files below a folder that is served, under the rules for every request.
pub(super) struct Served {
    root: Arc<Root>,
    base: Vec<String>,
}

impl Served {
    /// The folder at these names below the root.
    pub(super) fn new(root: Arc<Root>, base: &[&str]) -> Self {
        Self { root, base: base.iter().map(|name| (*name).to_owned()).collect() }
    }
}

impl Source for Served {
    type File = File;

    fn open(&self, path: &str, size: u64) -> io::Result<File> {
        let names: Vec<&str> = self.base.iter().map(String::as_str).chain(path.split('/')).collect();
        match self.root.open(&names) {
            Ok(opened) if opened.meta.is_file() && opened.meta.len() == size => Ok(opened.file),
            Ok(_) => Err(changed(path)),
            Err(Failure::Refused(_)) => Err(changed(path)),
            Err(Failure::Unreadable(error)) => Err(io::Error::new(error.kind(), format!("{path}: {error}"))),
        }
    }
}

/// The archive has promised another size; only its end can say so.
pub(super) fn changed(path: &str) -> io::Error {
    let text = format!("{path} has changed while the archive was sent; download it again");
    io::Error::new(io::ErrorKind::InvalidData, text)
}
