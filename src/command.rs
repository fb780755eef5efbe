//! What a person types: one table from which parser, help and completion come.
//!
//! Belongs here: the words, what may follow them, and how they are read, explained and completed.
//! What a word does is the session's and the front ends' business.

mod complete;
pub mod filter;
mod fold;
mod help;
mod parse;
mod share;
mod table;
mod uploads;

pub use complete::{Completion, Words, complete};
pub use fold::fold;
pub use help::help;
pub use parse::{ParseError, parse};
pub use share::Share;
pub use table::{Spec, Takes, find, table};
pub use uploads::{Deed, Which};

use std::pin::Pin;

use crate::net::Bind;
use crate::text::uncoded;

/// A typed command, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Stop accepting, let requests in flight finish, flush, leave.
    Stop,
    /// Read stan.conf and templates again, refresh every page, reopen the log file.
    Reload,
    /// A new server from the current configuration.
    Restart,
    /// Move to another port; 0 is any free one.
    Port(u16),
    /// Listen elsewhere.
    Bind(Bind),
    /// Stop listening without leaving.
    Pause,
    /// Listen again.
    Start,
    /// Show the route table.
    Routes,
    /// Show the uploads.
    Uploads,
    /// Do something with one of them.
    Upload(Which, Deed),
    /// A text for the phones.
    Text(Share),
    /// Show the request log.
    Log,
    /// Show all commands, or one in detail, by its word in the table.
    Help(Option<String>),
    /// Show the addresses.
    Url,
    /// Show the QR code of the best address.
    Qr {
        /// Of the address after the one that was shown last.
        next: bool,
    },
    /// Open a path in the browser.
    Open(Option<String>),
    /// Narrow the request log; empty clears.
    Filter(String),
    /// Empty the log view.
    Clear,
    /// State, address, uptime, requests, errors, pages, watcher, uploads.
    Status,
    /// Change a setting for this run.
    Set {
        /// The key as in stan.conf: `upload.exists`.
        key: String,
        /// TOML or bare text.
        value: String,
    },
}

/// The answer to a command: one line, and for those that print a table, the lines before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Whether it was carried out.
    pub ok: bool,
    /// One line without the ✓ or ✗.
    pub line: String,
    /// Lines to show above it.
    pub above: Vec<String>,
}

impl Reply {
    /// Carried out.
    pub fn done(line: impl Into<String>) -> Self {
        Self { ok: true, line: line.into(), above: Vec::new() }
    }

    /// Not carried out, and why.
    pub fn failed(line: impl Into<String>) -> Self {
        Self { ok: false, line: uncoded(&line.into()).into_owned(), above: Vec::new() }
    }
}

/// The future of a reply.
pub type Ticket = Pin<Box<dyn Future<Output = Reply> + Send>>;

/// Whoever carries commands out: the session, or a test's stand-in.
pub trait Execute {
    /// Orders `command`; the ticket resolves when it has been carried out, or could not be.
    fn execute(&self, command: Command) -> Ticket;
}
