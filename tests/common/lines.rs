//! Lines that a process writes, read as they come.

use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;
use std::time::Instant;

use parking_lot::{Condvar, Mutex};

use super::PATIENCE;

#[derive(Clone)]
pub(crate) struct Lines {
    shared: Arc<(Mutex<Seen>, Condvar)>,
}

#[derive(Default)]
struct Seen {
    lines: Vec<String>,
    ended: bool,
}

impl Lines {
    /// Reads `source` on a thread of its own until it ends.
    pub(crate) fn of(source: impl Read + Send + 'static) -> Self {
        let shared = Arc::new((Mutex::new(Seen::default()), Condvar::new()));
        let lines = Self { shared: shared.clone() };
        std::thread::spawn(move || {
            let mut source = BufReader::new(source);
            let mut line = Vec::new();
            loop {
                line.clear();
                let more = matches!(source.read_until(b'\n', &mut line), Ok(n) if n > 0);
                let mut seen = shared.0.lock();
                if more {
                    let text = String::from_utf8_lossy(&line);
                    seen.lines.push(text.strip_suffix('\n').unwrap_or(&text).to_owned());
                } else {
                    seen.ended = true;
                }
                shared.1.notify_all();
                if !more {
                    return;
                }
            }
        });
        lines
    }

    /// All lines until now.
    pub(crate) fn all(&self) -> Vec<String> {
        self.shared.0.lock().lines.clone()
    }

    /// How many lines there are until now.
    pub(crate) fn len(&self) -> usize {
        self.shared.0.lock().lines.len()
    }

    /// All lines, once the source has ended.
    pub(crate) fn whole(&self) -> Vec<String> {
        let end = Instant::now() + PATIENCE;
        let mut seen = self.shared.0.lock();
        while !seen.ended {
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "the output never ended; until now:\n{}", seen.lines.join("\n"));
            self.shared.1.wait_for(&mut seen, left);
        }
        seen.lines.clone()
    }

    /// The first line at or after `from` that `fits`, and its place.
    pub(crate) fn wait(&self, from: usize, what: &str, mut fits: impl FnMut(&str) -> bool) -> (usize, String) {
        let end = Instant::now() + PATIENCE;
        let mut seen = self.shared.0.lock();
        let mut place = from;
        loop {
            while let Some(line) = seen.lines.get(place) {
                if fits(line) {
                    return (place, line.clone());
                }
                place += 1;
            }
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero() && !seen.ended, "no line {what}; there are:\n{}", seen.lines.join("\n"));
            self.shared.1.wait_for(&mut seen, left);
        }
    }
}
