//! What is watched for an app: a file, a folder with all that is below, or a pattern of names, in which
//! `*` and `?` stand for characters of one name and `**` for any folders.

use std::path::{Path, PathBuf};

/// A file, a folder or a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// Where it is: what stands before the first name that is a pattern.
    base: PathBuf,
    /// The names from the first that is a pattern; empty for a file or a folder.
    pattern: Vec<String>,
}

impl Watched {
    /// What `text` names, relative to `dir`.
    pub fn parse(dir: &Path, text: &str) -> Option<Self> {
        if text.trim().is_empty() || text.contains('\0') {
            return None;
        }
        let names: Vec<&str> = text.split('/').filter(|name| !name.is_empty() && *name != ".").collect();
        let plain = names.iter().take_while(|name| !name.contains(['*', '?'])).count();
        let (plain, pattern) = names.split_at(plain);
        if pattern.contains(&"..") {
            return None;
        }
        let base = if text.starts_with('/') { Path::new("/") } else { dir };
        let mut base = base.to_path_buf();
        for name in plain {
            if *name == ".." {
                base.pop();
            } else {
                base.push(name);
            }
        }
        Some(Self { base, pattern: pattern.iter().map(|&name| name.to_owned()).collect() })
    }

    /// The file or folder to watch.
    pub fn base(&self) -> &Path {
        &self.base
    }

    /// Whether a change of `path` is one of it. A folder stands for all that is below it.
    pub fn holds(&self, path: &Path) -> bool {
        if self.base.starts_with(path) {
            return true;
        }
        let Ok(below) = path.strip_prefix(&self.base) else { return false };
        let names: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
        self.pattern.is_empty() || fits(&self.pattern, &names)
    }
}

/// Whether the names of a path, or of a folder above it, fit a pattern.
fn fits(pattern: &[String], names: &[&str]) -> bool {
    // For each place in the pattern, whether what is before it fits the names so far. Work grows with
    // the product of both, whatever the pattern.
    let mut before = vec![false; pattern.len() + 1];
    before[0] = true;
    let skip = |places: &mut Vec<bool>| {
        for (at, name) in pattern.iter().enumerate() {
            if name == "**" && places[at] {
                places[at + 1] = true;
            }
        }
    };
    skip(&mut before);
    for name in names {
        let mut after = vec![false; pattern.len() + 1];
        for (at, wanted) in pattern.iter().enumerate().filter(|(at, _)| before[*at]) {
            if wanted == "**" {
                after[at] = true;
            } else if fits_name(wanted.as_bytes(), name.as_bytes()) {
                after[at + 1] = true;
            }
        }
        skip(&mut after);
        // A folder that fits stands for all that is in it.
        if after[pattern.len()] {
            return true;
        }
        before = after;
    }
    false
}

/// Whether one name fits a pattern of one.
fn fits_name(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut place) = (0, 0);
    // Where the last `*` stands, and how much it has taken.
    let mut star: Option<(usize, usize)> = None;
    while place < name.len() {
        match (pattern.get(at), star) {
            (Some(b'*'), _) => {
                star = Some((at, place));
                at += 1;
            }
            (Some(wanted), _) if *wanted == b'?' || Some(wanted) == name.get(place) => {
                at += 1;
                place += 1;
            }
            (_, Some((star_at, taken))) => {
                star = Some((star_at, taken + 1));
                at = star_at + 1;
                place = taken + 1;
            }
            (_, None) => return false,
        }
    }
    pattern.get(at..).is_some_and(|rest| rest.iter().all(|byte| *byte == b'*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(text: &str, path: &str) -> bool {
        Watched::parse(Path::new("/site"), text).unwrap().holds(Path::new(path))
    }

    #[test]
    fn files_folders_and_patterns() {
        for (text, path, held) in [
            ("server.js", "/site/server.js", true),
            ("server.js", "/site/server.jsx", false),
            ("server.js", "/site", true),
            ("./src/", "/site/src/deep/a.ts", true),
            ("src", "/site/srcs/a.ts", false),
            ("../lib", "/lib/a", true),
            ("/etc/x", "/etc/x", true),
            (".", "/site/any/thing", true),
            ("*.js", "/site/a.js", true),
            ("*.js", "/site/a.ts", false),
            ("*.js", "/site/lib/a.js", false),
            ("**/*.js", "/site/a.js", true),
            ("**/*.js", "/site/x/y/a.js", true),
            ("src/**/t?st.*", "/site/src/a/test.py", true),
            ("src/**/t?st.*", "/site/a/test.py", false),
            ("src/*/a", "/site/src/x/a/deep", true),
            ("src/**", "/site/src/x/y", true),
            ("src/*.js", "/site/src", true),
            ("src/*.js", "/site/other", false),
        ] {
            assert_eq!(holds(text, path), held, "{text} {path}");
        }
    }

    #[test]
    fn what_is_none() {
        for bad in ["", " ", "a\0", "*/../x"] {
            assert_eq!(Watched::parse(Path::new("/site"), bad), None, "{bad:?}");
        }
    }

    #[test]
    fn patterns_of_one_name() {
        for (pattern, name, fit) in [
            ("*", "", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbY", false),
            ("?", "", false),
            ("**", "ab", true),
            ("*a", "aab", false),
        ] {
            assert_eq!(fits_name(pattern.as_bytes(), name.as_bytes()), fit, "{pattern} {name}");
        }
    }
}
