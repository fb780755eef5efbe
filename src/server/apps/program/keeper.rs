//! Keeps a program running: one task for each, from its first start to its end.

use std::io::{self, ErrorKind};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::process::Command;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::port;
use super::{Around, Now, Place, Shared, State};
use crate::config::Program;
use crate::event::{Event, Feed, Note};
use crate::server::apps::Pages;
use crate::server::apps::child::Child;
use crate::server::apps::said::Said;
use crate::server::live::Live;
use crate::text::duration;

/// How long a program may take over its end before it is ended. All have to end while stan waits for that.
const GRACE: Duration = Duration::from_secs(2);
/// How soon one that crashed is started again, at first and at last.
const SOON: Duration = Duration::from_millis(250);
const LATEST: Duration = Duration::from_secs(30);
/// One that has run for so long did not crash at its start.
const LONG: Duration = Duration::from_secs(10);
/// Starts one soon after the other by order, after which each waits like one after a crash: most likely the program
/// itself writes into what it watches.
pub(super) const HASTY: u32 = 10;
const SHORT: Duration = Duration::from_secs(2);
/// Most likely.
const BACKGROUND: &str = "if it went into the background, use its option to stay in the foreground";
/// Lines of what it prints that are shown of each second.
const LINES: u32 = 100;

pub(super) struct Keeper {
    program: Arc<Program>,
    name: Arc<str>,
    feed: Feed,
    live: Pages,
    before: Vec<Place>,
    shared: Arc<Shared>,
    now: watch::Sender<Now>,
    end: CancellationToken,
    /// What pages show is of a run before.
    stale: bool,
    /// Pages show that it does not run.
    broken: bool,
    /// This run has answered.
    answered: bool,
    /// How the run before ended, where it failed and was no other program: why, and what it said last.
    before_this: Option<(String, String)>,
}

/// How a run ended.
enum Ended {
    /// Nobody wants it any more.
    Over,
    /// It is to start again.
    Again,
    /// By itself, or it could not begin: why, for whoever did not order that.
    Failed(String),
    /// By itself before it answered, as if all were well.
    Silently(String),
}

impl Keeper {
    pub(super) fn new(
        program: Arc<Program>,
        name: Arc<str>,
        around: Around,
        shared: Arc<Shared>,
        now: watch::Sender<Now>,
        end: CancellationToken,
    ) -> Self {
        let Around { feed, live, before } = around;
        // Where it takes another's place, pages show that one's.
        let stale = !before.is_empty();
        Self {
            program,
            name,
            feed,
            live,
            before,
            shared,
            now,
            end,
            stale,
            broken: false,
            answered: false,
            before_this: None,
        }
    }

    /// Until it is ended.
    pub(super) async fn run(mut self) {
        let (end, shared) = (self.end.clone(), self.shared.clone());
        // What is not wanted any more before it has begun ends nobody else.
        if !end.is_cancelled() {
            for place in std::mem::take(&mut self.before) {
                place.clear().await;
            }
        }
        let (mut pause, mut hasty) = (SOON, 0);
        while !end.is_cancelled() {
            let began = Instant::now();
            let why = match self.once().await {
                Ended::Over => break,
                Ended::Again => {
                    self.stale = true;
                    hasty = if began.elapsed() < SHORT { hasty + 1 } else { 0 };
                    if hasty < HASTY {
                        pause = SOON;
                        continue;
                    }
                    if hasty == HASTY {
                        let text =
                            "has been started again and again; does it write into what it watches? Name less in watch";
                        self.note(Note::error(format!("{}: {text}", self.name)));
                    }
                    tokio::select! {
                        biased;
                        () = end.cancelled() => break,
                        () = sleep(pause) => pause = (pause * 2).min(LATEST),
                    }
                    continue;
                }
                Ended::Failed(why) => why,
                Ended::Silently(why) => {
                    // Whatever it has left behind is not to become many.
                    pause = LATEST;
                    why
                }
            };
            if began.elapsed() >= LONG {
                pause = SOON;
            }
            self.failed(why, pause);
            tokio::select! {
                biased;
                () = end.cancelled() => break,
                () = shared.again.notified() => {
                    self.ordered();
                    pause = SOON;
                }
                () = sleep(pause) => pause = (pause * 2).min(LATEST),
            }
        }
        if self.broken {
            self.pages(Live::mended);
        }
        self.tell(State::Over, None);
    }

