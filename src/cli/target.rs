//! What the one positional argument names: a folder, or an app to host.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::command::find;
use crate::config::{WsgiApp, is_callable};
use crate::text::{harmless, nearest};

/// The words that may stand in the argument's place.
pub(super) const SUBCOMMANDS: [&str; 5] = ["check", "init", "hash", "completions", "man"];

/// Why the argument names nothing that can be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TargetError {
    /// It names a file.
    File(PathBuf),
    /// It names nothing that is there.
    Missing(PathBuf),
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::File(path) | Self::Missing(path)) = self;
        let text = path.to_string_lossy();
        let shown = harmless(&text);
        match self {
            Self::File(_) => {
                let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
                let folder = folder.to_string_lossy();
                write!(f, "cannot serve '{shown}': it is a file, not a folder; try: stan {}", harmless(&folder))
            }
            Self::Missing(_) => {
                write!(f, "cannot serve '{shown}': there is no such folder")?;
                match nearest(&text, SUBCOMMANDS) {
                    Some(near) if near == text => write!(f, "; {near} comes first, its options after it"),
                    Some(near) => write!(f, "; did you mean: stan {near}?"),
                    None if find(&text).is_some() => write!(f, "; {shown} is a word to type once stan runs"),
                    None => Ok(()),
                }
            }
        }
    }
}

impl std::error::Error for TargetError {}

/// Whether `path` is a folder that can be served, or else the app that it names. What exists wins
/// over what merely looks like an app.
pub(super) fn check(path: &Path) -> Result<Option<WsgiApp>, TargetError> {
    let python = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("py"));
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => Ok(None),
        Ok(_) if python => {
            let file = std::path::absolute(path).map_err(|_| TargetError::File(path.into()))?;
            Ok(Some(WsgiApp::File(file)))
        }
        Ok(_) => Err(TargetError::File(path.into())),
        Err(_) => match path.to_str().filter(|text| text.contains(':') && is_callable(text)) {
            Some(target) => Ok(Some(WsgiApp::Callable(target.to_owned()))),
            None => Err(TargetError::Missing(path.into())),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn apps_are_told_from_paths() {
        for (text, app) in [
            ("blog:app", true),
            ("my.blog:create_app(\"dev\")", true),
            ("app", false),
            (":app", false),
            ("app:", false),
            ("./a:b", false),
            ("C:\\site", false),
        ] {
            let found = check(Path::new(text)).ok().flatten();
            assert_eq!(found, app.then(|| WsgiApp::Callable(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn what_exists_wins() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("site.py")).unwrap();
        fs::write(at("app.py"), "").unwrap();
        fs::write(at("index.html"), "").unwrap();
        assert_eq!(check(&at("site.py")), Ok(None));
        assert_eq!(check(&at("app.py")), Ok(Some(WsgiApp::File(at("app.py")))));
        assert_eq!(check(&at("index.html")), Err(TargetError::File(at("index.html"))));
        assert_eq!(check(&at("none.py")), Err(TargetError::Missing(at("none.py"))));
    }

    #[test]
    fn errors_say_what_to_do() {
        for (error, says) in [
            (TargetError::File("a.html".into()), "cannot serve 'a.html': it is a file, not a folder; try: stan ."),
            (
                TargetError::File("site/a.html".into()),
                "cannot serve 'site/a.html': it is a file, not a folder; try: stan site",
            ),
            (TargetError::Missing("nowhere".into()), "cannot serve 'nowhere': there is no such folder"),
            (
                TargetError::Missing("chekc".into()),
                "cannot serve 'chekc': there is no such folder; did you mean: stan check?",
            ),
            (
                TargetError::Missing("check".into()),
                "cannot serve 'check': there is no such folder; check comes first, its options after it",
            ),
            (
                TargetError::Missing("stop".into()),
                "cannot serve 'stop': there is no such folder; stop is a word to type once stan runs",
            ),
        ] {
            assert_eq!(error.to_string(), says);
        }
    }
}
