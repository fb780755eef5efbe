//! Where the answer to a path may come from, without opening anything.

use std::path::{Path, PathBuf};

/// The files below `folder` at which the static path `below` may lead.
pub(crate) fn candidates(folder: &Path, below: &str) -> Vec<PathBuf> {
    let names = below.split('/').filter(|name| !name.is_empty());
    let mut file = folder.to_owned();
    for name in names {
        if matches!(name, "." | "..") || name.contains('\0') {
            return Vec::new();
        }
        file.push(name);
    }
    if below.ends_with('/') {
        return vec![file.join("index.html"), file];
    }
    let mut html = file.clone().into_os_string();
    html.push(".html");
    vec![file, html.into()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_its_file_its_page_or_its_index() {
        let root = Path::new("/site");
        assert_eq!(candidates(root, "/a/b.css"), [Path::new("/site/a/b.css"), Path::new("/site/a/b.css.html")]);
        assert_eq!(candidates(root, "/"), [Path::new("/site/index.html"), Path::new("/site")]);
        assert!(candidates(root, "/../etc/passwd").is_empty());
    }
}
