//! What stan.conf may say, with every default.
//!
//! Here are the types of a configuration. The rooms: `keys` the table of settings, `value` how a
//! value is read, `wsgi` and `app` what is said of an app, `parse` and `route` the file, `place` errors with line and caret, `layers` which
//! source is in force, `diff` and `describe` words for people.

pub(crate) mod app;
pub(crate) mod defaults;
mod describe;
mod diff;
mod guards;
mod keys;
mod layers;
mod parse;
mod place;
pub(crate) mod proxy;
mod route;
mod value;
mod warnings;
mod wsgi;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::net::{Bind, Network};

pub use app::{App, Program, Watched};
pub use diff::{Change, diff};
pub use guards::{Account, Guards, Password, Peers, Per, Rate};
pub use keys::{KeyDoc, choices, reference};
pub use layers::{Flags, Layers, LoadError, SetError, Source};
pub use place::{ConfigError, ConfigErrors};
pub use proxy::{Address, Balance, HealthCheck, Proxy, ProxyHost, Upstream};
pub use wsgi::{Wsgi, WsgiApp, is_callable};

/// Everything that is settled before a server is built.
///
/// Folders are absolute. `Default` is never used: the defaults depend on the kind of folder and
/// come from one table beside the parser.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The site's folder.
    pub root: PathBuf,
    /// The file that was read, if there is one.
    pub file: Option<PathBuf>,
    /// Port to listen on; 0 is any free one.
    pub port: u16,
    /// Whether a person or file chose the port; if not, a taken one moves to the next free.
    pub port_typed: bool,
    /// Addresses to listen on.
    pub bind: Bind,
    /// Folder of static files, served at `/` and at `/static_file/` (its own name).
    pub static_dir: PathBuf,
    /// Whether `static_dir` is `root` itself (a folder without `static_file/`).
    pub bare: bool,
    /// Folder of templates; it may be missing.
    pub templates: PathBuf,
    /// Folder of data files for templates; it may be missing.
    pub data: PathBuf,
    /// Access log file.
    pub log: Option<PathBuf>,
    /// Its format.
    pub log_format: LogFormat,
    /// More Host names to answer to.
    pub hosts: Vec<String>,
    /// The page for 404, a file in `static_dir`; a built-in page when it is missing.
    pub error_page: String,
    /// Send `Access-Control-Allow-Origin: *` and no `Cross-Origin-Resource-Policy`.
    pub cors: bool,
    /// Headers for every answer.
    pub headers: Vec<(http::HeaderName, http::HeaderValue)>,
    /// Peers whose `Forwarded` and `X-Forwarded-For` are believed.
    pub trusted_proxies: Vec<Network>,
    /// Who may pass and how fast, for all.
    pub guards: Guards,
    /// Limits on what clients may cost.
    pub limits: Limits,
    /// What is received.
    pub upload: Upload,
    /// What devices other than this one need to upload (`upload.key`).
    pub key: UploadKey,
    /// Watching and live reload.
    pub reload: Reload,
    /// Explicit routes in file order.
    pub routes: Vec<Route>,
}

impl Config {
    /// The folders that receive files.
    pub fn upload_dirs(&self) -> Vec<PathBuf> {
        let routes = self.routes.iter().filter_map(|route| match &route.target {
            Target::Upload(dir) => Some(dir.clone()),
            _ => None,
        });
        std::iter::once(self.upload.dir.clone()).chain(routes).collect()
    }

    /// The programs that are started.
    pub fn apps(&self) -> impl Iterator<Item = &App> {
        self.routes.iter().filter_map(|route| if let Target::App(app) = &route.target { Some(app) } else { None })
    }

    /// The folders and files that a route of their own keeps for some: no other mount serves them.
    pub fn guarded(&self) -> impl Iterator<Item = &Path> {
        self.routes.iter().filter(|route| route.guards.closes()).filter_map(|route| match &route.target {
            Target::Static(path) => Some(path.as_path()),
            _ => None,
        })
    }

    /// What other mounts would serve of what a route keeps for some, and do not.
    fn kept_for_some(&self) -> impl Iterator<Item = String> {
        let below = |path: &&Path| *path != self.static_dir && path.starts_with(&self.static_dir);
        self.guarded().filter(below).map(|path| {
            let shown = value::show::path(&self.root, path);
            format!("{shown} is kept for whom its route lets pass: no other path serves it")
        })
    }

    /// The folders from which apps are imported: their code and data is never served as files.
    pub fn code_dirs(&self) -> Vec<PathBuf> {
        let apps = self.routes.iter().filter_map(|route| match &route.target {
            Target::Wsgi(app) => Some(app.dir.clone()),
            _ => None,
        });
        apps.collect()
    }

