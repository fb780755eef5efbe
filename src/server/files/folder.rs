//! What may be fetched from a folder, in compact form: one look at each entry, relative to the
//! open folder.
//!
//! Listings and archives are made of this, so both show exactly what the server answers.

mod order;

use std::ffi::CStr;
use std::fmt;
use std::io;

use super::names::{self, Refusal};
use super::resolve::Folder;

pub(super) use self::order::{Key, Order};

/// How much of a folder is held in memory at most; about half a million entries.
pub(super) const MOST_BYTES: usize = 32 << 20;

/// An entry of a folder; its name is in [`Entries`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    name_at: u32,
    name_length: u16,
    /// The permission bits.
    pub(super) mode: u16,
    pub(super) size: u64,
    /// When its content changed, in seconds since 1970 and nanoseconds.
    pub(super) seconds: i64,
    pub(super) nanos: u32,
    pub(super) folder: bool,
    /// It is reached through a symbolic link.
    pub(super) linked: bool,
    /// Its name can be asked for; no path with another is ever served.
    pub(super) reachable: bool,
}

/// Why a folder could not be read.
#[derive(Debug)]
pub(super) enum Failure {
    /// It does not fit into the memory that is granted to it.
    TooLarge,
    /// Others have taken the memory for now.
    NoRoom,
    System(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

impl From<rustix::io::Errno> for Failure {
    fn from(error: rustix::io::Errno) -> Self {
        Self::System(error.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => f.write_str("there are too many entries"),
            Self::NoRoom => f.write_str("too many large folders are being sent at once"),
            Self::System(error) => error.fmt(f),
        }
    }
}

/// The entries of a folder.
#[derive(Debug, Default)]
pub(super) struct Entries {
    /// Every name followed by NUL, as the system wants it.
    names: Vec<u8>,
    all: Vec<Entry>,
}

impl Entries {
    /// Reads a folder. Blocks on the disk.
    pub(super) fn read(folder: &Folder<'_>, most_bytes: usize) -> Result<Self, Failure> {
        let mut names = Vec::new();
        let mut count = 0;
        let mut directory = folder.directory()?;
        while let Some(entry) = directory.read() {
            let entry = entry?;
            let name = entry.file_name();
            // What begins with a dot is never listed, `.well-known` neither.
            if name.to_bytes().starts_with(b".") {
                continue;
            }
            count += 1;
            names.extend_from_slice(name.to_bytes_with_nul());
            if names.len() + count * size_of::<Entry>() > most_bytes.min(u32::MAX as usize) {
                return Err(Failure::TooLarge);
            }
        }
        let mut entries = Self { names, all: Vec::with_capacity(count) };
        let mut at = 0;
        while let Some(Ok(name)) = entries.names.get(at..).map(CStr::from_bytes_until_nul) {
            let length = name.to_bytes().len();
            let checked = check(name, folder.top());
            // Else gone in the meantime, a pipe, or a link that leads outside.
            if checked != Err(Refusal::KeptBack)
                && let (Some(found), Ok(name_length)) = (folder.entry(name), u16::try_from(length))
            {
                entries.all.push(Entry {
                    name_at: at as u32,
                    name_length,
                    mode: found.mode,
                    size: found.size,
                    seconds: found.seconds,
                    nanos: found.nanos,
                    folder: found.folder,
                    linked: found.linked,
                    reachable: checked.is_ok(),
                });
            }
            at += length + 1;
        }
        Ok(entries)
    }

    /// Those of a test.
    #[cfg(test)]
    pub(super) fn of(rows: &[(&[u8], bool, u64, i64)]) -> Self {
        let mut entries = Self::default();
        for (name, folder, size, seconds) in rows {
            entries.all.push(Entry {
                name_at: entries.names.len() as u32,
                name_length: name.len() as u16,
                mode: 0o644,
                size: *size,
                seconds: *seconds,
                nanos: 0,
                folder: *folder,
                linked: false,
                reachable: str::from_utf8(name).is_ok_and(|name| names::check(name, true).is_ok()),
            });
            entries.names.extend_from_slice(name);
            entries.names.push(0);
        }
        entries
    }

    pub(super) fn all(&self) -> &[Entry] {
        &self.all
    }

    pub(super) fn name(&self, entry: &Entry) -> &[u8] {
        let at = entry.name_at as usize;
        self.names.get(at..at + usize::from(entry.name_length)).unwrap_or_default()
    }

    /// Keeps those whose name, in lower case, contains `part`, which is so too.
    pub(super) fn retain(&mut self, part: &str) {
        let mut all = std::mem::take(&mut self.all);
        all.retain(|entry| String::from_utf8_lossy(self.name(entry)).to_lowercase().contains(part));
        self.all = all;
    }

    /// The memory that is held.
    pub(super) fn bytes(&self) -> usize {
        self.names.capacity() + self.all.capacity() * size_of::<Entry>()
    }
}

/// The rule for names, also for those that are not UTF-8 and so are in no path.
fn check(name: &CStr, top: bool) -> Result<(), Refusal> {
    match name.to_str() {
        Ok(name) => names::check(name, top),
        Err(_) => names::check(&name.to_string_lossy(), top).and(Err(Refusal::Missing)),
    }
}

#[cfg(test)]
mod tests;
