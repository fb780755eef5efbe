//! The files that an answer was made of.

use std::ffi::CString;
use std::fs::Metadata;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use crate::server::files::State;

/// Files and the states in which they were read. In the extensions of an answer it says that the
/// answer depends on nothing else that changes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sources(Vec<(CString, State)>);

impl Sources {
    /// One file.
    pub(crate) fn of(path: &Path, meta: &Metadata) -> Option<Self> {
        let path = CString::new(path.as_os_str().as_bytes()).ok()?;
        Some(Self(vec![(path, State::of(meta))]))
    }

    /// Whether every file is still in its state.
    pub(super) fn are_as_they_were(&self) -> bool {
        self.0.iter().all(|(path, state)| rustix::fs::stat(path.as_c_str()).is_ok_and(|stat| State::of_stat(&stat) == *state))
    }
}
