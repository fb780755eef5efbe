//! The front end for pipes and scripts: commands are lines in, events are lines out.
//!
//! The first word of a line says what it is (`listening request upload changed note error ✓ ✗`)
//! and never changes its meaning; no escape sequence is ever written.

mod lines;
mod printer;
mod tables;
mod typed;

use std::time::{Duration, Instant, SystemTime};

use futures_util::{Stream, StreamExt};
use tokio::io::{AsyncBufRead, AsyncWrite};

use crate::command::{self, Command, Execute, Reply, filter::Filter};
use crate::event::Reader;
use crate::known::{Known, Log, Scan, State, Step};
use crate::net::{Platform, causes};
use crate::signals::Signal;
use printer::Printer;
use typed::Typed;

/// Bytes of requests that are remembered for `log`.
const MEMORY: usize = 64 << 10;
/// Requests that are worth keeping where none is printed unless somebody asks.
const RECENT: usize = 128;

/// Between two looks for a visitor where no request is shown.
const QUIET_LOOK: Duration = Duration::from_secs(5);
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
/// `input` gives commands, a line each, and may end without ending the run. `out` may be slow,
/// full or gone: lines are lost then, and counted, and nothing else. The result is a second signal
/// to end, which will not wait.
pub async fn run(
    input: impl AsyncBufRead + Unpin,
    out: impl AsyncWrite + Unpin + Send + 'static,
    reader: Reader,
    session: impl Execute,
    signals: impl Stream<Item = Signal> + Unpin,
    level: Verbosity,
) -> Option<Signal> {
    let known = Known { log: Log::bounded(MEMORY), ..Known::default() };
    let mut reader = reader;
    if level == Verbosity::Quiet {
        reader.only_recent(RECENT);
    }
    let printer = Printer::new(out);
    let mut plain = Plain {
        printer,
        known,
        filter: Filter::default(),
        scan: Scan::default(),
        despaired: false,
        level,
        told_key: None,
        next_look: Instant::now(),
        ending: false,
    };
    let hasty = plain.listen(input, reader, session, signals).await;
    if hasty.is_none() {
        plain.printer.finish().await;
    }
    hasty
}

struct Plain {
    printer: Printer,
    known: Known,
    filter: Filter,
    /// What has come of the QR code.
    scan: Scan,
    /// It has been said that nobody came.
    despaired: bool,
    level: Verbosity,
    /// The upload link and the PIN that were written last.
    told_key: Option<(String, String)>,
    /// News is not looked for before then.
    next_look: Instant,
    /// The end has been asked for by a signal.
    ending: bool,
}

