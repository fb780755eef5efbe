//! What templates can call: `now()` and `static_url()`.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use jiff::Zoned;
use minijinja::{Environment, Error, ErrorKind};

use crate::server::files::url_path;

/// Adds the functions; `statics` is the folder that is served at `/`.
pub(super) fn add(environment: &mut Environment<'static>, statics: &Path) {
    let statics: PathBuf = statics.to_owned();
    environment.add_function("now", |format: Option<String>| now(&Zoned::now(), format.as_deref()));
    environment.add_function("static_url", move |path: String| static_url(&statics, &path));
}

/// The local time, `2026-11-20 12:01:02`, or as `format` of strftime says.
fn now(at: &Zoned, format: Option<&str>) -> Result<String, Error> {
    let format = format.unwrap_or("%Y-%m-%d %H:%M:%S");
    jiff::fmt::strtime::format(format, at).map_err(|error| {
        let why = format!("now(\"{format}\"): {error}");
        Error::new(ErrorKind::InvalidOperation, why)
    })
}

/// The URL of a static file, which changes when the file does.
fn static_url(statics: &Path, path: &str) -> String {
    let url = url_path(path);
    let relative = path.trim_start_matches('/');
    let inside = !relative.split('/').any(|part| part == "..");
    match inside.then(|| std::fs::metadata(statics.join(relative))) {
        Some(Ok(meta)) if meta.is_file() => {
            let state =
                [meta.mtime().to_le_bytes(), meta.mtime_nsec().to_le_bytes(), meta.size().to_le_bytes()].concat();
            format!("{url}?v={:08x}", xxhash_rust::xxh3::xxh3_64(&state) as u32)
        }
        _ => url,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn now_in_words() {
        let at: Zoned = "2026-11-20T12:01:02[UTC]".parse().unwrap();
        assert_eq!(now(&at, None).unwrap(), "2026-11-20 12:01:02");
        assert_eq!(now(&at, Some("%H:%M")).unwrap(), "12:01");
        assert!(now(&at, Some("%Ö")).unwrap_err().to_string().contains("now("));
    }

    #[test]
    fn a_static_url_changes_with_the_file() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(static_url(dir.path(), "my app.css"), "/my%20app.css");
        std::fs::write(dir.path().join("app.css"), "a").unwrap();
        let first = static_url(dir.path(), "app.css");
        assert!(first.starts_with("/app.css?v="), "{first}");
        std::fs::write(dir.path().join("app.css"), "ab").unwrap();
        assert_ne!(static_url(dir.path(), "/app.css"), first);
        assert_eq!(static_url(dir.path(), "../../etc/passwd"), "/../../etc/passwd");
    }
}
