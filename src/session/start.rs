//! From settings to a session that listens.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use tokio::time::timeout;

use super::Session;
use super::name::NameHere;
use super::ports::{self, PortError};
use super::reach::Reach;
use crate::config::Layers;
use crate::event::{Event, Feed, Note, Watching};
use crate::server::apps::Apps;
use crate::server::guard::Key;
use crate::server::live::Live;
use crate::server::log::AccessLog;
use crate::server::stats::Stats;
use crate::server::store::Store;
use crate::server::{ByFiles, Parts, Server, Site, SiteError};
use crate::watch::{Quiet, WatchSet, Watcher};

/// How long the start waits for the watcher; a large tree takes longer, and is looked over then.
const HEARING: Duration = Duration::from_millis(1);

/// Why a session did not start.
#[derive(Debug)]
pub enum StartError {
    /// The address or port could not be had.
    Port(PortError),
    /// stan.conf can be read but not be served.
    Site(SiteError),
    /// The log file cannot be opened.
    Log(std::path::PathBuf, io::Error),
    /// The system has no thread or runtime for us.
    System(io::Error),
}

impl StartError {
    /// The exit code that says so: 2 for what is written wrong, 1 for what the machine refuses.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Site(_) => 2,
            _ => 1,
        }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port(error) => error.fmt(f),
            Self::Site(error) => error.fmt(f),
            Self::Log(path, error) => {
                write!(f, "cannot open the log {}: {error}; log = \"\" in stan.conf goes without", path.display())
            }
            Self::System(error) => write!(f, "cannot start: {error}"),
        }
    }
}

impl std::error::Error for StartError {}

impl Session {
    /// Binds, builds the site and starts to watch. What happens from then on goes to `feed`.
    pub(super) async fn start(layers: Layers, feed: Feed) -> Result<Self, StartError> {
        let config = Arc::new(layers.config().clone());
        let listeners = if config.port_typed {
            ports::exactly(config.bind, config.port)
        } else {
            ports::this_or_next(config.bind, config.port)
        }
        .map_err(StartError::Port)?;
        let port = ports::number(&listeners);
        if config.port != 0 && port != config.port {
            feed.event(Event::Note(Note::info(format!("port {} is taken, using {port}", config.port))));
        }
        let log = Arc::new(AccessLog::new(feed.clone()));
        if let Some(path) = &config.log {
            log.open(Some(path), config.log_format).map_err(|error| StartError::Log(path.clone(), error))?;
        }
        let store = Store::new(feed.clone());
        store.recover(&config.upload_dirs(), &config.upload);
        let apps = Apps::new(feed.clone());
        let site = Site::build(&config, &store, &apps).map_err(StartError::Site)?;
        let site = Arc::new(ArcSwap::from_pointee(site));
        let key = Key::new(&config.key, feed.clone()).map_err(StartError::System)?;
        let live = Live::new(feed.clone(), Arc::new(ByFiles(site.clone())));
        apps.tell(&live);
        let stats = Arc::new(Stats::default());
        let server = Server::new(Parts {
            site,
            live: live.clone(),
            store: store.clone(),
            key: key.clone(),
            feed: feed.clone(),
            log: log.clone(),
            stats: stats.clone(),
        });
        let (watcher, signals) = Watcher::start(watch_set(&layers, &apps), config.reload.watch);
        let began = Instant::now();
        let mut session = Self {
            layers,
            server,
            live,
            store,
            apps,
            key,
            log,
            stats,
            feed,
            watcher,
            signals,
            watching: Watching::Off("starting".to_owned()),
            conf_quiet: Quiet::default(),
            conf_broken: false,
            port,
            began,
            reach: Reach::new(began),
            name: NameHere::default(),
        };
        // A save right after "listening" is to be seen: by events where they come in time.
        let _ = timeout(HEARING, session.watcher.hears()).await;
        session.watcher.relied_on();
        session.listen(listeners);
        for problem in session.server.site().problems() {
            session.feed.event(Event::Note(Note::error(problem)));
        }
        session.tell_warnings();
        session.sweep();
        Ok(session)
    }

    /// Takes away what a crashed run left half received.
    fn sweep(&self) {
        let dirs = self.layers.config().upload_dirs();
        tokio::task::spawn_blocking(move || dirs.iter().map(|dir| Store::sweep(dir)).sum::<usize>());
    }
}

/// What is watched: static files, templates, data, apps and stan.conf, but not what stan writes itself.
pub(super) fn watch_set(layers: &Layers, apps: &Apps) -> WatchSet {
    let config = layers.config();
    let mut folders = vec![config.static_dir.clone(), config.templates.clone(), config.data.clone()];
    let mut files = vec![layers.file().to_owned()];
    for route in &config.routes {
        if let crate::config::Target::Static(path) = &route.target {
            if path.is_file() { files.push(path.clone()) } else { folders.push(path.clone()) }
        }
    }
    let (of_apps, more) = apps.watched();
    for folder in of_apps {
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    files.extend(more);
    let ignore = [config.own_outputs(), apps.environments()].concat();
    WatchSet { folders, files, ignore }
}
