//! A script's process: how it is started, and its last words.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{ChildStdout, Command};
use tokio::time::timeout;

use super::input::{Feeding, Input};
use super::script::Script;
use super::trouble::Trouble;
use super::turns::Turn;
use crate::event::{Event, Feed, Note};
use crate::server::apps::child::Child;
use crate::server::apps::said::Said;

/// How long a script may take to end that has closed its output without an answer.
const END: Duration = Duration::from_secs(1);

/// Lines of what a script prints to stderr that are shown a second, after a first burst.
const LINES: u32 = 20;

/// A script that runs. Dropped, it and all that it has started end.
pub(super) struct Running {
    child: Child,
    pub(super) stdout: ChildStdout,
    pub(super) feeding: Option<Feeding>,
    said: Option<Said>,
    pub(super) path: PathBuf,
    pub(super) name: String,
    pub(super) feed: Feed,
}

impl Running {
    /// Starts `script` in its own folder, with these variables and no others.
    pub(super) fn start(
        script: &Script,
        arguments: Vec<OsString>,
        variables: Vec<(OsString, OsString)>,
        input: Input,
        name: &str,
        feed: &Feed,
    ) -> Result<Self, Trouble> {
        let (stdin, body) = input.into_stdio();
        let mut command = Command::new(&script.path);
        command.args(arguments).env_clear().envs(variables);
        command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some(folder) = script.path.parent() {
            command.current_dir(folder);
        }
        let failed = |error: &io::Error| Trouble::not_started(error, &script.path);
        let mut child = Child::spawn(command).map_err(|error| failed(&error))?;
        let stdout = child.stdout().ok_or_else(|| failed(&io::ErrorKind::BrokenPipe.into()))?;
        let said = child.stderr().map(|stderr| {
            let mut said = Said::new(name, feed.clone(), LINES);
            said.listen(stderr);
            said
        });
        let feeding = body.zip(child.stdin()).map(|(body, stdin)| Feeding::start(body, stdin));
        Ok(Self { child, stdout, feeding, said, path: script.path.clone(), name: name.to_owned(), feed: feed.clone() })
    }

    /// It has closed its output: waits for its end, for as long as it keeps its turn.
    /// Whether it `spoke` behind its head tells a page from a blank one.
    pub(super) async fn finish(mut self, turn: Turn, patience: Duration, spoke: bool) {
        let blank = if spoke { "" } else { " after its header: the answer has no body" };
        let text = match timeout(patience, self.child.wait()).await {
            Ok(status) => status.ok().and_then(in_words).map(|words| words + blank),
            Err(_) => Some("was ended: it went on for too long after its answer".to_owned()),
        };
        drop(self.child);
        drop(turn);
        if let Some(said) = self.said {
            said.end().await;
        }
        if let Some(text) = text {
            tell(&self.feed, &self.name, &text);
        }
    }

    /// Says what became of it.
    pub(super) fn tell(&self, text: &str) {
        tell(&self.feed, &self.name, text);
    }

    /// It is of no more use: ends it, and tells how it went and the last that it said.
    pub(super) async fn last_words(mut self) -> LastWords {
        let ended = timeout(END, self.child.wait()).await;
        let status = ended.ok().and_then(Result::ok).and_then(in_words);
        self.ended(status).await
    }

    /// The same for one that is not waited for.
    pub(super) async fn end(self) -> LastWords {
        self.ended(None).await
    }

    async fn ended(self, status: Option<String>) -> LastWords {
        drop(self.child);
        let said = match self.said {
            Some(said) => said.end().await,
            None => String::new(),
        };
        LastWords { status, said }
    }
}

fn tell(feed: &Feed, name: &str, text: &str) {
    feed.event(Event::Note(Note::error(format!("{name}: the script {text}"))));
}

/// How a script came to its end.
#[derive(Debug, Default)]
pub(super) struct LastWords {
    /// Unless all went well: `ended with status 1`.
    pub(super) status: Option<String>,
    /// The last that it printed beside its answer.
    pub(super) said: String,
}

impl LastWords {
    /// Where a traceback or a shell's complaint says what it is about.
    pub(super) fn last_line(&self) -> &str {
        self.said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default()
    }

    /// All of it.
    pub(super) fn text(&self) -> String {
        let status = self.status.as_ref().map(|status| format!("It {status}."));
        let said = Some(self.said.clone()).filter(|said| !said.is_empty());
        status.into_iter().chain(said).collect::<Vec<_>>().join("\n")
    }
}

/// How a process ended, unless all went well.
fn in_words(status: ExitStatus) -> Option<String> {
    match (status.code(), status.signal()) {
        (Some(0), _) => None,
        (Some(code), _) => Some(format!("ended with status {code}")),
        (None, Some(signal)) => Some(format!("was ended by signal {signal}")),
        (None, None) => Some("ended".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_in_words() {
        assert_eq!(in_words(ExitStatus::from_raw(0)), None);
        assert_eq!(in_words(ExitStatus::from_raw(3 << 8)).unwrap(), "ended with status 3");
        assert_eq!(in_words(ExitStatus::from_raw(11)).unwrap(), "was ended by signal 11");
    }
}
