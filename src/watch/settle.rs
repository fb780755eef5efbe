//! One event of a save, pure: time and stamps are arguments.
//!
//! The first sign of a whole file is told at once and opens a window; what follows in the window
//! is told once at its end, if it differs from what was told. What is not whole yet is held for a
//! moment: a file just truncated, one still written to, one that went (and may come back), a new
//! one (which may be a temporary file on its way to another name).

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::inbox::LIMIT;
use super::sign::Signs;
use super::stamp::Stamp;

/// A window ends when nothing has come for so long …
const QUIET: Duration = Duration::from_millis(50);
/// … and after this at the latest; nothing is held longer either.
const AT_MOST: Duration = Duration::from_millis(300);
/// How long to wait for the rest of a file.
const HOLD: Duration = Duration::from_millis(20);
/// How long to wait for a file to come back.
const HOLD_GONE: Duration = Duration::from_millis(50);
/// How far an event may lag behind a look at the disk.
const MEMORY: Duration = Duration::from_secs(5);

/// Makes one event of a save.
#[derive(Debug, Default)]
pub(super) struct Settle {
    held: HashMap<PathBuf, Held>,
    /// When new files count, if no more of them come until then.
    fresh_until: Option<Instant>,
    ready: Vec<PathBuf>,
    window: Option<Window>,
    /// What was told lately, and when. A look at the disk may be ahead of the event of the same
    /// file, which then must not pass for one that came and went unseen.
    told: HashMap<PathBuf, Instant>,
}

#[derive(Debug)]
struct Held {
    signs: Signs,
    until: Instant,
    at_most: Instant,
}

#[derive(Debug)]
struct Window {
    ends: Instant,
    at_most: Instant,
    told: HashMap<PathBuf, Option<Stamp>>,
    waiting: HashSet<PathBuf>,
}

impl Window {
    fn new(now: Instant, told: &[PathBuf], look: &mut dyn FnMut(&Path) -> Option<Stamp>) -> Self {
        let told = told.iter().map(|path| (path.clone(), look(path))).collect();
        Self { ends: now + QUIET, at_most: now + AT_MOST, told, waiting: HashSet::new() }
    }
}

impl Settle {
    /// Something happened to `path`, which now has this stamp.
    pub(super) fn sign(&mut self, now: Instant, path: PathBuf, signs: Signs, stamp: Option<Stamp>) {
        if let Some(window) = &mut self.window {
            window.ends = (now + QUIET).min(window.at_most);
        }
        let before = self.held.remove(&path);
        let at_most = before.as_ref().map_or(now + AT_MOST, |held| held.at_most);
        let mut all = before.map_or_else(Signs::default, |held| held.signs);
        all.then(signs);
        let wait = match stamp {
            // Also one that came and went, so that it is remembered when the news of its end comes.
            None => Some(HOLD_GONE),
            Some(stamp) if all.open || all.fresh || stamp.is_empty() => Some(HOLD),
            Some(_) => None,
        };
        let Some(wait) = wait else {
            self.ready.push(path);
            return;
        };
        if all.fresh && stamp.is_some() {
            self.fresh_until = Some(now + HOLD);
        }
        self.held.insert(path, Held { signs: all, until: (now + wait).min(at_most), at_most });
    }

    fn has_told(&self, path: &Path) -> bool {
        self.told.contains_key(path)
    }

    fn remember(&mut self, now: Instant, paths: &[PathBuf]) {
        self.told.retain(|_, at| now.duration_since(*at) < MEMORY);
        if self.told.len() + paths.len() <= LIMIT {
            self.told.extend(paths.iter().map(|path| (path.clone(), now)));
        }
    }

    /// Events were lost, or there are too many: all of `roots` may have changed.
    pub(super) fn flood(&mut self, now: Instant, roots: &[PathBuf]) {
        self.held.clear();
        self.ready.clear();
        let window = self.window.get_or_insert_with(|| Window::new(now, &[], &mut |_| None));
        window.ends = (now + QUIET).min(window.at_most);
        window.waiting = roots.iter().cloned().collect();
    }

    /// Whether more is on its way than is worth keeping apart.
    pub(super) fn is_crowded(&self) -> bool {
        self.held.len() + self.ready.len() + self.window.as_ref().map_or(0, |window| window.waiting.len()) > LIMIT
    }

    /// When to call [`Settle::take`] next.
    pub(super) fn due(&self) -> Option<Instant> {
        self.held.values().map(|held| self.until(held)).chain(self.window.as_ref().map(|window| window.ends)).min()
    }

    fn until(&self, held: &Held) -> Instant {
        // New files wait for each other: a folder that is copied is one event.
        let fresh = self.fresh_until.filter(|_| held.signs.fresh).unwrap_or(held.until);
        held.until.max(fresh).min(held.at_most)
    }

    /// What is to be told now.
    pub(super) fn take(&mut self, now: Instant, look: &mut dyn FnMut(&Path) -> Option<Stamp>) -> Vec<PathBuf> {
        let over: Vec<PathBuf> =
            self.held.iter().filter(|(_, held)| self.until(held) <= now).map(|(path, _)| path.clone()).collect();
        for path in over {
            let held = self.held.remove(&path);
            // A new file that has gone again was never anybody's, unless it had been told of.
            if !held.is_some_and(|held| held.signs.fresh) || self.has_told(&path) || look(&path).is_some() {
                self.ready.push(path);
            }
        }
        let mut ready = std::mem::take(&mut self.ready);
        let Some(window) = &mut self.window else {
            if !ready.is_empty() {
                ready.sort();
                ready.dedup();
                self.window = Some(Window::new(now, &ready, look));
                self.remember(now, &ready);
            }
            return ready;
        };
        window.waiting.extend(ready);
        if window.ends > now {
            return Vec::new();
        }
        let told = std::mem::take(&mut window.told);
        let mut news: Vec<PathBuf> = std::mem::take(&mut window.waiting)
            .into_iter()
            .filter(|path| {
                let stamp = look(path);
                // A folder stands for what is below it, of which its own stamp says nothing.
                stamp.is_some_and(|stamp| stamp.is_folder()) || told.get(path) != Some(&stamp)
            })
            .collect();
        news.sort();
        self.window = if news.is_empty() { None } else { Some(Window::new(now, &news, look)) };
        self.remember(now, &news);
        news
    }
}

#[cfg(test)]
mod tests;