    /// One run, from its start to its end.
    async fn once(&mut self) -> Ended {
        let (end, shared) = (self.end.clone(), self.shared.clone());
        self.answered = false;
        self.now.send_modify(|now| {
            *now = Now { state: State::Starting, run: now.run + 1, pid: None, port: None, last: now.last.clone() };
        });
        let port = match port::free(self.program.port).await {
            Ok(port) => port,
            Err(why) => return Ended::Failed(why),
        };
        // What was ordered until now is done by this start.
        if shared.again.notified().now_or_never().is_some() {
            self.stale = true;
            self.before_this = None;
        }
        let began = Instant::now();
        let mut child = match Child::spawn(self.command(port)) {
            Ok(child) => child,
            Err(error) => return Ended::Failed(self.not_started(&error)),
        };
        // Several tools end with their input, so it stays open.
        let _input = child.stdin();
        let mut said = Said::new(&self.name, self.feed.clone(), LINES);
        if self.before_this.is_some() {
            // Unless it fares otherwise this time, all of it is known.
            said.hold();
        }
        if let Some(out) = child.stdout() {
            said.listen(out);
        }
        if let Some(err) = child.stderr() {
            said.listen(err);
        }
        let pid = child.pid();
        self.now.send_modify(|now| {
            (now.pid, now.port, now.last) = (Some(pid), Some(port), said.last());
        });
        if self.before_this.is_none() {
            self.note(Note::info(format!("{}: started, pid {pid}, PORT={port}", self.name)));
        }
        tokio::select! {
            biased;
            () = end.cancelled() => {}
            () = shared.again.notified() => self.ordered(),
            status = child.wait() => {
                said.heard().await;
                let silently = !self.answered && status.as_ref().is_ok_and(ExitStatus::success);
                let why = if silently { format!("{} before it answered: {BACKGROUND}", how(status)) } else { how(status) };
                if !self.is_same(&why, &said.last().text()) {
                    said.release();
                }
                return if silently { Ended::Silently(why) } else { Ended::Failed(why) };
            }
            never = self.watch_it(port, began, &said) => match never {},
        }
        // Who asks from now on waits for the next run.
        self.tell(State::Starting, Some(pid));
        child.end(GRACE).await;
        // What it says at its end is heard as well.
        said.end().await;
        if end.is_cancelled() { Ended::Over } else { Ended::Again }
    }

    /// Says why it is started again.
    fn ordered(&mut self) {
        self.before_this = None;
        let why = std::mem::take(&mut *self.shared.why.lock());
        self.note(Note::info(format!("{}: starts again: {why}", self.name)));
    }

    /// Waits until it answers, and tells that; or that it takes its time.
    async fn watch_it(&mut self, port: u16, began: Instant, said: &Said) -> std::convert::Infallible {
        let mut answers = std::pin::pin!(port::answers(port));
        let at = if let Ok(at) = timeout(self.program.ready, &mut answers).await {
            at
        } else {
            said.release();
            let why = self.late(port, &said.last().text());
            self.note(Note::error(format!("{}: {why}", self.name)));
            let pid = self.now.borrow().pid;
            self.tell(State::Late(why), pid);
            answers.await
        };
        let pid = self.now.borrow().pid;
        said.release();
        (self.answered, self.before_this) = (true, None);
        self.tell(State::Answers(at), pid);
        self.note(Note::info(format!("{}: answers at {at} after {}", self.name, duration(began.elapsed()))));
        if std::mem::take(&mut self.broken) {
            self.pages(Live::mended);
        }
        // Whoever looks at a page of an older run, or at one that says that there is none, sees this.
        let awaited = self.shared.awaited.swap(false, Relaxed);
        if std::mem::take(&mut self.stale) || awaited {
            self.pages(Live::reload_all);
        }
        std::future::pending().await
    }

