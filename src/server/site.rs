//! stan.conf compiled: the route table and its targets, immutable, swapped whole.

mod table;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use http::Method;

use super::apps::Apps;
use super::files::{Files, candidates};
use super::guard::{Guards, Hosts, machine_name};
use super::pages::Pages;
use super::path::captured;
use super::ready::Ready;
use super::store::Store;
use super::target::{self, RouteSettings, Target, mount_options};
use crate::config::{self, Config};
use crate::event::{Feed, RouteRow};
use table::order;

/// A compiled configuration. A request keeps the one that it began with.
pub struct Site {
    /// What it was compiled from.
    pub config: Arc<Config>,
    pub(crate) hosts: Hosts,
    pub(crate) files: Files,
    pub(crate) pages: Arc<Pages>,
    pub(crate) ready: Ready,
    /// Those at top level.
    pub(crate) guards: Option<Arc<Guards>>,
    /// Whether a route has guards, or `cors`, of its own.
    pub(crate) guarded: bool,
    routes: Vec<Route>,
    explicit: matchit::Router<Vec<usize>>,
    templates: HashMap<String, usize>,
    upload: usize,
    /// The name under which static files are served too: `/static_file/`.
    mount: Option<String>,
    fallback: usize,
}

/// A row of the route table with its target.
pub(crate) struct Route {
    pub(crate) row: RouteRow,
    /// As the details of a request show it.
    pub(crate) name: Arc<str>,
    methods: Vec<Method>,
    /// Where an explicit route stands among others, by the widest of its patterns.
    order: Vec<u8>,
    pub(crate) target: Target,
    pub(crate) settings: RouteSettings,
}

/// What answers a path.
pub(crate) struct Found<'a> {
    pub(crate) route: &'a Route,
    /// What the pattern captured.
    pub(crate) params: Vec<(String, String)>,
    /// The path below a folder's mount, with its slash; for static folders and uploads.
    pub(crate) below: String,
}

/// Who answers a path and method.
pub(crate) enum Match<'a> {
    Found(Found<'a>),
    /// The path is known, the method is not: the methods that are.
    Method(Vec<Method>),
}

/// A configuration that cannot be compiled, though it could be read.
#[derive(Debug)]
pub struct SiteError(String);

impl fmt::Display for SiteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SiteError {}

impl Site {
    /// Compiles `config`. Reads templates and data; what is broken in them shows on the pages
    /// that use them, and does not stop the rest.
    pub fn build(config: &Arc<Config>, store: &Arc<Store>, apps: &Apps) -> Result<Self, SiteError> {
        let pages = Arc::new(Pages::load(&config.templates, &config.data, &config.static_dir));
        let mut site = Self {
            hosts: Hosts::new(machine_name().as_deref(), &config.hosts),
            files: Files::new(&config.static_dir, &mount_options(&config.static_dir, config)),
            pages,
            ready: Ready::default(),
            guards: Guards::new(&config.guards),
            guarded: false,
            routes: Vec::new(),
            explicit: matchit::Router::new(),
            templates: HashMap::new(),
            upload: 0,
            mount: mount_of(config),
            fallback: 0,
            config: config.clone(),
        };
        site.add_explicit(config, store, apps)?;
        site.add_builtin(config, store);
        let own = |route: &Route| route.settings.guards.is_some() || route.settings.cors.is_some();
        site.guarded = site.routes.iter().any(own);
        Ok(site)
    }

    fn add_explicit(&mut self, config: &Arc<Config>, store: &Arc<Store>, apps: &Apps) -> Result<(), SiteError> {
        let mut patterns: HashMap<String, Vec<usize>> = HashMap::new();
        let mut routes: Vec<&config::Route> = config.routes.iter().collect();
        routes.sort_by_key(|route| order(route));
        for route in routes {
            let index = self.routes.len();
            let compiled = Route::explicit(route, config, &self.pages, store, apps);
            for pattern in route.patterns() {
                patterns.entry(pattern).or_default().push(index);
            }
            self.routes.push(compiled);
        }
        for (pattern, indexes) in patterns {
            self.explicit
                .insert(pattern.clone(), indexes)
                .map_err(|error| SiteError(format!("stan.conf: the route {pattern} collides with another: {error}")))?;
        }
        Ok(())
    }

    fn add_builtin(&mut self, config: &Arc<Config>, store: &Arc<Store>) {
        // Also when uploads are off: whoever sends one is told so.
        let upload = target::upload_into(&config.upload.path, &config.upload.dir, store, config);
        let to = shown(&config.upload.dir, config);
        let to = if config.upload.enabled { to } else { "off".to_owned() };
        self.upload = self.push(&config.upload.path, "upload", &to, Target::Upload(upload));
        for (path, template) in self.pages.routes() {
            let target = Target::Template { pages: self.pages.clone(), name: template.clone(), named: false };
            let index = self.push(&path, "template", &template, target);
            self.templates.insert(path, index);
        }
        let folder = shown(&config.static_dir, config);
        self.fallback = self.push("/{*file}", "static", &folder, Target::Files(self.files.clone()));
    }

