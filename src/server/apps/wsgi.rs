//! WSGI apps (PEP 3333) in processes of the user's own Python.
//!
//! Belongs here: what lies between a request and an app's callable. `supervisor` keeps the
//! workers, `process` is one of them, `pool` says which answers, `exchange`, `pump` and `reply` are one
//! request, `area` is memory for large pieces; `streams.py`, `area.py`, `worker.py`, `loading.py` and `server_connect.py` are what the interpreter runs.
//!
//! # The protocol
//!
//! A worker's descriptor 0 is one end of a pair of Unix sockets, its control connection. The interpreter is told
//! on its command line to read from it eight decimal digits and as many bytes: its
//! sources and what to import, NUL between. From then on both ways carry:
//!
//! | from stan | meaning |
//! |---|---|
//! | `C`, with descriptors (`SCM_RIGHTS`) | one more connection, and where the system has it an area, memory that is shared, with its bell; a thread of its own answers there |
//! | `Q` | it is enough: end |
//! | end of the stream | stan has gone: end at once |
//!
//! The worker, and both ends of a thread's connection, speak in frames: a kind of one byte, a length of
//! four (most significant first), and as many bytes. Texts in a frame have NUL between. The worker says
//! on the control connection `R` imported (files), `M` more files, `X` not imported (what, file, line,
//! traceback), `T` a thread has ended, `L` it has grown too large, `W` a warning. On a thread's connection stan sends `R` or `P`, a
//! request without or with a body (the pairs of its environ), then for `P` pieces `D` and the end
//! `E`, or `X` where it was cut short. The worker answers with `H` (status, names and values), pieces
//! `D` as the app yields them, and `E`; or with `S` (a file's path, inode, start and end, then a head), to which stan says `E` when it has opened it; or with `e`, and `I` once `close()` has run and it is idle; or with `F`
//! (what, file, line, traceback) and `I`. A body that nobody reads is read to its end by the worker, so stan
//! ends it as soon as the answer has ended. Back-pressure is the socket's own. stan closes a
//! connection to say that its client has left.
//!
//! Either way a piece that lies in the area goes as `A` (offset and length, of four bytes each) instead of `D`. Whoever
//! has no room left there says `W`, and hears a byte on the bell when all that lies there has been read.

mod area;
mod conn;
mod environ;
mod exchange;
mod failure;
mod interpreter;
mod pool;
mod process;
mod pump;
mod reply;
mod sent;
mod supervisor;
mod wire;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use http::{Method, StatusCode};
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use self::exchange::{First, Lost, Thread};
use self::failure::{Asker, Failure};
use self::pool::{Pool, Refusal};
use self::process::{News, Starter};
use self::supervisor::{Shared, Supervisor};
use super::super::answer::Answer;
use super::super::body::{Body, Received};
use super::super::request::Request;
use super::Pages;
use crate::config::{Wsgi, WsgiApp};
use crate::event::{Event, Feed};

/// News that wait for the supervisor.
const NEWS: usize = 64;
/// Workers where stan.conf says 0 and there are as many cores.
const MOST_WORKERS: usize = 4;
/// Files by whose names an app's templates are known.
const TEMPLATES: [&str; 9] = ["html", "htm", "xml", "jinja", "jinja2", "j2", "mako", "pt", "tpl"];

