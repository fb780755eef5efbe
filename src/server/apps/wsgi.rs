//! WSGI apps (PEP 3333) in processes of the user's own Python.
//!
//! Belongs here: what lies between a request and an app's callable. `supervisor` keeps the
//! workers, `process` is one of them, `pool` says which answers (`slot` is a worker as the pool sees it, `pace` how
//! quick it is), `driver` moves the bytes; `answering` is the way of a request, `exchange`, `home`, `pump` and `reply` an
//! answer that is more than one small piece, `area` memory for large ones. `streams.py`, `area.py`, `exchange.py`, `crew.py`, `worker.py`, `loading.py` and `server_connect.py` are what the
//! interpreter runs.
//!
//! # The protocol
//!
//! A worker's descriptor 0 is one end of a pair of Unix sockets, its control connection. The interpreter is told
//! on its command line to read from it eight decimal digits and as many bytes: its
//! sources and what to import, NUL between. From then on stan sends orders of two bytes, the second a number:
//!
//! | order | meaning |
//! |---|---|
//! | `K`, with a descriptor (`SCM_RIGHTS`) | the connection on which requests come, once |
//! | `C` and its number, with descriptors | a connection for one answer at a time, and where the system has it an area, memory that is shared, with its bell; again where stan has closed that one |
//! | `W` | nothing has been heard for a while: send what is held, and let another thread look for requests |
//! | `B` | give back what has not been begun |
//! | `Q` | it is enough: end |
//! | end of the stream | stan has gone: end at once |
//!
//! All else goes in frames: a kind of one byte, a length of four (most significant first), and as many bytes. Texts in
//! a frame have NUL between. On the control connection the worker says `R` imported (files), `M` more files, `X` not
//! imported (what, file, line, traceback), `L` it has grown too large, `W` a warning.
//!
//! Requests have a number of eight bytes. Any thread takes the next one, and stan sends them ahead to a worker
//! that is quick, so that neither of the two has to be woken for each:
//!
//! | on the requests' connection | |
//! |---|---|
//! | `R` number, length of the environ, environ, body | a request; the environ's pairs have NUL between |
//! | `P` number, length of the environ, environ | one whose body is large: it follows on the connection that the worker turns to |
//! | from the worker: `A` number, length of the head, head, body | the whole answer; the head is the status, then names and values |
//! | `F` number, what, file, line, traceback | the app failed |
//! | `N` number, connection | the rest goes over that connection |
//! | `B` numbers | these have not been begun, and will not be |
//!
//! A worker may keep a few answers back while it works on the next request, if it is quick; `W` has them sent.
//! On the connection of an answer stan sends pieces of the body `D` and the end `E`, or `X` where it was cut
//! short. The worker sends `H` (head), pieces `D` as the app yields them, and `E`; or `S` (a file's path, inode, start and
//! end, then a head), to which stan says `E` when it has opened it; or `e`, and `I` once `close()` has run and all
//! has been read; or `F` and `I`. A body that nobody reads is read to its end by the worker, so stan ends it as soon as
//! the answer has ended. Back-pressure is the socket's own. stan closes the connection to say that its client has left,
//! and says `G`, alone, when it has had all: only then does the worker use it again.
//!
//! Either way a piece that lies in the area goes as `A` (offset and length, of four bytes each) instead of `D`. Whoever
//! has no room left there says `W`, and hears a byte on the bell when all that lies there has been read.

mod about;
mod answering;
mod area;
mod conn;
mod driver;
mod environ;
mod exchange;
mod failure;
mod home;
mod interpreter;
mod pace;
mod pool;
mod process;
mod pump;
mod reply;
mod sent;
mod slot;
mod supervisor;
mod wire;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::about::About;
use self::pool::Pool;
use self::process::Starter;
use self::supervisor::{Of, Shared, Supervisor};
use super::Pages;
use crate::config::{Wsgi, WsgiApp};
use crate::event::Feed;

/// News that wait for the supervisor.
const NEWS: usize = 64;
/// Workers where stan.conf says 0 and there are as many cores.
const MOST_WORKERS: usize = 4;
/// Files by whose names an app's templates are known.
const TEMPLATES: [&str; 9] = ["html", "htm", "xml", "jinja", "jinja2", "j2", "mako", "pt", "tpl"];