    fn push(&mut self, path: &str, kind: &str, to: &str, target: Target) -> usize {
        let methods = target.methods();
        let mut route = Route::new(path, methods, kind, to, target, RouteSettings::default());
        route.row.guards = self.config.guards.before(&config::Guards::default());
        self.routes.push(route);
        self.routes.len() - 1
    }

    /// Goes on with what the guards of `old` have counted and remembered, and with the connections of its proxies,
    /// where they say the same.
    pub(crate) fn take_over(&mut self, old: &Self) {
        let goes_on = |new: &mut Option<Arc<Guards>>, old: &Option<Arc<Guards>>| {
            if let (Some(new), Some(old)) = (new, old)
                && new.same(old)
            {
                *new = old.clone();
            }
        };
        goes_on(&mut self.guards, &old.guards);
        let has_more = |route: &&mut Route| route.settings.guards.is_some() || matches!(route.target, Target::Proxy(_));
        for route in self.routes.iter_mut().filter(has_more) {
            let same = |old: &&Route| old.row.path == route.row.path && old.methods == route.methods;
            if let Some(old) = old.routes.iter().find(same) {
                goes_on(&mut route.settings.guards, &old.settings.guards);
                if let (Target::Proxy(new), Target::Proxy(old)) = (&mut route.target, &old.target) {
                    new.take_over(old);
                }
            }
        }
    }

    /// Begins to watch over what it leads to. Within the runtime.
    pub(crate) fn begin(&self, feed: &Feed) {
        for route in &self.routes {
            if let Target::Proxy(proxy) = &route.target {
                proxy.check(feed);
            }
        }
    }

    /// Who answers `method` at `path`, which is decoded for routing.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Match<'_> {
        if let Ok(found) = self.explicit.at(path) {
            return self.explicit_match(method, path, &found);
        }
        let (index, below) = if let Some((index, below)) = self.upload_match(path) {
            (index, below)
        } else if let Some(index) = self.templates.get(path) {
            (*index, String::new())
        } else {
            (self.fallback, self.below_mount(path).to_owned())
        };
        let route = &self.routes[index];
        // What may be done with an upload depends on its path, which is for the target to say.
        if route.allows(method) || index == self.upload {
            Match::Found(Found { route, params: Vec::new(), below })
        } else {
            Match::Method(route.methods.clone())
        }
    }

    /// Whether files are received at `path`, decoded for routing.
    pub(crate) fn is_upload(&self, path: &str) -> bool {
        matches!(self.find(&Method::PUT, path), Match::Found(found) if matches!(found.route.target, Target::Upload(_)))
    }

    fn explicit_match(&self, method: &Method, path: &str, found: &matchit::Match<'_, '_, &Vec<usize>>) -> Match<'_> {
        let mut allowed = Vec::new();
        for route in found.value.iter().map(|index| &self.routes[*index]) {
            if route.allows(method) {
                let params: Vec<_> = found.params.iter().map(|(k, v)| (k.to_owned(), captured(v))).collect();
                let rest = found.params.iter().last().map_or("", |(_, value)| value);
                let below = if rest.is_empty() && !path.ends_with('/') { String::new() } else { format!("/{rest}") };
                return Match::Found(Found { route, params, below });
            }
            allowed.extend(route.methods.iter().cloned());
        }
        allowed.dedup();
        Match::Method(allowed)
    }

    fn upload_match(&self, path: &str) -> Option<(usize, String)> {
        let below = path.strip_prefix(self.config.upload.path.as_str())?;
        (below.is_empty() || below.starts_with('/')).then(|| (self.upload, below.to_owned()))
    }

    /// Static files answer at `/` and at `/static_file/`.
    fn below_mount<'a>(&self, path: &'a str) -> &'a str {
        self.mount
            .as_deref()
            .and_then(|mount| path.strip_prefix(mount))
            .filter(|below| below.is_empty() || below.starts_with('/'))
            .unwrap_or(path)
    }

    /// The URL paths at which the static file `path` answers.
    pub fn urls_of(&self, path: &std::path::Path) -> Vec<String> {
        let Ok(below) = path.strip_prefix(&self.config.static_dir) else { return Vec::new() };
        let below = below.to_string_lossy().replace('\\', "/");
        let mount = self.mount.as_deref().unwrap_or("");
        let mut urls = vec![format!("/{below}")];
        if !mount.is_empty() {
            urls.push(format!("{mount}/{below}"));
        }
        let pages: Vec<String> = urls
            .iter()
            .flat_map(|url| {
                let folder = url.strip_suffix("index.html").map(str::to_owned);
                let clean = url.strip_suffix(".html").map(str::to_owned);
                folder.into_iter().chain(clean)
            })
            .collect();
        urls.extend(pages);
        urls
    }

    /// Whether the static file `path` answers nowhere: at all of its paths servers answer that tell their pages
    /// themselves what changed.
    pub fn is_hidden(&self, path: &std::path::Path) -> bool {
        let hides = |target: &Target| matches!(target, Target::App(_) | Target::Proxy(_));
        let hidden =
            |url: &String| matches!(self.find(&Method::GET, url), Match::Found(found) if hides(&found.route.target));
        let urls = self.urls_of(path);
        !urls.is_empty() && urls.iter().all(hidden)
    }

    /// The files of which the answer to GET at `path`, decoded, may be made.
    pub(crate) fn sources_of(&self, path: &str) -> Vec<std::path::PathBuf> {
        let Match::Found(found) = self.find(&Method::GET, path) else { return Vec::new() };
        match &found.route.target {
            Target::Template { name, .. } => {
                let names = self.pages.depends(name).unwrap_or_else(|| [name.clone()].into());
                names.iter().map(|name| self.config.templates.join(name)).collect()
            }
            Target::Files(files) => candidates(files.folder(), &found.below),
            Target::File { files, name } => candidates(files.folder(), name),
            Target::Fixed { .. }
            | Target::Redirect(_)
            | Target::Upload(_)
            | Target::Proxy(_)
            | Target::Cgi(_)
            | Target::Wsgi(_)
            | Target::App(_) => Vec::new(),
        }
    }

    /// Whether there is a template of that name.
    pub fn has_template(&self, name: &str) -> bool {
        self.pages.has(name)
    }

    /// The static file that answers GET at `path`, decoded.
    pub(crate) fn static_file(&self, path: &str) -> Option<std::path::PathBuf> {
        let is_static = matches!(self.find(&Method::GET, path), Match::Found(found)
            if matches!(found.route.target, Target::Files(_) | Target::File { .. }));
        self.sources_of(path).into_iter().find(|file| is_static && file.is_file())
    }

    /// What is wrong with the data files, a line each.
    pub fn problems(&self) -> Vec<String> {
        self.pages.problems().iter().map(ToString::to_string).collect()
    }

    /// The templates that `template` is made of, itself included, where that is known.
    pub fn depends(&self, template: &str) -> Option<std::collections::BTreeSet<String>> {
        self.pages.depends(template)
    }

    /// The template that answers GET at `path`, decoded; `None` where something else does.
    pub fn template_at(&self, path: &str) -> Option<&str> {
        match self.find(&Method::GET, path) {
            Match::Found(Found { route: Route { target: Target::Template { name, .. }, .. }, .. }) => Some(name),
            _ => None,
        }
    }
}

