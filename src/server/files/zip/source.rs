//! Where the bytes of an archive's members come from.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt as _;
use std::sync::Arc;

use rustix::fs::{Mode, OFlags, openat};
use rustix::io::Errno;

use crate::server::files::names::{self, Refusal};
use crate::server::files::resolve::{Failure, Opened, Root};
use crate::text;

/// Gives the files of an archive by where they are.
pub(super) trait Source {
    /// An open file.
    type File: Read;

    /// Opens the file at a path below the archive's folder; it should have so many bytes.
    fn open(&self, path: &[u8], size: u64) -> io::Result<Self::File>;
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

    fn open(&self, path: &[u8], size: u64) -> io::Result<File> {
        let base: Vec<&str> = self.base.iter().map(String::as_str).collect();
        let name = shown(path);
        match open(&self.root, &base, path) {
            Ok(opened) if opened.meta.is_file() && opened.meta.len() == size => Ok(opened.file),
            Ok(_) | Err(Failure::Refused(_)) => Err(changed(&name)),
            Err(Failure::Unreadable(error)) => Err(io::Error::new(error.kind(), format!("{name}: {error}"))),
        }
    }
}

/// Opens what a walk has found at `path` below the folder at the names `base`. Names that no
/// path can have are opened one by one from the last folder that has a path.
pub(super) fn open(root: &Root, base: &[&str], path: &[u8]) -> Result<Opened, Failure> {
    let mut names: Vec<&str> = base.to_vec();
    let mut rest = path.split(|byte| *byte == b'/').peekable();
    while let Some(name) = rest.next_if(|name| ordinary(name).is_some()) {
        names.extend(ordinary(name));
    }
    let mut at = root.open(&names)?;
    for name in rest {
        at = step(root, &at, name)?;
    }
    Ok(at)
}

fn ordinary(name: &[u8]) -> Option<&str> {
    // Being right below the root allows `.well-known`, which no walk finds.
    str::from_utf8(name).ok().filter(|name| names::check(name, false).is_ok())
}

/// Opens an entry of an open folder. A link leads where a path could lead too, or nowhere.
fn step(root: &Root, folder: &Opened, name: &[u8]) -> Result<Opened, Failure> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    if names::check(&String::from_utf8_lossy(name), false) == Err(Refusal::KeptBack) {
        return Err(Refusal::KeptBack.into());
    }
    let path = folder.path.join(OsStr::from_bytes(name));
    match openat(&folder.file, name, flags, Mode::empty()) {
        Ok(file) => {
            let file = File::from(file);
            let meta = file.metadata()?;
            if meta.is_file() || meta.is_dir() { Ok(Opened { file, meta, path }) } else { Err(Refusal::Missing.into()) }
        }
        Err(Errno::LOOP) => {
            let to = fs::canonicalize(path)?;
            let below = to.strip_prefix(fs::canonicalize(root.path())?).map_err(|_| Refusal::KeptBack)?;
            let names: Option<Vec<&str>> = below.components().map(|name| name.as_os_str().to_str()).collect();
            root.open(&names.ok_or(Refusal::Missing)?)
        }
        Err(error) => Err(io::Error::from(error).into()),
    }
}

/// A path in a message.
fn shown(path: &[u8]) -> String {
    let path: Cow<'_, str> = String::from_utf8_lossy(path);
    text::harmless(&path).into_owned()
}

/// The archive has promised another size; only its end can say so.
pub(super) fn changed(path: &str) -> io::Error {
    let text = format!("{path} has changed while the archive was sent; download it again");
    io::Error::new(io::ErrorKind::InvalidData, text)
}
