//! The record beside the part file of a resumable upload: what a later run needs to go on.
//!
//! It is written aside and renamed, so that there is a whole one at any moment.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::digest::{Algorithm, Digest, hex};
use super::part::{self, Opened, Part};
use super::{Declared, flush, is_safe_name};

/// What the name of a record ends with.
const SUFFIX: &str = ".json";
/// No record is older than this program, whatever the clock said.
const Y2020: Duration = Duration::from_secs(1_577_836_800);
/// The most bytes of a record that is read.
const LONGEST: u64 = 64 << 10;

/// An unfinished upload on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// Made safe, with its folders.
    pub(super) name: String,
    pub(super) length: Option<u64>,
    /// Milliseconds since 1970.
    modified: Option<u64>,
    digests: Vec<(String, String)>,
    pub(super) fingerprint: String,
    from: IpAddr,
    device: String,
    pub(super) key: String,
    /// Bytes that are on disk, whatever happens to the machine.
    pub(super) durable: u64,
    /// The start of the system since which the file has more than that.
    boot: String,
}

impl Record {
    pub(super) fn new(name: &str, declared: &Declared) -> Self {
        let since = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).ok();
        Self {
            name: name.to_owned(),
            length: declared.length,
            modified: declared.modified.and_then(since).map(|time| time.as_millis() as u64),
            digests: declared.digests.iter().map(|d| (d.algorithm.name().to_owned(), hex(&d.value))).collect(),
            fingerprint: declared.fingerprint.clone(),
            from: declared.from,
            device: declared.device.clone(),
            key: declared.key.clone(),
            durable: 0,
            boot: boot().to_owned(),
        }
    }

    /// What the sender said.
    pub(super) fn declared(&self) -> Declared {
        let digest = |(name, value): &(String, String)| {
            let algorithm = Algorithm::ALL.into_iter().find(|algorithm| algorithm.name() == name)?;
            Some(Digest { algorithm, value: bytes(value)? })
        };
        Declared {
            length: self.length,
            expected: None,
            modified: self.modified.and_then(|ms| SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(ms))),
            from: self.from,
            device: self.device.clone(),
            digests: self.digests.iter().filter_map(digest).collect(),
            key: self.key.clone(),
            fingerprint: self.fingerprint.clone(),
        }
    }

    /// How much of a part file of `length` bytes can be relied on.
    pub(super) fn reliable(&self, length: u64) -> u64 {
        // What the system holds outlives the program, not the system.
        if boot().is_empty() || self.boot != boot() { length.min(self.durable) } else { length }
    }

    /// Writes it beside the part file of `token` for the first time; with `flush` both are on disk then,
    /// names and all.
    pub(super) fn create(&self, dir: &Path, token: &str, flush: bool) -> io::Result<()> {
        self.write(dir, token, flush)?;
        if flush {
            for dir in [&part::folder(dir), dir] {
                flush::flush_folder(dir)?;
            }
        }
        Ok(())
    }

    /// Writes it beside the part file of `token`. With `flush` there is a whole one on disk at any moment.
    pub(super) fn write(&self, dir: &Path, token: &str, flush: bool) -> io::Result<()> {
        let path = path(dir, token);
        let aside = path.with_extension("new");
        let mut file = File::create(&aside)?;
        file.write_all(&serde_json::to_vec(&Self { boot: boot().to_owned(), ..self.clone() })?)?;
        if flush {
            file.sync_data()?;
        }
        fs::rename(aside, path)
    }

    /// What can be read and can be meant: others may write where it lies.
    pub(super) fn read(path: &Path) -> Option<Self> {
        let short = path.symlink_metadata().is_ok_and(|meta| meta.is_file() && meta.len() <= LONGEST);
        let read: Option<Self> = if short { serde_json::from_slice(&fs::read(path).ok()?).ok() } else { None };
        read.filter(|record| is_safe_name(&record.name))
    }
}

/// Where the record of `token` is.
pub(super) fn path(dir: &Path, token: &str) -> PathBuf {
    part::folder(dir).join(format!("{token}{SUFFIX}"))
}

