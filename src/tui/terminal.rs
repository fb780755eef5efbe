//! The real terminal: taken, given back whole whatever happens, put aside and taken again.

mod clipboard;
mod suspend;

use std::fmt::Write as _;
use std::io::{self, BufWriter, Stdout, Write};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, ThreadId};

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use parking_lot::Mutex;

use super::run::Host;

/// Alternate screen, taps and drags with cell positions (never 1003, which reports every move
/// of a finger or mouse), pasted text as such.
const TAKE: &str = "\x1b[?1049h\x1b[2J\x1b[H\x1b[?1000h\x1b[?1002h\x1b[?1006h\x1b[?2004h";
/// The same undone, the cursor shown, colours reset.
const GIVE: &str = "\x1b[?2004l\x1b[?1006l\x1b[?1002l\x1b[?1000l\x1b[0m\x1b[?25h\x1b[?1049l";
/// Bytes of other threads' panics that are kept until the terminal is given back.
const KEPT: usize = 16 << 10;

static TAKEN: AtomicBool = AtomicBool::new(false);
static PANICS: Mutex<String> = Mutex::new(String::new());
static HOOK: Once = Once::new();

/// Has the terminal as long as it lives.
#[derive(Debug)]
pub struct Guard(());

/// Where frames go: one write each.
pub fn output() -> BufWriter<Stdout> {
    BufWriter::with_capacity(64 << 10, io::stdout())
}

impl Guard {
    /// Takes the terminal.
    pub fn take() -> io::Result<Self> {
        let screen = thread::current().id();
        HOOK.call_once(|| give_back_on_panic(screen));
        let guard = Self(());
        take()?;
        Ok(guard)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        give_back();
    }
}

impl Host for Guard {
    fn suspend(&mut self, whole_group: bool) -> io::Result<()> {
        give_back();
        suspend::until_continued(whole_group);
        take()
    }

    fn continued(&mut self) -> io::Result<()> {
        // Whoever continued us may have changed the modes, and crossterm believes that they are
        // still those it set.
        disable_raw_mode()?;
        take()
    }

    fn bell(&mut self) {
        // A bell that cannot be rung is not worth a word.
        let _ = write(b"\x07");
    }

    fn copy(&mut self, text: &str) {
        if clipboard::understood(&|name| std::env::var(name).ok()) {
            // The text stands on the screen as well.
            let _ = write(clipboard::sequence(text).as_bytes());
        }
    }
}

fn take() -> io::Result<()> {
    TAKEN.store(true, Ordering::SeqCst);
    enable_raw_mode()?;
    write(TAKE.as_bytes())
}

/// Gives the terminal back. Harmless when it is not taken, so that every way out may call it.
pub fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        // Both are tried whatever becomes of the other; a terminal that is gone needs neither.
        let _ = write(GIVE.as_bytes());
        let _ = disable_raw_mode();
        let panics = std::mem::take(&mut *PANICS.lock());
        let _ = io::stderr().write_all(panics.as_bytes());
    }
}

fn write(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

/// A panic of the screen's own thread gives the terminal back before it is told; one of another
/// thread is told when the terminal has been given back.
fn give_back_on_panic(screen: ThreadId) {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if thread::current().id() == screen {
            give_back();
        }
        if TAKEN.load(Ordering::SeqCst) {
            let mut kept = PANICS.lock();
            if kept.len() < KEPT {
                let _ = writeln!(kept, "{panic}");
            }
        } else {
            tell(panic);
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_that_is_set_is_reset_and_none_reports_moves() {
        let modes = |text: &str, end| -> Vec<String> {
            let mut modes: Vec<String> = text
                .split("\x1b[?")
                .filter_map(|mode| mode.split_once(end).map(|(number, _)| number.to_owned()))
                .filter(|number| number.bytes().all(|b| b.is_ascii_digit()))
                .collect();
            modes.sort();
            modes
        };
        assert_eq!(modes(TAKE, 'h'), ["1000", "1002", "1006", "1049", "2004"]);
        assert_eq!(modes(GIVE, 'l'), modes(TAKE, 'h'));
        assert!(GIVE.contains("\x1b[?25h"));
    }

    #[test]
    fn giving_back_what_was_not_taken_does_nothing() {
        give_back();
        assert!(!TAKEN.load(Ordering::SeqCst));
    }
}
