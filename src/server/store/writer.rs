//! The writing end of an upload, on a thread that may block: bytes, digest, room.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::{StoreError, room};
use crate::config;

/// Bytes between two looks at the free space.
const LOOK: u64 = 16 << 20;

pub(super) struct Writer {
    pub(super) file: File,
    hash: Sha256,
    pub(super) size: u64,
    looked: u64,
    dir: PathBuf,
    reserve: u64,
}

impl Writer {
    pub(super) fn new(file: File, dir: &Path, settings: &config::Upload) -> Self {
        Self { file, hash: Sha256::new(), size: 0, looked: 0, dir: dir.to_owned(), reserve: settings.reserve }
    }

    pub(super) fn write(&mut self, block: &[u8]) -> Result<(), StoreError> {
        if self.size - self.looked >= LOOK {
            room::check(&self.dir, self.reserve, block.len() as u64)?;
            self.looked = self.size;
        }
        self.file.write_all(block).map_err(|error| self.failed("write to", error))?;
        self.hash.update(block);
        self.size += block.len() as u64;
        Ok(())
    }

    /// Everything on disk, where that is asked for.
    pub(super) fn flush(&self) -> Result<(), StoreError> {
        self.file.sync_all().map_err(|error| self.failed("flush to", error))
    }

    fn failed(&self, doing: &'static str, error: std::io::Error) -> StoreError {
        StoreError::io(doing, &self.dir, &self.dir, self.reserve, error)
    }

    /// The digest of all bytes, hexadecimal, and the file.
    pub(super) fn into_digest(self) -> String {
        self.hash.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
            for nibble in [byte >> 4, byte & 15] {
                hex.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
            }
            hex
        })
    }
}
