//! The files that an answer was made of.

use std::ffi::CString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;

use crate::server::files::State;

/// Files and the states in which they were; `None` of one that was not there. In the extensions
/// of an answer it says that the answer depends on nothing else that changes.
#[derive(Debug, Clone)]
pub(crate) struct Sources(Vec<(CString, Option<State>)>);

impl Sources {
    /// `None` where a path is none.
    pub(crate) fn new(files: impl IntoIterator<Item = (PathBuf, Option<State>)>) -> Option<Self> {
        let files =
            files.into_iter().map(|(path, state)| Some((CString::new(path.into_os_string().into_vec()).ok()?, state)));
        files.collect::<Option<_>>().map(Self)
    }

    /// Whether every file is still in its state.
    pub(super) fn are_as_they_were(&self) -> bool {
        self.0
            .iter()
            .all(|(path, state)| rustix::fs::stat(path.as_c_str()).map(|stat| State::of_stat(&stat)).ok() == *state)
    }
}
