//! Where native events come from, so that tests can be deaf or refuse.

use std::path::Path;
use std::sync::Arc;

use super::inbox::Inbox;
use super::trouble::Trouble;

/// A source of native events. What it hears it puts into the [`Inbox`] that it was opened with.
pub(super) trait Backend: Send {
    /// Hears of a folder's entries from now on; of all below it where [`Backend::is_deep`].
    /// A folder that has gone or is not ours to read is no trouble.
    fn watch(&mut self, folder: &Path) -> Result<(), Trouble>;

    /// No longer.
    fn unwatch(&mut self, folder: &Path);

    /// Whether watching a folder includes those below.
    fn is_deep(&self) -> bool;
}

/// Opens a backend.
pub(super) type Open = Arc<dyn Fn(Arc<Inbox>) -> Result<Box<dyn Backend>, Trouble> + Send + Sync>;
