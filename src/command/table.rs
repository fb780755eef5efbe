//! The table of commands: each word, what may follow it, and what is said about it.

use super::parse::{bind, named, path, port, setting, terms};
use super::{Command, share, uploads};

/// What may follow a command's word; completion goes by it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Nothing.
    Nothing,
    /// A port number.
    Port,
    /// `local`, `lan` or an address.
    Bind,
    /// Another command's word, or nothing.
    Word,
    /// A path of the site, or nothing.
    Path,
    /// Terms of the filter's language, or nothing.
    Terms,
    /// A key of stan.conf and its value.
    Setting,
    /// What to do with an upload, and its number; or nothing.
    Upload,
    /// A text for people, as it is typed; or nothing.
    Text,
}

impl Takes {
    /// What may follow, in words; empty for [`Takes::Nothing`].
    pub fn expected(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::Port => "a number from 0 to 65535",
            Self::Bind => "local, lan or an IP address",
            Self::Word => "one of the commands",
            Self::Path => "a path that starts with /",
            Self::Terms => "words to look for",
            Self::Setting => "a key of stan.conf and its value",
            Self::Upload => "open N, rename N NAME, delete N, cancel N or path N",
            Self::Text => "words, clear, or < and a file's name",
        }
    }

    /// Whether the command means nothing without it.
    pub fn required(self) -> bool {
        matches!(self, Self::Port | Self::Bind | Self::Setting)
    }
}

/// A command, as a person sees it.
#[derive(Debug)]
pub struct Spec {
    /// Its word.
    pub word: &'static str,
    /// Other words for the same.
    pub aliases: &'static [&'static str],
    /// How what follows is written: `[PATH]`; empty where nothing does.
    pub argument: &'static str,
    /// What may follow.
    pub takes: Takes,
    /// What it does, in at most 23 columns.
    pub brief: &'static str,
    /// What it does, in a sentence or two.
    pub more: &'static str,
    /// Lines that work as they are.
    pub examples: &'static [&'static str],
    /// Reads what follows; `None` where that is not what [`Takes`] says.
    pub(super) read: fn(&str) -> Option<Command>,
}

impl Spec {
    /// The word and what follows it: `port N`.
    pub fn usage(&self) -> String {
        if self.argument.is_empty() { self.word.to_owned() } else { format!("{} {}", self.word, self.argument) }
    }

    /// Every word that means this command.
    pub fn words(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.word).chain(self.aliases.iter().copied())
    }

    /// A command that is its word and nothing else.
    const fn plain(
        word: &'static str,
        brief: &'static str,
        more: &'static str,
        read: fn(&str) -> Option<Command>,
    ) -> Self {
        Self { word, aliases: &[], argument: "", takes: Takes::Nothing, brief, more, examples: &[], read }
    }
}

/// All commands, in the order in which help lists them.
pub fn table() -> &'static [Spec] {
    TABLE
}

/// The command that `word` means, by its word or an alias, in any case.
pub fn find(word: &str) -> Option<&'static Spec> {
    TABLE.iter().find(|spec| spec.words().any(|w| w.eq_ignore_ascii_case(word)))
}

