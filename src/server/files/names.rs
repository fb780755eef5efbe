//! Which names may be served: nothing hidden, nothing that holds secrets, nothing that tricks.
//!
//! One rule for paths that are asked for, for what a link resolves to and for listings.

use std::borrow::Cow;
use std::path::{Component, Path};

/// Why there is nothing to serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It may be there, and it is not for the network.
    KeptBack,
    /// It is not there.
    Missing,
}

/// Whether a name may be served as part of a path; `first` is right below the root.
pub fn check(name: &str, first: bool) -> Result<(), Refusal> {
    if name == ".." || name.split('\\').any(|part| part == "..") {
        return Err(Refusal::KeptBack);
    }
    if name.is_empty() || name == "." || name.contains(|c: char| c.is_control() || c == '\\') {
        return Err(Refusal::Missing);
    }
    let hidden = name.starts_with('.') && !(first && name == ".well-known");
    if hidden || holds_secrets(name) { Err(Refusal::KeptBack) } else { Ok(()) }
}

/// The same for every name of a path relative to the root.
pub fn check_path(relative: &Path) -> Result<(), Refusal> {
    for (index, component) in relative.components().enumerate() {
        match component {
            Component::Normal(name) => check(name.to_str().ok_or(Refusal::Missing)?, index == 0)?,
            _ => return Err(Refusal::KeptBack),
        }
    }
    Ok(())
}

/// Splits a decoded path that begins with a slash: its names, and whether a slash ends it.
pub fn split(path: &str) -> Result<(Vec<&str>, bool), Refusal> {
    let rest = path.strip_prefix('/').ok_or(Refusal::Missing)?;
    if rest.is_empty() {
        return Ok((Vec::new(), true));
    }
    let (rest, slash) = rest.strip_suffix('/').map_or((rest, false), |rest| (rest, true));
    let names: Vec<&str> = rest.split('/').collect();
    // What is kept back is so wherever it stands, also behind a name that is merely missing.
    let mut verdict = Ok(());
    for (index, name) in names.iter().enumerate() {
        match check(name, index == 0) {
            Err(Refusal::KeptBack) => return Err(Refusal::KeptBack),
            Err(Refusal::Missing) => verdict = Err(Refusal::Missing),
            Ok(()) => {}
        }
    }
    verdict.map(|()| (names, slash))
}

/// Names that hold secrets, also as an editor's or a log rotator's copy, in any case.
fn holds_secrets(name: &str) -> bool {
    // A listing asks for each of its names, and most of them are in lower case already.
    let lower = name.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    let name = if lower { Cow::Borrowed(name) } else { Cow::Owned(name.to_lowercase()) };
    let name = name.trim_end_matches(['~', '.', ' ']);
    // A compressed secret is one.
    let coding = [".br", ".gz", ".zst", ".bz2", ".xz", ".zip"].iter().find_map(|coding| name.strip_suffix(coding));
    let name = coding.unwrap_or(name);
    let own =
        |own: &str| name.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '~']));
    own("stan.conf") || own("stan.log") || [".pem", ".key"].iter().any(|end| name.ends_with(end))
}

/// Names of what a Python app is made of and keeps, also as an editor's copy or compressed: its modules, and
/// databases of `SQLite`.
pub fn is_code(name: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    let mut name = name.trim_ascii_end();
    let more: [&[u8]; 11] =
        [b"~", b".bak", b".orig", b".old", b".br", b".gz", b".zst", b".zip", b"-wal", b"-shm", b"-journal"];
    while let Some(rest) = more.iter().find_map(|more| name.strip_suffix(*more)) {
        name = rest;
    }
    let ends: [&[u8]; 6] = [b".py", b".pyc", b".pyw", b".db", b".sqlite", b".sqlite3"];
    ends.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_pass() {
        for name in
            ["a", "a.b", "a..b", "写真.jpg", "a b", "stan.logo.svg", "stan.config.js", "keys", "monkey", "12:30.txt"]
        {
            assert_eq!(check(name, true), Ok(()), "{name}");
        }
    }

    #[test]
    fn secrets_and_hidden_names_are_kept_back_in_any_case() {
        for name in [
            ".env",
            ".ENV",
            ".env.local",
            ".git",
            ".Git",
            ".htpasswd",
            ".ssh",
            "server.pem",
            "SERVER.PEM",
            "id.key",
            "id.Key",
            "id.key~",
            "stan.conf",
            "Stan.Conf",
            "stan.conf~",
            "stan.conf.bak",
            "stan.log",
            "STAN.LOG",
            "stan.log.1",
            "stan.log.2.gz",
            "stan.log-20261120",
            "a.pem.",
            "a.key ",
            "..",
            "..\\x",
        ] {
            assert_eq!(check(name, true), Err(Refusal::KeptBack), "{name}");
        }
    }

    #[test]
    fn well_known_is_served_at_the_top_only() {
        assert_eq!(check(".well-known", true), Ok(()));
        assert_eq!(check(".well-known", false), Err(Refusal::KeptBack));
        assert_eq!(split("/.well-known/security.txt").unwrap().0, [".well-known", "security.txt"]);
        assert_eq!(split("/.well-known/.env"), Err(Refusal::KeptBack));
    }

    #[test]
    fn paths_split_or_are_refused() {
        assert_eq!(split("/"), Ok((vec![], true)));
        assert_eq!(split("/a"), Ok((vec!["a"], false)));
        assert_eq!(split("/a/b/"), Ok((vec!["a", "b"], true)));
        for path in ["", "a", "//", "//a", "/a//b", "/a//", "/./a", "/a/.", "/a\0b", "/a\nb", "/a\x7fb", "/a\\b"] {
            assert_eq!(split(path), Err(Refusal::Missing), "{path:?}");
        }
        for path in [
            "/..",
            "/../a",
            "/a/..",
            "/a/../../etc/passwd",
            "/..\\..\\a",
            "/x//../a",
            "/a/.git/config",
            "/...",
            "/ok//.env",
        ] {
            assert_eq!(split(path), Err(Refusal::KeptBack), "{path:?}");
        }
    }

    #[test]
    fn what_apps_are_made_of() {
        for name in
            ["app.py", "APP.PY", "a.pyc", "app.py~", "app.py.bak", "app.py.gz", "db.sqlite3", "x.db-wal", "x.sqlite"]
        {
            assert!(is_code(name.as_bytes()), "{name}");
        }
        for name in ["app.js", "py", "happy", "a.pyx.html", "thumbs.dbx", "notes.txt~", "~"] {
            assert!(!is_code(name.as_bytes()), "{name}");
        }
    }
}
