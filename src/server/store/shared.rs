//! What goes the other way: one text that the devices can fetch.

use std::sync::Arc;
use std::time::SystemTime;

use parking_lot::Mutex;

/// The text that is shared with the devices, if there is one. It lives as long as the run.
#[derive(Default)]
pub struct Shared(Mutex<Option<Text>>);

/// A shared text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Larger than that of every text before it, in earlier runs too.
    pub id: u64,
    /// The text.
    pub text: Arc<str>,
}

impl Shared {
    /// The most bytes of a text, either way.
    pub const MOST: usize = 4 << 20;

    /// Shares a text in place of the one before.
    pub fn give(&self, text: &str) {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
        let mut shared = self.0.lock();
        let id = shared.as_ref().map_or(now, |old| now.max(old.id + 1));
        *shared = Some(Text { id, text: text.into() });
    }

    /// Shares nothing any more; whether there was something.
    pub fn take_back(&self) -> bool {
        self.0.lock().take().is_some()
    }

    /// What is shared now.
    pub fn current(&self) -> Option<Text> {
        self.0.lock().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_is_shared_until_it_is_taken_back() {
        let shared = Shared::default();
        assert_eq!(shared.current(), None);
        shared.give("one");
        let one = shared.current().unwrap();
        shared.give("two");
        let two = shared.current().unwrap();
        assert!(two.id > one.id && &*two.text == "two");
        assert!(shared.take_back() && !shared.take_back());
        assert_eq!(shared.current(), None);
    }
}
