//! Second names: a change there is told under both.

use std::path::{Path, PathBuf};

/// Links inside what is watched, each to a place that is watched too.
#[derive(Debug, Default)]
pub(super) struct Links(Vec<(PathBuf, PathBuf)>);

impl Links {
    /// `link` leads to `real`.
    pub(super) fn add(&mut self, real: PathBuf, link: PathBuf) {
        if !self.0.iter().any(|known| known.0 == real && known.1 == link) {
            self.0.push((real, link));
        }
    }

    /// Forgets the links below `folder`, which is gone.
    pub(super) fn forget(&mut self, folder: &Path) {
        self.0.retain(|(_, link)| !link.starts_with(folder));
    }

    /// The other names of `path`.
    pub(super) fn of<'a>(&'a self, path: &'a Path) -> impl Iterator<Item = PathBuf> + 'a {
        self.0.iter().filter_map(move |(real, link)| {
            let rest = path.strip_prefix(real).ok()?;
            Some(if rest.as_os_str().is_empty() { link.clone() } else { link.join(rest) })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_a_file_by_its_links() {
        let mut links = Links::default();
        links.add("/s/real".into(), "/s/link".into());
        links.add("/s/real/a".into(), "/s/b".into());
        let names: Vec<_> = links.of(Path::new("/s/real/a")).collect();
        assert_eq!(names, [Path::new("/s/link/a"), Path::new("/s/b")]);
        links.forget(Path::new("/s/link"));
        assert_eq!(links.of(Path::new("/s/real/c")).count(), 0);
    }
}
