//! What the command line said.

use std::path::PathBuf;

use crate::config::{Config, Guards, Route, Target, Wsgi, WsgiApp};
use crate::net::Bind;

/// What the command line said of the configuration. Relative paths are relative to the current
/// folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    /// `-p`.
    pub port: Option<u16>,
    /// `--bind`.
    pub bind: Option<Bind>,
    /// `-c`.
    pub config: Option<PathBuf>,
    /// `--uploads`.
    pub uploads: Option<PathBuf>,
    /// `--no-upload`.
    pub no_upload: bool,
    /// `MODULE:CALLABLE` or `FILE.py`.
    pub app: Option<WsgiApp>,
}

impl Flags {
    /// The flag that settles the key, as it was typed.
    pub(super) fn settles(&self, key: &str) -> Option<&'static str> {
        match key {
            "port" if self.port.is_some() => Some("--port"),
            "bind" if self.bind.is_some() => Some("--bind"),
            "upload.dir" if self.uploads.is_some() => Some("--uploads"),
            _ => None,
        }
    }

    /// The route of the app that was named: everything that no other route answers.
    pub(super) fn route(&self, config: &Config) -> Option<Route> {
        let app = Wsgi::new(self.app.clone()?, &config.root);
        Some(Route {
            path: "/{*rest}".to_owned(),
            methods: Vec::new(),
            target: Target::Wsgi(app),
            status: None,
            headers: Vec::new(),
            guards: Guards::default(),
            body: None,
            cors: None,
            line: 0,
        })
    }

    /// Takes over what the flag says of the key.
    pub(super) fn apply(&self, key: &str, config: &mut Config) {
        match (key, self.port, self.bind, &self.uploads) {
            ("port", Some(port), ..) => config.port = port,
            ("bind", _, Some(bind), _) => config.bind = bind,
            ("upload.dir", .., Some(folder)) => config.upload.dir.clone_from(folder),
            _ => {}
        }
    }
}
