//! Why native events cannot be had or trusted.

use std::fmt;
use std::path::PathBuf;

use rustix::io::Errno;

/// Why native events cannot be had or trusted, in words that fit after `polling:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The system has no such events (iSH, emulators).
    Missing,
    /// Too many watches.
    Watches,
    /// Too many watchers, or files open.
    Instances,
    /// The folder lies on something whose changes from elsewhere tell nobody.
    Mount(&'static str, PathBuf),
    /// A file came and went and nothing was heard.
    Deaf(PathBuf),
    /// Anything else, in the system's words.
    Other(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("this system has no file events"),
            Self::Watches => {
                f.write_str("the system's limit of watches is reached; raise fs.inotify.max_user_watches with sysctl")
            }
            Self::Instances => f.write_str(
                "the system's limit of watchers is reached; raise fs.inotify.max_user_instances with sysctl",
            ),
            Self::Mount(kind, folder) => write!(f, "{} is on {kind}, which does not tell of changes", folder.display()),
            Self::Deaf(folder) => write!(f, "no events come from {}", folder.display()),
            Self::Other(words) => f.write_str(words),
        }
    }
}

impl std::error::Error for Trouble {}

impl From<&notify::Error> for Trouble {
    fn from(error: &notify::Error) -> Self {
        match &error.kind {
            notify::ErrorKind::MaxFilesWatch => Self::Watches,
            notify::ErrorKind::Io(io) => match Errno::from_io_error(io) {
                Some(Errno::NOSYS) => Self::Missing,
                Some(Errno::NOSPC) => Self::Watches,
                Some(Errno::MFILE | Errno::NFILE) => Self::Instances,
                _ => Self::Other(io.to_string()),
            },
            _ => Self::Other(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_refusals_have_words() {
        let of = |errno: Errno| Trouble::from(&notify::Error::io(errno.into())).to_string();
        assert_eq!(of(Errno::NOSYS), "this system has no file events");
        assert!(of(Errno::NOSPC).contains("fs.inotify.max_user_watches"));
        assert!(of(Errno::MFILE).contains("fs.inotify.max_user_instances"));
        let limit = notify::Error::new(notify::ErrorKind::MaxFilesWatch);
        assert_eq!(Trouble::from(&limit), Trouble::Watches);
    }
}
