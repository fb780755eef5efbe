//! Where settings come from, and which of them is in force: typed while it runs > flag >
//! environment > stan.conf > default.
//!
//! The configuration is always built whole from all layers, so an error changes nothing.

mod environment;
mod error;
mod file;
mod flags;
mod typed;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::diff::{Change, diff};
use super::keys::{self, Key, TABLES};
use super::parse::{self, Parsed};
use super::{Config, defaults, route};
use crate::net::Bind;
use environment::Environment;
use file::ConfigFile;

pub use error::{LoadError, SetError};
pub use flags::Flags;

/// All that has been said of the configuration, and what follows from it.
#[derive(Debug)]
pub struct Layers {
    fixed: Fixed,
    /// The text of stan.conf that is in force.
    text: Option<String>,
    typed: Typed,
    config: Config,
}

/// What does not change while it runs.
#[derive(Debug)]
struct Fixed {
    root: PathBuf,
    flags: Flags,
    environment: Environment,
    file: ConfigFile,
}

/// What was typed while it runs, by key.
type Typed = BTreeMap<&'static str, String>;

/// Where a setting comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Typed while it runs.
    Typed,
    /// The command line: `--port`.
    Flag(&'static str),
    /// A variable of the environment: `STAN_PORT`.
    Variable(String),
    /// stan.conf.
    File,
    /// Nobody said anything.
    Default,
}

impl Layers {
    /// Loads the configuration of `root`.
    pub fn load(root: &Path, mut flags: Flags, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, LoadError> {
        let folder = root.canonicalize().and_then(|folder| folder.read_dir().map(|_| folder));
        let root = folder.map_err(|why| LoadError::Root(root.to_owned(), why))?;
        if let Some(uploads) = &mut flags.uploads
            && let Ok(absolute) = std::path::absolute(&*uploads)
        {
            *uploads = absolute;
        }
        let environment = Environment::read(&root, env)?;
        let file = ConfigFile::new(&root, flags.config.as_deref().or(environment.config.as_deref()))?;
        let fixed = Fixed { root, flags, environment, file };
        let text = fixed.file.read()?;
        let config = fixed.build(text.as_deref(), &Typed::new())?;
        Ok(Self { fixed, text, typed: Typed::new(), config })
    }

    /// What is in force.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The path of stan.conf, whether it is there or not: what to watch.
    pub fn file(&self) -> &Path {
        &self.fixed.file.path
    }

    /// Reads stan.conf again. On an error nothing changes. What was typed stays unless the file
    /// changed that very key.
    pub fn reload(&mut self) -> Result<Vec<Change>, LoadError> {
        let text = match self.fixed.file.read() {
            Ok(None) if self.text.is_some() => return Err(LoadError::Deleted(self.file().to_owned())),
            Err(LoadError::File(_, why)) if why.kind() == std::io::ErrorKind::NotFound => {
                return Err(LoadError::Deleted(self.file().to_owned()));
            }
            read => read?,
        };
        let said = |text: Option<&str>| self.fixed.said(text.unwrap_or_default());
        let (before, after) = (said(self.text.as_deref()), said(text.as_deref()));
        let mut typed = self.typed.clone();
        // A flag or a variable hides what the file says of its key, so that is no change of it.
        typed.retain(|key, _| before.get(key) == after.get(key) || self.fixed.hides_file(key));
        let config = self.fixed.build(text.as_deref(), &typed)?;
        self.text = text;
        self.typed = typed;
        Ok(self.replace(config))
    }

    /// Changes a setting for this run; `value` is TOML or bare text.
    pub fn set(&mut self, key: &str, value: &str) -> Result<Vec<Change>, SetError> {
        let key = known(&key.trim().to_lowercase())?;
        let value = value.trim();
        let mut scratch = self.config.clone();
        typed::read(key, &mut scratch, value).map_err(|mistake| SetError::Value {
            key: key.name,
            message: mistake.message,
            nearest: mistake.nearest,
        })?;
        let mut typed = self.typed.clone();
        typed.insert(key.name, value.to_owned());
        let config = self.fixed.build(self.text.as_deref(), &typed).map_err(SetError::Load)?;
        self.typed = typed;
        Ok(self.replace(config))
    }

    /// `port N` was typed, and the server is there now.
    pub fn port(&mut self, port: u16) -> Result<Vec<Change>, SetError> {
        self.set("port", &port.to_string())
    }

    /// `bind …` was typed, and the server is there now.
    pub fn bind(&mut self, bind: Bind) -> Result<Vec<Change>, SetError> {
        self.set("bind", &bind.to_string())
    }

    /// Where the setting `key` comes from.
    pub fn source(&self, key: &str) -> Source {
        let in_file = || self.text.as_deref().is_some_and(|text| self.fixed.said(text).contains_key(key));
        self.fixed.source(key, &self.typed, in_file)
    }

    /// Whether stan.conf was there.
    pub fn has_file(&self) -> bool {
        self.text.is_some()
    }

    fn replace(&mut self, config: Config) -> Vec<Change> {
        let changes = diff(&self.config, &config);
        self.config = config;
        changes
    }
}

impl Fixed {
    fn build(&self, text: Option<&str>, typed: &Typed) -> Result<Config, LoadError> {
        let mut config = defaults::config(&self.root, text.map(|_| self.file.path.as_path()));
        let text = text.unwrap_or_default();
        let Parsed { given, routes, apps, mut mistakes } =
            parse::parse(&self.root, text).map_err(|mistakes| self.file.invalid(text, mistakes))?;
        for key in keys::all() {
            let source = self.source(key.name, typed, || given.contains_key(key.name));
            config.port_typed |= key.name == "port" && source != Source::Default;
            match source {
                Source::Typed => {
                    let value = typed.get(key.name).map_or("", String::as_str);
                    typed::read(key, &mut config, value)
                        .map_err(|mistake| LoadError::Typed { key: key.name, message: mistake.message })?;
                }
                Source::Flag(_) => self.flags.apply(key.name, &mut config),
                Source::Variable(_) => self.environment.apply(key, &mut config)?,
                Source::File => {
                    if let Some(given) = given.get(key.name) {
                        mistakes.extend((key.read)(&mut config, &given.value).err());
                    }
                }
                Source::Default => {}
            }
        }
        config.upload.enabled = !self.flags.no_upload && !self.environment.no_upload;
        match route::read(&config, text, routes.as_ref(), apps.as_ref()) {
            Ok(routes) => config.routes = routes,
            Err(more) => mistakes.extend(more),
        }
        config.routes.extend(self.flags.route(&config));
        if mistakes.is_empty() { Ok(config) } else { Err(self.file.invalid(text, mistakes)) }
    }

