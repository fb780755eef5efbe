//! Paths on disk and paths of URLs.

use std::path::{Component, Path, PathBuf};

use super::{Mistake, Value, text, text_that};

/// A folder or file, relative to `root`, that need not exist.
pub(crate) fn beside(root: &Path, value: &Value<'_>, what: &str) -> Result<PathBuf, Mistake> {
    let name = text_that(value, what, |name| !name.is_empty() && !name.contains('\0'))?;
    Ok(root.join(name).components().collect())
}

/// A folder, relative to `root`, that is made when it is needed.
pub(crate) fn folder(root: &Path, value: &Value<'_>) -> Result<PathBuf, Mistake> {
    let path = beside(root, value, "the name of a folder")?;
    if path.exists() && !path.is_dir() {
        return Err(Mistake::expected(value, "a folder, but this is a file"));
    }
    Ok(path)
}

/// A folder, relative to `root`, that is there.
pub(crate) fn existing_folder(root: &Path, value: &Value<'_>) -> Result<PathBuf, Mistake> {
    let path = folder(root, value)?;
    if path.is_dir() { Ok(path) } else { Err(missing(&path, value, "a folder that exists", Path::is_dir)) }
}

/// There is nothing at `path`; the nearest of what is beside it, as `good` allows, may have been meant.
pub(crate) fn missing(path: &Path, value: &Value<'_>, what: &str, good: impl Fn(&Path) -> bool) -> Mistake {
    /// Enough for any folder that a person names in stan.conf.
    const LOOKED_AT: usize = 1000;
    let names: Vec<String> = path
        .parent()
        .and_then(|parent| parent.read_dir().ok())
        .into_iter()
        .flatten()
        .take(LOOKED_AT)
        .filter_map(Result::ok)
        .filter(|entry| good(&entry.path()))
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    let name = path.file_name().and_then(std::ffi::OsStr::to_str).unwrap_or_default();
    Mistake::expected(value, what).near(name, names.iter().map(String::as_str))
}

/// The name of a file inside a folder: relative, never leaving it.
pub(crate) fn inside<'a>(value: &'a Value<'_>, what: &str) -> Result<&'a str, Mistake> {
    text_that(value, what, |name| {
        let path = Path::new(name);
        !name.is_empty()
            && !name.contains('\0')
            && !name.ends_with('/')
            && path.components().all(|part| matches!(part, Component::Normal(_)))
    })
}

/// The path of a URL as people write it, decoded.
pub(crate) fn url_path<'a>(value: &'a Value<'_>) -> Result<&'a str, Mistake> {
    let path = text(value, "a path that starts with /")?;
    let wrong = if !path.starts_with('/') {
        "a path that starts with /"
    } else if path.contains(['?', '#']) {
        "a path without ? or #"
    } else if path.contains(char::is_control) {
        "a path without control characters"
    } else if has_percent_escape(path) {
        "the path decoded: a space, for instance, instead of %20"
    } else if path == "/__stan" || path.starts_with("/__stan/") {
        "another path: /__stan/ is stan's own"
    } else {
        return Ok(path);
    };
    let mistake = Mistake::expected(value, wrong);
    Err(if path.starts_with('/') || path.is_empty() {
        mistake
    } else {
        Mistake { nearest: Some(format!("\"/{path}\"")), ..mistake }
    })
}

fn has_percent_escape(path: &str) -> bool {
    path.as_bytes()
        .windows(3)
        .any(|bytes| bytes[0] == b'%' && bytes[1].is_ascii_hexdigit() && bytes[2].is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::super::of;
    use super::*;

    #[test]
    fn folders_are_beside_the_root_and_clean() {
        let root = Path::new("/site");
        assert_eq!(beside(root, &of("\"./up/\""), "x").unwrap().to_str(), Some("/site/up"));
        assert_eq!(beside(root, &of("\".\""), "x").unwrap().to_str(), Some("/site"));
        assert_eq!(beside(root, &of("\"/srv/up\""), "x").unwrap().to_str(), Some("/srv/up"));
        assert!(beside(root, &of("\"\""), "x").is_err());
        assert!(beside(root, &of("\"a\\u0000\""), "x").is_err());
    }

    #[test]
    fn a_missing_folder_has_a_near_one() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("public")).unwrap();
        std::fs::write(root.path().join("plain"), "").unwrap();
        assert!(existing_folder(root.path(), &of("\"public\"")).is_ok());
        let mistake = existing_folder(root.path(), &of("\"pubic\"")).unwrap_err();
        assert_eq!(mistake.nearest.as_deref(), Some("public"));
        assert!(folder(root.path(), &of("\"plain\"")).unwrap_err().message.contains("is a file"));
        assert!(folder(root.path(), &of("\"new\"")).is_ok());
    }

    #[test]
    fn names_that_stay_inside() {
        for good in ["wrong.html", "errors/404.html", "a b"] {
            assert!(inside(&of(&format!("\"{good}\"")), "x").is_ok(), "{good}");
        }
        for bad in ["", "/etc/passwd", "../x", "a/../../x", "./a", "a/"] {
            assert!(inside(&of(&format!("\"{bad}\"")), "x").is_err(), "{bad}");
        }
    }

    #[test]
    fn paths_of_urls() {
        for good in ["/", "/a b/{name}", "/100%", "/größe", "/__standard"] {
            assert_eq!(url_path(&of(&format!("\"{good}\""))).unwrap(), good);
        }
        for bad in ["", "a", "/a?b", "/a#b", "/a%20b", "/__stan/x", "/__stan", "/a\\tb"] {
            assert!(url_path(&of(&format!("\"{bad}\""))).is_err(), "{bad}");
        }
        assert_eq!(url_path(&of("\"hello\"")).unwrap_err().nearest.as_deref(), Some("\"/hello\""));
    }
}
