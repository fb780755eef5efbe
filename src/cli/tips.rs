//! What other servers take on their command lines, and what stan has in its place.

use std::fmt::Write as _;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::target::SUBCOMMANDS;
use crate::text::harmless;

/// Options that hosts of Python apps take, and where the same is to be had here.
const TIPS: [(&[&str], &str); 6] = [
    (
        &["--reload", "--autoreload"],
        "stan reloads by itself: an app when one of its files is saved, and open pages too",
    ),
    (
        &["--debug"],
        "stan shows tracebacks by itself, in the page and here; FLASK_DEBUG and the like go into env of a route in stan.conf",
    ),
    (&["--workers", "-w"], "put workers = N under the app's [[route]] in stan.conf, beside wsgi = \"module:callable\""),
    (&["--threads"], "put threads = N under the app's [[route]] in stan.conf, beside wsgi = \"module:callable\""),
    (&["--timeout", "-t"], "put timeout = \"60s\" under the app's [[route]] in stan.conf"),
    (&["--app", "-A"], "name the app alone: stan module:callable"),
];

/// Words that Django's and Flask's commands begin with.
const SERVES: [&str; 3] = ["runserver", "run", "serve"];

/// What to say in place of `error`, where it is a habit from elsewhere; `first` is the argument that came first.
pub(super) fn tip(error: &clap::Error, first: &str) -> Option<String> {
    if !matches!(error.kind(), ErrorKind::UnknownArgument | ErrorKind::ArgumentConflict) {
        return None;
    }
    let wrong = [ContextKind::InvalidArg, ContextKind::InvalidSubcommand].into_iter().find_map(|kind| {
        let Some(ContextValue::String(text)) = error.get(kind) else { return None };
        Some(text.as_str())
    })?;
    let option = wrong.split(['=', ' ']).next().unwrap_or(wrong);
    let mut said = format!("stan has no '{}'", harmless(option));
    if let Some((_, tip)) = TIPS.iter().find(|(options, _)| options.contains(&option)) {
        let _ = write!(said, "; {tip}");
    } else if wrong.starts_with('-') {
        return None;
    } else if SUBCOMMANDS.contains(&wrong) {
        said = format!("{wrong} comes first, its options after it: stan {wrong} {}", harmless(first));
    } else {
        said = format!("'{}' is one too many: stan takes one folder, MODULE:CALLABLE or FILE.py", harmless(wrong));
        if SERVES.contains(&wrong) && first != wrong {
            let _ = write!(said, "; to serve is what it does, so leave '{}' away", harmless(wrong));
        }
    }
    said.push('\n');
    Some(said)
}

#[cfg(test)]
mod tests {
    fn said(line: &str) -> String {
        let arguments = std::iter::once("stan").chain(line.split_whitespace());
        super::super::parse(arguments).unwrap_err().to_string()
    }

    #[test]
    fn habits_from_elsewhere() {
        for (line, says) in [
            ("blog:app --reload", "stan has no '--reload'; stan reloads by itself"),
            ("--debug", "stan has no '--debug'; stan shows tracebacks by itself"),
            ("blog:app --workers 4", "stan has no '--workers'; put workers = N under"),
            ("blog:app --workers=4", "stan has no '--workers'; put workers = N under"),
            ("blog:app -w 4", "stan has no '-w'; put workers = N under"),
            (
                "manage.py runserver",
                "'runserver' is one too many: stan takes one folder, MODULE:CALLABLE or FILE.py; to",
            ),
            (". site", "'site' is one too many"),
            (". check", "check comes first, its options after it: stan check ."),
        ] {
            assert!(said(line).starts_with(&format!("error: {says}")), "{line}: {}", said(line));
        }
    }

    #[test]
    fn what_clap_knows_better_is_left_to_it() {
        assert!(said("--prot 80").contains("--port"));
        assert!(said("-p eighty").contains("eighty"));
    }
}
