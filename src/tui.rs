//! The screen: what a person at a terminal sees and touches.
//!
//! A key or tap becomes an [`Action`](action::Action); [`App::update`](app::App::update) turns
//! it into new state and [`Effect`](app::Effect)s; [`view::draw`] turns state into cells and a
//! [`Map`](map::Map) of what was drawn where, by which the next tap finds its target. [`run`] is
//! the only place that waits, [`terminal`] the only one that knows a real terminal.

pub mod action;
pub mod app;
pub mod look;
pub mod map;
mod run;
pub mod terminal;
#[cfg(test)]
mod testing;
mod view;
mod words;

use std::io;

use crossterm::event::EventStream;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

use crate::command::Execute;
use crate::event::Reader;
use crate::signals::Signals;
use app::App;
use look::Look;

pub use run::{Edges, ExitReason, Host, run};
pub use view::draw;
pub use words::{LANGUAGE, Matcher, Words};

/// Takes the terminal, shows what happens until the feed closes or the user forces an end, and
/// gives the terminal back.
///
/// Fails when the terminal cannot be taken; one that goes away later stops the server instead.
pub async fn show(reader: Reader, session: &impl Execute) -> io::Result<ExitReason> {
    // Signals first: from the moment the terminal is taken, none may end us without giving it back.
    let signals = Signals::new(&Signals::SCREEN)?;
    let host = terminal::Guard::take()?;
    let terminal = Terminal::new(CrosstermBackend::new(terminal::output()))?;
    let edges = Edges { input: EventStream::new(), signals, host };
    Ok(run(edges, terminal, reader, session, App::new(LANGUAGE, Look::from_env())).await)
}
