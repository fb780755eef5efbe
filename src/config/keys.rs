//! The table of settings: for every key of stan.conf outside `[[route]]` its name, its default, its
//! meaning, how it is read and how it is shown.
//!
//! The parser, the environment, `set`, the list of changes, `stan check` and the README's
//! reference all go by this table.

mod limits;
mod reload;
mod top;
mod upload;

use std::sync::LazyLock;

use super::value::{Mistake, Value};
use super::{Config, route};
use crate::text::nearest;

/// A setting.
#[derive(Debug)]
pub(crate) struct Key {
    /// As in stan.conf: `upload.exists`.
    pub(crate) name: &'static str,
    /// The default as TOML.
    pub(crate) default: &'static str,
    /// In a few words.
    pub(crate) meaning: &'static str,
    /// Takes a value over into the configuration.
    pub(crate) read: fn(&mut Config, &Value<'_>) -> Result<(), Mistake>,
    /// The value in force, in words.
    pub(crate) show: fn(&Config) -> String,
}

/// The tables of stan.conf that hold settings.
pub(crate) const TABLES: [&str; 3] = ["limits", "upload", "reload"];

impl Key {
    /// The table and the key inside it; the table is empty at the top level.
    pub(crate) fn split(&self) -> (&'static str, &'static str) {
        self.name.split_once('.').unwrap_or(("", self.name))
    }
}

/// Every setting, in the order of stan.conf.
pub(crate) fn all() -> impl Iterator<Item = &'static Key> {
    [top::KEYS, limits::KEYS, upload::KEYS, reload::KEYS].into_iter().flatten()
}

/// The setting of that name.
pub(crate) fn find(name: &str) -> Option<&'static Key> {
    all().find(|key| key.name == name)
}

/// The known word that an unknown key of `table` was probably meant to be: the same one in another
/// table, or one that is near.
pub(crate) fn meant(table: &str, key: &str) -> Option<String> {
    if let Some(elsewhere) = all().find(|known| known.split().1 == key) {
        return Some(match elsewhere.split().0 {
            "" => format!("{key} at the top, before any [table]"),
            _ => elsewhere.name.to_owned(),
        });
    }
    let beside = all().map(Key::split).filter(|(its, _)| *its == table).map(|(_, name)| name);
    let tables = TABLES.into_iter().chain(["route", "app"]).filter(|_| table.is_empty());
    nearest(key, beside.chain(tables)).map(str::to_owned)
}

/// A key of stan.conf for the reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyDoc {
    /// `upload.exists`; those of a route begin with `route.`, those of an app with `app.`.
    pub key: &'static str,
    /// As TOML; empty where there is none.
    pub default: &'static str,
    /// In a few words.
    pub meaning: &'static str,
}

/// Every key that this release has, in the order of stan.conf.
pub fn reference() -> &'static [KeyDoc] {
    static REFERENCE: LazyLock<Vec<KeyDoc>> = LazyLock::new(|| {
        all()
            .map(|key| KeyDoc { key: key.name, default: key.default, meaning: key.meaning })
            .chain(route::KEYS.iter().cloned())
            .collect()
    });
    &REFERENCE
}

/// What the setting `key` may be, where that is one of a few words.
pub fn choices(key: &str) -> Vec<&'static str> {
    match key {
        "bind" => vec!["local", "lan"],
        "log_format" => top::FORMATS.iter().map(|(word, _)| *word).collect(),
        "upload.key" => vec!["auto", "off"],
        "upload.exists" => upload::EXISTS.iter().map(|(word, _)| *word).collect(),
        "reload.watch" => reload::WATCH.iter().map(|(word, _)| *word).collect(),
        _ if find(key).is_some_and(|key| matches!(key.default, "true" | "false")) => vec!["true", "false"],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