static TABLE: &[Spec] = &[
    Spec {
        aliases: &["quit", "exit"],
        ..Spec::plain(
            "stop",
            "finish and leave",
            "Stops accepting, lets requests in flight finish (5 s at most), flushes the logs and leaves.",
            |_| Some(Command::Stop),
        )
    },
    Spec::plain(
        "reload",
        "read everything again",
        "Reads stan.conf and templates again, refreshes every page and reopens the log file.",
        |_| Some(Command::Reload),
    ),
    Spec::plain("restart", "begin anew", "Starts a new server from the current configuration.", |_| {
        Some(Command::Restart)
    }),
    Spec {
        argument: "N",
        takes: Takes::Port,
        examples: &["port 8080", "port 0"],
        ..Spec::plain(
            "port",
            "move to another port",
            "Binds the new port first, then moves; old connections drain. 0 is any free port. When it fails, \
             nothing changes and it says why.",
            port,
        )
    },
    Spec {
        argument: "local|lan|ADDR",
        takes: Takes::Bind,
        examples: &["bind local", "bind lan", "bind 192.168.1.20"],
        ..Spec::plain(
            "bind",
            "who can reach it",
            "Listens on this device only (local), on every address (lan) or on one address. It binds first, then \
             moves, as port does.",
            bind,
        )
    },
    Spec::plain("pause", "stop listening", "Stops listening without leaving; start listens again.", |_| {
        Some(Command::Pause)
    }),
    Spec::plain("start", "listen again", "Listens again after pause.", |_| Some(Command::Start)),
    Spec::plain("routes", "show the routes", "Shows the route table, in the order in which it is tried.", |_| {
        Some(Command::Routes)
    }),
    Spec {
        argument: "[WORD N]",
        takes: Takes::Upload,
        examples: &[
            "uploads open 3",
            "uploads open last",
            "uploads rename 3 beach.jpg",
            "uploads delete 3",
            "uploads cancel 5",
            "uploads path 3",
        ],
        ..Spec::plain(
            "uploads",
            "show them, or use one",
            "Shows what arrives and what has arrived. With a word and a number it opens, renames or deletes (it asks \
             first) a file that has arrived, cancels one under way, or says where a file is and copies that.",
            uploads::read,
        )
    },
    Spec {
        argument: "[WORDS]",
        takes: Takes::Text,
        examples: &["text https://example.org", "text < notes.txt", "text clear", "text"],
        ..Spec::plain(
            "text",
            "a text for the phones",
            "Shares words, or what a file contains, with the phones that have the upload page open. Alone it shows \
             what is shared; clear takes it back.",
            share::read,
        )
    },
    Spec::plain("log", "show the requests", "Shows the requests.", |_| Some(Command::Log)),
    Spec {
        aliases: &["?"],
        argument: "[WORD]",
        takes: Takes::Word,
        examples: &["help", "help port"],
        ..Spec::plain("help", "all words, or one", "Shows all commands, or one in detail.", named)
    },
    Spec::plain("url", "show the addresses", "Shows the addresses.", |_| Some(Command::Url)),
    Spec::plain("qr", "show the QR code", "Shows the QR code of the address, for a phone to scan.", |_| {
        Some(Command::Qr)
    }),
    Spec {
        argument: "[PATH]",
        takes: Takes::Path,
        examples: &["open", "open /upload"],
        ..Spec::plain("open", "open in the browser", "Opens the home page, or a path, in the browser.", path)
    },
    Spec {
        argument: "[TERMS]",
        takes: Takes::Terms,
        examples: &["filter 4xx", "filter POST /api !png", "filter 192.168.1.31 \"two words\"", "filter"],
        ..Spec::plain(
            "filter",
            "narrow the log",
            "Shows only requests that match every term: words, 4xx or 404, POST, a path such as /api, an address, \
             \"a phrase\"; !png leaves out what matches. Alone: clears.",
            terms,
        )
    },
    Spec::plain("clear", "empty the log view", "Empties the log view; the log file keeps everything.", |_| {
        Some(Command::Clear)
    }),
    Spec::plain(
        "status",
        "how things stand",
        "Shows state, address, uptime, requests, errors, pages connected, watcher and uploads.",
        |_| Some(Command::Status),
    ),
    Spec {
        argument: "KEY VALUE",
        takes: Takes::Setting,
        examples: &["set upload.exists refuse", "set limits.body 1 GiB"],
        ..Spec::plain(
            "set",
            "change a setting",
            "Changes a setting of stan.conf for this run. The value is TOML or bare text to the end of the line.",
            setting,
        )
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::command::parse;

    #[test]
    fn has_every_word_of_the_contract() {
        // Words beyond it are ours.
        let words: Vec<_> = table().iter().map(|s| s.word).filter(|word| *word != "text").collect();
        assert_eq!(
            words.join(" "),
            "stop reload restart port bind pause start routes uploads log help url qr open filter clear status set"
        );
    }

    #[test]
    fn no_word_means_two_things() {
        let words: Vec<_> = table().iter().flat_map(Spec::words).collect();
        assert_eq!(words.iter().collect::<BTreeSet<_>>().len(), words.len());
        assert!(words.iter().all(|w| w.chars().all(|c| c.is_ascii_lowercase() || c == '?')));
    }

    #[test]
    fn examples_work_and_belong() {
        for spec in table() {
            for example in spec.examples {
                assert!(parse(example).is_ok(), "{example}");
                assert_eq!(example.split(' ').next(), Some(spec.word));
            }
            assert!(!spec.examples.is_empty() || spec.takes == Takes::Nothing, "{} has no example", spec.word);
        }
    }

    #[test]
    fn what_is_taken_is_written() {
        for spec in table() {
            assert_eq!(spec.argument.is_empty(), spec.takes == Takes::Nothing, "{}", spec.word);
            assert_eq!(spec.takes.expected().is_empty(), spec.takes == Takes::Nothing);
            assert_eq!(spec.takes.required(), !spec.argument.is_empty() && !spec.argument.starts_with('['));
        }
    }

    #[test]
    fn finds_by_alias_and_in_any_case() {
        for (word, meant) in [("QUIT", Some("stop")), ("exit", Some("stop")), ("?", Some("help")), ("sto", None)] {
            assert_eq!(find(word).map(|s| s.word), meant);
        }
    }
}
