//! Which templates answer by themselves, and where.

use std::path::Path;

use crate::server::files::{is_text, type_of};

/// Folders below folders that are looked into.
const DEPTH: usize = 16;
/// Templates of a site.
const MOST: usize = 20_000;

/// The names of all templates, partials too, sorted.
pub(super) fn names(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    walk(folder, "", 0, &mut names);
    names.sort();
    names
}

fn walk(folder: &Path, prefix: &str, depth: usize, names: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.filter_map(Result::ok) {
        let Ok(name) = entry.file_name().into_string() else { continue };
        // Hidden, or an editor's copy.
        if name.starts_with(['.', '#']) || name.ends_with('~') || names.len() >= MOST {
            continue;
        }
        let path = entry.path();
        if path.is_file() {
            names.push(format!("{prefix}{name}"));
        } else if depth < DEPTH && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            walk(&path, &format!("{prefix}{name}/"), depth + 1, names);
        }
    }
}

/// Paths and the templates that answer there, in the order of the names.
pub(super) fn of(names: &[String]) -> Vec<(String, String)> {
    names.iter().filter_map(|name| Some((path(name)?, name.clone()))).collect()
}

/// Where a template answers: `about.html` at `/about`, `sub/index.html` at `/sub/`, `feed.xml`
/// at `/feed.xml`; partials and what is not text nowhere.
fn path(name: &str) -> Option<String> {
    let partial = name.split('/').any(|part| part.starts_with('_'));
    // A brace would read as a pattern in the route table.
    if partial || name.contains(['{', '}']) || type_of(name).is_some_and(|essence| !is_text(essence)) {
        return None;
    }
    let path = match name.strip_suffix(".html") {
        Some("index") => "",
        Some(page) => page.strip_suffix("/index").map_or(page, |folder| name.get(..=folder.len()).unwrap_or(folder)),
        None => name,
    };
    Some(format!("/{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn names_become_paths() {
        for (name, expected) in [
            ("index.html", Some("/")),
            ("about.html", Some("/about")),
            ("sub/index.html", Some("/sub/")),
            ("sub/page.html", Some("/sub/page")),
            ("myindex.html", Some("/myindex")),
            ("sub/myindex.html", Some("/sub/myindex")),
            ("feed.xml", Some("/feed.xml")),
            ("robots.txt", Some("/robots.txt")),
            ("data.json", Some("/data.json")),
            ("logo.png", None),
            ("_layout.html", None),
            ("_parts/nav.html", None),
            ("sub/_nav.html", None),
            ("a{b}.html", None),
        ] {
            assert_eq!(path(name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn hidden_files_and_editors_copies_are_no_templates() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("sub")).unwrap();
        for name in ["b.html", "a.html", ".a.html.swp", "a.html~", "#a.html#", "sub/index.html", "_p.html"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        assert_eq!(names(dir.path()), ["_p.html", "a.html", "b.html", "sub/index.html"]);
        assert!(names(&dir.path().join("none")).is_empty());
    }
}
