//! A file that comes and goes, to prove that events come.

use std::fs::{self, OpenOptions};
use std::path::Path;
use std::time::Duration;

use super::inbox::Inbox;
use super::skip;

/// How long to wait for its event.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// Sends a canary into `folder`; `inbox` knows when it has been heard. Where it cannot be made
/// (a read-only folder) nothing is proved and nothing is expected.
pub(super) fn send(folder: &Path, number: u64, inbox: &Inbox) {
    let path = folder.join(format!("{}{}-{number}", skip::CANARY, std::process::id()));
    inbox.expect(path.clone());
    if OpenOptions::new().write(true).create_new(true).open(&path).is_err() {
        inbox.forget(&path);
    }
    // A file of that name is ours even when it is left over from a run that was killed.
    let _ = fs::remove_file(&path);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let inbox = Inbox::default();
        send(folder.path(), 0, &inbox);
        assert!(inbox.unheard().is_some());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn expects_nothing_where_it_cannot_be_made() {
        let inbox = Inbox::default();
        send(Path::new("/nowhere/at/all"), 0, &inbox);
        assert_eq!(inbox.unheard(), None);
    }
}
