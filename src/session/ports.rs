//! Getting a port: the one that was asked for, the next free one, or who has it and what is free.

use tokio::net::TcpListener;

use crate::net::{Bind, port_owner};
use crate::server::listener::{BindError, bind};

/// How many ports after the default one are tried.
const NEXT: u16 = 100;

/// A port that could not be had, and what to do instead.
#[derive(Debug)]
pub struct PortError {
    /// What went wrong.
    pub error: BindError,
    /// Who has it, where the system tells, and which one is free.
    help: String,
}

impl std::fmt::Display for PortError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.error, self.help)
    }
}

impl std::error::Error for PortError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// Binds `port`, and only that; where it is taken the error names the owner and a free one.
pub(super) fn exactly(place: Bind, port: u16) -> Result<Vec<TcpListener>, PortError> {
    bind(place, port).map_err(|error| {
        let taken = error.taken();
        let owner = port_owner(port).filter(|_| taken).map(|owner| format!(" by {owner}"));
        let free = taken.then(|| next_free(place, port)).flatten().map(|free| format!("; {free} is free"));
        PortError { error, help: [owner, free].into_iter().flatten().collect() }
    })
}

/// Binds `port` or the next free one after it.
pub(super) fn this_or_next(place: Bind, port: u16) -> Result<Vec<TcpListener>, PortError> {
    match bind(place, port) {
        Err(error) if error.taken() => {}
        Ok(listeners) => return Ok(listeners),
        Err(error) => return Err(PortError { error, help: String::new() }),
    }
    for next in candidates(port) {
        if let Ok(listeners) = bind(place, next) {
            return Ok(listeners);
        }
    }
    exactly(place, port)
}

fn candidates(port: u16) -> impl Iterator<Item = u16> {
    (port..=port.saturating_add(NEXT)).skip(1)
}

fn next_free(place: Bind, port: u16) -> Option<u16> {
    candidates(port).find(|next| bind(place, *next).is_ok())
}

/// The number that `listeners` share.
pub(super) fn number(listeners: &[TcpListener]) -> u16 {
    listeners.first().and_then(|l| l.local_addr().ok()).map_or(0, |address| address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_taken_port_names_its_owner_and_a_free_one() {
        let held = exactly(Bind::Local, 0).unwrap();
        let port = number(&held);
        let text = exactly(Bind::Local, port).unwrap_err().to_string();
        assert!(text.starts_with(&format!("port {port} is taken")), "{text}");
        assert!(text.ends_with(" is free"), "{text}");
        #[cfg(target_os = "linux")]
        assert!(text.contains(&format!("(pid {})", std::process::id())), "{text}");
    }

    #[tokio::test]
    async fn a_port_that_nobody_typed_moves_on() {
        let held = exactly(Bind::Local, 0).unwrap();
        let next = this_or_next(Bind::Local, number(&held)).unwrap();
        assert!(number(&next) > number(&held));
    }

    #[test]
    fn candidates_end_with_the_last_port() {
        assert_eq!(candidates(65534).collect::<Vec<_>>(), [65535]);
        assert_eq!(candidates(8000).next(), Some(8001));
    }
}