impl Plain {
    async fn listen(
        &mut self,
        input: impl AsyncBufRead + Unpin,
        mut reader: Reader,
        session: impl Execute,
        mut signals: impl Stream<Item = Signal> + Unpin,
    ) -> Option<Signal> {
        let mut typed = Typed::new(input);
        loop {
            let scan_due = self.scan_due();
            let command = tokio::select! {
                biased;
                Some(signal) = signals.next() => match self.wish(signal) {
                    Some(command) => command,
                    None => return Some(signal),
                },
                line = typed.next() => match line.as_deref().map(command::parse) {
                    Ok(Ok(command)) => command,
                    Ok(Err(command::ParseError::Empty)) => continue,
                    Ok(Err(error)) => {
                        self.reply(&Reply::failed(error.to_string()));
                        continue;
                    }
                    Err(too_long) => {
                        self.reply(&Reply::failed(too_long.to_string()));
                        continue;
                    }
                },
                () = news(&mut reader, self.next_look) => {
                    if self.take(&mut reader) {
                        return None;
                    }
                    continue;
                }
                () = tokio::time::sleep_until(scan_due.unwrap_or(self.next_look).into()), if scan_due.is_some() => {
                    if self.take(&mut reader) {
                        return None;
                    }
                    self.despair();
                    continue;
                }
            };
            // Views show all that has happened.
            let mut closed = self.take(&mut reader);
            let reply = match self.view(&command) {
                Some(reply) => reply,
                None => match self.order(&session, command, &mut reader, &mut signals).await {
                    Ok(reply) => reply,
                    Err(signal) => return Some(signal),
                },
            };
            // What the command caused is told before its answer.
            closed |= self.take(&mut reader);
            self.reply(&reply);
            if closed {
                return None;
            }
        }
    }

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
    ) -> Result<Reply, Signal> {
        self.ending |= command == Command::Stop;
        let mut reply = session.execute(command);
        loop {
            tokio::select! {
                biased;
                reply = &mut reply => return Ok(reply),
                Some(signal) = signals.next() => match self.wish(signal) {
                    // The session takes its orders in turn.
                    Some(command) => drop(tokio::spawn(session.execute(command))),
                    None => return Err(signal),
                },
                () = news(reader, self.next_look) => {
                    if self.take(reader) {
                        return Ok(reply.await);
                    }
                }
            }
        }
    }

    /// Writes what has happened; whether nothing more will.
    fn take(&mut self, reader: &mut Reader) -> bool {
        let batch = reader.take();
        let (now, wall) = (Instant::now(), SystemTime::now());
        self.next_look = now + PACE;
        self.known.uploads.advance(now);
        let mut text = String::new();
        for exchange in batch.exchanges {
            if self.level > Verbosity::Quiet && self.filter.matches(&exchange) {
                lines::request(&mut text, &exchange);
                if self.level == Verbosity::Verbose {
                    lines::route(&mut text, &exchange);
                }
            }
            if self.scan.see(&exchange, &self.known)
                && let Step::Connected(device, address) = self.scan.at(now)
            {
                lines::note(&mut text, format!("connected: {device} {address}").trim_end());
            }
            self.known.push(exchange, now);
        }
        for event in batch.events {
            lines::event(&mut text, &event, self.level);
            self.known.apply(event, wall);
            self.tell_key(&mut text);
        }
        if batch.lost_exchanges > 0 && self.level > Verbosity::Quiet {
            lines::note(&mut text, &format!("{} requests came too fast to be shown", batch.lost_exchanges));
        }
        if batch.lost_events > 0 {
            lines::note(&mut text, &format!("{} events came too fast to be shown", batch.lost_events));
        }
        self.known.lose(batch.lost_exchanges, batch.lost_events, now);
        self.printer.print(text);
        batch.closed
    }

    /// Writes the link and the PIN that other devices need, where those they had are not good any more.
    fn tell_key(&mut self, text: &mut String) {
        if self.known.state != State::Listening {
            return;
        }
        let settings = &self.known.settings;
        let link = self.known.best_url().and_then(|address| settings.link(address));
        let key = link.map(|link| (link, settings.pin.clone()));
        if key == self.told_key {
            return;
        }
        if let Some((link, pin)) = &key {
            lines::note(text, &format!("upload link {link}"));
            lines::note(text, &format!("PIN {pin}"));
        }
        self.told_key = key;
    }

    /// Answers the commands that only look; `None` for those that the session carries out.
    fn view(&mut self, command: &Command) -> Option<Reply> {
        let (above, line) = match command {
            Command::Routes => tables::routes(&self.known),
            Command::Uploads => tables::uploads(&self.known),
            Command::Log => tables::log(&self.known),
            Command::Help(word) => (command::help(word.as_deref()), "help WORD tells more".to_owned()),
            Command::Qr { next } => {
                self.scan.show(&self.known, *next, Instant::now());
                self.despaired = false;
                match tables::qr(&self.known, &self.scan) {
                    Ok(qr) => qr,
                    Err(why) => {
                        self.scan.forget();
                        return Some(Reply::failed(why));
                    }
                }
            }
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

    /// When to look whether somebody has come to the code that was shown.
    fn scan_due(&self) -> Option<Instant> {
        if self.despaired || !self.scan.waits() {
            return None;
        }
        let now = Instant::now();
        let due = self.scan.due(now).unwrap_or(now);
        // Requests that nobody wants to see wake nobody.
        Some(if self.level == Verbosity::Quiet { due.min(now + QUIET_LOOK) } else { due })
    }

    /// Says once what may be wrong when nobody has come for long.
    fn despair(&mut self) {
        if self.scan.at(Instant::now()) != Step::Stuck {
            return;
        }
        self.despaired = true;
        let mut text = String::new();
        let cause = causes(Platform::here(), self.known.port()).into_iter().next().unwrap_or_default();
        lines::note(&mut text, &format!("nobody has opened the link yet. {cause}"));
        self.printer.print(text);
    }

    fn reply(&mut self, reply: &Reply) {
        let mut text = String::new();
        for line in &reply.above {
            lines::harmless_line(&mut text, "", line);
        }
        lines::harmless_line(&mut text, if reply.ok { "✓ " } else { "✗ " }, &reply.line);
        self.printer.print(text);
    }
}

/// Waits for news, but lets them gather first: so a busy server finds nobody to wake. Cancel safe.
async fn news(reader: &mut Reader, next_look: Instant) {
    tokio::time::sleep_until(next_look.into()).await;
    reader.wait().await;
}

#[cfg(test)]
mod tests;
