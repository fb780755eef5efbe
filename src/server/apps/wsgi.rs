//! WSGI apps (PEP 3333) in processes of the user's own Python.
//!
//! Belongs here: what lies between a request and an app's callable. `supervisor` keeps the
//! workers, `process` is one of them, `pool` says which answers (`slot` is a worker as the pool sees it, `pace` how
//! quick it is), `driver` moves the bytes; `exchange`, `home`, `pump` and `reply` are an answer that is more than one
//! small piece, `area` is memory for large ones. `streams.py`, `area.py`, `exchange.py`, `crew.py`, `worker.py`, `loading.py` and `server_connect.py` are what the
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
//! | `C` and a thread's number, with descriptors | the connection of that thread's own, and where the system has it an area, memory that is shared, with its bell; again where stan has closed the last |
//! | `W` | nothing has been heard for a while: send what is held, and let another thread look for requests |
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
//! | `P` number, length of the environ, environ | one whose body is large: it follows on the thread's own connection |
//! | from the worker: `A` number, length of the head, head, body | the whole answer; the head is the status, then names and values |
//! | `F` number, what, file, line, traceback | the app failed |
//! | `N` number, thread, which of its connections | the rest goes over the thread's own connection |
//!
//! A worker may keep a few answers back while it works on the next request, if it is quick; `W` has them sent.
//! On a thread's own connection stan sends pieces of the body `D` and the end `E`, or `X` where it was cut
//! short. The worker sends `H` (head), pieces `D` as the app yields them, and `E`; or `S` (a file's path, inode, start and
//! end, then a head), to which stan says `E` when it has opened it; or `e`, and `I` once `close()` has run and all
//! has been read; or `F` and `I`. A body that nobody reads is read to its end by the worker, so stan ends it as soon as
//! the answer has ended. Back-pressure is the socket's own. stan closes a thread's connection to say that its
//! client has left.
//!
//! Either way a piece that lies in the area goes as `A` (offset and length, of four bytes each) instead of `D`. Whoever
//! has no room left there says `W`, and hears a byte on the bell when all that lies there has been read.

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

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use self::exchange::{First, Lost, Thread};
use self::failure::{Asker, Failure};
use self::pool::{Pool, Refusal};
use self::process::{News, Starter};
use self::pump::Sending;
use self::slot::Told;
use self::supervisor::{Shared, Supervisor};
use super::super::answer::{Answer, Foreign};
use super::super::body::{Body, Received};
use super::super::request::Request;
use super::Pages;
use crate::config::{Wsgi, WsgiApp};
use crate::event::{Event, Feed, Note};

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
        format!("{} {state}", self.name)
    }

    /// Has the newest code imported; what runs goes on until that has been done.
    pub(crate) fn reload(&self) {
        self.shared.reload.notify_one();
    }

    /// Ends its workers.
    pub(crate) fn end(&self) {
        self.end.cancel();
        self.pool.close();
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
        let whole = match &body {
            Sending::Whole(bytes) => Some(&bytes[..]),
            Sending::Streamed(_) => None,
        };
        match self.pool.ask(&environ, whole, self.config.timeout).await {
            Ok(Told::Whole(bytes, body)) => match reply::head(&bytes) {
                Ok((status, headers)) => self.whole(status, headers, body, head, &asker),
                Err(wrong) => self.failed(&asker, &Failure::new(wrong, "")),
            },
            Ok(Told::Failure(told)) => self.failed(&asker, &Failure::told(&told, &self.config.dir)),
            Ok(Told::Broken(failure)) => asker.answer(&failure),
            Ok(Told::Home(lease)) => {
                let thread = Thread::new(lease, body, most, self.config.dir.clone());
                Box::pin(self.on_its_own(thread, head, most, &asker)).await
            }
            Err(Refusal::Crowded) => self.nobody(&asker),
            Err(Refusal::Gone) if self.end.is_cancelled() => busy(&asker),
            Err(Refusal::Gone) => self.failed(&asker, &gone()),
            Err(Refusal::Hung(worker)) => self.hung(worker, &asker).await,
        }
    }

    /// The answer that comes over a thread's own connection.
    async fn on_its_own(&self, mut thread: Thread, head: bool, most: u64, asker: &Asker) -> Answer {
        match thread.first(self.config.timeout).await {
            Ok(First::Head(bytes)) => match reply::head(&bytes) {
                Ok((status, headers)) => self.reply(thread, status, headers, head, asker),
                Err(wrong) => self.failed(asker, &Failure::new(wrong, "")),
            },
            Ok(First::File(place)) => {
                let answer = self.file(&place, asker).await;
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
                self.failed(asker, &failure)
            }
            Err(Lost::Gone) => self.failed(asker, &gone()),
            Err(Lost::Hung) => {
                let worker = thread.lease.worker();
                drop(thread);
                self.hung(worker, asker).await
            }
        }
    }

    async fn hung(&self, worker: u64, asker: &Asker) -> Answer {
        // The supervisor is there as long as the app is.
        let _ = self.news.send((worker, News::Hung(self.config.timeout))).await;
        asker.status(StatusCode::GATEWAY_TIMEOUT, "No answer", "The app did not answer in time.")
    }

    /// The answer whose body has come whole.
    fn whole(&self, status: StatusCode, headers: HeaderMap, mut bytes: Bytes, head: bool, asker: &Asker) -> Answer {
        let have = bytes.len() as u64;
        let body = match reply::length(&headers) {
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
        };
        answer(status, headers, body)
    }

    fn reply(&self, mut thread: Thread, status: StatusCode, headers: HeaderMap, head: bool, asker: &Asker) -> Answer {
        if let Some((bytes, idle)) = thread.whole() {
            thread.settle(idle, self.feed.clone(), self.name.clone());
            return self.whole(status, headers, bytes, head, asker);
        }
        let left = if head || bodiless(status) { None } else { reply::length(&headers) };
        let body = Body::stream(reply::Streamed::new(thread, left, self.feed.clone(), self.name.clone()));
        answer(status, headers, body)
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
        answer(status, headers, body)
    }

    /// What is answered where no worker has come free in time.
    fn nobody(&self, asker: &Asker) -> Answer {
        if self.pool.len() > 0 || self.end.is_cancelled() {
            return busy(asker);
        }
        let line =
            format!("{}: not imported yet, and requests have waited too long (see timeout in stan.conf)", self.name);
        self.feed.event(Event::Note(Note::error(line)));
        let text = "No worker has imported the app yet. Try again, or see what it does while it is imported.";
        asker.status(StatusCode::SERVICE_UNAVAILABLE, "Not ready", text)
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

fn answer(status: StatusCode, headers: HeaderMap, body: Body) -> Answer {
    let mut answer = Answer::new(body);
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    answer.extensions_mut().insert(Foreign);
    answer
}

fn gone() -> Failure {
    Failure::new("the worker ended before it had answered", "")
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
