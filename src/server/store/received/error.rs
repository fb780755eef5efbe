//! Why nothing could be done with a file that had arrived.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why nothing could be done with a file that had arrived. For whoever typed the order.
#[derive(Debug)]
pub enum ReceivedError {
    /// No file that arrived in this run has this number, or it was forgotten.
    Unknown {
        /// The number.
        id: u64,
    },
    /// It was deleted by order.
    Deleted {
        /// The number.
        id: u64,
        /// The name that it had.
        name: String,
    },
    /// It is no longer there.
    Gone {
        /// The number.
        id: u64,
        /// Where it was.
        path: PathBuf,
    },
    /// Something else stands under its name.
    Changed {
        /// The number.
        id: u64,
        /// Where it was.
        path: PathBuf,
    },
    /// Another file has the name.
    Taken {
        /// The name.
        name: String,
    },
    /// What was given cannot be a file's name.
    NotAName {
        /// What was given.
        given: String,
    },
    /// The disk refused.
    Io {
        /// What was being done: `rename`.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl fmt::Display for ReceivedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { id } => write!(f, "no upload {id} has arrived; uploads shows their numbers"),
            Self::Deleted { id, name } => write!(f, "upload {id}, {name}, was deleted"),
            Self::Gone { id, path } => {
                write!(f, "upload {id} is gone from disk: something else moved or deleted {}", path.display())
            }
            Self::Changed { id, path } => {
                write!(f, "upload {id} is no longer what arrived: {} was changed or replaced", path.display())
            }
            Self::Taken { name } => write!(f, "a file named {name} is there already; choose another name"),
            Self::NotAName { given } => {
                write!(f, "'{given}' is not a file's name; it stays in its folder, so give a name without one")
            }
            Self::Io { doing, path, source } => write!(f, "cannot {doing} {}: {source}", path.display()),
        }
    }
}

impl std::error::Error for ReceivedError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
