//! Which Python runs an app: that of its venv where there is one.

use std::path::{Path, PathBuf};

/// The interpreter for an app in `dir`: of the venv that was named, of the one that is active
/// (`active`, what `VIRTUAL_ENV` says), of `.venv` or `venv` beside it; else the first on PATH.
pub(super) fn find(venv: Option<&Path>, active: Option<&Path>, dir: &Path, root: &Path) -> PathBuf {
    let beside = [dir.join(".venv"), dir.join("venv"), root.join(".venv"), root.join("venv")];
    let named = venv.into_iter().map(Path::to_owned);
    let others = active.map(Path::to_owned).into_iter().chain(beside);
    let python = |venv: PathBuf| venv.join("bin/python");
    // One that was named and is not there is to be complained of.
    if let Some(named) = named.map(python).next() {
        return named;
    }
    others.map(python).find(|python| python.exists()).unwrap_or_else(|| PathBuf::from("python3"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_venv_is_found() {
        let root = tempfile::tempdir().unwrap();
        let (root, dir) = (root.path(), root.path().join("apps/blog"));
        let make = |venv: &Path| {
            std::fs::create_dir_all(venv.join("bin")).unwrap();
            std::fs::write(venv.join("bin/python"), "").unwrap();
        };
        assert_eq!(find(None, None, &dir, root), Path::new("python3"));
        make(&root.join("venv"));
        assert_eq!(find(None, None, &dir, root), root.join("venv/bin/python"));
        make(&dir.join(".venv"));
        assert_eq!(find(None, None, &dir, root), dir.join(".venv/bin/python"));
        let active = root.join("active");
        make(&active);
        assert_eq!(find(None, Some(&active), &dir, root), active.join("bin/python"));
        assert_eq!(find(Some(&root.join("x")), Some(&active), &dir, root), root.join("x/bin/python"));
    }
}