    fn source(&self, key: &str, typed: &Typed, in_file: impl FnOnce() -> bool) -> Source {
        if typed.contains_key(key) {
            Source::Typed
        } else if let Some(flag) = self.flags.settles(key) {
            Source::Flag(flag)
        } else if let Some(variable) = self.environment.settles(key) {
            Source::Variable(variable.to_owned())
        } else if in_file() {
            Source::File
        } else {
            Source::Default
        }
    }

    fn hides_file(&self, key: &str) -> bool {
        self.flags.settles(key).is_some() || self.environment.settles(key).is_some()
    }

    /// What the text says of each key.
    fn said(&self, text: &str) -> BTreeMap<&'static str, String> {
        let given = parse::parse(&self.root, text).map(|parsed| parsed.given).unwrap_or_default();
        given.into_iter().map(|(key, given)| (key, given.shown)).collect()
    }
}

/// The setting of that name.
fn known(key: &str) -> Result<&'static Key, SetError> {
    if let Some(known) = keys::find(key) {
        return Ok(known);
    }
    let top = key.split('.').next().unwrap_or_default();
    if matches!(top, "route" | "routes" | "app") {
        return Err(SetError::Routes);
    }
    if TABLES.contains(&key)
        && let Some(example) = keys::all().find(|known| known.split().0 == key)
    {
        return Err(SetError::Table { key: key.to_owned(), example: example.name });
    }
    let leaf = keys::all().find(|known| known.split().1 == key).map(|known| known.name);
    let nearest = leaf.or_else(|| crate::text::nearest(key, keys::all().map(|key| key.name)));
    Err(SetError::Unknown { key: key.to_owned(), nearest: nearest.map(str::to_owned) })
}

#[cfg(test)]
mod tests;
