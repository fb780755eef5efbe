//! A program that serves HTTP, for as long as the site wants it: started, waited for until it answers,
//! started again when it crashes or what it is made of has changed, ended with all that it has started.
//!
//! It is told its port by PORT. Who sends requests to it asks [`Supervisor::ready`] where it answers.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::task::AbortOnDropHandle;

use super::child::Child;
use super::said::Said;
use crate::event::{Event, Feed, Note};

/// How long a program may take over its end before it is ended.
const GRACE: Duration = Duration::from_secs(5);
/// How soon one that crashed is started again, at first and at last.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(30));
/// One that has run for so long is not held to have crashed at its start.
const STEADY: Duration = Duration::from_secs(10);
/// How often a port is tried, at first and later on.
const TRY: (Duration, Duration) = (Duration::from_millis(25), Duration::from_secs(1));
/// When somebody is told that it does not answer yet.
const SLOW: Duration = Duration::from_secs(30);
/// Orders that may wait; more of them say nothing new.
const ORDERS: usize = 4;

/// A program that serves HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// What its lines begin with in front ends.
    pub name: String,
    /// What the shell is to run.
    pub command: String,
    /// The folder that it runs in.
    pub dir: PathBuf,
    /// Its port on the loopback; any free one where none is given.
    pub port: Option<u16>,
    /// Variables beside those of stan itself.
    pub env: Vec<(String, String)>,
}

/// How a program is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It has been started, and does not answer yet.
    Starting,
    /// It answers here.
    Ready(SocketAddr),
    /// It does not run, and why; it is tried again.
    Down(String),
}

enum Order {
    Restart,
    Stop,
}

/// Looks after one program. Dropped, it ends it at once.
#[derive(Debug)]
pub struct Supervisor {
    orders: mpsc::Sender<Order>,
    state: watch::Receiver<State>,
    task: AbortOnDropHandle<()>,
}

impl Supervisor {
    /// Starts `app`, on the current tokio runtime.
    pub fn start(app: App, feed: Feed) -> Self {
        let (orders, inbox) = mpsc::channel(ORDERS);
        let (tell, state) = watch::channel(State::Starting);
        let task = tokio::spawn(Keeper { app, feed, tell, inbox }.run());
        Self { orders, state, task: AbortOnDropHandle::new(task) }
    }

    /// How it is doing, now and from now on.
    pub fn state(&self) -> watch::Receiver<State> {
        self.state.clone()
    }

    /// Where it answers, as soon as it does; else why not, after `patience` at the latest.
    pub async fn ready(&self, patience: Duration) -> Result<SocketAddr, String> {
        let mut state = self.state.clone();
        let settled = timeout(patience, state.wait_for(|state| *state != State::Starting)).await;
        match settled.as_ref().map(|state| state.as_deref()) {
            Ok(Ok(State::Ready(at))) => Ok(*at),
            Ok(Ok(State::Down(why))) => Err(why.clone()),
            Ok(_) => Err("it has been stopped".to_owned()),
            Err(_) => Err(format!("it does not answer after {patience:?}")),
        }
    }

    /// Ends it and starts it again: what it is made of has changed.
    pub fn restart(&self) {
        // Where orders wait already, it is going to be started anew.
        let _ = self.orders.try_send(Order::Restart);
    }

    /// Ends it with all that it has started; it may take a few seconds over that.
    pub async fn stop(self) {
        if self.orders.send(Order::Stop).await.is_ok() {
            // It ends by itself; a panic in it has ended the program too.
            let _ = self.task.await;
        }
    }
}

/// How a run of the program ended.
enum Ended {
    Crashed(String),
    Ordered(Order),
}

struct Keeper {
    app: App,
    feed: Feed,
    tell: watch::Sender<State>,
    inbox: mpsc::Receiver<Order>,
}

