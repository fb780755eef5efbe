//! What is said of a WSGI app: what to import, from where, and in how many processes and threads.

use std::path::{Path, PathBuf};
use std::time::Duration;

/// An app in a Python of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wsgi {
    /// What answers.
    pub app: WsgiApp,
    /// The folder from which it is imported, and in which it runs.
    pub dir: PathBuf,
    /// The virtual environment; without one it is looked for.
    pub venv: Option<PathBuf>,
    /// Variables of its environment.
    pub env: Vec<(String, String)>,
    /// Processes; 0 is one per core, at most 4.
    pub workers: usize,
    /// Threads of each.
    pub threads: usize,
    /// How long it may take until it begins to answer.
    pub timeout: Duration,
}

/// What answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WsgiApp {
    /// `package.module:callable`, a factory with literal arguments, or a module alone.
    Callable(String),
    /// A file that makes an app.
    File(PathBuf),
    /// A folder of files, each of which answers at its own name.
    Folder(PathBuf),
}

impl Wsgi {
    /// An app about which nothing more is said.
    pub fn new(app: WsgiApp, dir: &Path) -> Self {
        let timeout = Duration::from_secs(60);
        Self { app, dir: dir.to_owned(), venv: None, env: Vec::new(), workers: 0, threads: 4, timeout }
    }

    /// How it is called in messages.
    pub fn name(&self) -> String {
        match &self.app {
            WsgiApp::Callable(target) => target.clone(),
            WsgiApp::File(path) | WsgiApp::Folder(path) => {
                path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
            }
        }
    }
}

/// Whether `text` names a callable: `package.module`, `module:name.of.it`, `module:factory("literal")`.
/// Whether the arguments are literals is the worker's to say.
pub fn is_callable(text: &str) -> bool {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    let (module, callable) = text.split_once(':').unwrap_or((text, "app"));
    let callable = match callable.split_once('(') {
        Some((name, arguments)) if arguments.ends_with(')') && !arguments.contains(char::is_control) => name,
        _ => callable,
    };
    module.split('.').all(is_name) && callable.split('.').all(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callables() {
        for good in ["blog", "a.b", "blog:app", "a.b:create_app()", "m:x.y", "m:make(\"dev\", debug=True)", "_a1:b.c"] {
            assert!(is_callable(good), "{good}");
        }
        for bad in ["", "blog:", ":app", "a b:c", "blog:app(1", "a:b:c", "1a:b", "a/b", "a:b()\n)x"] {
            assert!(!is_callable(bad), "{bad}");
        }
    }

    #[test]
    fn names() {
        let name = |app| Wsgi::new(app, Path::new("/site")).name();
        assert_eq!(name(WsgiApp::Callable("blog:app".into())), "blog:app");
        assert_eq!(name(WsgiApp::File("/site/app.py".into())), "app.py");
    }
}
