//! Heads for the tests of what looks at them.

use super::head::{Head, parse, room};

/// What `look` makes of the head in `text`.
pub(in crate::server) fn with_head<T>(text: &str, look: impl FnOnce(&Head<'_, '_>) -> T) -> T {
    let mut room = room();
    let head = parse(text.as_bytes(), &mut room).unwrap();
    look(&head)
}
