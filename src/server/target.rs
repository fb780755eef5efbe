//! The kinds of answerer: one enum, one method.

use std::path::Path;
use std::sync::Arc;

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue, USER_AGENT};
use http::{Method, StatusCode};

use super::answer::{self, Answer};
use super::apps::cgi::{self, Cgi};
use super::apps::{Apps, Around, Proxy, program, wsgi};
use super::drain::Bell;
use super::files::{Files, Lookup, Options, url_path, url_with_slash};
use super::form::{self, FileSink, Form, Reason};
use super::guard::{self, Guards, Key};
use super::pages::Pages;
use super::request::Request;
use super::status;
use super::store::Store;
use super::upload::{self, Upload, device};
use crate::config::{self, Config, Limits, UploadKey};
use crate::event::Feed;

/// What answers on a route.
pub(crate) enum Target {
    /// A template.
    Template {
        pages: Arc<Pages>,
        name: String,
        /// stan.conf names it, so that it has to be there.
        named: bool,
    },
    /// A folder of files.
    Files(Files),
    /// One file, whatever the path.
    File {
        files: Files,
        name: String,
    },
    /// Text or JSON that never changes.
    Fixed {
        content_type: &'static str,
        body: bytes::Bytes,
    },
    Redirect(String),
    Upload(Upload),
    /// Other servers.
    Proxy(Box<Proxy>),
    /// Scripts of a folder.
    Cgi(Cgi),
    /// An app in a Python of its own.
    Wsgi(Arc<wsgi::App>),
    /// A program that serves HTTP.
    App(Box<program::Hosted>),
}

/// What stan.conf adds to a target.
#[derive(Default)]
pub(crate) struct RouteSettings {
    pub(crate) status: Option<http::StatusCode>,
    pub(crate) headers: Vec<(http::HeaderName, http::HeaderValue)>,
    pub(crate) guards: Option<Arc<Guards>>,
    /// Bytes of a request's body, where it is not `limits.body`.
    pub(crate) body: Option<u64>,
    /// Whether pages of other origins may read the answers, where it is not as at top level.
    pub(crate) cors: Option<bool>,
}

impl RouteSettings {
    pub(crate) fn of(route: &config::Route) -> Self {
        Self {
            status: route.status,
            headers: route.headers.clone(),
            guards: Guards::new(&route.guards),
            body: route.body,
            cors: route.cors,
        }
    }
}

/// What a target needs to know of the site that it is part of.
pub(crate) struct Surroundings<'a> {
    pub(crate) config: &'a Arc<Config>,
    pub(crate) store: &'a Arc<Store>,
    pub(crate) settings: &'a RouteSettings,
    /// The most bytes of a body that is no upload.
    pub(crate) most: u64,
    pub(crate) key: &'a Key,
    /// Whoever asks may upload.
    pub(crate) may_upload: bool,
    pub(crate) feed: &'a Feed,
    /// Rings when the server stops.
    pub(crate) ends: &'a Bell,
    /// How many scripts run at once.
    pub(crate) scripts: &'a Arc<cgi::Turns>,
}

impl Target {
    pub(crate) fn explicit(
        route: &config::Route,
        config: &Arc<Config>,
        pages: &Arc<Pages>,
        store: &Arc<Store>,
        apps: &Apps,
    ) -> Self {
        match &route.target {
            config::Target::Template(name) => Self::Template { pages: pages.clone(), name: name.clone(), named: true },
            config::Target::Static(path) => Self::static_at(path, config, route.cors.unwrap_or(config.cors)),
            config::Target::Text(text) => {
                Self::Fixed { content_type: "text/plain; charset=utf-8", body: text.clone().into() }
            }
            config::Target::Json(value) => {
                Self::Fixed { content_type: "application/json", body: value.to_string().into() }
            }
            config::Target::Redirect(to) => Self::Redirect(to.clone()),
            config::Target::Proxy(proxy) => Self::Proxy(Box::new(Proxy::new(proxy, &route.path))),
            config::Target::Upload(dir) => {
                let prefix = route.path.split("/{*").next().unwrap_or_default().trim_end_matches('/');
                Self::Upload(upload_into(prefix, dir, store, config))
            }
            config::Target::Cgi(settings) => Self::Cgi(Cgi::new(settings, config)),
            config::Target::Wsgi(app) => Self::Wsgi(apps.wsgi(app, &config.root)),
            config::Target::App(app) => {
                Self::App(Box::new(program::Hosted::new(apps.program(&app.program), &app.proxy)))
            }
        }
    }

