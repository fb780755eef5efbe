//! Why a configuration could not be loaded, or a setting not be changed.

use std::path::PathBuf;
use std::{fmt, io};

use crate::config::ConfigErrors;
use crate::text::harmless;

/// Why a configuration could not be loaded.
#[derive(Debug)]
pub enum LoadError {
    /// The folder to serve is not there, is no folder, or may not be read.
    Root(PathBuf, io::Error),
    /// The file is not there though it was named, or it cannot be read.
    File(PathBuf, io::Error),
    /// The file that was read before is gone; the last good configuration goes on.
    Deleted(PathBuf),
    /// The file has errors.
    Invalid(ConfigErrors),
    /// A variable of the environment cannot be what it says.
    Variable {
        /// Its name.
        name: String,
        /// What it says.
        text: String,
        /// What was expected.
        message: String,
    },
    /// What was typed with `set` cannot be any more.
    Typed {
        /// The key.
        key: &'static str,
        /// What was expected.
        message: String,
    },
}

impl LoadError {
    /// One line: `stan.conf:3:8 expected a number from 0 to 65535`.
    pub fn brief(&self) -> String {
        match self {
            Self::Invalid(errors) => errors.brief(),
            other => other.to_string(),
        }
    }

    /// The errors of the file, where it is they that are wrong.
    pub fn errors(&self) -> &[crate::config::ConfigError] {
        match self {
            Self::Invalid(errors) => &errors.0,
            _ => &[],
        }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root(path, why) => {
                write!(f, "cannot serve {}: {why}; name a folder that exists", harmless(&path.to_string_lossy()))
            }
            Self::File(path, why) => write!(f, "cannot read {}: {why}", harmless(&path.to_string_lossy())),
            Self::Deleted(path) => {
                write!(f, "{} is gone; what it said last stays in force", harmless(&path.to_string_lossy()))
            }
            Self::Invalid(errors) => errors.fmt(f),
            Self::Variable { name, text, message } => {
                write!(f, "{name}={} in the environment: {}", harmless(text), harmless(message))
            }
            Self::Typed { key, message } => write!(f, "{key}, as set by hand: {}", harmless(message)),
        }
    }
}

impl std::error::Error for LoadError {}

/// Why a setting was not changed.
#[derive(Debug)]
pub enum SetError {
    /// There is no such setting.
    Unknown {
        /// What was typed.
        key: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
    /// A table of settings, not one of them.
    Table {
        /// What was typed.
        key: String,
        /// A key in it.
        example: &'static str,
    },
    /// Routes and apps are written in stan.conf.
    Routes,
    /// The value cannot be.
    Value {
        /// The key.
        key: &'static str,
        /// What was expected.
        message: String,
        /// The known word that was probably meant.
        nearest: Option<String>,
    },
    /// With this value, something else does not load: a route whose template is elsewhere.
    Load(LoadError),
}

impl fmt::Display for SetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let meant = |f: &mut fmt::Formatter<'_>, nearest: &Option<String>| match nearest {
            Some(nearest) => write!(f, "; did you mean {}?", harmless(nearest)),
            None => Ok(()),
        };
        match self {
            Self::Unknown { key, nearest } => {
                write!(f, "no setting is called {}", harmless(key))?;
                meant(f, nearest)
            }
            Self::Table { key, example } => {
                write!(f, "{} has several settings; name one, such as {example}", harmless(key))
            }
            Self::Routes => f.write_str("routes and apps are written in stan.conf: save it and they are in force"),
            Self::Value { key, message, nearest } => {
                write!(f, "{key}: {}", harmless(message))?;
                meant(f, nearest)
            }
            Self::Load(error) => f.write_str(&error.brief()),
        }
    }
}

impl std::error::Error for SetError {}
