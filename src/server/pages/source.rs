//! Reading a template's source: by name, below the folder, and again when it has changed.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use minijinja::{Error, ErrorKind, TemplateSource};

/// A template larger than this is none.
const MOST: u64 = 16 << 20;

/// The folder that templates are read from.
#[derive(Debug, Clone)]
pub(super) struct Sources(PathBuf);

/// What tells one state of a file from another.
fn stamp(path: &Path) -> Option<impl PartialEq + use<>> {
    let state =
        |meta: Metadata| (meta.ino(), meta.size(), meta.mtime(), meta.mtime_nsec(), meta.ctime(), meta.ctime_nsec());
    fs::metadata(path).ok().map(state)
}

impl Sources {
    pub(super) fn new(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    /// The source of a template, for MiniJinja; `None` when there is none of this name.
    pub(super) fn load(&self, name: &str) -> Result<Option<TemplateSource>, Error> {
        let Some(path) = self.path(name) else { return Ok(None) };
        let state = stamp(&path);
        let text =
            read(&path).map_err(|why| Error::new(ErrorKind::InvalidOperation, format!("cannot read {name}: {why}")))?;
        // Judged by the path, so that it is also told when the file is replaced or deleted.
        Ok(Some(TemplateSource::new(text).with_uptodate_check(move || stamp(&path) == state)))
    }

    /// The source as text, where it can be read.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        read(&self.path(name)?).ok()
    }

    /// The file of a name: inside the folder by every spelling and link.
    fn path(&self, name: &str) -> Option<PathBuf> {
        let plain = Path::new(name).components().all(|component| matches!(component, Component::Normal(_)));
        if !plain || name.is_empty() || name.contains('\0') {
            return None;
        }
        let folder = fs::canonicalize(&self.0).ok()?;
        let path = fs::canonicalize(folder.join(name)).ok()?;
        (path.starts_with(&folder) && path.is_file()).then_some(path)
    }
}

fn read(path: &Path) -> Result<String, String> {
    let size = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > MOST {
        return Err(format!("it has {}, more than a template may have", crate::text::size(size)));
    }
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1;
        format!("line {line} is not UTF-8; save it as UTF-8")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_inside_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("templates");
        fs::create_dir_all(folder.join("sub")).unwrap();
        fs::write(folder.join("sub/a.html"), "x").unwrap();
        fs::write(dir.path().join("secret"), "x").unwrap();
        std::os::unix::fs::symlink("../secret", folder.join("link.html")).unwrap();
        let sources = Sources::new(&folder);
        assert_eq!(sources.text("sub/a.html").as_deref(), Some("x"));
        for name in ["../secret", "/etc/passwd", "", "sub", "link.html", "a\0", "none.html"] {
            assert_eq!(sources.text(name), None, "{name}");
        }
    }

    #[test]
    fn what_is_not_utf8_says_where() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.html"), b"one\ntwo\n\xff").unwrap();
        let error = Sources::new(dir.path()).load("a.html").unwrap_err();
        assert!(error.to_string().contains("line 3 is not UTF-8"), "{error}");
    }
}
