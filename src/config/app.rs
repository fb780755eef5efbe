//! What is said of an `[[app]]`: a program that serves HTTP, and how requests are passed on to it.

mod watched;
mod words;

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Proxy;

pub use watched::Watched;
pub(crate) use words::is_closed;

/// A program that serves HTTP, and how requests are passed on to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// What runs.
    pub program: Program,
    /// How it is spoken to. The upstream is known when it answers.
    pub proxy: Proxy,
}

/// A program that stan starts. One that is said otherwise in any way is another program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The pattern of its route.
    pub path: String,
    /// The command line as it was written.
    pub command: String,
    /// The folder in which it runs.
    pub dir: PathBuf,
    /// The port that it is given; any free one where there is none.
    pub port: Option<u16>,
    /// Variables beside those of stan's own environment.
    pub env: Vec<(String, String)>,
    /// It starts again when these change.
    pub watch: Vec<Watched>,
    /// How long it may take until it answers, before somebody is told.
    pub ready: Duration,
}

impl Program {
    /// How long it may take until it answers where stan.conf does not say.
    pub const READY: Duration = Duration::from_secs(30);

    /// What is executed: its words, or a shell where the command line needs one.
    pub fn words(&self) -> Vec<String> {
        let shell = || ["sh", "-c", &self.command].map(str::to_owned).to_vec();
        words::split(&self.command).unwrap_or_else(shell)
    }

    /// How it is called in front of what it says: by where it is mounted, at the root by what runs.
    pub fn name(&self) -> String {
        let mount = self.path.split('{').next().unwrap_or_default().trim_matches('/');
        if !mount.is_empty() {
            return mount.to_owned();
        }
        let mut words = self.command.split_whitespace().map(|word| word.trim_matches(['"', '\'']));
        let program = words.find(|word| !word.contains('=')).unwrap_or(&self.command);
        Path::new(program).file_name().map_or_else(|| program.to_owned(), |name| name.to_string_lossy().into_owned())
    }

    /// Whether a change of `path` starts it again.
    pub fn watches(&self, path: &Path) -> bool {
        self.watch.iter().any(|watched| watched.holds(path))
    }
}

#[cfg(test)]
pub(crate) fn example(path: &str, command: &str) -> Program {
    Program {
        path: path.to_owned(),
        command: command.to_owned(),
        dir: PathBuf::from("/"),
        port: None,
        env: Vec::new(),
        watch: Vec::new(),
        ready: Program::READY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (path, command, name) in [
            ("/app/{*rest}", "npm run dev", "app"),
            ("/api/v1", "x", "api/v1"),
            ("/{*rest}", "npm run dev", "npm"),
            ("/", "NODE_ENV=x ./bin/serve -p", "serve"),
            ("/{a}", "'/opt/my' x", "my"),
        ] {
            assert_eq!(example(path, command).name(), name, "{path} {command}");
        }
    }

    #[test]
    fn a_shell_where_it_needs_one() {
        assert_eq!(example("/", "npm run 'a b'").words(), ["npm", "run", "a b"]);
        assert_eq!(example("/", "vite --port $PORT").words(), ["sh", "-c", "vite --port $PORT"]);
    }
}