/// An app that runs, whatever site it is part of.
pub(crate) struct App {
    config: Arc<Wsgi>,
    about: Arc<About>,
    pool: Arc<Pool>,
    shared: Arc<Shared>,
}

/// What an app is told of the server.
pub(crate) struct Around {
    pub(crate) feed: Feed,
    pub(crate) live: Pages,
    /// Notified when there are more files to watch.
    pub(crate) files: Arc<Notify>,
    pub(crate) processes: TaskTracker,
    /// The site's folder.
    pub(crate) root: PathBuf,
}

impl App {
    /// Starts its workers; requests wait until one has imported the app.
    pub(crate) fn start(config: Wsgi, around: Around) -> Arc<Self> {
        let Around { feed, live, files, processes, root } = around;
        let config = Arc::new(config);
        let name: Arc<str> = config.name().into();
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let workers = if config.workers == 0 { cores.min(MOST_WORKERS) } else { config.workers };
        let active = std::env::var_os("VIRTUAL_ENV").map(PathBuf::from);
        let python = interpreter::find(config.venv.as_deref(), active.as_deref(), &config.dir, &root);
        let (news, inbox) = mpsc::channel(NEWS);
        let starter = Starter {
            app: config.clone(),
            name: name.clone(),
            python,
            workers,
            feed: feed.clone(),
            processes,
            news: news.clone(),
        };
        let (shared, end) = (Arc::new(Shared::default()), CancellationToken::new());
        let pool = Arc::new(Pool::new(config.threads, config.timeout));
        let about = About::new(name, config.dir.clone(), config.timeout, feed, news, end.clone());
        let to = Of { pool: pool.clone(), shared: shared.clone(), about: Arc::downgrade(&about), live, files };
        let supervisor = Supervisor::new(starter, to, end.clone());
        tokio::spawn(async move { end.run_until_cancelled(supervisor.run(inbox)).await });
        Arc::new(Self { config, about, pool, shared })
    }

    /// Whether it is the app that `config` describes.
    pub(crate) fn is(&self, config: &Wsgi) -> bool {
        *self.config == *config && !self.about.end.is_cancelled()
    }

    /// The folder of its code and templates.
    pub(crate) fn folder(&self) -> PathBuf {
        match &self.config.app {
            WsgiApp::Folder(folder) => folder.clone(),
            _ => self.config.dir.clone(),
        }
    }

    /// The files of which it is made, as far as is known.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        self.shared.files.lock().iter().cloned().collect()
    }

    /// Whether a change of `path` is one of the app.
    pub(crate) fn is_made_of(&self, path: &Path) -> bool {
        if self.shared.files.lock().contains(path) {
            return true;
        }
        let is = |names: &[&str]| path.extension().and_then(|e| e.to_str()).is_some_and(|e| names.contains(&e));
        // A module that was missing may be any.
        path.starts_with(self.folder()) && (is(&TEMPLATES) || (*self.shared.broken.lock() && is(&["py"])))
    }

    /// How it is doing, in a line.
    pub(crate) fn status(&self) -> String {
        let workers = match self.pool.len() {
            1 => "1 worker".to_owned(),
            workers => format!("{workers} workers"),
        };
        let state = match (self.pool.len(), *self.shared.broken.lock()) {
            (0, true) => "does not start: its error is in the log".to_owned(),
            (0, false) => "starting".to_owned(),
            (_, true) => {
                format!("{workers} with the code before: the newest cannot be imported, its error is in the log")
            }
            (_, false) => format!("running, {workers} of {} threads", self.config.threads),
        };
        format!("{} {state}", self.about.name)
    }

    /// Has the newest code imported; what runs goes on until that has been done.
    pub(crate) fn reload(&self) {
        self.shared.reload.notify_one();
    }

    /// Ends its workers.
    pub(crate) fn end(&self) {
        self.about.end.cancel();
        self.pool.close();
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("name", &self.about.name).finish_non_exhaustive()
    }
}
