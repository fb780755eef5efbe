//! The way in which files are watched now, and the fall from one to the next.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use super::super::Began;
use super::super::backend::Open;
use super::super::inbox::{Delivery, Inbox};
use super::super::poll::Poller;
use super::super::scope::Scope;
use super::super::sign::{Sign, Signs};
use super::super::stamp::Stamp;
use super::super::tree::{Growth, Tree};
use super::super::trouble::Trouble;
use super::super::{canary, mounts, skip};
use crate::config;
use crate::event::Watching;

/// What a source has to say.
pub(super) enum News {
    /// Files are watched this way from now on.
    Mode(Watching),
    /// Something was seen.
    Signs(Delivery),
}

/// Where signs come from.
pub(super) struct Source {
    mode: config::Watch,
    scope: Arc<Scope>,
    /// What was touched since then is told by a way that has to begin later.
    began: SystemTime,
    way: Way,
    /// Not yet told.
    news: Option<Watching>,
    /// Touched between `began` and the moment from which events are heard.
    early: Vec<PathBuf>,
}

enum Way {
    Native(Native),
    Poll(Box<Poller>),
    Off,
}

struct Native {
    inbox: Arc<Inbox>,
    /// Away only while the disk's work is done.
    tree: Option<Tree>,
    /// Until when the canaries must have been heard.
    deadline: Option<Instant>,
    /// How many of the tree's devices have been asked for a proof.
    asked: usize,
    /// That all is well has been told.
    told: bool,
}

/// What is to be settled: a path, what happened to it, and its stamp now.
type Seen = (PathBuf, Signs, Option<Stamp>);

impl Source {
    pub(super) async fn start(mode: config::Watch, open: Open, scope: Arc<Scope>, began: Began) -> Self {
        let mut source =
            Self { mode, scope: scope.clone(), began: began.at, way: Way::Off, news: None, early: Vec::new() };
        if mode == config::Watch::Poll {
            source.poll("reload.watch asks for it".to_owned());
            return source;
        }
        let inbox = Arc::new(Inbox::default());
        inbox.narrow(scope.clone());
        match open(inbox.clone()) {
            Ok(backend) => {
                let tree = Some(Tree::new(backend));
                source.way = Way::Native(Native { inbox, tree, deadline: None, asked: 0, told: false });
                source.begin(scope, began).await;
            }
            Err(trouble) => source.fall(&trouble),
        }
        source
    }

    /// Plants the tree; a change that came before events could be heard, but after somebody had
    /// begun to rely on them, is news all the same.
    async fn begin(&mut self, scope: Arc<Scope>, began: Began) {
        let mut files = scope.set.files.clone();
        files.extend(self.disk(move |tree| tree.plant(scope)).await);
        let Some(since) = *began.start.relied_on.lock() else { return };
        let touched = move |path: &PathBuf| match Stamp::of(path) {
            Some(stamp) => !stamp.is_folder() && stamp.is_since(since),
            None => began.there.contains(path),
        };
        let early = tokio::task::spawn_blocking(move || files.into_iter().filter(touched).collect());
        self.early = early.await.unwrap_or_default();
    }

    /// Watches something else from now on.
    pub(super) async fn narrow(&mut self, scope: Arc<Scope>) {
        self.scope = scope.clone();
        match &mut self.way {
            Way::Native(native) => {
                native.inbox.narrow(scope.clone());
                self.disk(move |tree| tree.plant(scope)).await;
            }
            Way::Poll(poller) => poller.narrow(scope),
            Way::Off => {}
        }
    }

    /// The folders and files that are watched.
    pub(super) fn roots(&self) -> Vec<PathBuf> {
        self.scope.set.folders.iter().chain(&self.scope.set.files).cloned().collect()
    }

    /// Waits for news. Cancel safe.
    pub(super) async fn next(&mut self) -> News {
        loop {
            if let Some(watching) = self.news.take() {
                return News::Mode(watching);
            }
            if !self.early.is_empty() {
                let early = std::mem::take(&mut self.early);
                let sign = |path: &PathBuf| if path.exists() { Sign::Whole } else { Sign::Removed };
                let changes = early.into_iter().map(|path| (path.clone(), sign(&path).into())).collect();
                return News::Signs(Delivery { changes, ..Delivery::default() });
            }
            let heard = match &mut self.way {
                Way::Off => std::future::pending().await,
                Way::Poll(poller) => Ok(Delivery { changes: poller.next().await, ..Delivery::default() }),
                Way::Native(native) => native.next().await,
            };
            match heard {
                Ok(delivery) => {
                    self.proved();
                    return News::Signs(delivery);
                }
                Err(trouble) => self.fall(&trouble),
            }
        }
    }

