//! The front end for pipes and scripts: commands are lines in, events are lines out.
//!
//! The first word of a line says what it is (`listening request upload changed note error ✓ ✗`)
//! and never changes its meaning; no escape sequence is ever written.

mod lines;
mod tables;

use std::io::{self, Write};
use std::time::{Duration, Instant, SystemTime};

use futures_util::{Stream, StreamExt};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

use crate::command::{self, Command, Execute, Reply, filter::Filter};
use crate::event::Reader;
use crate::known::{Known, Log};
use crate::signals::Signal;

/// Bytes of a typed line that are looked at.
const LINE: u64 = 64 << 10;

/// Bytes of requests that are remembered for `log`.
const MEMORY: usize = 64 << 10;

/// Between two looks at the news of a busy server.
const PACE: Duration = Duration::from_millis(10);

/// How much is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// No requests and no changed files.
    Quiet,
    /// One line per thing that happens.
    Normal,
    /// Also which route answered, uploads as they begin, and pages that come and go.
    Verbose,
}

impl Verbosity {
    /// The level that the flags ask for.
    pub fn of(quiet: bool, verbose: bool) -> Self {
        match (quiet, verbose) {
            (true, _) => Self::Quiet,
            (_, true) => Self::Verbose,
            _ => Self::Normal,
        }
    }
}

/// Runs until the session has ended.
///
/// `input` gives commands, a line each, and may end without ending the run. An error is one of `out`; the number is of a second signal, which will not wait.
pub async fn run(
    input: impl AsyncBufRead + Unpin,
    out: impl Write,
    mut reader: Reader,
    session: impl Execute,
    mut signals: impl Stream<Item = Signal> + Unpin,
    level: Verbosity,
) -> io::Result<Option<Signal>> {
    let known = Known { log: Log::bounded(MEMORY), ..Known::default() };
    let mut plain = Plain { out, known, filter: Filter::default(), level, next_look: Instant::now(), ending: false };
    let mut input = Some(input);
    let mut typed = Vec::new();
    loop {
        let command = tokio::select! {
            biased;
            Some(signal) = signals.next() => match plain.wish(signal) {
                Some(command) => command,
                None => return Ok(Some(signal)),
            },
            line = next_line(&mut input, &mut typed) => match line {
                None => { input = None; continue }
                Some(line) if line.trim().is_empty() => continue,
                Some(line) => match command::parse(&line) {
                    Ok(command) => command,
                    Err(error) => {
                        plain.reply(&Reply::failed(error.to_string()))?;
                        continue;
                    }
                },
            },
            () = news(&mut reader, plain.next_look) => {
                if plain.take(&mut reader)? {
                    return Ok(None);
                }
                continue;
            }
        };
        let reply = match plain.view(&command) {
            Some(reply) => reply,
            None => match plain.order(&session, command, &mut reader, &mut signals).await? {
                Ok(reply) => reply,
                Err(signal) => return Ok(Some(signal)),
            },
        };
        // What the command caused is told before its answer.
        let closed = plain.take(&mut reader)?;
        plain.reply(&reply)?;
        if closed {
            return Ok(None);
        }
    }
}

struct Plain<W> {
    out: W,
    known: Known,
    filter: Filter,
    level: Verbosity,
    /// News is not looked for before then.
    next_look: Instant,
    /// The end has been asked for by a signal.
    ending: bool,
}

impl<W: Write> Plain<W> {
    /// What a signal asks for; nothing when it asks for the end a second time.
    fn wish(&mut self, signal: Signal) -> Option<Command> {
        match signal {
            Signal::Hangup => Some(Command::Reload),
            _ => (!std::mem::replace(&mut self.ending, true)).then_some(Command::Stop),
        }
    }

