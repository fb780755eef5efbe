//! Why a file was not taken.

use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use http::StatusCode;

use super::Algorithm;
use crate::text;

/// Why a file was not taken. `Display` is for the operator, [`StoreError::detail`] for the sender.
#[derive(Debug)]
pub enum StoreError {
    /// The name is taken, and settings say to refuse then.
    Exists {
        /// The name.
        name: String,
    },
    /// Beyond `upload.max_size`, or what the file system can hold in one file.
    TooLarge {
        /// The most bytes; 0 where only the file system knows.
        limit: u64,
    },
    /// The disk would fall below its reserve.
    NoRoom {
        /// The folder.
        dir: PathBuf,
        /// Free space that uploads never touch.
        reserve: u64,
    },
    /// As many uploads as may be are under way.
    Busy {
        /// How many that is.
        open: usize,
    },
    /// Another number of bytes than declared.
    Length {
        /// What the sender said.
        declared: u64,
        /// What came.
        received: u64,
    },
    /// Other bytes than those that the sender named.
    Digest {
        /// By which algorithm.
        algorithm: Algorithm,
    },
    /// Cancelled on this side.
    Cancelled,
    /// Another process is receiving it.
    Elsewhere,
    /// The resumable upload is not there any more: finished, cancelled or expired.
    Gone,
    /// The folder cannot be made or written.
    Folder {
        /// The folder.
        dir: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The disk failed.
    Io {
        /// What was being done: `write`.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl StoreError {
    /// What a failure of the disk means.
    pub(super) fn io(doing: &'static str, path: &Path, dir: &Path, reserve: u64, source: io::Error) -> Self {
        match source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::NoRoom { dir: dir.to_owned(), reserve },
            ErrorKind::FileTooLarge => Self::TooLarge { limit: 0 },
            _ => Self::Io { doing, path: path.to_owned(), source },
        }
    }

    /// The error where a writer was lost.
    pub(super) fn given_up() -> Self {
        Self::lost(Path::new("the upload folder"))
    }

    pub(super) fn lost(dir: &Path) -> Self {
        Self::Io { doing: "write to", path: dir.to_owned(), source: io::Error::other("writing was given up") }
    }

    /// The status that says so in HTTP.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Exists { .. } => StatusCode::CONFLICT,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NoRoom { .. } => StatusCode::INSUFFICIENT_STORAGE,
            Self::Busy { .. } | Self::Elsewhere => StatusCode::SERVICE_UNAVAILABLE,
            Self::Length { .. } | Self::Digest { .. } => StatusCode::BAD_REQUEST,
            Self::Cancelled | Self::Gone => StatusCode::GONE,
            Self::Folder { .. } | Self::Io { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// A short name for the kind of failure.
    pub fn title(&self) -> &'static str {
        match self {
            Self::Exists { .. } => "exists",
            Self::TooLarge { .. } => "too large",
            Self::NoRoom { .. } => "no room",
            Self::Busy { .. } => "busy",
            Self::Length { .. } => "incomplete",
            Self::Digest { .. } => "other bytes",
            Self::Cancelled => "cancelled",
            Self::Elsewhere => "in use",
            Self::Gone => "gone",
            Self::Folder { .. } => "folder not writable",
            Self::Io { .. } => "disk failure",
        }
    }

    /// The failure in words for whoever sent the file: nothing of this machine's folders in it.
    pub fn detail(&self) -> String {
        match self {
            Self::NoRoom { .. } => "There is no room left for it on the disk of the receiving computer.".to_owned(),
            Self::Folder { .. } => {
                "The receiving computer cannot write into its upload folder; its screen says more.".to_owned()
            }
            Self::Io { .. } => "The disk of the receiving computer failed; its screen says more.".to_owned(),
            other => other.to_string(),
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exists { name } => {
                write!(f, "A file named {name} is there already, and names are not reused. Send it under another name.")
            }
            Self::TooLarge { limit: 0 } => write!(f, "The file is larger than the disk's file system can hold."),
            Self::TooLarge { limit } => {
                write!(f, "The file is larger than {}, the most that is taken (upload.max_size).", text::size(*limit))
            }
            Self::NoRoom { dir, reserve } => write!(
                f,
                "no room left in {}, of which {} stay free: free some space, or lower upload.reserve",
                dir.display(),
                text::size(*reserve)
            ),
            Self::Busy { open } => {
                write!(f, "{open} uploads are under way, the most at once (upload.open). Try again in a moment.")
            }
            Self::Length { declared, received } if received < declared => {
                write!(f, "Cut short: {received} of {declared} bytes arrived. Send the file again.")
            }
            Self::Length { declared, .. } => {
                write!(f, "More bytes arrived than the {declared} that were declared. Send the file again.")
            }
            Self::Digest { algorithm } => write!(
                f,
                "The bytes that arrived are not those that were sent: their {} is another. Send the file again.",
                algorithm.name()
            ),
            Self::Cancelled => write!(f, "Cancelled on the receiving computer."),
            Self::Elsewhere => write!(f, "Another stan is receiving this upload. Try again in a moment."),
            Self::Gone => write!(f, "There is no such upload under way: it has ended. Send the file anew."),
            Self::Folder { dir, source } => write!(
                f,
                "cannot write into {}: {source}. Make it a writable folder, or choose another with --uploads DIR",
                dir.display()
            ),
            Self::Io { doing, path, source } => write!(f, "cannot {doing} {}: {source}", path.display()),
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Folder { source, .. } | Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
