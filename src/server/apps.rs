//! Programs that answer: what is started, spoken to and ended by stan.
//!
//! `child` is a process that is ended whole, `said` what it prints, `supervise` one that is kept
//! running; the rest are the ways to speak to one, each a target of its own.

pub(crate) mod cgi;
pub mod child;
pub(crate) mod said;
pub mod supervise;
