//! What is answered by other programs, those that stan starts and those that run by themselves.
//!
//! `child` is a process that is ended whole, `said` what it prints, `supervise` one that is kept
//! running; the rest are the ways to speak to one, each a target of its own.

pub(crate) mod cgi;
pub mod child;
mod proxy;
pub(crate) mod said;
pub mod supervise;

pub(crate) use proxy::{Around, Proxy};