    /// Keeps up with folders that came or went, and says what is to be settled.
    pub(super) async fn digest(&mut self, delivery: Delivery) -> Vec<Seen> {
        let mut out = Vec::new();
        let Way::Native(Native { tree: Some(tree), .. }) = &self.way else {
            out.extend(delivery.changes.into_iter().map(|(path, signs)| seen(path, signs)));
            return out;
        };
        let (mut grown, mut gone, mut again) = (Vec::new(), Vec::new(), delivery.flood);
        for (path, signs) in delivery.changes {
            let stamp = Stamp::of(&path);
            let known = tree.knows(&path);
            if known && (signs.removed || stamp.is_none()) {
                gone.push(path.clone());
            }
            if self.scope.leads(&path) {
                // A touch of it is nothing; its coming or going is.
                again |= !known || signs != Signs::default();
                if stamp.is_none() && known && self.scope.set.folders.contains(&path) {
                    out.push((path, signs, stamp));
                }
            } else if let Some(stamp) = stamp.filter(Stamp::is_folder) {
                let same = !signs.removed && tree.holds(&path, stamp.id());
                if !same && !skip::is_closed(&path) {
                    out.push((path.clone(), Sign::Created.into(), Some(stamp)));
                    grown.push(path);
                }
            } else {
                out.extend(tree.links.of(&path).map(|link| seen(link, signs)));
                out.push((path, signs, stamp));
            }
        }
        if again || !grown.is_empty() || !gone.is_empty() {
            let scope = self.scope.clone();
            let new = self.disk(move |tree| keep_up(tree, &gone, &grown, again.then_some(scope))).await;
            out.extend(new.into_iter().map(|path| seen(path, Sign::Created.into())));
        }
        out
    }

    /// Does work on the tree where it may block, and asks new devices for a proof. What is new.
    async fn disk(&mut self, work: impl FnOnce(&mut Tree) -> Result<Growth, Trouble> + Send + 'static) -> Vec<PathBuf> {
        let Way::Native(native) = &mut self.way else { return Vec::new() };
        let Some(mut tree) = native.tree.take() else { return Vec::new() };
        let (inbox, asked) = (native.inbox.clone(), native.asked);
        let insists = self.mode == config::Watch::Native;
        let done = tokio::task::spawn_blocking(move || {
            let growth = work(&mut tree)?;
            for (device, folder) in tree.devices.iter().skip(asked) {
                if let Some(kind) = mounts::foreign(folder).filter(|_| !insists) {
                    return Err(Trouble::Mount(kind, folder.clone()));
                }
                canary::send(folder, *device, &inbox);
            }
            Ok((tree, growth))
        });
        match done.await.unwrap_or_else(|panic| Err(Trouble::Other(panic.to_string()))) {
            Ok((tree, growth)) => {
                if tree.devices.len() > native.asked {
                    native.deadline = Some(Instant::now() + canary::PATIENCE);
                }
                native.asked = tree.devices.len();
                native.tree = Some(tree);
                self.proved();
                growth.folders.into_iter().chain(growth.files).collect()
            }
            Err(trouble) => {
                self.fall(&trouble);
                Vec::new()
            }
        }
    }

    /// When no canary is out any more, or none could be sent, native events are believed.
    fn proved(&mut self) {
        let Way::Native(native) = &mut self.way else { return };
        if native.inbox.unheard().is_some() {
            return;
        }
        native.deadline = None;
        if !native.told {
            native.told = true;
            self.news = Some(Watching::Native);
        }
    }

    fn fall(&mut self, trouble: &Trouble) {
        if self.mode == config::Watch::Native {
            self.way = Way::Off;
            self.news = Some(Watching::Off(trouble.to_string()));
        } else {
            self.poll(trouble.to_string());
        }
    }

    fn poll(&mut self, reason: String) {
        self.way = Way::Poll(Box::new(Poller::new(self.scope.clone(), self.began)));
        self.news = Some(Watching::Polling(reason));
    }
}

impl Native {
    /// Waits for something heard, or for patience to end. Cancel safe.
    async fn next(&mut self) -> Result<Delivery, Trouble> {
        tokio::select! {
            biased;
            mut delivery = self.inbox.take() => match delivery.trouble.take() {
                Some(trouble) => Err(trouble),
                None => Ok(delivery),
            },
            () = super::at(self.deadline) => {
                let canary = self.inbox.unheard().unwrap_or_default();
                Err(Trouble::Deaf(canary.parent().unwrap_or(Path::new("/")).to_path_buf()))
            }
        }
    }
}

fn keep_up(tree: &mut Tree, gone: &[PathBuf], grown: &[PathBuf], again: Option<Arc<Scope>>) -> Result<Growth, Trouble> {
    for folder in gone {
        tree.prune(folder);
    }
    let mut growth = Growth::default();
    if let Some(scope) = again {
        // The whole anew; what is deep inside comes with it.
        return tree.plant(scope);
    }
    for folder in grown {
        let more = tree.grow(folder)?;
        growth.folders.extend(more.folders);
        growth.files.extend(more.files);
    }
    Ok(growth)
}

fn seen(path: PathBuf, signs: Signs) -> Seen {
    let stamp = Stamp::of(&path);
    (path, signs, stamp)
}