/// An app that runs, whatever site it is part of.
pub(crate) struct App {
    config: Arc<Wsgi>,
    name: Arc<str>,
    root: PathBuf,
    pool: Arc<Pool>,
    shared: Arc<Shared>,
    feed: Feed,
    news: mpsc::Sender<(u64, News)>,
    end: CancellationToken,
    _end: DropGuard,
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
        let (pool, shared, end) =
            (Arc::new(Pool::new(config.threads)), Arc::new(Shared::default()), CancellationToken::new());
        let supervisor = Supervisor::new(starter, pool.clone(), shared.clone(), live, files, end.clone());
        let ended = end.clone();
        tokio::spawn(async move { ended.run_until_cancelled(supervisor.run(inbox)).await });
        Arc::new(Self { config, name, root, pool, shared, feed, news, _end: end.clone().drop_guard(), end })
    }

    /// Whether it is the app that `config` describes.
    pub(crate) fn is(&self, config: &Wsgi) -> bool {
        *self.config == *config && !self.end.is_cancelled()
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

    /// Has the newest code imported; what runs goes on until that has been done.
    pub(crate) fn reload(&self) {
        self.shared.reload.notify_one();
    }

    /// Ends its workers.
    pub(crate) fn end(&self) {
        self.end.cancel();
    }

    /// Answers; `below` is the path below the mount, `most` how large a body may be.
    pub(crate) async fn answer(&self, mut request: Request, below: &str, most: u64) -> Answer {
        let asker = Asker::of(&request);
        let environ = environ::of(&request, below);
        let head = request.head.method == Method::HEAD;
        let body = std::mem::replace(&mut request.body, Received::full(""));
        let Ok(body) = pump::begin(body).await else {
            return asker.status(StatusCode::BAD_REQUEST, "Cut short", "The body of the request did not arrive whole.");
        };
        drop(request);
        let lease = tokio::select! {
            leased = self.pool.lease() => match leased {
                Ok(lease) => lease,
                Err(Refusal::Broken(failure)) => return asker.answer(&failure),
                Err(Refusal::Crowded) => return busy(&asker),
            },
            () = self.end.cancelled() => return busy(&asker),
            () = tokio::time::sleep(self.config.timeout) => return busy(&asker),
        };
        let mut thread = Thread { lease, pump: None, root: self.config.dir.clone() };
        let asked = thread.ask(&environ, body, most).await;
        let first = match asked {
            Ok(()) => thread.first(self.config.timeout).await,
            Err(lost) => Err(lost),
        };
        match first {
            Ok(First::Head(bytes)) => match reply::head(&bytes) {
                Ok((status, headers)) => self.reply(thread, status, headers, head, &asker),
                Err(wrong) => self.failed(&asker, &Failure::new(wrong, "")),
            },
            Ok(First::File(place)) => {
                let answer = self.file(&place, &asker).await;
                thread.opened().await;
                thread.settle(false, self.feed.clone(), self.name.clone());
                answer
            }
            Ok(First::Failure(told)) => {
                if thread.pump.as_ref().is_some_and(pump::Pump::too_large) {
                    thread.settle(false, self.feed.clone(), self.name.clone());
                    let text = format!("The body is larger than limits.body in stan.conf, {most} bytes.");
                    return asker.status(StatusCode::PAYLOAD_TOO_LARGE, "Too large", &text);
                }
                let failure = Failure::told(&told, &self.config.dir);
                thread.settle(false, self.feed.clone(), self.name.clone());
                self.failed(&asker, &failure)
            }
            Err(Lost::Gone) => self.failed(&asker, &Failure::new("the worker ended before it had answered", "")),
            Err(Lost::Hung) => {
                let id = thread.lease.worker.id;
                drop(thread);
                // The supervisor is there as long as the app is.
                let _ = self.news.send((id, News::Hung(self.config.timeout))).await;
                asker.status(StatusCode::GATEWAY_TIMEOUT, "No answer", "The app did not answer in time.")
            }
        }
    }

    fn reply(
        &self,
        mut thread: Thread,
        status: StatusCode,
        headers: http::HeaderMap,
        head: bool,
        asker: &Asker,
    ) -> Answer {
        let declared = reply::length(&headers);
        let body = if let Some((mut bytes, idle)) = thread.whole() {
            thread.settle(idle, self.feed.clone(), self.name.clone());
            let have = bytes.len() as u64;
            match declared {
                _ if head || bodiless(status) => unknown(),
                Some(length) if length > have => {
                    let short = format!("the answer is {} bytes shorter than its Content-Length", length - have);
                    return self.failed(asker, &Failure::new(short, ""));
                }
                Some(length) => {
                    bytes.truncate(usize::try_from(length).unwrap_or(usize::MAX));
                    Body::full(bytes)
                }
                None => Body::full(bytes),
            }
        } else {
            let left = if head || bodiless(status) { None } else { declared };
            Body::stream(reply::Streamed::new(thread, left, self.feed.clone(), self.name.clone()))
        };
        let mut answer = Answer::new(body);
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        answer
    }

    /// An answer that is a file.
    async fn file(&self, place: &[u8], asker: &Asker) -> Answer {
        let wrong = |line: &str| self.failed(asker, &Failure::new(line, ""));
        let Some(place) = sent::Place::read(place) else { return wrong("the worker does not keep to the protocol") };
        let (status, headers) = match reply::head(place.head) {
            Ok(head) => head,
            Err(why) => return wrong(&why),
        };
        let Some(body) = place.body(reply::length(&headers)).await else {
            return wrong("the file of the answer is another one by now, or shorter than its Content-Length");
        };
        let mut answer = Answer::new(body);
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        answer
    }

    fn failed(&self, asker: &Asker, failure: &Failure) -> Answer {
        self.feed.event(Event::Note(failure.note(&self.name)));
        asker.answer(failure)
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("name", &self.name).field("root", &self.root).finish_non_exhaustive()
    }
}

fn busy(asker: &Asker) -> Answer {
    let text = "All threads of the app are busy. Try again, or raise workers or threads in stan.conf.";
    asker.status(StatusCode::SERVICE_UNAVAILABLE, "Busy", text)
}

fn bodiless(status: StatusCode) -> bool {
    matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}

/// The body of an answer to HEAD: nobody has said how long it would be.
fn unknown() -> Body {
    Body::stream(http_body_util::StreamBody::new(futures_util::stream::empty()))
}
