//! stan.conf: any text is a configuration or errors that point into it.

#![no_main]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use stan::config::{Config, ConfigError, Flags, Layers, LoadError, diff};
use stan::text::is_harmless;

static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
    let root = tempfile::tempdir().expect("a temporary folder").keep();
    for folder in ["static_file", "templates", "uploads"] {
        fs::create_dir(root.join(folder)).expect("a folder in it");
    }
    fs::write(root.join("templates/hello.html"), "hello").expect("a template");
    fs::write(root.join("static_file/a.css"), "a{}").expect("a file");
    root
});

fuzz_target!(|data: &[u8]| {
    let loaded = load(data);
    let Ok(text) = str::from_utf8(data) else {
        assert!(loaded.is_err(), "it is not UTF-8");
        return;
    };
    // A byte order mark is no part of the text, and a line before it would make it one.
    if text.starts_with('\u{feff}') {
        return;
    }
    let moved = load(format!("# a line more\n{text}").as_bytes());
    match (loaded, moved) {
        (Ok(mut layers), Ok(moved)) => {
            let again = load(data).expect("it was good a moment ago");
            assert_eq!(layers.config(), again.config());
            let described = layers.describe();
            assert!(described.iter().all(|line| is_harmless(line)), "{described:?}");
            assert!(layers.reload().is_ok_and(|changes| changes.is_empty()), "nothing was saved in between");
            assert!(diff(layers.config(), moved.config()).is_empty());
            assert_eq!(one_line_later(layers.config()), *moved.config());
        }
        (Err(LoadError::Invalid(errors)), Err(LoadError::Invalid(moved))) => {
            assert!(!errors.0.is_empty());
            errors.0.iter().for_each(|error| points_inside(error, text));
            let places = |errors: &[ConfigError], by| -> Vec<_> {
                errors.iter().map(|error| (error.line + by, error.column, lineless(&error.message))).collect()
            };
            // At the end of an empty text there is no line to point at but the first.
            if !text.trim_matches(['\r', '\n']).is_empty() {
                assert_eq!(places(&errors.0, 1), places(&moved.0, 0));
            }
        }
        (Ok(_), Err(error)) => panic!("a comment before it broke it: {error}"),
        (Err(error), Ok(_)) => panic!("a comment before it mended: {error}"),
        (Err(one), Err(other)) => panic!("not an error of the file: {one}; {other}"),
    }
});

fn load(text: &[u8]) -> Result<Layers, LoadError> {
    fs::write(Path::new(&*ROOT).join("stan.conf"), text).expect("stan.conf can be written");
    Layers::load(&ROOT, Flags::default(), &|_| None)
}

/// A message without the line of another route that it may end with.
fn lineless(message: &str) -> String {
    message.split(", the route of line ").next().unwrap_or_default().to_owned()
}

fn one_line_later(config: &Config) -> Config {
    let mut config = config.clone();
    config.routes.iter_mut().for_each(|route| route.line += 1);
    config
}

fn points_inside(error: &ConfigError, text: &str) {
    let line = text.split('\n').nth(error.line - 1).unwrap_or_else(|| panic!("no line {}: {error}", error.line));
    let columns = line.trim_end_matches('\r').chars().count().max(line.chars().count());
    assert!((1..=columns + 1).contains(&error.column), "no column {}: {error}", error.column);
    assert!(is_harmless(&error.brief()), "{:?}", error.brief());
    let shown = error.to_string();
    assert!(shown.lines().count() == 3 && shown.lines().all(is_harmless), "{shown:?}");
    assert!(shown.lines().skip(1).all(|line| line.chars().count() < 120), "{shown}");
}
