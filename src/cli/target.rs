//! What the one positional argument names: a folder, or an app to host.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::command::find;
use crate::text::{harmless, nearest};

/// The words that may stand in the argument's place.
pub(super) const SUBCOMMANDS: [&str; 5] = ["check", "init", "hash", "completions", "man"];

/// Why the argument names nothing that can be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TargetError {
    /// It names a WSGI app.
    App(PathBuf),
    /// It names a file.
    File(PathBuf),
    /// It names nothing that is there.
    Missing(PathBuf),
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::App(path) | Self::File(path) | Self::Missing(path)) = self;
        let text = path.to_string_lossy();
        let shown = harmless(&text);
        match self {
            Self::App(_) => {
                write!(f, "cannot serve '{shown}': hosting a WSGI app is not built yet; name a folder, as in: stan .")
            }
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

/// Whether `path` is a folder that can be served. What exists wins over what merely looks
/// like an app.
pub(super) fn check(path: &Path) -> Result<(), TargetError> {
    let python = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("py"));
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) if python => Err(TargetError::App(path.into())),
        Ok(_) => Err(TargetError::File(path.into())),
        Err(_) if path.to_str().is_some_and(is_callable) => Err(TargetError::App(path.into())),
        Err(_) => Err(TargetError::Missing(path.into())),
    }
}

/// Whether `text` is written as `package.module:callable`, or `module:factory()`.
fn is_callable(text: &str) -> bool {
    let name = |part: &str| {
        part.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    text.split_once(':').is_some_and(|(module, callable)| {
        module.split('.').all(name) && callable.strip_suffix("()").unwrap_or(callable).split('.').all(name)
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn apps_are_told_from_paths() {
        for (text, app) in [
            ("blog:app", true),
            ("my.blog:create_app()", true),
            ("_a1:b.c", true),
            ("app", false),
            ("a:b:c", false),
            (":app", false),
            ("app:", false),
            ("./a:b", false),
            ("C:\\site", false),
            ("1a:b", false),
        ] {
            assert_eq!(is_callable(text), app, "{text}");
        }
    }

    #[test]
    fn what_exists_wins() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("site.py")).unwrap();
        fs::write(at("app.py"), "").unwrap();
        fs::write(at("index.html"), "").unwrap();
        assert_eq!(check(&at("site.py")), Ok(()));
        assert_eq!(check(&at("app.py")), Err(TargetError::App(at("app.py"))));
        assert_eq!(check(&at("index.html")), Err(TargetError::File(at("index.html"))));
        assert_eq!(check(&at("none.py")), Err(TargetError::Missing(at("none.py"))));
        assert_eq!(check(Path::new("no_such:app")), Err(TargetError::App("no_such:app".into())));
    }

    #[test]
    fn errors_say_what_to_do() {
        for (error, says) in [
            (
                TargetError::App("blog:app".into()),
                "cannot serve 'blog:app': hosting a WSGI app is not built yet; name a folder, as in: stan .",
            ),
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
