//! From a path to a script: the first of its names that is a file, and what stands behind it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use super::trouble::Trouble;
use crate::server::files::names::{self, Refusal};
use crate::server::files::resolve::{Failure, Root};
use crate::server::path::captured;

/// A file that is to answer.
#[derive(Debug)]
pub(super) struct Script {
    /// Where it really is.
    pub(super) path: PathBuf,
    /// Its path below the folder.
    pub(super) name: String,
    /// The rest of the path with its slash, decoded, or nothing.
    pub(super) path_info: String,
    executable: bool,
}

/// What there is at a path.
#[derive(Debug)]
pub(super) enum Found {
    Script(Script),
    KeptBack,
    Missing,
}

/// Looks for the script at `below`, in which an encoded slash does not separate.
///
/// The names of the script are held to the rules of all folders. What stands behind it is its own
/// business but for dot segments, which would lead `PATH_TRANSLATED` astray.
pub(super) fn find(root: &Root, below: &str) -> Found {
    let Some(path) = below.strip_prefix('/') else { return Found::Missing };
    let mut names: Vec<&str> = Vec::new();
    let mut at = 0;
    for (index, name) in path.split('/').enumerate() {
        match names::check(name, index == 0) {
            Err(Refusal::KeptBack) => return Found::KeptBack,
            Err(Refusal::Missing) => return Found::Missing,
            Ok(()) => {}
        }
        names.push(name);
        at += name.len() + 1;
        match root.open(&names) {
            Ok(opened) if opened.meta.is_dir() => {}
            Ok(opened) => {
                let path_info = captured(below.get(at..).unwrap_or_default());
                if path_info.split('/').any(|part| matches!(part, "." | "..")) {
                    return Found::KeptBack;
                }
                let executable = opened.meta.permissions().mode() & 0o111 != 0;
                let (path, name) = (opened.path, names.join("/"));
                return Found::Script(Script { path, name, path_info, executable });
            }
            Err(Failure::Refused(Refusal::KeptBack)) => return Found::KeptBack,
            Err(_) => return Found::Missing,
        }
    }
    Found::Missing
}

impl Script {
    /// Whether it can be run at all.
    pub(super) fn check(&self) -> Result<(), Trouble> {
        let file = self.path.file_name().unwrap_or_default().to_string_lossy();
        if file.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("nph-")) {
            return Err(Trouble::non_parsed());
        }
        if !self.executable {
            return Err(Trouble::not_executable(&self.path));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn folder() -> (tempfile::TempDir, Root) {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("cgi-bin");
        fs::create_dir_all(root.join("sub")).unwrap();
        fs::create_dir_all(root.join(".git")).unwrap();
        for name in ["a.cgi", "sub/b.cgi", ".hidden", ".git/hook", "id.key", "nph-x", "sub/NPH-y"] {
            fs::write(root.join(name), "").unwrap();
        }
        fs::write(dir.path().join("outside"), "").unwrap();
        symlink("../outside", root.join("out")).unwrap();
        symlink("sub/b.cgi", root.join("in")).unwrap();
        let root = Root::new(&root, &[]);
        (dir, root)
    }

    #[test]
    fn the_script_and_what_stands_behind_it() {
        let (_dir, root) = folder();
        for (below, name, info) in [
            ("/a.cgi", "a.cgi", ""),
            ("/a.cgi/", "a.cgi", "/"),
            ("/a.cgi/x//y/", "a.cgi", "/x//y/"),
            ("/a.cgi/.git/HEAD", "a.cgi", "/.git/HEAD"),
            ("/a.cgi/x\0y", "a.cgi", "/x/y"),
            ("/sub/b.cgi/c", "sub/b.cgi", "/c"),
            ("/in/c", "in", "/c"),
        ] {
            match find(&root, below) {
                Found::Script(script) => assert_eq!((script.name.as_str(), script.path_info.as_str()), (name, info)),
                other => panic!("{below}: {other:?}"),
            }
        }
    }

    #[test]
    fn nothing_else_is_found() {
        let (_dir, root) = folder();
        for below in ["", "/", "/nope", "/nope/a.cgi", "/sub", "/sub/", "/sub//b.cgi", "/sub\0b.cgi"] {
            assert!(matches!(find(&root, below), Found::Missing), "{below:?}");
        }
        for below in
            ["/.hidden", "/.git/hook", "/id.key", "/out", "/out/x", "/../outside", "/a.cgi/../x", "/a.cgi/x\0.."]
        {
            assert!(matches!(find(&root, below), Found::KeptBack), "{below:?}");
        }
    }

    #[test]
    fn what_cannot_be_run_says_why() {
        let (_dir, root) = folder();
        let check = |below| match find(&root, below) {
            Found::Script(script) => script.check().unwrap_err(),
            other => panic!("{other:?}"),
        };
        assert!(check("/a.cgi").what_to_do.contains("chmod +x"));
        assert_eq!(check("/nph-x").status, 501);
        assert_eq!(check("/sub/NPH-y").status, 501);
    }
}
