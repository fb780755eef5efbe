//! A listing as text: a name a line, for people at a terminal and for simple scripts.

use super::cells;
use crate::server::files::folder::Entry;

/// Appends a line. Nothing in a name can end it or reach the terminal.
pub(super) fn row(out: &mut Vec<u8>, name: &[u8], entry: &Entry) {
    out.extend_from_slice(cells::harmless(name).as_bytes());
    out.extend_from_slice(if entry.folder { b"/\n" } else { b"\n" });
}
