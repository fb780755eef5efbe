//! Programs that answer: what is started, spoken to and ended by stan.
//!
//! `child` is a process that is ended whole.

pub mod child;