/// The records for `dir` with their tokens and how long each has been left alone. What is no record is
/// left; what belongs to none is removed.
pub(super) fn all(dir: &Path) -> Vec<(String, Record, Duration)> {
    let Some(entries) = part::entries(dir) else { return Vec::new() };
    let mut found = Vec::new();
    for path in entries {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if let Some(token) = name.strip_suffix(".new").filter(|token| is_token(token)) {
            // Whoever has the part file may be about to rename it.
            if !matches!(Part::open(dir, token), Ok(Opened::Locked)) {
                let _ = fs::remove_file(&path);
            }
            continue;
        }
        let Some(token) = name.strip_suffix(SUFFIX).filter(|token| is_token(token)) else { continue };
        let record = Record::read(&path).filter(|_| part::of(dir, token).symlink_metadata().is_ok_and(|m| m.is_file()));
        match record {
            Some(record) => {
                found.push((token.to_owned(), record, idle(&path)));
            }
            None => _ = fs::remove_file(&path),
        }
    }
    found
}

/// How long nothing has been written to `path`; no time where a clock was wrong, then or now.
fn idle(path: &Path) -> Duration {
    let modified = path.metadata().and_then(|meta| meta.modified());
    let believed = modified.ok().filter(|at| *at > SystemTime::UNIX_EPOCH + Y2020);
    believed.and_then(|at| at.elapsed().ok()).unwrap_or_default()
}

/// Whether `text` has the form of a token.
pub(super) fn is_token(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// A name for this start of the system; empty where it has none.
fn boot() -> &'static str {
    static BOOT: LazyLock<String> = LazyLock::new(|| {
        fs::read_to_string("/proc/sys/kernel/random/boot_id").map_or_else(|_| String::new(), |id| id.trim().to_owned())
    });
    &BOOT
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let pair = |at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
    (0..hex.len()).step_by(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn declared() -> Declared {
        Declared {
            length: Some(10),
            expected: None,
            modified: Some(SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_123)),
            from: [192, 168, 1, 40].into(),
            device: "iPhone".to_owned(),
            digests: vec![Digest { algorithm: Algorithm::Sha256, value: vec![0, 1, 254, 255] }],
            key: "k".to_owned(),
            fingerprint: "f".to_owned(),
        }
    }

    fn folder() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(part::folder(dir.path())).unwrap();
        dir
    }

    #[test]
    fn what_was_said_is_read_back() {
        let dir = folder();
        fs::write(part::of(dir.path(), TOKEN), "12345").unwrap();
        let record = Record::new("DCIM/a.jpg", &declared());
        record.write(dir.path(), TOKEN, false).unwrap();
        let found = all(dir.path());
        assert_eq!((found.len(), &found[0].0, &found[0].1), (1, &TOKEN.to_owned(), &record));
        let back = found[0].1.declared();
        assert_eq!((back.length, back.modified, back.digests), (Some(10), declared().modified, declared().digests));
        assert_eq!((back.from, back.device.as_str(), back.key.as_str()), (declared().from, "iPhone", "k"));
    }

    #[test]
    fn what_the_system_held_counts_until_it_starts_again() {
        let record = Record { durable: 3, ..Record::new("a", &declared()) };
        assert_eq!(record.reliable(5), 5);
        let other = Record { boot: "another".to_owned(), ..record };
        assert_eq!((other.reliable(5), other.reliable(2)), (3, 2));
    }

    #[test]
    fn what_belongs_to_nothing_goes_and_what_is_not_ours_stays() {
        let dir = folder();
        let part = part::folder(dir.path());
        Record::new("a", &declared()).write(dir.path(), TOKEN, false).unwrap();
        fs::write(part.join(format!("{TOKEN}.new")), "{").unwrap();
        fs::write(part.join("notes.json"), "{}").unwrap();
        assert!(all(dir.path()).is_empty());
        let left: Vec<_> = fs::read_dir(part).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["notes.json"]);
    }

    #[test]
    fn a_wrong_clock_makes_nothing_old() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        let aged = |at| {
            File::create(&path).unwrap().set_modified(at).unwrap();
            idle(&path)
        };
        let hour = Duration::from_secs(3600);
        assert!(aged(SystemTime::now() - hour) >= hour);
        assert_eq!(aged(SystemTime::UNIX_EPOCH + hour), Duration::ZERO);
        assert_eq!(aged(SystemTime::now() + hour), Duration::ZERO);
    }

    #[test]
    fn a_broken_record_is_no_record() {
        let dir = folder();
        fs::write(part::of(dir.path(), TOKEN), "12345").unwrap();
        fs::write(path(dir.path(), TOKEN), "{\"name\":").unwrap();
        assert!(all(dir.path()).is_empty());
        assert!(!path(dir.path(), TOKEN).exists());
    }
}
