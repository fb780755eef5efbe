//! What the one positional argument names: a folder, or an app to host.

mod near;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use crate::command::find;
use crate::config::{WsgiApp, is_callable};
use crate::text::{harmless, nearest};
use near::Near;

/// The words that may stand in the argument's place.
pub(super) const SUBCOMMANDS: [&str; 5] = ["check", "init", "hash", "completions", "man"];

/// Bytes of a script that are read in search of its settings.
const SCRIPT: u64 = 64 << 10;

/// Why the argument names nothing that can be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TargetError {
    /// It names a file.
    File(PathBuf),
    /// It names nothing that is there; what is.
    Missing(PathBuf, Near),
    /// It names a script of Django's, and this would be the app.
    Django(PathBuf, String),
    /// It names a callable of a file; this is how it is written.
    Callable(PathBuf, String),
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::File(path) | Self::Missing(path, _) | Self::Django(path, _) | Self::Callable(path, _)) = self;
        let text = path.to_string_lossy();
        let shown = harmless(&text);
        match self {
            Self::File(_) => {
                let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
                let folder = folder.to_string_lossy();
                write!(f, "cannot serve '{shown}': it is a file, not a folder; try: stan {}", harmless(&folder))
            }
            Self::Django(_, app) => {
                write!(
                    f,
                    "cannot serve '{shown}': it runs Django's commands and is no app; try: stan {}",
                    harmless(app)
                )
            }
            Self::Callable(_, app) => {
                write!(
                    f,
                    "cannot serve '{shown}': a module is named without .py; did you mean: stan {}?",
                    harmless(app)
                )
            }
            Self::Missing(_, near) => {
                write!(f, "cannot serve '{shown}': there is no such {}", near.kind)?;
                match nearest(&text, SUBCOMMANDS) {
                    Some(word) if word == text => write!(f, "; {word} comes first, its options after it"),
                    Some(word) if near.meant.is_none() => write!(f, "; did you mean: stan {word}?"),
                    None if find(&text).is_some() => write!(f, "; {shown} is a word to type once stan runs"),
                    _ => near.fmt(f),
                }
            }
        }
    }
}

impl std::error::Error for TargetError {}

/// Whether `path`, as seen from the folder `here`, is a folder that can be served, or else the app that it names. What
/// exists wins over what merely looks like an app.
pub(super) fn check(here: &Path, path: &Path) -> Result<Option<WsgiApp>, TargetError> {
    let place = here.join(path);
    let python = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("py"));
    match fs::metadata(&place) {
        Ok(found) if found.is_dir() => Ok(None),
        Ok(_) if python => {
            if let Some(app) = django(&place) {
                return Err(TargetError::Django(path.into(), app));
            }
            let file = std::path::absolute(place).map_err(|_| TargetError::File(path.into()))?;
            Ok(Some(WsgiApp::File(file)))
        }
        Ok(_) => Err(TargetError::File(path.into())),
        Err(_) => match path.to_str().filter(|text| is_callable(text)) {
            Some(text) => named(here, text),
            None => Err(TargetError::Missing(path.into(), Near::new(here, path))),
        },
    }
}

/// The app that `text` names: `module:callable`, or a module that is there.
fn named(here: &Path, text: &str) -> Result<Option<WsgiApp>, TargetError> {
    match text.split_once(':') {
        Some((module, callable)) => match module.strip_suffix(".py") {
            Some(module) => Err(TargetError::Callable(text.into(), format!("{module}:{callable}"))),
            None => Ok(Some(WsgiApp::Callable(text.to_owned()))),
        },
        None if is_module(here, text) => Ok(Some(WsgiApp::Callable(text.to_owned()))),
        None => Err(TargetError::Missing(text.into(), Near::new(here, Path::new(text)))),
    }
}

/// Whether Python would find the module in the folder `here`.
fn is_module(here: &Path, name: &str) -> bool {
    let place = name.split('.').fold(here.to_owned(), |place, part| place.join(part));
    place.with_extension("py").is_file() || place.join("__init__.py").is_file()
}

/// The app of the project whose commands the script runs, as `manage.py` does.
fn django(script: &Path) -> Option<String> {
    use std::io::Read as _;
    let mut text = String::new();
    fs::File::open(script).ok()?.take(SCRIPT).read_to_string(&mut text).ok()?;
    // An app of one file names its settings too, and itself.
    if !text.contains("execute_from_command_line") || text.contains("get_wsgi_application") {
        return None;
    }
    let (_, after) = text.split_once("DJANGO_SETTINGS_MODULE")?;
    let settings = after.split(['"', '\'']).find(|piece| is_callable(piece) && !piece.contains(':'))?;
    let project = settings.split('.').next()?;
    Some(format!("{project}.wsgi:application"))
}

#[cfg(test)]
mod tests;
