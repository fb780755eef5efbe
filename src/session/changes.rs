//! Files that changed: what has to be built again, and which pages are told.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::Session;
use crate::config::{Config, Route, Target};
use crate::event::{Event, Note};
use crate::watch::Signal;

/// Changed files named one by one; of a larger burst the number is told.
const NAMED: usize = 20;
/// What apps hand to browsers and do not write themselves, by its extension.
const OF_PAGES: [&str; 3] = ["css", "js", "mjs"];

/// What a burst of changes was about.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sorted {
    conf: bool,
    templates: Vec<String>,
    data: bool,
    files: Vec<PathBuf>,
}

impl Session {
    /// Something was heard from the watcher.
    pub(super) fn seen(&mut self, signal: Signal) {
        match signal {
            Signal::Mode(watching) => {
                self.watching = watching.clone();
                self.feed.event(Event::Watcher(watching));
            }
            Signal::Changed(paths) => self.changed(paths),
        }
    }

    fn changed(&mut self, mut paths: Vec<PathBuf>) {
        let config = self.layers.config().clone();
        let mut sorted = sort(&paths, &config, self.layers.file());
        // Pages are told of these when the app is there anew.
        // Where an app lies in the site's folder, its templates and the site's are the same.
        let mut of_apps = self.apps.changed(&paths);
        // A program may watch anything. What is served besides is told at once.
        let watched = self.apps.restart(&paths);
        let site = self.server.site();
        let is_served = |path: &Path| may_be_seen(path, &config) && !site.is_hidden(path);
        of_apps.extend(watched.into_iter().filter(|path| !is_served(path)));
        // What lies beside an app's code and is neither that nor served, such as its database, is its own.
        let own: Vec<PathBuf> = sorted.files.extract_if(.., |path| !is_served(path)).collect();
        paths.retain(|path| of_apps.contains(path) || !own.contains(path));
        sorted.files.retain(|path| !of_apps.contains(path));
        if sorted.conf {
            let empty = self.layers.file().metadata().is_ok_and(|meta| meta.len() == 0);
            self.conf_quiet.seen(Instant::now(), empty);
        }
        let rebuilt = !sorted.templates.is_empty() || sorted.data;
        if rebuilt && let Err(error) = self.rebuild() {
            self.feed.event(Event::Note(Note::error(error.to_string())));
        }
        self.tell_pages(&sorted);
        let count = paths.len();
        for path in paths.into_iter().take(NAMED) {
            let shown = path.strip_prefix(&config.root).map_or(path.clone(), Path::to_path_buf);
            self.feed.event(Event::Changed(shown));
        }
        if count > NAMED {
            self.feed.event(Event::Note(Note::info(format!("and {} more files changed", count - NAMED))));
        }
    }

    /// Tells the pages that use what changed, where that is known, and all others where it is not.
    fn tell_pages(&self, sorted: &Sorted) {
        let site = self.server.site();
        let urls: Vec<String> = sorted.files.iter().flat_map(|path| site.urls_of(path)).collect();
        // A template that is new, gone or a folder may change which pages there are.
        let unknown = sorted.data
            || sorted.files.iter().any(|path| site.urls_of(path).is_empty())
            || sorted.templates.iter().any(|name| !site.has_template(name));
        if unknown {
            self.live.reload_all();
            return;
        }
        if urls.is_empty() && sorted.templates.is_empty() {
            return;
        }
        self.live.changed(&urls, &|page| {
            let template = site.template_at(page)?;
            if sorted.templates.is_empty() {
                return None;
            }
            // What a page is made of is not known while its template is broken.
            let Some(uses) = site.depends(template) else { return Some(true) };
            sorted.templates.iter().any(|changed| uses.contains(changed)).then_some(true)
        });
    }

    /// stan.conf has been quiet for long enough after a save.
    pub(super) async fn conf_saved(&mut self) {
        if !self.conf_quiet.take(Instant::now()) {
            return;
        }
        let changes = match self.layers.reload() {
            Ok(changes) => changes,
            Err(error) => {
                self.refuse_reload(&error);
                return;
            }
        };
        let mended = self.mended();
        let note = match self.apply(&changes).await {
            Ok(Some(listed)) => Note::info(format!("stan.conf: {listed}")),
            Ok(None) if mended => Note::info("stan.conf is good again; nothing has changed"),
            Ok(None) => return,
            Err(why) => Note::error(format!("stan.conf: {why}")),
        };
        self.feed.event(Event::Note(note));
        self.live.reload_all();
    }
}

/// Whether a path may be one of a file or folder that is served, or that an app serves to its pages.
fn may_be_seen(path: &Path, config: &Config) -> bool {
    let among = |served: &Path| path.starts_with(served) || served.starts_with(path);
    // Behind what answers every address no file of the site is reached.
    let is_all = |route: &Route| route.path.starts_with("/{*") && !matches!(route.target, Target::Static(_));
    let is_hidden = config.routes.iter().any(|route| is_all(route) && route.methods.is_empty());
    let is_of_pages = path.extension().is_some_and(|extension| OF_PAGES.iter().any(|known| extension == *known));
    is_of_pages
        || (!is_hidden && among(&config.static_dir))
        || config.routes.iter().any(|route| matches!(&route.target, Target::Static(served) if among(served)))
}

/// Sorts changed paths by what they mean to the site.
fn sort(paths: &[PathBuf], config: &Config, conf: &Path) -> Sorted {
    let mut sorted = Sorted::default();
    for path in paths {
        if path == conf {
            sorted.conf = true;
        } else if let Ok(name) = path.strip_prefix(&config.templates) {
            sorted.templates.push(name.to_string_lossy().replace('\\', "/"));
        } else if path.starts_with(&config.data) {
            sorted.data = true;
        } else {
            sorted.files.push(path.clone());
        }
    }
    sorted
}