impl Keeper {
    async fn run(mut self) {
        let mut pause = BACKOFF.0;
        loop {
            let began = Instant::now();
            let why = match self.once().await {
                Ended::Ordered(Order::Stop) => return,
                Ended::Ordered(Order::Restart) => {
                    pause = BACKOFF.0;
                    continue;
                }
                Ended::Crashed(why) => why,
            };
            if began.elapsed() >= STEADY {
                pause = BACKOFF.0;
            }
            self.note(&format!("{why}; starts again in {pause:?}"));
            self.tell.send_replace(State::Down(why));
            tokio::select! {
                order = self.inbox.recv() => match order {
                    Some(Order::Restart) => pause = BACKOFF.0,
                    Some(Order::Stop) | None => return,
                },
                () = sleep(pause) => pause = (pause * 2).min(BACKOFF.1),
            }
        }
    }

    /// One run, from its start to its end.
    async fn once(&mut self) -> Ended {
        self.tell.send_replace(State::Starting);
        let port = match free(self.app.port).await {
            Ok(port) => port,
            Err(why) => return Ended::Crashed(why),
        };
        let mut child = match Child::spawn(self.command(port)) {
            Ok(child) => child,
            Err(error) => {
                return Ended::Crashed(format!("could not be started in {} ({error})", self.app.dir.display()));
            }
        };
        let name = self.app.name.clone();
        let out = child.stdout().map(|source| Said::listen(&name, source, self.feed.clone()));
        let err = child.stderr().map(|source| Said::listen(&name, source, self.feed.clone()));
        let (tell, feed) = (self.tell.clone(), self.feed.clone());
        let answers = async {
            let (at, slow) = (answers(port), sleep(SLOW));
            tokio::pin!(at, slow);
            let at = tokio::select! {
                at = &mut at => at,
                () = slow => {
                    let text = format!("{name}: does not answer on port {port} yet; is that the port of PORT?");
                    feed.event(Event::Note(Note::error(text)));
                    at.await
                }
            };
            tell.send_replace(State::Ready(at));
            std::future::pending::<()>().await;
        };
        let status = tokio::select! {
            biased;
            order = self.inbox.recv() => {
                child.end(GRACE).await;
                // What it says at its end is heard as well.
                last_words(out).await;
                last_words(err).await;
                return Ended::Ordered(order.unwrap_or(Order::Stop));
            }
            status = child.wait() => status,
            () = answers => return Ended::Crashed("was lost".to_owned()),
        };
        last_words(out).await;
        let said = last_words(err).await;
        let why = status.map_or_else(|error| error.to_string(), |status| status.to_string());
        let last = said.lines().last().map(|line| format!(" ({line})")).unwrap_or_default();
        Ended::Crashed(format!("ended with {why}{last}"))
    }

    fn command(&self, port: u16) -> Command {
        let mut command = Command::new("sh");
        command.arg("-c").arg(&self.app.command).current_dir(&self.app.dir);
        command.envs(self.app.env.iter().map(|(name, value)| (name, value))).env("PORT", port.to_string());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn note(&self, text: &str) {
        self.feed.event(Event::Note(Note::error(format!("{}: {text}", self.app.name))));
    }
}

async fn last_words(said: Option<Said>) -> String {
    match said {
        Some(said) => said.end().await,
        None => String::new(),
    }
}

/// The port that is wanted, or any, if it is free on the loopback.
async fn free(wanted: Option<u16>) -> Result<u16, String> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, wanted.unwrap_or(0))).await;
    let port = bound.and_then(|listener| listener.local_addr()).map(|address| address.port());
    port.map_err(|error| format!("port {} of the loopback cannot be had ({error})", wanted.unwrap_or(0)))
}

/// Where on the loopback somebody answers on `port`, once they do.
async fn answers(port: u16) -> SocketAddr {
    let mut pause = TRY.0;
    loop {
        for at in [SocketAddr::from((Ipv4Addr::LOCALHOST, port)), (Ipv6Addr::LOCALHOST, port).into()] {
            if TcpStream::connect(at).await.is_ok() {
                return at;
            }
        }
        sleep(pause).await;
        pause = (pause * 2).min(TRY.1);
    }
}

#[cfg(test)]
mod tests;
