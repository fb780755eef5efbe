//! The house itself: who may import whom, and that what README.md says is what the code says.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

#[path = "house/layers.rs"]
mod layers;
#[path = "house/readme.rs"]
mod readme;

use std::path::{Path, PathBuf};

/// A file of the project as text.
fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every Rust file below src/, relative to it, with its text.
fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push((path.strip_prefix(&root).unwrap().to_owned(), std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

#[test]
fn no_file_is_a_warehouse() {
    for (path, text) in sources() {
        let lines = text.lines().count();
        assert!(lines <= 500, "{} has {lines} lines: one idea a file", path.display());
    }
}

#[test]
fn nothing_blocks_a_thread_in_its_sleep() {
    // On iSH a sleeping or spinning thread is what drains the battery.
    for (path, text) in sources() {
        for word in ["thread::sleep", "std::sync::Condvar", "std::sync::mpsc"] {
            let used = text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains(word));
            assert!(!used, "{} uses {word}: wait with tokio", path.display());
        }
    }
}

#[test]
fn every_file_says_what_belongs_in_it() {
    for (path, text) in sources() {
        let tests = path.components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "tests.rs");
        assert!(tests || text.starts_with("//!"), "{} does not begin with its rule (//!)", path.display());
    }
}
