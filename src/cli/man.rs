//! `stan man`: the manual page, made from the command line's and the commands' own tables.

use std::io::{self, Write};
use std::process::ExitCode;

use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::command::table;

/// Prints the manual page.
pub fn run(out: &mut dyn Write) -> ExitCode {
    match page() {
        Ok(page) => super::print(out, &page),
        Err(_) => ExitCode::FAILURE,
    }
}

fn page() -> io::Result<Vec<u8>> {
    let command = super::command();
    let man = Man::new(command.clone()).manual("User commands");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    synopsis().to_writer(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    let subcommands = command
        .get_subcommands()
        .map(|sub| (sub.get_name().to_owned(), sub.get_about().map(ToString::to_string).unwrap_or_default()));
    list("SUBCOMMANDS", subcommands).to_writer(&mut page)?;
    list("COMMANDS", table().iter().map(|spec| (spec.usage(), spec.more.to_owned()))).to_writer(&mut page)?;
    for (title, entries) in REST {
        list(title, entries.iter().map(|(term, text)| ((*term).to_owned(), (*text).to_owned())))
            .to_writer(&mut page)?;
    }
    Ok(page)
}

type Entries = &'static [(&'static str, &'static str)];

/// The sections that no table knows.
const REST: [(&str, Entries); 3] = [
    (
        "ENVIRONMENT",
        &[
            ("STAN_PORT, PORT", "The port; STAN_PORT is looked at first, and an empty one counts as unset."),
            (
                "STAN_BIND, STAN_...",
                "Other options and settings. Options win over the environment, that over stan.conf.",
            ),
            ("NO_COLOR", "No colours."),
        ],
    ),
    (
        "FILES",
        &[
            ("stan.conf", "The configuration, TOML, in the site's folder. Saving it applies it."),
            ("static_file/", "Static files. Without it the folder itself is served."),
            ("templates/", "Templates: about.html answers /about."),
            ("uploads/", "What was received."),
            ("stan.log", "The access log."),
        ],
    ),
    (
        "EXIT STATUS",
        &[
            ("0", "After stop, SIGINT or SIGTERM."),
            ("1", "Could not start: port or permission."),
            ("2", "Bad usage or a bad stan.conf."),
        ],
    ),
];

fn synopsis() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]);
    for (rest, last) in [
        (" [PATH | MODULE:CALLABLE | FILE.py] [OPTIONS]", false),
        (" check [PATH]", false),
        (" init [PATH]", false),
        (" completions SHELL", false),
        (" man", true),
    ] {
        roff.text([bold("stan"), roman(rest)]);
        if !last {
            roff.control("br", []);
        }
    }
    roff
}

/// A section of terms, each with its text.
fn list(title: &str, entries: impl Iterator<Item = (String, String)>) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", [title]);
    for (term, text) in entries {
        roff.control("TP", []);
        roff.text([bold(term)]);
        roff.text([roman(text)]);
    }
    roff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_covers_options_and_commands() {
        let text = String::from_utf8(page().unwrap()).unwrap().replace("\\-", "-");
        for word in ["--no-upload", "--bind", "completions", "stan.conf", "EXIT STATUS", ".TH stan 1"] {
            assert!(text.contains(word), "{word}:\n{text}");
        }
        for spec in table() {
            assert!(text.contains(&format!("\\fB{}", spec.word)), "{}", spec.word);
        }
    }
}