    fn static_at(path: &Path, config: &Config, cors: bool) -> Self {
        let options = Options { cors, ..mount_options(path, config) };
        match (path.is_file(), path.parent(), path.file_name().and_then(|n| n.to_str())) {
            (true, Some(folder), Some(name)) => {
                Self::File { files: Files::new(folder, &options), name: format!("/{name}") }
            }
            _ => Self::Files(Files::new(path, &options)),
        }
    }

    /// The methods that it can answer; none means any.
    pub(crate) fn methods(&self) -> Vec<Method> {
        match self {
            Self::Template { .. } => vec![Method::GET, Method::HEAD, Method::POST],
            Self::Files(_) | Self::File { .. } => vec![Method::GET, Method::HEAD],
            Self::Upload(_) => {
                let receives = [Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
                [&[Method::GET, Method::HEAD, Method::OPTIONS], &receives[..]].concat()
            }
            Self::Fixed { .. } | Self::Redirect(_) | Self::Proxy(_) | Self::Cgi(_) | Self::Wsgi(_) | Self::App(_) => {
                Vec::new()
            }
        }
    }

    /// Whether its change of state falls under the origin rule.
    pub(crate) fn own_origin_only(&self) -> bool {
        matches!(self, Self::Upload(_))
    }

    /// Whether it is another program's: of a request, what is between the client and stan is not for it.
    pub(crate) fn is_foreign(&self) -> bool {
        matches!(self, Self::Proxy(_) | Self::Cgi(_) | Self::Wsgi(_) | Self::App(_))
    }

    /// Whether it counts itself what has arrived of a body.
    pub(crate) fn counts(&self) -> bool {
        matches!(self, Self::Upload(_) | Self::Template { .. } | Self::Proxy(_) | Self::App(_))
    }

    /// Whether it takes a body as long as the request says, where `most` is the limit of all that is
    /// no upload. Those have limits of their own, which count what has arrived.
    pub(crate) fn takes(&self, headers: &HeaderMap, most: u64) -> bool {
        let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        let multipart = |kind: &HeaderValue| kind.as_bytes().to_ascii_lowercase().starts_with(b"multipart/");
        match self {
            Self::Upload(_) => true,
            Self::Template { .. } if headers.get(CONTENT_TYPE).is_some_and(multipart) => true,
            _ => length.is_none_or(|length| length <= most),
        }
    }

    /// Answers; `below` is the path below a folder's mount.
    ///
    /// Each kind keeps its state by itself: together they would be as large as the largest for every request.
    pub(crate) async fn answer(&self, request: Request, below: &str, around: Surroundings<'_>) -> Lookup {
        let status = around.settings.status;
        let answer = match self {
            Self::Files(_) if below.is_empty() => {
                let to = url_with_slash(&request.path, request.head.uri.query());
                answer::redirect(StatusCode::MOVED_PERMANENTLY, &to)
            }
            Self::Files(files) => return Box::pin(files.answer(&request, below)).await,
            Self::File { files, name } => return Box::pin(files.answer(&request, name)).await,
            Self::Upload(upload) => Box::pin(upload.answer(request, below)).await,
            Self::Proxy(proxy) => {
                let body = around.most;
                let around = Around { config: around.config, feed: around.feed, ends: around.ends, body };
                Box::pin(proxy.answer(request, &around)).await
            }
            Self::App(app) => {
                let body = around.most;
                let around = Around { config: around.config, feed: around.feed, ends: around.ends, body };
                Box::pin(app.answer(request, &around)).await
            }
            Self::Cgi(scripts) => {
                let around = cgi::Around { feed: around.feed, turns: around.scripts };
                return Box::pin(scripts.answer(request, below, around)).await;
            }
            Self::Wsgi(app) => app.answer(request, below, around.most).await,
            Self::Fixed { content_type, body } => {
                let body = super::body::Body::full(body.clone());
                answer::with(status.unwrap_or(StatusCode::OK), content_type, body)
            }
            Self::Redirect(to) => answer::redirect(status.unwrap_or(StatusCode::FOUND), to),
            // One that answers by being there, and has gone before the watcher could say so.
            Self::Template { pages, name, named: false } if pages.is_gone(name) => return Lookup::Missing,
            Self::Template { pages, name, .. } => Box::pin(template(pages, name, request, around)).await,
        };
        Lookup::Found(answer)
    }
}

/// The upload target that receives into `dir` under the URL path `path`.
pub(super) fn upload_into(path: &str, dir: &Path, store: &Arc<Store>, config: &Config) -> Upload {
    Upload {
        path: path.to_owned(),
        dir: dir.to_owned(),
        store: store.clone(),
        config: Arc::new(config.upload.clone()),
        limits: config.limits.clone(),
        files: Files::new(dir, &Options::default()),
        lettered: matches!(&config.key, UploadKey::Pin(pin) if !pin.bytes().all(|b| b.is_ascii_digit())),
    }
}

/// What the mount of `root` does not serve: what stan writes itself, scripts, the code of apps, and what another
/// route keeps for some.
pub(crate) fn mount_options(root: &Path, config: &Config) -> Options {
    // The configuration too, whatever its name.
    let own = config.own_outputs().into_iter().chain(config.file.clone());
    let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let root = real(root);
    let below = |path: &&Path| real(path) != root && real(path).starts_with(&root);
    let guarded = config.guarded().filter(below).map(Path::to_owned);
    let kept_out = own.chain(config.script_dirs()).chain(guarded).collect();
    Options { kept_out, code: config.code_dirs(), cors: config.cors, sidecars: true }
}

async fn template(pages: &Pages, name: &str, mut request: Request, around: Surroundings<'_>) -> Answer {
    let config = around.config;
    let limits = Limits { body: around.most, ..config.limits.clone() };
    let mut form = Form::default();
    if request.head.method == Method::POST {
        let sink = FileSink {
            store: around.store.clone(),
            dir: config.upload.dir.clone(),
            config: Arc::new(config.upload.clone()),
            url: url_path(&config.upload.path),
            from: request.remote(),
            device: device(request.header(USER_AGENT).unwrap_or_default()),
            key: String::new(),
        };
        let body = std::mem::replace(&mut request.body, super::body::Received::full(""));
        // Fields are the page's own business; files fall under the origin rule.
        let may = config.upload.enabled && around.may_upload && guard::same_origin(&request.head, request.host());
        let sink = may.then_some(&sink);
        match form::read(&request.head, body, &limits, sink).await {
            Ok(read) => form = read,
            Err(error) if config.upload.enabled && !around.may_upload && matches!(error.reason, Reason::Refused) => {
                let back = upload::key::way_back(&request, "", &config.upload.path).to_owned();
                return upload::key::refuse(around.key, request, &back, config.limits.idle_timeout).await;
            }
            Err(error) => {
                let html = status::accepts_html(&request.head.headers);
                return status::page(error.status(), html, "The form was not taken", &error.to_string());
            }
        }
    }
    pages.answer(name, &request, form, around.settings.status.unwrap_or(StatusCode::OK))
}
