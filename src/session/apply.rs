//! New settings put in force: sockets moved, site rebuilt, front ends told.

use std::sync::Arc;

use tokio::net::TcpListener;

use super::Session;
use super::ports::{self, PortError};
use super::start::watch_set;
use crate::command::Reply;
use crate::config::{Change, LoadError};
use crate::event::{Event, Note, Settings};
use crate::net::Bind;
use crate::server::{Site, SiteError};
use crate::watch::Watcher;

/// Changes of settings that are told one by one.
const LISTED: usize = 12;

impl Session {
    /// Puts what `changes` lists in force. Says what changed, nothing if nothing did, or what
    /// could not be put in force while the rest was.
    pub(super) async fn apply(&mut self, changes: &[Change]) -> Result<Option<String>, String> {
        self.rebuild().map_err(|error| error.to_string())?;
        let config = self.layers.config().clone();
        // One PIN for another is a change that no list shows.
        let renewed = self.key.settle(&config.key).map_err(|error| error.to_string())?;
        if changes.is_empty() && !renewed {
            return Ok(None);
        }
        let touched = |key: &str| changes.iter().any(|c| c.key == key);
        let mut troubles = Vec::new();
        if (touched("log") || touched("log_format"))
            && let Err(error) = self.log.open(config.log.as_deref(), config.log_format)
        {
            troubles.push(format!("the log cannot be opened: {error}"));
        }
        self.tell_warnings();
        let port = if touched("port") { config.port } else { self.port };
        if (port != self.port || touched("bind"))
            && let Err(error) = self.move_to(config.bind, port).await
        {
            troubles.push(error.to_string());
            // What is in force is what is true; the next wish for the same is tried again. Both
            // values come from the settings or the sockets, so they are taken.
            if touched("port") {
                let _ = self.layers.port(self.port);
            }
            if touched("bind") {
                let _ = self.layers.bind(self.bound_to());
            }
        }
        // What an earlier run left in a folder that is new here.
        let (store, dirs, upload) = (self.store.clone(), config.upload_dirs(), config.upload.clone());
        tokio::task::spawn_blocking(move || store.recover(&dirs, &upload));
        if touched("reload.watch") {
            (self.watcher, self.signals) = Watcher::start(watch_set(&self.layers, &self.apps), config.reload.watch);
            self.watcher.relied_on();
        } else {
            self.watcher.update(watch_set(&self.layers, &self.apps));
        }
        self.tell_settings();
        let mut listed: Vec<String> = changes.iter().take(LISTED).map(ToString::to_string).collect();
        if changes.len() > LISTED {
            listed.push(format!("{} more", changes.len() - LISTED));
        }
        if renewed && self.key.secret().is_some() {
            listed.push("there is a new link and PIN, those given away before are no longer good".to_owned());
        }
        let listed = listed.join(", ");
        if troubles.is_empty() { Ok(Some(listed)) } else { Err(format!("{}; {listed}", troubles.join("; "))) }
    }

    /// Tells what is in force and should be better.
    pub(super) fn tell_warnings(&self) {
        for warning in self.layers.config().warnings() {
            self.feed.event(Event::Note(Note::info(warning)));
        }
    }

    /// Builds the site from the settings in force and serves it from now on.
    pub(super) fn rebuild(&mut self) -> Result<(), SiteError> {
        let site = Site::build(&Arc::new(self.layers.config().clone()), &self.store, &self.apps)?;
        self.feed.event(Event::Routes(site.table()));
        for problem in site.problems() {
            self.feed.event(Event::Note(Note::error(problem)));
        }
        self.server.swap(site);
        Ok(())
    }

    /// stan.conf can be read; whether it could not before.
    pub(super) fn mended(&mut self) -> bool {
        self.live.mended();
        std::mem::take(&mut self.conf_broken)
    }

    /// A broken stan.conf: the last good one goes on, and the error is shown.
    pub(super) fn refuse_reload(&mut self, error: &LoadError) -> Reply {
        self.conf_broken = true;
        let whole = error.to_string();
        // The first line says what the note says.
        let detail = whole.split_once('\n').map_or("", |(_, rest)| rest);
        self.feed.event(Event::Note(Note::error(error.brief()).with_detail(detail)));
        self.live.error(&error.brief(), &whole);
        Reply::failed(format!("{}; the last good settings go on", error.brief()))
    }

    /// Serves on `listeners`, and says where.
    pub(super) fn listen(&mut self, listeners: Vec<TcpListener>) {
        self.port = ports::number(&listeners);
        self.server.listen(listeners);
        self.feed.event(Event::Routes(self.server.site().table()));
        // A key is never shown beside an address that needs none: taken away before, given after.
        if self.only_here() {
            self.tell_settings();
        }
        self.tell_addresses();
        self.tell_settings();
    }

