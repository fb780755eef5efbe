//! What is there to serve, for whoever named something that is not.

use std::fmt;
use std::fs;
use std::path::Path;

use crate::text::{harmless, nearest};

/// Names that are listed.
const LISTED: usize = 5;
/// Entries of a folder that are looked at.
const LOOKED_AT: usize = 1000;

/// What a folder has that can be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Near {
    /// What was looked for.
    pub(in crate::cli) kind: &'static str,
    /// What was probably meant.
    pub(in crate::cli) meant: Option<String>,
    /// All of it, where nothing is near.
    there: Vec<String>,
}

impl Near {
    /// What the folder `here` has in place of `path`.
    pub(super) fn new(here: &Path, path: &Path) -> Self {
        let text = path.to_string_lossy();
        let kind = match &*text {
            _ if is_python(path) => "file",
            text if text.contains('/') => "folder",
            _ => "folder or module",
        };
        let below = path.parent().filter(|parent| here.join(parent).is_dir()).unwrap_or(Path::new(""));
        let mut there: Vec<String> = fs::read_dir(here.join(below))
            .into_iter()
            .flatten()
            .flatten()
            .take(LOOKED_AT)
            .filter_map(|entry| entry.file_name().into_string().ok().map(|name| (name, entry.path())))
            .filter(|(name, place)| !name.starts_with(['.', '_']) && (is_python(place) || place.is_dir()))
            .map(|(name, _)| below.join(name).to_string_lossy().into_owned())
            .collect();
        there.sort();
        // Who leaves out .py means the module of that name.
        let stems = there.iter().map(|name| name.strip_suffix(".py").unwrap_or(name));
        let meant = nearest(&text, there.iter().map(String::as_str)).or_else(|| nearest(&text, stems));
        Self { kind, meant: meant.map(str::to_owned), there }
    }
}

fn is_python(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "py")
}

impl fmt::Display for Near {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(meant) = &self.meant {
            return write!(f, "; did you mean: stan {}?", harmless(meant));
        }
        let listed: Vec<_> = self.there.iter().take(LISTED).map(|name| harmless(name)).collect();
        if listed.is_empty() {
            return Ok(());
        }
        let more = if self.there.len() > LISTED { ", …" } else { "" };
        write!(f, "; here are {}{more}", listed.join(", "))
    }
}