    fn command(&self, port: u16) -> Command {
        let words = self.program.words();
        let mut words = words.iter();
        let mut command = Command::new(words.next().map_or("sh", String::as_str));
        command.args(words).current_dir(&self.program.dir);
        // What is printed is to be seen at once, and without colours: it goes to no terminal.
        for (name, value) in [("PYTHONUNBUFFERED", "1"), ("NO_COLOR", "1")] {
            if std::env::var_os(name).is_none() {
                command.env(name, value);
            }
        }
        command.envs(self.program.env.iter().cloned()).env("PORT", port.to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Why it could not be started.
    fn not_started(&self, error: &io::Error) -> String {
        let words = self.program.words();
        let program = words.first().map_or("sh", String::as_str);
        let dir = &self.program.dir;
        match error.kind() {
            _ if !dir.is_dir() => format!("cannot run in {}, which is not there", dir.display()),
            ErrorKind::NotFound => {
                format!(
                    "cannot be started: there is no program {program}; install it, or name it by its path in command"
                )
            }
            ErrorKind::PermissionDenied => {
                format!("cannot be started: {program} may not be run; chmod +x it")
            }
            _ => format!("cannot be started: {program}: {error}"),
        }
    }

    /// Why it may be that it does not answer.
    fn late(&self, port: u16, last: &str) -> String {
        let waited = duration(self.program.ready);
        let other = last.lines().rev().find_map(|line| named_port(line).filter(|other| *other != port));
        match other {
            Some(other) => format!(
                "has not answered on port {port} within {waited}; it speaks of port {other}: say port = {other}, or \
                 have its command use $PORT"
            ),
            None => format!(
                "has not answered on port {port} within {waited}; that is what PORT says: have its command use $PORT, \
                 say which port it has, or raise ready if it only needs longer"
            ),
        }
    }

    /// Whether the run before ended like this one; numbers may differ.
    fn is_same(&self, why: &str, last: &str) -> bool {
        let words = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "");
        let before = self.before_this.as_ref();
        before.is_some_and(|(before, said)| why == before && words(last) == words(said))
    }

    /// It does not run.
    fn failed(&mut self, why: String, pause: Duration) {
        let last = self.now.borrow().last.text();
        let soon = self.answered && pause <= SOON;
        self.tell(if soon { State::Again(why.clone()) } else { State::Down(why.clone()) }, None);
        let title = format!("{}: {why}", self.name);
        self.pages(|live| live.error(&title, &last));
        self.broken = true;
        // What it said has been told as it came.
        let next = duration(pause);
        let text = if self.is_same(&why, &last) {
            format!("{}: fails the same way again; next try in {next}", self.name)
        } else {
            format!("{}: {why}; it starts again in {next}", self.name)
        };
        self.note(Note::error(text));
        self.before_this = Some((why, last));
    }

    fn tell(&self, state: State, pid: Option<u32>) {
        self.now.send_modify(|now| {
            now.state = state;
            now.port = now.port.filter(|_| pid.is_some());
            now.pid = pid;
        });
    }

    fn pages(&self, tell: impl FnOnce(&Live)) {
        if let Some(live) = self.live.get() {
            tell(live);
        }
    }

    fn note(&self, note: Note) {
        self.feed.event(Event::Note(note));
    }
}

/// How it ended, and what that means where a shell says it.
fn how(status: io::Result<ExitStatus>) -> String {
    let status = match status {
        Ok(status) => status,
        Err(error) => return format!("was lost: {error}"),
    };
    match (status.code(), status.signal()) {
        (Some(127), _) => "ended with status 127: the program was not found".to_owned(),
        (Some(code), _) => format!("ended with status {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended".to_owned(),
    }
}

/// The port of a loopback URL that a line names, such as `http://localhost:5173/`.
fn named_port(line: &str) -> Option<u16> {
    ["localhost:", "127.0.0.1:", "[::1]:", "0.0.0.0:", "[::]:"].iter().find_map(|host| {
        let (_, rest) = line.split_once(host)?;
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest.get(..end)?.parse().ok().filter(|port| *port > 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_that_are_spoken_of() {
        for (line, port) in [
            ("  ➜  Local:   http://localhost:5173/", Some(5173)),
            ("Listening on 127.0.0.1:8080", Some(8080)),
            ("at http://[::1]:3000/x", Some(3000)),
            ("localhost:", None),
            ("localhost:99999", None),
            ("port 80", None),
        ] {
            assert_eq!(named_port(line), port, "{line}");
        }
    }
}
