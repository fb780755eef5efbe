//! Static files: a folder below a mount, by the book and never outside of itself.
//!
//! What belongs here is everything between a decoded path and an answer made of a file or a
//! folder: `names` (what may be served), `resolve` (path → open file), `conditional` and `range`
//! (what the client wants of it), `coded` (its sidecars and compressed forms), `read` and `send`
//! (the answer), `folder`, `listing` and `zip` (folders). Mounts, methods, the codings themselves
//! and live reload are other people's.

mod candidates;
mod charset;
mod clock;
mod coded;
pub mod conditional;
mod content;
mod folder;
mod generated;
mod listing;
pub mod names;
pub mod range;
mod read;
pub mod resolve;
mod send;
mod turns;
mod types;
mod url;
mod zip;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use http::{Method, StatusCode, Uri};
use tokio_util::sync::CancellationToken;

use self::charset::Charsets;
use self::coded::Mount;
use self::content::Settled;
use self::names::Refusal;
use self::resolve::{Failure, Opened, Root};
use self::turns::Turns;
use super::answer::{Answer, redirect};
use super::encode::Kept;
use super::request::Request;
use super::source::{Sources, State};
use super::status;

pub(crate) use self::candidates::candidates;
pub(crate) use self::generated::generated;
pub(crate) use self::types::{is_text, of as type_of, of_generated};
pub(crate) use self::url::{path as url_path, with_slash as url_with_slash};

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// What a mount is told apart from its folder.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Folders and files that are never served, wherever they lie: uploads, the log.
    pub kept_out: Vec<PathBuf>,
    /// Folders of apps, of which code and databases are never served.
    pub code: Vec<PathBuf>,
    /// Let pages of every origin read what is served.
    pub cors: bool,
    /// `x.js.br` beside `x.js` is the same in brotli. Not so where strangers name the files.
    pub sidecars: bool,
}

/// What was found at a path.
pub enum Lookup {
    /// An answer: a file, a listing, a redirect, or why a file cannot be read.
    Found(Answer),
    /// It is not for the network. To the client this is as missing as [`Lookup::Missing`].
    KeptBack,
    /// There is nothing.
    Missing,
}

/// A folder that is served.
#[derive(Debug, Clone)]
pub struct Files {
    root: Arc<Root>,
    cors: bool,
    sidecars: bool,
    charsets: Charsets,
    compressed: Kept,
    turns: Turns,
}

/// What a request wants, without its body: so that it can be waited with.
#[derive(Debug, Clone)]
struct Wanted {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    /// The whole decoded path.
    path: String,
    /// The part of it below the mount.
    below: String,
    document: bool,
}

impl Wanted {
    fn query(&self) -> Option<&str> {
        self.uri.query()
    }

    /// Whether it is the mount's own folder.
    fn top(&self) -> bool {
        self.below == "/"
    }

    fn accepts_html(&self) -> bool {
        status::accepts_html(&self.headers)
    }
}

impl Files {
    /// A mount of `root`, which need not exist yet.
    pub fn new(root: &Path, options: &Options) -> Self {
        let root = Arc::new(Root::new(root, &options.kept_out).without_code(&options.code));
        Self {
            root,
            cors: options.cors,
            sidecars: options.sidecars,
            charsets: Charsets::default(),
            compressed: Kept::shared(),
            turns: Turns::default(),
        }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.root.path()
    }

