//! What is answered by other programs: each target here talks to a process that is not stan.

mod proxy;

pub(crate) use proxy::{Around, Proxy};
