//! `stan hash [NAME]`: a password becomes a line for `auth` in stan.conf.

use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::process::ExitCode;

use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers, read};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};

use crate::password::Hash;

/// Bytes of a password; a longer one could not be sent.
const LONGEST: usize = 512;

/// Why there is no hash.
#[derive(Debug)]
enum Failure {
    /// What was given cannot be.
    Bad(&'static str),
    /// Ctrl-C.
    Interrupted,
    System(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

/// Reads a password, from a terminal without showing it and twice, else the first line of stdin; prints
/// `NAME:HASH`, or the hash alone.
pub fn run(name: Option<&str>, out: &mut dyn Write, err: &mut dyn Write) -> ExitCode {
    let stdin = io::stdin();
    let password = if stdin.is_terminal() { typed(err) } else { first_line(&mut stdin.lock()) };
    let line = password.and_then(|password| line(name, &password));
    let (code, why) = match line {
        Ok(line) => return super::print(out, line.as_bytes()),
        Err(Failure::Bad(why)) => (2, why.to_owned()),
        Err(Failure::Interrupted) => return ExitCode::from(130),
        Err(Failure::System(error)) => (1, format!("the password cannot be read: {error}")),
    };
    // Where stderr is gone, the exit code has to do.
    let _ = writeln!(err, "error: {why}");
    ExitCode::from(code)
}

fn line(name: Option<&str>, password: &str) -> Result<String, Failure> {
    if name.is_some_and(|name| name.is_empty() || name.contains(':') || name.contains(char::is_control)) {
        return Err(Failure::Bad("a name has at least one character, and no colon"));
    }
    if password.is_empty() {
        return Err(Failure::Bad("the password is empty; type one, or send it as the first line of stdin"));
    }
    if password.len() > LONGEST || password.contains(char::is_control) {
        return Err(Failure::Bad("a password has at most 512 bytes, and no control characters"));
    }
    let hash = Hash::new(password)?;
    Ok(name.map_or_else(|| format!("{hash}\n"), |name| format!("{name}:{hash}\n")))
}

fn first_line(input: &mut dyn BufRead) -> Result<String, Failure> {
    let mut line = Vec::new();
    input.take(LONGEST as u64 + 2).read_until(b'\n', &mut line)?;
    let line = line.strip_suffix(b"\n").unwrap_or(&line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    String::from_utf8(line.to_vec()).map_err(|_| Failure::Bad("a password is UTF-8 text"))
}

/// Asks twice, for nobody sees what was mistyped.
fn typed(err: &mut dyn Write) -> Result<String, Failure> {
    // Before anything is asked: what is typed ahead is not shown either.
    enable_raw_mode()?;
    let typed = twice(err);
    let given_back = disable_raw_mode();
    let password = typed?;
    given_back?;
    Ok(password)
}

fn twice(err: &mut dyn Write) -> Result<String, Failure> {
    let password = unseen("password: ", err)?;
    if unseen("again: ", err)? == password { Ok(password) } else { Err(Failure::Bad("the two are not the same")) }
}

fn unseen(prompt: &str, err: &mut dyn Write) -> Result<String, Failure> {
    write!(err, "{prompt}")?;
    err.flush()?;
    let line = keys();
    // A raw terminal does not go back to the first column by itself.
    write!(err, "\r\n")?;
    line
}

/// Reads keys up to Enter.
fn keys() -> Result<String, Failure> {
    let mut line = String::new();
    loop {
        let Event::Key(key) = read()? else { continue };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Enter => return Ok(line),
            KeyCode::Char('j' | 'm') if control => return Ok(line),
            KeyCode::Char('c' | 'd') if control => return Err(Failure::Interrupted),
            KeyCode::Char('u') if control => line.clear(),
            KeyCode::Backspace => drop(line.pop()),
            KeyCode::Char(c) if !control && line.len() <= LONGEST => line.push(c),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_for_auth() {
        let made = line(Some("ada"), "secret: ü").unwrap();
        let hash = made.trim_end().strip_prefix("ada:").unwrap();
        assert!(Hash::parse(hash).unwrap().fits("secret: ü".as_bytes()));
        assert!(line(None, "x").unwrap().starts_with("$argon2id$"));
    }

    #[test]
    fn what_cannot_be() {
        for (name, password) in [
            (Some("a:b"), "x"),
            (Some(""), "x"),
            (Some("a\n"), "x"),
            (None, ""),
            (None, "a\tb"),
            (None, &*"x".repeat(513)),
        ] {
            assert!(matches!(line(name, password), Err(Failure::Bad(_))), "{name:?} {password}");
        }
    }

    #[test]
    fn the_first_line_of_a_pipe() {
        let read = |text: &[u8]| first_line(&mut &*text).ok();
        for (text, line) in [("a b\n", "a b"), ("a\r\nb\n", "a"), ("a", "a"), ("", "")] {
            assert_eq!(read(text.as_bytes()).as_deref(), Some(line));
        }
        assert_eq!(read(b"\xff\n"), None);
        assert!(read(&vec![b'a'; 100_000]).unwrap().len() > LONGEST, "bounded, and seen to be too long");
    }
}