    /// The folders of scripts: never served as files. One that holds the static files hides none of them.
    pub fn script_dirs(&self) -> Vec<PathBuf> {
        let routes = self.routes.iter().filter_map(|route| match &route.target {
            Target::Cgi(cgi) => Some(cgi.dir.clone()),
            Target::Wsgi(Wsgi { app: WsgiApp::Folder(dir), .. }) => Some(dir.clone()),
            _ => None,
        });
        routes.filter(|dir| !self.static_dir.starts_with(dir)).collect()
    }

    /// What stan writes itself: never served, and never a reason to reload.
    pub fn own_outputs(&self) -> Vec<PathBuf> {
        let mut outputs = self.upload_dirs();
        outputs.extend(self.log.clone());
        outputs
    }
}

/// Format of the access log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// Common with Referer and User-Agent.
    #[default]
    Combined,
    /// NCSA common.
    Common,
    /// One JSON object a line.
    Json,
}

/// Limits on what clients may cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Request bodies other than uploads, bytes.
    pub body: u64,
    /// How long a client may take over its headers.
    pub headers_timeout: Duration,
    /// How long a kept-alive connection may be idle, a body stand still, or an answer go unread.
    pub idle_timeout: Duration,
    /// Connections at once.
    pub connections: usize,
}

/// What is received, and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Whether uploads are taken at all (`--no-upload`).
    pub enabled: bool,
    /// URL path of the upload page, without a slash at the end.
    pub path: String,
    /// Folder for what arrives.
    pub dir: PathBuf,
    /// Bytes of one file; 0 is what the disk holds.
    pub max_size: u64,
    /// Free space that uploads never touch, bytes.
    pub reserve: u64,
    /// Uploads under way at once.
    pub open: usize,
    /// How long an unfinished resumable upload waits for its rest.
    pub keep: std::time::Duration,
    /// What to do when the name is taken.
    pub exists: Exists,
    /// On disk before it is answered.
    pub flush: bool,
    /// Ring when a file has arrived.
    pub bell: bool,
}

/// What devices other than this one need to upload.
#[derive(Clone, PartialEq, Eq, Default)]
pub enum UploadKey {
    /// A random token or a random PIN, both new at each start.
    #[default]
    Auto,
    /// Nothing.
    Off,
    /// A random token or this PIN.
    Pin(String),
}

/// Never the PIN itself: it has no place in a log, a list of changes or an error.
impl fmt::Display for UploadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Off => "off",
            Self::Pin(_) => "own PIN",
        })
    }
}

impl fmt::Debug for UploadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What to do when a name is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Exists {
    /// `photo (2).jpg`.
    #[default]
    Rename,
    /// 409.
    Refuse,
    /// The new takes the old one's place.
    Replace,
}

/// Watching and live reload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reload {
    /// Whether pages refresh by themselves.
    pub browser: bool,
    /// How files are watched.
    pub watch: Watch,
}

/// How files are watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Watch {
    /// Natively where that works, else by polling.
    #[default]
    Auto,
    /// Natively or not at all.
    Native,
    /// By polling.
    Poll,
}

/// An explicit route.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// Pattern in matchit's syntax: `/hello/{name}`, `/files/{*rest}`.
    pub path: String,
    /// Methods it answers; empty means what the target can.
    pub methods: Vec<http::Method>,
    /// What answers.
    pub target: Target,
    /// Status for text, json, template and redirect.
    pub status: Option<http::StatusCode>,
    /// Headers that override what the target set.
    pub headers: Vec<(http::HeaderName, http::HeaderValue)>,
    /// Who may pass and how fast.
    pub guards: Guards,
    /// Bytes of a request's body, where it is not `limits.body`.
    pub body: Option<u64>,
    /// Whether pages of other origins may read the answers, where it is not as at top level.
    pub cors: Option<bool>,
    /// Line in stan.conf, from 1, for messages.
    pub line: usize,
}

/// What answers on an explicit route.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// A template by name.
    Template(String),
    /// A folder or a file.
    Static(PathBuf),
    /// Plain text.
    Text(String),
    /// Any value.
    Json(serde_json::Value),
    /// A path or URL.
    Redirect(String),
    /// Files received into a folder.
    Upload(PathBuf),
    /// Other servers.
    Proxy(Proxy),
    /// Scripts of a folder.
    Cgi(Cgi),
    /// An app in a Python of its own: `wsgi` and `python`.
    Wsgi(Wsgi),
    /// A program that serves HTTP: `[[app]]`.
    App(App),
}

/// A folder of CGI scripts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cgi {
    /// The folder.
    pub dir: PathBuf,
    /// Variables for every script, beside those of CGI.
    pub env: Vec<(String, String)>,
    /// How long a script may do nothing that shows: write nothing, and take nothing of what is sent.
    pub timeout: Duration,
}