    /// Binds first, then moves. While paused it only makes sure that the place can be had.
    pub(super) async fn move_to(&mut self, bind: Bind, port: u16) -> Result<u16, PortError> {
        let paused = self.paused();
        let listeners = match ports::exactly(bind, port) {
            // Our own sockets are in the way: the same port in other words.
            Err(error) if error.error.taken() && port == self.port && !paused => self.trade(bind, port).await?,
            other => other?,
        };
        let now = ports::number(&listeners);
        if paused {
            self.port = now;
        } else {
            let moved = now != self.port;
            if moved {
                self.server.moved_from(self.port);
                self.live.moved(now);
            }
            self.listen(listeners);
        }
        Ok(now)
    }

    /// Gives up the own sockets for others on the same port; takes them back when that fails.
    async fn trade(&mut self, bind: Bind, port: u16) -> Result<Vec<TcpListener>, PortError> {
        let old = self.bound_to();
        self.server.close().await;
        ports::exactly(bind, port).inspect_err(|_| match ports::exactly(old, port) {
            Ok(again) => self.listen(again),
            Err(_) => self.feed.event(Event::Paused),
        })
    }

    /// Where the sockets in use were bound.
    fn bound_to(&self) -> Bind {
        let addresses = self.server.addresses();
        let Some(first) = addresses.first() else { return self.layers.config().bind };
        match first.ip() {
            ip if ip.is_unspecified() => Bind::Lan,
            ip if ip.is_loopback() && addresses.len() > 1 => Bind::Local,
            ip => Bind::Address(ip),
        }
    }

    /// Tells front ends what they show of the settings.
    pub(super) fn tell_settings(&self) {
        self.feed.event(Event::Settings(Arc::new(self.settings())));
    }

    /// What they show.
    pub(super) fn settings(&self) -> Settings {
        let upload = &self.layers.config().upload;
        let uploads = upload.enabled && self.server.site().has_upload_page();
        let secret = self.key.secret().filter(|_| uploads && !self.only_here());
        let who = match &secret {
            _ if !upload.enabled => "uploads: off".to_owned(),
            _ if !uploads => format!("uploads: off, a route of yours has {}", upload.path),
            _ if self.only_here() => "uploads: this machine".to_owned(),
            None => "uploads: open to the LAN".to_owned(),
            Some(secret) => format!("uploads: key or PIN {}", secret.pin),
        };
        let (token, pin) = secret.map(|secret| (secret.token.clone(), secret.pin.clone())).unwrap_or_default();
        let folder = format!("{}/", self.layers.config().root.display());
        Settings { uploads, who, bell: upload.bell, upload_path: upload.path.clone(), token, pin, folder }
    }

    /// Whether only this machine reaches the server.
    fn only_here(&self) -> bool {
        match self.bound_to() {
            Bind::Local => true,
            Bind::Lan => false,
            Bind::Address(ip) => ip.is_loopback(),
        }
    }

    /// A socket died: bind the same place again.
    pub(super) async fn listen_again(&mut self) {
        let bind = self.layers.config().bind;
        self.server.close().await;
        match ports::exactly(bind, self.port).or_else(|_| ports::this_or_next(bind, self.port)) {
            Ok(listeners) => self.listen(listeners),
            Err(error) => {
                self.feed.event(Event::Note(Note::error(format!("cannot listen again: {error}; type start"))));
                self.feed.event(Event::Paused);
            }
        }
    }

    /// The device slept: sockets may have died without a word.
    pub(super) async fn woke(&mut self, slept: std::time::Duration) {
        let slept = crate::text::duration(slept);
        self.feed.event(Event::Note(Note::info(format!("the device slept for {slept}"))));
        if self.paused() {
            return;
        }
        let dead = match self.server.addresses().first() {
            Some(address) => !answers(*address).await,
            None => true,
        };
        if dead {
            self.listen_again().await;
        } else if !self.look_around() {
            self.tell_addresses();
        }
    }
}

/// Whether something accepts at `address`, seen from this machine.
async fn answers(address: std::net::SocketAddr) -> bool {
    let ip = match address.ip() {
        ip if ip.is_unspecified() && ip.is_ipv4() => std::net::Ipv4Addr::LOCALHOST.into(),
        ip if ip.is_unspecified() => std::net::Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let connect = tokio::net::TcpStream::connect((ip, address.port()));
    matches!(tokio::time::timeout(std::time::Duration::from_secs(1), connect).await, Ok(Ok(_)))
}