impl Route {
    fn new(path: &str, methods: Vec<Method>, kind: &str, to: &str, target: Target, settings: RouteSettings) -> Self {
        let shown = match methods.as_slice() {
            [] => "any".to_owned(),
            some => some.iter().map(Method::as_str).collect::<Vec<_>>().join(" "),
        };
        let (path, kind, to) = (path.to_owned(), kind.to_owned(), to.to_owned());
        let row = RouteRow { methods: shown, path, kind: kind.clone(), to: to.clone(), guards: Vec::new() };
        Self { name: format!("{kind} {to}").into(), row, methods, order: Vec::new(), target, settings }
    }

    fn explicit(
        route: &config::Route,
        config: &Arc<Config>,
        pages: &Arc<Pages>,
        store: &Arc<Store>,
        apps: &Apps,
    ) -> Self {
        let target = Target::explicit(route, config, pages, store, apps);
        let (kind, to) = (route.target.kind(), route.target.to(&config.root));
        let methods = if route.methods.is_empty() { target.methods() } else { with_head(&route.methods) };
        let mut compiled = Self::new(&route.path, methods, kind, &to, target, RouteSettings::of(route));
        compiled.row.guards = config.guards.before(&route.guards);
        compiled.order = order(route);
        compiled
    }

    /// The methods that it answers; none means any.
    pub(crate) fn methods(&self) -> &[Method] {
        &self.methods
    }

    fn allows(&self, method: &Method) -> bool {
        self.methods.is_empty() || self.methods.contains(method)
    }
}

/// Who answers GET answers HEAD.
fn with_head(methods: &[Method]) -> Vec<Method> {
    let mut methods = methods.to_vec();
    if methods.contains(&Method::GET) && !methods.contains(&Method::HEAD) {
        methods.push(Method::HEAD);
    }
    methods
}

fn mount_of(config: &Config) -> Option<String> {
    let name = config.static_dir.file_name()?.to_str()?;
    (!config.bare).then(|| format!("/{name}"))
}

/// A path as the route table shows it: relative to the site where it lies inside.
fn shown(path: &std::path::Path, config: &Config) -> String {
    let below = path.strip_prefix(&config.root).unwrap_or(path).to_string_lossy().into_owned();
    if below.is_empty() { ".".to_owned() } else { below }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_answers_get_answers_head() {
        assert_eq!(with_head(&[Method::GET]), [Method::GET, Method::HEAD]);
        assert_eq!(with_head(&[Method::POST]), [Method::POST]);
    }
}