    /// Answers GET or HEAD for `path`, the decoded path below the mount, which begins with a slash.
    ///
    /// The future owns what it needs of the request, so that it can be sent to another task.
    pub fn answer<'a>(&'a self, request: &Request, path: &str) -> impl Future<Output = Lookup> + Send + use<'a> {
        let wanted = Wanted {
            method: request.head.method.clone(),
            uri: request.head.uri.clone(),
            headers: request.head.headers.clone(),
            path: request.path.clone(),
            below: path.to_owned(),
            document: request.document,
        };
        self.lookup(wanted)
    }

    /// The page that a site shows for 404, read fresh; `None` when there is none at `name`.
    pub async fn error_page(&self, name: &str) -> Option<Answer> {
        let path = format!("/{}", name.trim_start_matches('/'));
        let (names, _) = names::split(&path).ok()?;
        let opened = self.root.open(&names).ok().filter(|opened| opened.meta.is_file())?;
        let answer = send::whole(opened, names.last()?, StatusCode::NOT_FOUND, &self.charsets).await.ok()?;
        Some(self.dress(answer))
    }

    async fn lookup(&self, wanted: Wanted) -> Lookup {
        let html = wanted.accepts_html();
        match self.find(wanted).await {
            Ok(answer) => Lookup::Found(self.dress(answer)),
            Err(Failure::Refused(Refusal::KeptBack)) => Lookup::KeptBack,
            Err(Failure::Refused(Refusal::Missing)) => Lookup::Missing,
            Err(Failure::Unreadable(error)) => Lookup::Found(self.dress(unreadable(&error, html))),
        }
    }

    async fn find(&self, wanted: Wanted) -> Result<Answer, Failure> {
        let (names, slash) = names::split(&wanted.below)?;
        let opened = match self.root.open(&names) {
            // A clean URL: /about is about.html.
            Err(Failure::Refused(Refusal::Missing)) if !slash => return self.page(&names, &wanted).await,
            opened => opened?,
        };
        match (opened.meta.is_dir(), slash) {
            (false, true) => Err(Refusal::Missing.into()),
            (false, false) => {
                let answer = self.send(opened, names.last(), &wanted).await?;
                Ok(self.sourced(answer, &names))
            }
            (true, false) => {
                // A folder without a page of its own leaves its name to the page beside it.
                if self.index(&names)?.is_none() {
                    match self.page(&names, &wanted).await {
                        Err(Failure::Refused(Refusal::Missing)) => {}
                        page => return page,
                    }
                }
                Ok(redirect(StatusCode::MOVED_PERMANENTLY, &url::with_slash(&wanted.path, wanted.query())))
            }
            (true, true) => match self.index(&names)? {
                Some(index) => {
                    let answer = self.send(index, Some(&"index.html"), &wanted).await?;
                    Ok(self.sourced(answer, &[&names[..], &["index.html"]].concat()))
                }
                None => self.list(opened, wanted).await,
            },
        }
    }

    /// The index.html of a folder, if it has one.
    fn index(&self, names: &[&str]) -> Result<Option<Opened>, Failure> {
        match self.root.open(&[names, &["index.html"]].concat()) {
            Ok(opened) => Ok(opened.meta.is_file().then_some(opened)),
            Err(Failure::Refused(Refusal::Missing)) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// The file whose name is that of the path with `.html`.
    async fn page(&self, names: &[&str], wanted: &Wanted) -> Result<Answer, Failure> {
        let (last, folders) = names.split_last().ok_or(Refusal::Missing)?;
        let name = format!("{last}.html");
        let opened = self.root.open(&[folders, &[name.as_str()]].concat())?;
        if !opened.meta.is_file() {
            return Err(Refusal::Missing.into());
        }
        self.send(opened, Some(&name.as_str()), wanted).await
    }

    /// Says which file an answer was made of, where nothing that comes later could take its place.
    fn sourced(&self, mut answer: Answer, names: &[&str]) -> Answer {
        if let Some(settled) = answer.extensions_mut().remove::<Settled>()
            && let Some(sources) = self.sources(&settled, names)
        {
            answer.extensions_mut().insert(sources);
        }
        answer
    }

    /// The file at these names, and every folder on the way to it: one may become a link that leads
    /// out of the root. A link's own way is followed too.
    fn sources(&self, settled: &Settled, names: &[&str]) -> Option<Sources> {
        let mut folders = Vec::new();
        let mut path = self.root.path().to_owned();
        for name in names {
            path.push(name);
            folders.push(path.clone());
        }
        folders.pop();
        let root = std::fs::canonicalize(self.root.path()).ok()?;
        if root.join(names.iter().collect::<PathBuf>()) != *settled.path {
            let real = settled.path.ancestors().skip(1).take_while(|folder| **folder != root);
            folders.extend(real.map(Path::to_owned));
        }
        let sources = Sources::of(&path, &folders, State::of(&settled.meta));
        settled.beside.iter().try_fold(sources?, |sources, (path, state)| sources.and(path, *state))
    }

    fn mount(&self) -> Mount<'_> {
        Mount { root: &self.root, sidecars: self.sidecars, charsets: &self.charsets, compressed: &self.compressed }
    }

    async fn send(&self, opened: Opened, name: Option<&&str>, wanted: &Wanted) -> Result<Answer, Failure> {
        send::file(opened, name.copied().unwrap_or_default(), wanted, self.mount()).await.map_err(Into::into)
    }

    async fn list(&self, folder: Opened, wanted: Wanted) -> Result<Answer, Failure> {
        let (root, memory) = (Arc::clone(&self.root), Arc::clone(&self.turns.memory));
        let html = wanted.accepts_html();
        let archive = zip::is_wanted(wanted.query().unwrap_or_default());
        // Kept by the one that works, who may outlive whoever asked.
        let Some(turn) = self.turns.take(archive).await else {
            return Ok(too_much(&"many others ask for folders just now", html));
        };
        let gone = CancellationToken::new();
        let _left = gone.clone().drop_guard();
        let made = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            if archive {
                zip::answer(&root, &wanted, &memory, &gone)
            } else {
                listing::answer(&root, &folder, &wanted, &memory)
            }
        })
        .await;
        match made.map_err(io::Error::other)? {
            Ok(answer) => Ok(answer),
            Err(folder::Failure::System(error)) => Err(error.into()),
            Err(refused) => Ok(too_much(&refused, html)),
        }
    }

    /// The headers that everything here carries.
    fn dress(&self, mut answer: Answer) -> Answer {
        let headers = answer.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if self.cors {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        } else {
            headers.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
        }
        answer
    }
}

/// What is there and cannot be read: not the same as missing, so that its owner finds out.
fn unreadable(error: &io::Error, html: bool) -> Answer {
    if error.kind() == io::ErrorKind::PermissionDenied {
        let text = "The file is there, and its permissions keep stan from reading it. See chmod.";
        return status::page(StatusCode::FORBIDDEN, html, "May not be read", text);
    }
    let text = "The system could not read the file just now. Try again.";
    status::page(StatusCode::SERVICE_UNAVAILABLE, html, "Cannot be read", text)
}

/// A folder that would take more memory than there is for it.
fn too_much(refused: &impl fmt::Display, html: bool) -> Answer {
    let text = format!("It was not made: {refused}. Ask for one of the folders below it, or try again later.");
    let mut answer = status::page(StatusCode::SERVICE_UNAVAILABLE, html, "Too much at once", &text);
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    answer
}

#[cfg(test)]
pub(crate) mod tests;
