//! Typed commands, carried out.

use std::time::Duration;

use super::Session;
use super::ports;
use crate::command::{Command, Reply};
use crate::event::Event;
use crate::net::Bind;

/// How long requests in flight may take to end after `stop`.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long pages may take to hear that it is over; one that sleeps must not hold up the end.
const GOODBYE: Duration = Duration::from_millis(50);

impl Session {
    /// Carries out `command` and says how it went.
    pub(super) async fn execute(&mut self, command: Command) -> Reply {
        match command {
            Command::Stop => self.stop().await,
            Command::Reload => self.reload().await,
            Command::Restart => self.restart(),
            Command::Port(port) => self.port(port).await,
            Command::Bind(bind) => self.bind(bind).await,
            Command::Pause => self.pause().await,
            Command::Start => self.unpause(),
            Command::Url => self.url(),
            Command::Open(path) => self.open(path.as_deref()),
            Command::Status => self.status(),
            Command::Set { key, value } => self.set(&key, &value).await,
            Command::Upload(which, deed) => self.upload(which, deed).await,
            Command::Text(share) => self.text(share).await,
            Command::Routes
            | Command::Uploads
            | Command::Log
            | Command::Help(_)
            | Command::Qr { .. }
            | Command::Filter(_)
            | Command::Clear => Reply::failed("this is for the screen to show"),
        }
    }

    async fn stop(&mut self) -> Reply {
        self.live.close();
        let goodbye = tokio::time::timeout(GOODBYE, self.live.gone());
        let (left, _) = tokio::join!(self.server.stop(PATIENCE), goodbye);
        self.apps.end().await;
        self.end_name().await;
        self.log.flush();
        match left {
            0 => Reply::done("stopped"),
            1 => Reply::done("stopped; 1 request was cut off after 5 s"),
            n => Reply::done(format!("stopped; {n} requests were cut off after 5 s")),
        }
    }

    async fn reload(&mut self) -> Reply {
        let changes = match self.layers.reload() {
            Ok(changes) => changes,
            Err(error) => return self.refuse_reload(&error),
        };
        self.mended();
        let config = self.layers.config();
        let (log, format) = (config.log.clone(), config.log_format);
        let reopened = self.log.open(log.as_deref(), format);
        let listed = self.apply(&changes).await;
        self.live.reload_all();
        match (reopened, listed) {
            (Err(error), _) => Reply::failed(format!("reloaded, but the log cannot be opened: {error}")),
            (Ok(()), Err(why)) => Reply::failed(why),
            (Ok(()), Ok(None)) => Reply::done("reloaded"),
            (Ok(()), Ok(Some(changes))) => Reply::done(format!("reloaded: {changes}")),
        }
    }

    fn restart(&mut self) -> Reply {
        match self.rebuild() {
            Ok(()) => {
                self.server.renew();
                self.apps.reload();
                self.live.reload_all();
                Reply::done(if self.paused() { "restarted, still paused" } else { "restarted" })
            }
            Err(error) => Reply::failed(error.to_string()),
        }
    }

    async fn port(&mut self, port: u16) -> Reply {
        let bind = self.layers.config().bind;
        let moved = if port != 0 && port == self.port && self.paused() {
            format!("will start on port {port}")
        } else if port != 0 && port == self.port {
            format!("already on port {port}")
        } else {
            match self.move_to(bind, port).await {
                Ok(now) if self.paused() => format!("will start on port {now}"),
                Ok(now) => format!("moved to port {now}"),
                Err(error) => return Reply::failed(error.to_string()),
            }
        };
        // What port 0 got is kept by `restart` and `start`, so it is as good as typed.
        match self.layers.port(self.port) {
            Ok(_) => Reply::done(moved),
            Err(error) => Reply::failed(format!("{moved}, but it cannot be kept: {error}")),
        }
    }

    async fn bind(&mut self, bind: Bind) -> Reply {
        let moved = if bind == self.layers.config().bind {
            format!("{} on {bind}", if self.paused() { "will listen" } else { "already listening" })
        } else {
            match self.move_to(bind, self.port).await {
                Ok(port) if self.paused() => format!("will listen on {bind}, port {port}"),
                Ok(port) => format!("listening on {bind}, port {port}"),
                Err(error) => return Reply::failed(error.to_string()),
            }
        };
        match self.layers.bind(bind) {
            Ok(_) => {
                self.tell_settings();
                Reply::done(moved)
            }
            Err(error) => Reply::failed(format!("{moved}, but it cannot be kept: {error}")),
        }
    }

    async fn pause(&mut self) -> Reply {
        if self.paused() {
            return Reply::done("already paused");
        }
        self.server.close().await;
        self.drop_name();
        self.feed.event(Event::Paused);
        Reply::done("paused; start listens again")
    }

    fn unpause(&mut self) -> Reply {
        if !self.paused() {
            return Reply::done("already listening");
        }
        match ports::exactly(self.layers.config().bind, self.port) {
            Ok(listeners) => {
                self.listen(listeners);
                Reply::done(format!("listening on port {}", self.port))
            }
            Err(error) => Reply::failed(error.to_string()),
        }
    }

    fn url(&mut self) -> Reply {
        self.look_around();
        let mut above: Vec<_> = self.urls().into_iter().chain(self.named_url()).collect();
        match self.best_url() {
            None => Reply::failed("paused; start listens again"),
            Some(line) => {
                let settings = self.settings();
                if let Some(link) = settings.link(&line) {
                    above.push(format!("upload link {link}"));
                    above.push(format!("token {}", settings.token));
                    above.push(format!("PIN {}", settings.pin));
                }
                Reply { ok: true, line, above }
            }
        }
    }

    fn open(&self, path: Option<&str>) -> Reply {
        let urls = self.urls();
        let Some(base) = urls.first() else { return Reply::failed("paused; start listens again") };
        let url = format!("{base}/{}", path.unwrap_or("").trim_start_matches('/'));
        match open::that_detached(&url) {
            Ok(()) => Reply::done(format!("opened {url}")),
            Err(error) => Reply::failed(format!("no browser could be started for {url}: {error}")),
        }
    }

    async fn set(&mut self, key: &str, value: &str) -> Reply {
        match self.layers.set(key, value) {
            Err(error) => Reply::failed(error.to_string()),
            Ok(changes) => match self.apply(&changes).await {
                Ok(Some(listed)) => Reply::done(listed),
                Ok(None) => Reply::done(format!("{key} was so already")),
                Err(why) => Reply::failed(why),
            },
        }
    }

    pub(super) fn paused(&self) -> bool {
        self.server.addresses().is_empty()
    }
}
