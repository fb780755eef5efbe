//! The files that an answer was made of, and whether they have changed since.

mod state;

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Stat, lstat, stat};

pub(crate) use self::state::{State, is_quiet};

/// What an answer depends on beside its request. In the extensions of an answer it says that
/// there is nothing else that changes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sources(Vec<(CString, Seen)>);

/// What was seen at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Seen {
    /// Nothing.
    Nothing,
    /// A file itself, or a link, in this state.
    Itself(State),
    /// What a link leads to, in this state.
    Behind(State),
    /// This folder, whatever is in it.
    Folder(u64, u64),
}

impl Sources {
    /// The file at `path`, reached through `folders`, in this state. `None` where that is not so
    /// any more.
    pub(crate) fn of(path: &Path, folders: &[PathBuf], state: State) -> Option<Self> {
        let mut sources = Self::default();
        for folder in folders {
            let path = c_string(folder)?;
            let seen = lstat(path.as_c_str()).ok()?;
            sources.0.push((path, as_folder(&seen).unwrap_or(Seen::Itself(State::of_stat(&seen)))));
        }
        let path = c_string(path)?;
        let itself = State::of_stat(&lstat(path.as_c_str()).ok()?);
        if itself != state {
            sources.0.push((path.clone(), Seen::Behind(state)));
        }
        sources.0.push((path, Seen::Itself(itself)));
        sources.are_as_they_were().then_some(sources)
    }

    /// And a file beside it in this state, or none.
    pub(crate) fn and(mut self, path: &Path, state: Option<State>) -> Option<Self> {
        let path = c_string(path)?;
        // A link may lead anywhere.
        if lstat(path.as_c_str()).is_ok_and(|seen| FileType::from_raw_mode(seen.st_mode).is_symlink()) {
            return None;
        }
        self.0.push((path, state.map_or(Seen::Nothing, Seen::Itself)));
        self.are_as_they_were().then_some(self)
    }

    /// Whether everything is as it was.
    pub(crate) fn are_as_they_were(&self) -> bool {
        self.0.iter().all(|(path, seen)| match seen {
            Seen::Nothing => lstat(path.as_c_str()).is_err(),
            Seen::Itself(state) => lstat(path.as_c_str()).is_ok_and(|now| State::of_stat(&now) == *state),
            Seen::Behind(state) => stat(path.as_c_str()).is_ok_and(|now| State::of_stat(&now) == *state),
            Seen::Folder(..) => lstat(path.as_c_str()).is_ok_and(|now| as_folder(&now).as_ref() == Some(seen)),
        })
    }

    /// Bytes that it takes up.
    pub(crate) fn weight(&self) -> usize {
        self.0.iter().map(|(path, seen)| path.as_bytes().len() + size_of_val(seen) + size_of::<CString>()).sum()
    }
}

fn c_string(path: &Path) -> Option<CString> {
    CString::new(path.as_os_str().as_bytes()).ok()
}

fn as_folder(stat: &Stat) -> Option<Seen> {
    // The widths of these fields differ from system to system.
    #[allow(clippy::unnecessary_cast, clippy::cast_possible_wrap, reason = "not everywhere the same types")]
    FileType::from_raw_mode(stat.st_mode).is_dir().then_some(Seen::Folder(stat.st_dev as u64, stat.st_ino as u64))
}
