//! A terminal of our own making: keys go in, a screen is seen.

use std::io::{Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, SlavePty, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use vt100::{Color, MouseProtocolMode, Parser};

use crate::common::{Site, eventually};

pub(crate) struct Terminal {
    master: Option<Box<dyn MasterPty + Send>>,
    /// Held so that the modes can still be asked for when the child has ended.
    slave: Option<Box<dyn SlavePty + Send>>,
    writer: Mutex<Option<Box<dyn Write + Send>>>,
    child: Option<Box<dyn Child + Send + Sync>>,
    seen: Arc<Mutex<Seen>>,
    modes: String,
}

struct Seen {
    parser: Parser,
    bytes: Vec<u8>,
    last: Instant,
}

impl Terminal {
    /// The binary in a terminal of so many columns and rows.
    pub(crate) fn start(folder: &Site, size: (u16, u16)) -> Self {
        Self::start_with(folder, size, &[])
    }

    pub(crate) fn start_with(folder: &Site, size: (u16, u16), environment: &[(&str, &str)]) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_stan"));
        command.args(["--bind", "local", "-p", "0"]);
        Self::spawn(command, folder, size, environment)
    }

    /// A shell with job control that knows the binary as `$STAN`.
    pub(crate) fn shell(folder: &Site, size: (u16, u16)) -> Self {
        let mut command = CommandBuilder::new("bash");
        command.args(["--noprofile", "--norc", "-i"]);
        Self::spawn(command, folder, size, &[("STAN", env!("CARGO_BIN_EXE_stan")), ("PS1", "ready$ ")])
    }

    fn spawn(
        mut command: CommandBuilder,
        folder: &Site,
        (cols, rows): (u16, u16),
        environment: &[(&str, &str)],
    ) -> Self {
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        command.env_clear();
        command.cwd(folder.root());
        command.env("PATH", std::env::var("PATH").unwrap_or_default());
        command.env("HOME", folder.root());
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        for (name, value) in environment {
            command.env(name, value);
        }
        let modes = modes(&*pair.master);
        let child = pair.slave.spawn_command(command).unwrap();
        let seen = Seen { parser: Parser::new(rows, cols, 0), bytes: Vec::new(), last: Instant::now() };
        let seen = Arc::new(Mutex::new(seen));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let shared = seen.clone();
        std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                let mut seen = shared.lock();
                seen.parser.process(&buffer[..read]);
                seen.bytes.extend_from_slice(&buffer[..read]);
                seen.last = Instant::now();
            }
        });
        let writer = Mutex::new(Some(pair.master.take_writer().unwrap()));
        Self { master: Some(pair.master), slave: Some(pair.slave), writer, child: Some(child), seen, modes }
    }

    /// Types.
    pub(crate) fn keys(&self, keys: &str) {
        let mut writer = self.writer.lock();
        let writer = writer.as_mut().unwrap();
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    /// What is on the screen.
    pub(crate) fn screen(&self) -> String {
        self.seen.lock().parser.screen().contents()
    }

    /// Every byte that was written.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.seen.lock().bytes.clone()
    }

    /// How long nothing has been written.
    pub(crate) fn silence(&self) -> Duration {
        self.seen.lock().last.elapsed()
    }

    /// Waits until nothing is written for a fifth of a second.
    pub(crate) fn settled(&self) {
        eventually("a screen at rest", || (self.silence() > Duration::from_millis(200)).then_some(()));
    }

    /// Waits until `text` is on the screen.
    pub(crate) fn sees(&self, text: &str) {
        self.row(&format!("with {text:?}"), |row| row.contains(text));
    }

    /// Waits for a row of the screen that `fits`; its place and its text.
    pub(crate) fn row(&self, what: &str, fits: impl Fn(&str) -> bool) -> (usize, String) {
        let end = Instant::now() + crate::common::PATIENCE;
        loop {
            let screen = self.screen();
            if let Some((place, row)) = screen.lines().enumerate().find(|(_, row)| fits(row)) {
                return (place, row.to_owned());
            }
            assert!(Instant::now() < end, "no row {what} on\n{screen}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The port of the address in the header.
    pub(crate) fn port(&self) -> u16 {
        let screen = self.screen();
        let (_, rest) = screen.split_once("http://127.0.0.1:").unwrap_or_else(|| panic!("no address on\n{screen}"));
        rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
    }

    /// Colours other than the terminal's own that are on the screen.
    pub(crate) fn colours(&self) -> Vec<(Color, Color)> {
        let seen = self.seen.lock();
        let screen = seen.parser.screen();
        let (rows, cols) = screen.size();
        let cells = (0..rows).flat_map(|row| (0..cols).map(move |col| (row, col)));
        let colours = cells.filter_map(|(row, col)| screen.cell(row, col)).map(|cell| (cell.fgcolor(), cell.bgcolor()));
        colours.filter(|colours| *colours != (Color::Default, Color::Default)).collect()
    }

    pub(crate) fn in_alternate_screen(&self) -> bool {
        self.seen.lock().parser.screen().alternate_screen()
    }

    pub(crate) fn resize(&self, (cols, rows): (u16, u16)) {
        self.seen.lock().parser.screen_mut().set_size(rows, cols);
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        self.master.as_ref().unwrap().resize(size).unwrap();
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = self.child.as_ref().unwrap().process_id().unwrap();
        kill_process(Pid::from_raw(pid.cast_signed()).unwrap(), signal).unwrap();
    }

    /// Waits for the end.
    pub(crate) fn exit_code(&mut self) -> u32 {
        let child = self.child.as_mut().unwrap();
        let seen = &self.seen;
        let end = Instant::now() + crate::common::PATIENCE;
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return status.exit_code();
            }
            assert!(Instant::now() < end, "does not end; the screen:\n{}", seen.lock().parser.screen().contents());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The terminal as it was before: screen, cursor, mouse, paste, and the line's modes.
    pub(crate) fn is_given_back(&self) {
        eventually("the first screen", || (!self.in_alternate_screen()).then_some(()));
        self.settled();
        let seen = self.seen.lock();
        let screen = seen.parser.screen();
        assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste());
        assert_eq!(screen.mouse_protocol_mode(), MouseProtocolMode::None);
        let text = String::from_utf8_lossy(&seen.bytes);
        let tail: String = text.chars().skip(text.chars().count().saturating_sub(400)).collect();
        for mode in ["1049", "1000", "1002", "1006", "2004"] {
            let off =
                text.rfind(&format!("\x1b[?{mode}l")).unwrap_or_else(|| panic!("{mode} is never reset: {tail:?}"));
            assert!(text.rfind(&format!("\x1b[?{mode}h")).is_none_or(|on| on < off), "{mode} stays set: {tail:?}");
        }
        assert_eq!(modes(&**self.master.as_ref().unwrap()), self.modes, "the line's modes");
    }

    /// The terminal goes away, as when its window is closed.
    pub(crate) fn hang_up(mut self) -> Box<dyn Child + Send + Sync> {
        *self.writer.lock() = None;
        self.slave = None;
        // The reader's copy of the descriptor keeps it open; the kernel's signal is sent by hand.
        self.signal(Signal::HUP);
        self.master = None;
        self.child.take().unwrap()
    }
}

/// The line's modes as text.
fn modes(master: &(dyn MasterPty + Send)) -> String {
    format!("{:?}", master.get_termios())
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