    /// Lets the session carry `command` out while events go on being written.
    async fn order(
        &mut self,
        session: &impl Execute,
        command: Command,
        reader: &mut Reader,
        signals: &mut (impl Stream<Item = Signal> + Unpin),
    ) -> io::Result<Result<Reply, Signal>> {
        self.ending |= command == Command::Stop;
        let mut reply = session.execute(command);
        loop {
            tokio::select! {
                biased;
                reply = &mut reply => return Ok(Ok(reply)),
                Some(signal) = signals.next() => match self.wish(signal) {
                    // The session takes its orders in turn.
                    Some(command) => drop(tokio::spawn(session.execute(command))),
                    None => return Ok(Err(signal)),
                },
                () = news(reader, self.next_look) => {
                    if self.take(reader)? {
                        return Ok(Ok(reply.await));
                    }
                }
            }
        }
    }

    /// Writes what has happened; whether nothing more will.
    fn take(&mut self, reader: &mut Reader) -> io::Result<bool> {
        let batch = reader.take();
        let (now, wall) = (Instant::now(), SystemTime::now());
        self.next_look = now + PACE;
        let mut text = String::new();
        for exchange in batch.exchanges {
            if self.level > Verbosity::Quiet && self.filter.matches(&exchange) {
                lines::request(&mut text, &exchange);
                if self.level == Verbosity::Verbose {
                    lines::route(&mut text, &exchange);
                }
            }
            self.known.push(exchange, now);
        }
        for event in batch.events {
            lines::event(&mut text, &event, self.level);
            self.known.apply(event, wall);
        }
        if batch.lost_exchanges > 0 && self.level > Verbosity::Quiet {
            lines::note(&mut text, &format!("{} requests came too fast to be shown", batch.lost_exchanges));
        }
        if batch.lost_events > 0 {
            lines::note(&mut text, &format!("{} events came too fast to be shown", batch.lost_events));
        }
        self.known.lose(batch.lost_exchanges, batch.lost_events, now);
        self.write(&text)?;
        Ok(batch.closed)
    }

    /// Answers the commands that only look; `None` for those that the session carries out.
    fn view(&mut self, command: &Command) -> Option<Reply> {
        let (above, line) = match command {
            Command::Routes => tables::routes(&self.known),
            Command::Uploads => tables::uploads(&self.known),
            Command::Log => tables::log(&self.known),
            Command::Help(word) => (command::help(word.as_deref()), "help WORD tells more".to_owned()),
            Command::Qr => match tables::qr(&self.known) {
                Ok(qr) => qr,
                Err(why) => return Some(Reply::failed(why)),
            },
            Command::Filter(text) => {
                self.filter = Filter::parse(text);
                let line = if self.filter.is_empty() { "all requests".to_owned() } else { format!("only {text}") };
                (Vec::new(), line)
            }
            Command::Clear => {
                self.known.log.clear();
                (Vec::new(), "cleared".to_owned())
            }
            _ => return None,
        };
        Some(Reply { ok: true, line, above })
    }

    fn reply(&mut self, reply: &Reply) -> io::Result<()> {
        let mut text = String::new();
        for line in &reply.above {
            lines::harmless_line(&mut text, "", line);
        }
        lines::harmless_line(&mut text, if reply.ok { "✓ " } else { "✗ " }, &reply.line);
        self.write(&text)
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }
}

/// Waits for news, but lets them gather first: so a busy server finds nobody to wake. Cancel safe.
async fn news(reader: &mut Reader, next_look: Instant) {
    tokio::time::sleep_until(next_look.into()).await;
    reader.wait().await;
}

/// The next typed line; `None` when there will be no more. Cancel safe: what was read of a line
/// stays in `typed`.
async fn next_line(input: &mut Option<impl AsyncBufRead + Unpin>, typed: &mut Vec<u8>) -> Option<String> {
    let Some(source) = input else { return std::future::pending().await };
    let room = LINE.saturating_sub(typed.len() as u64).max(1);
    let read = source.take(room).read_until(b'\n', typed).await;
    if typed.is_empty() && !matches!(read, Ok(n) if n > 0) {
        return None;
    }
    let line = String::from_utf8_lossy(typed).trim_end_matches(['\r', '\n']).to_owned();
    typed.clear();
    Some(line)
}

#[cfg(test)]
mod tests;
