//! A typed line: read, explained, completed, used as a filter, and, where it is `set`, carried out.

#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use http::Method;
use libfuzzer_sys::fuzz_target;
use stan::command::filter::Filter;
use stan::command::{Command, ParseError, Takes, Words, complete, find, fold, help, parse};
use stan::config::{Flags, Layers, choices, reference};
use stan::text::is_harmless;

/// What only a running server knows.
struct Known;

impl Words for Known {
    fn settings(&self) -> Vec<String> {
        reference().iter().map(|doc| doc.key.to_owned()).filter(|key| !key.starts_with("route.")).collect()
    }

    fn values(&self, key: &str) -> Vec<String> {
        choices(key).iter().map(|choice| (*choice).to_owned()).collect()
    }

    fn paths(&self) -> Vec<String> {
        ["/", "/about", "/写真", "/two words"].map(str::to_owned).into()
    }
}

static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
    let root = tempfile::tempdir().expect("a temporary folder").keep();
    std::fs::create_dir(root.join("static_file")).expect("a folder in it");
    root
});

fuzz_target!(|data: &[u8]| {
    let line = String::from_utf8_lossy(data);
    // A line has no end in it, as plain mode and the prompt hand it on.
    let line = line.replace(['\r', '\n'], " ");

    let parsed = parse(&line);
    same_however_typed(&line, &parsed);
    match &parsed {
        Err(error) => {
            let text = error.to_string();
            assert!(is_harmless(&text) && !text.contains('\n') && text.len() < 1000, "{text:?}");
        }
        Ok(Command::Set { key, value }) => set(key, value),
        Ok(Command::Filter(terms)) => filter(terms),
        Ok(Command::Help(Some(word))) => assert!(find(word).is_some(), "help on {word:?}"),
        Ok(_) => {}
    }
    assert!(help(Some(&line)).iter().all(|line| is_harmless(line)));
    completes(&line);
});

fn same_however_typed(line: &str, parsed: &Result<Command, ParseError>) {
    let folded = fold(line);
    assert_eq!(parse(&folded), *parsed, "{line:?} folded");
    assert_eq!(parse(&format!("  {line}\t")), *parsed, "{line:?} with space around it");
    if !folded.trim_start().starts_with([':', '/']) {
        assert_eq!(parse(&format!(":{line}")), *parsed, "{line:?} with a colon before it");
    }
}

/// What Tab offers continues what is typed, and means something.
fn completes(line: &str) {
    let found = complete(line, &Known);
    let typed = &line[found.from..];
    for candidate in &found.candidates {
        assert!(candidate[..typed.len()].eq_ignore_ascii_case(typed), "{candidate:?} for {typed:?}");
        let whole = format!("{}{candidate}", &line[..found.from]);
        match parse(&whole) {
            Ok(_) => {}
            // A word that needs more, and the key of a setting that needs its value.
            Err(ParseError::Missing { .. } | ParseError::Bad { takes: Takes::Setting, .. }) => {}
            Err(error) => panic!("{whole:?} was offered: {error}"),
        }
    }
    if !found.ghost.is_empty() {
        assert_eq!(typed.len() + found.ghost.len(), found.candidates[0].len());
        assert!(found.candidates[0].ends_with(&found.ghost));
    }
}

/// Any text filters, and one plain term with `!` lets pass just what it stops without.
fn filter(terms: &str) {
    let allows = |terms: &str| {
        let remote = [192, 168, 1, 31].into();
        Filter::parse(terms).allows(&Method::POST, "/API/caf%C3%A9?q=a%20b", 404, remote)
    };
    let allowed = allows(terms);
    let plain = !terms.is_empty() && !terms.contains(|c: char| c.is_whitespace() || matches!(c, '!' | '"' | '\''));
    if plain {
        assert_ne!(allows(&format!("!{terms}")), allowed, "{terms:?}");
    }
}

/// A setting is taken or refused in one line, and what was refused changes nothing.
fn set(key: &str, value: &str) {
    // A path of the machine is no business of this.
    if value.contains("/dev") || value.contains("/proc") {
        return;
    }
    let mut layers = Layers::load(&ROOT, Flags::default(), &|_| None).expect("an empty folder is fine");
    let before = layers.config().clone();
    match layers.set(key, value) {
        Ok(_) => {
            let after = layers.config().clone();
            assert!(layers.set(key, value).is_ok_and(|changes| changes.is_empty()), "{key} {value:?} again");
            assert_eq!(*layers.config(), after);
        }
        Err(error) => {
            assert_eq!(*layers.config(), before, "{key} {value:?} was refused");
            let text = error.to_string();
            assert!(is_harmless(&text) && !text.contains('\n'), "{text:?}");
        }
    }
}
