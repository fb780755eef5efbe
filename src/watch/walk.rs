//! Through the folders that are watched, each once, whatever links lead where.

use std::collections::{HashMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};

use super::scope::Scope;
use super::skip;
use super::stamp::{Id, Stamp};

/// What a walk finds.
pub(super) enum Found<'a> {
    /// A folder, before it is read: what comes to be while it is read is seen by whoever
    /// watches from here on.
    Folder(&'a Path, Id),
    /// A file.
    File(&'a Path),
    /// A second name for what is watched as `real`.
    Link { real: PathBuf, link: &'a Path },
}

/// Walks from `starts`. `seen` are folders that have been met, by any name; it grows. Folders
/// that cannot be read are left out: they cannot be served either.
pub(super) fn walk<E>(
    scope: &Scope,
    starts: &[PathBuf],
    seen: &mut HashMap<Id, PathBuf>,
    visit: &mut dyn FnMut(Found<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut folders: VecDeque<PathBuf> = starts.iter().cloned().collect();
    // Links come last, so that a folder is met by its own name first.
    let mut links = VecDeque::new();
    while let Some(folder) = folders.pop_front().or_else(|| links.pop_front()) {
        let Some(stamp) = Stamp::of(&folder).filter(Stamp::is_folder) else { continue };
        if let Some(first) = seen.get(&stamp.id()) {
            if *first != folder {
                visit(Found::Link { real: first.clone(), link: &folder })?;
            }
            continue;
        }
        seen.insert(stamp.id(), folder.clone());
        visit(Found::Folder(&folder, stamp.id()))?;
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            let Ok(kind) = entry.file_type() else { continue };
            if scope.ignores(&path) {
            } else if kind.is_dir() {
                if !skip::is_closed(&path) {
                    folders.push_back(path);
                }
            } else if kind.is_symlink() {
                follow(scope, path, &mut links, visit)?;
            } else if !skip::is_junk(&entry.file_name()) {
                visit(Found::File(&path))?;
            }
        }
    }
    Ok(())
}

fn follow<E>(
    scope: &Scope,
    path: PathBuf,
    links: &mut VecDeque<PathBuf>,
    visit: &mut dyn FnMut(Found<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let Ok(real) = fs::canonicalize(&path) else { return Ok(()) };
    if !scope.holds(&real) {
    } else if !real.is_dir() {
        visit(Found::File(&path))?;
        visit(Found::Link { real: scope.given(&real), link: &path })?;
    } else if !skip::is_closed(&path) {
        links.push_back(path);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::WatchSet;
    use super::*;
    use std::convert::Infallible;
    use std::os::unix::fs::symlink;

    fn found(root: &Path) -> Vec<String> {
        let scope = Scope::new(WatchSet { folders: vec![root.into()], ..WatchSet::default() });
        let mut out = Vec::new();
        let short = |path: &Path| path.strip_prefix(root).unwrap().display().to_string();
        let Ok(()) = walk::<Infallible>(&scope, &[root.into()], &mut HashMap::new(), &mut |found| {
            out.push(match found {
                Found::Folder(path, _) => format!("{}/", short(path)),
                Found::File(path) => short(path),
                Found::Link { real, link } => format!("{} -> {}", short(link), short(&real)),
            });
            Ok(())
        });
        out.sort();
        out
    }

    #[test]
    fn stays_out_of_tools_folders_and_junk() {
        let root = tempfile::tempdir().unwrap();
        for folder in ["a/b", ".git", "node_modules/x"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        for file in ["index.html", "a/b/c.css", ".git/HEAD", "node_modules/x/i.js", "x~"] {
            fs::write(root.path().join(file), "").unwrap();
        }
        assert_eq!(found(root.path()), ["/", "a/", "a/b/", "a/b/c.css", "index.html"]);
    }

    #[test]
    fn follows_links_inside_once_and_not_outside() {
        let outside = tempfile::tempdir().unwrap();
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        fs::create_dir(at("real")).unwrap();
        fs::write(at("real/f"), "").unwrap();
        symlink(at("real"), at("again")).unwrap();
        symlink(root.path(), at("real/loop")).unwrap();
        symlink(outside.path(), at("out")).unwrap();
        symlink(at("real/f"), at("g")).unwrap();
        assert_eq!(found(root.path()), ["/", "again -> real", "g", "g -> real/f", "real/", "real/f", "real/loop -> "]);
    }
}
