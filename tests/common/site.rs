//! A site in a temporary folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use tempfile::TempDir;

use super::Server;
use super::server::{Ended, run};

pub(crate) struct Site {
    folder: Arc<TempDir>,
}

impl Site {
    /// An empty folder.
    pub(crate) fn new() -> Self {
        Self { folder: Arc::new(tempfile::tempdir().unwrap()) }
    }

    /// A folder with one page in `static_file/`, so that it is a site.
    pub(crate) fn small() -> Self {
        Self::new().file("static_file/index.html", "<!doctype html><title>small</title><p>first")
    }

    pub(crate) fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.write(path, content);
        self
    }

    pub(crate) fn conf(self, text: &str) -> Self {
        self.file("stan.conf", text)
    }

    /// Writes a file the way a simple editor saves: truncated and written.
    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn read(&self, path: &str) -> Vec<u8> {
        fs::read(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub(crate) fn text(&self, path: &str) -> String {
        String::from_utf8(self.read(path)).unwrap()
    }

    /// Names in a folder, sorted, hidden ones left out; empty where there is no folder.
    pub(crate) fn names(&self, path: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path(path)) else { return Vec::new() };
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| !name.starts_with('.'));
        names.sort();
        names
    }

    /// The binary with nothing of this shell's environment, in this folder.
    pub(crate) fn stan(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stan"));
        command.env_clear().env("LANG", "C.UTF-8").env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.root()).current_dir(self.root()).args(arguments);
        command
    }

    /// Runs the binary to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        run(&mut self.stan(arguments))
    }

    /// Serves the folder on any free port of the loopback.
    pub(crate) fn start(&self) -> Server {
        self.start_with(&[])
    }

    /// The same with more arguments.
    pub(crate) fn start_with(&self, more: &[&str]) -> Server {
        let mut command = self.stan(&["--plain", "--bind", "local", "-p", "0"]);
        Server::start(command.args(more)).keeping(self.folder.clone())
    }

    /// Serves with these arguments and nothing else.
    pub(crate) fn start_as(&self, arguments: &[&str]) -> Server {
        Server::start(&mut self.stan(arguments)).keeping(self.folder.clone())
    }
}
