//! Names that are never worth an event: editors' side files, tools' folders.

use std::ffi::OsStr;
use std::path::Path;

/// How the canary's name begins.
pub(super) const CANARY: &str = ".stan-canary-";

/// Whether `name` is a side file of an editor or of stan itself.
pub(super) fn is_junk(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    let ends = |ext: &[u8]| name.len() > ext.len() && name.ends_with(ext);
    let swap = || name.starts_with(b".") && name.len() > 5 && name[name.len() - 4..].starts_with(b".sw");
    name == b"4913"
        || name == b".DS_Store"
        || ends(b"~")
        || ends(b".tmp")
        || ends(b".kate-swp")
        || swap()
        || name.starts_with(b".#")
        || name.starts_with(b"#") && ends(b"#")
        || memchr::memmem::find(name, b"___jb_").is_some()
        || name.starts_with(b".goutputstream-")
        || name.starts_with(b".~lock.")
        || name.starts_with(CANARY.as_bytes())
}

/// Whether a folder of this name holds a tool's things and no pages.
pub(super) fn is_tools(name: &OsStr) -> bool {
    ["node_modules", "__pycache__", ".git", ".hg", ".svn", ".jj"].iter().any(|tool| name == *tool)
}

/// Whether a folder of this name is hidden; hidden folders are never served.
pub(super) fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().first() == Some(&b'.') && name != ".well-known"
}

/// Whether to stay out of a folder. `target` is the name of many honest things, so it counts
/// only with the mark that cargo puts into its own.
pub(super) fn is_closed(folder: &Path) -> bool {
    folder.file_name().is_some_and(|name| {
        is_tools(name) || is_hidden(name) || name == "target" && folder.join("CACHEDIR.TAG").exists()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn junk() {
        for name in [
            "4913",
            "a.html~",
            ".a.html.swp",
            ".a.swx",
            ".#a",
            "#a#",
            "a.tmp",
            "___jb_tmp___",
            "a.css___jb_old___",
            ".goutputstream-X",
            ".stan-canary-7-0",
        ] {
            assert!(is_junk(OsStr::new(name)), "{name}");
        }
        for name in ["index.html", "a.swf", "tmp", "~", "49130", ".env", "#", "swp"] {
            assert!(!is_junk(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn target_is_closed_only_when_cargo_made_it() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("target");
        std::fs::create_dir(&target).unwrap();
        assert!(!is_closed(&target));
        std::fs::write(target.join("CACHEDIR.TAG"), "").unwrap();
        assert!(is_closed(&target));
        assert!(is_closed(Path::new("/a/.git")) && is_closed(Path::new("/a/.idea")));
        assert!(!is_closed(Path::new("/a/.well-known")));
    }
}
