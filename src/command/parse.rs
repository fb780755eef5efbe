//! From a typed line to a command, or to one friendly line about what was expected.

use std::fmt;

use super::table::{Spec, Takes, find, table};
use super::uploads::DEEDS;
use super::{Command, fold};
use crate::text::{harmless, nearest};

/// Why a line is no command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParseError {
    /// Nothing was typed.
    Empty,
    /// No command has this word.
    Unknown {
        /// The word as typed.
        word: String,
        /// The words that were probably meant, best first; empty where none is near.
        near: Vec<&'static str>,
    },
    /// The command needs more.
    Missing {
        /// The command.
        word: &'static str,
        /// What must follow.
        takes: Takes,
        /// A line that works.
        example: &'static str,
    },
    /// What follows cannot be read.
    Bad {
        /// The command.
        word: &'static str,
        /// What followed.
        given: String,
        /// What must follow.
        takes: Takes,
        /// What was probably meant.
        near: Option<&'static str>,
    },
    /// Something follows a command that takes nothing, or no more.
    Unexpected {
        /// The command.
        word: &'static str,
        /// What should not be there.
        given: String,
    },
}

/// As much of a typed text as a line of an answer has room for, made harmless.
fn shown(text: &str) -> String {
    const LONGEST: usize = 40;
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    harmless(&short).into_owned()
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("nothing typed; help lists the commands"),
            Self::Unknown { word, near } if near.is_empty() => {
                write!(f, "unknown command '{}'; help lists them all", shown(word))
            }
            Self::Unknown { word, near } => {
                write!(f, "unknown command '{}'; did you mean {}?", shown(word), near.join(" or "))
            }
            Self::Missing { word, takes, example } => {
                write!(f, "{word} needs {}, for instance: {example}", takes.expected())
            }
            Self::Bad { word, given, takes, near } => {
                write!(f, "{word} takes {}, not '{}'", takes.expected(), shown(given))?;
                near.map_or(Ok(()), |near| write!(f, "; did you mean {near}?"))
            }
            Self::Unexpected { word, given } => {
                let usage = find(word).map_or_else(|| (*word).to_owned(), Spec::usage);
                write!(f, "{usage} ends there: '{}' is too much", shown(given))
            }
        }
    }
}

impl std::error::Error for ParseError {}

/// The command that `line` means.
///
/// Case does not matter, a leading `:` or `/` is dropped, typographic quotes and dashes are
/// folded back. A prefix of a word is not the word.
///
/// ```
/// use stan::command::{Command, parse};
/// assert_eq!(parse(":Port 8080"), Ok(Command::Port(8080)));
/// assert_eq!(parse("relaod").unwrap_err().to_string(), "unknown command 'relaod'; did you mean reload?");
/// ```
pub fn parse(line: &str) -> Result<Command, ParseError> {
    let typed = line;
    let line = fold(line);
    let (word, rest) = words(&line);
    if word.is_empty() {
        return Err(ParseError::Empty);
    }
    let spec = find(word).ok_or_else(|| ParseError::Unknown { word: word.to_owned(), near: near(word) })?;
    let (word, takes) = (spec.word, spec.takes);
    // What is meant for people goes as it was typed.
    let rest = if takes == Takes::Text { words(typed).1 } else { rest };
    if rest.is_empty() && takes.required() {
        return Err(ParseError::Missing { word, takes, example: spec.examples.first().copied().unwrap_or(word) });
    }
    // Paths, terms and values go to the end of the line; all else is at most one word.
    let spare = match takes {
        Takes::Nothing => rest,
        Takes::Port | Takes::Bind | Takes::Word => split(rest).1,
        Takes::Path | Takes::Terms | Takes::Setting | Takes::Upload | Takes::Text => "",
    };
    if !spare.is_empty() {
        return Err(ParseError::Unexpected { word, given: spare.to_owned() });
    }
    (spec.read)(rest).ok_or_else(|| ParseError::Bad {
        word,
        given: rest.to_owned(),
        takes,
        near: match takes {
            Takes::Word => near(rest).first().copied(),
            Takes::Upload => nearest(split(rest).0, DEEDS).filter(|deed| *deed != split(rest).0),
            Takes::Bind => nearest(rest, ["local", "lan"]),
            _ => None,
        },
    })
}

/// The command's word in a line, and what follows it.
fn words(line: &str) -> (&str, &str) {
    // A byte order mark stands where a script was saved with one.
    let line = line.trim_start_matches('\u{feff}').trim();
    split(line.strip_prefix([':', '/']).unwrap_or(line).trim_start())
}

/// The first word and what follows it, without the space between.
fn split(text: &str) -> (&str, &str) {
    text.split_once(char::is_whitespace).map_or((text, ""), |(word, rest)| (word, rest.trim_start()))
}

/// Words of the table that `word` begins, else the one that it resembles.
fn near(word: &str) -> Vec<&'static str> {
    const MOST: usize = 3;
    let all = || table().iter().flat_map(Spec::words);
    let begun: Vec<_> = all()
        .filter(|w| w.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)))
        .take(MOST)
        .collect();
    if begun.is_empty() { nearest(word, all()).into_iter().collect() } else { begun }
}

/// `text` without the quotes around it, if they are a pair.
pub(super) fn unquoted(text: &str) -> &str {
    ['"', '\''].into_iter().find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(text)
}

pub(super) fn port(text: &str) -> Option<Command> {
    // `+80` and `0x50` are numbers to some, and not what anyone types.
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?.map(Command::Port)
}

pub(super) fn bind(text: &str) -> Option<Command> {
    text.parse().ok().map(Command::Bind)
}

pub(super) fn named(text: &str) -> Option<Command> {
    let word = text.strip_prefix([':', '/']).unwrap_or(text);
    if word.is_empty() {
        return Some(Command::Help(None));
    }
    find(word).map(|spec| Command::Help(Some(spec.word.to_owned())))
}

pub(super) fn path(text: &str) -> Option<Command> {
    match unquoted(text) {
        "" => Some(Command::Open(None)),
        path if path.starts_with('/') => Some(Command::Open(Some(path.to_owned()))),
        url if url.contains("://") => None,
        path => Some(Command::Open(Some(format!("/{path}")))),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the table's readers share one type")]
pub(super) fn terms(text: &str) -> Option<Command> {
    Some(Command::Filter(text.to_owned()))
}

/// A key and its value, with a space or, as in stan.conf, with `=` between them.
pub(super) fn setting(text: &str) -> Option<Command> {
    let (key, rest) = text.split_once(|c: char| c.is_whitespace() || c == '=')?;
    let rest = rest.trim_start();
    let equals = text.get(key.len()..)?.trim_start().starts_with('=');
    let value = if equals { rest.strip_prefix('=').unwrap_or(rest).trim_start() } else { rest };
    (!key.is_empty() && !value.is_empty())
        .then(|| Command::Set { key: key.to_ascii_lowercase(), value: value.to_owned() })
}

#[cfg(test)]
mod tests;
