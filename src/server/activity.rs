//! What a connection is doing, so that one that dawdles can be ended.
//!
//! The request path only stores; the connection's timer looks, seldom, and works out what is due.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crate::config::Limits;

const IDLE: u8 = 0;
const HEAD: u8 = 1;
const BUSY: u8 = 2;

/// Said to a client that took too long over its request's head (RFC 9110, section 15.5.9).
const TIMEOUT: &[u8] = b"HTTP/1.1 408 Request Timeout\r\nContent-Type: text/plain; charset=utf-8\r\n\
    Content-Length: 33\r\nConnection: close\r\n\r\nthe request's head took too long\n";

/// What one connection is doing and since when.
#[derive(Debug)]
pub(crate) struct Activity {
    phase: AtomicU8,
    born: Instant,
    /// Milliseconds after `born` at which the phase began.
    since: AtomicU64,
    timed_out: AtomicBool,
    last: AtomicBool,
    /// A request has come whole.
    spoke: AtomicBool,
}

/// What the connection's timer is to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Look again then.
    At(Instant),
    /// Idle for too long: close.
    Idle,
    /// The head took too long: answer 408, close.
    Head,
}

impl Activity {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            phase: AtomicU8::new(HEAD),
            born: now,
            since: AtomicU64::new(0),
            timed_out: AtomicBool::new(false),
            last: AtomicBool::new(false),
            spoke: AtomicBool::new(false),
        }
    }

    fn enter(&self, phase: u8) {
        self.phase.store(phase, Relaxed);
        self.since.store(self.born.elapsed().as_millis() as u64, Relaxed);
    }

    /// The client has sent something.
    pub(crate) fn bytes_arrived(&self) {
        if self.phase.load(Relaxed) == IDLE {
            self.enter(HEAD);
        }
    }

    /// A request's head is complete.
    pub(crate) fn request_began(&self) {
        self.phase.store(BUSY, Relaxed);
        self.spoke.store(true, Relaxed);
    }

    /// Its answer is complete.
    pub(crate) fn request_ended(&self) {
        self.enter(IDLE);
    }

    /// Whether the client has yet to send its first request: then there is no answer of which
    /// something may still be on its way.
    pub(crate) fn no_request_yet(&self) -> bool {
        !self.spoke.load(Relaxed)
    }

    /// What is due at `now`.
    pub(crate) fn due(&self, now: Instant, limits: &Limits) -> Due {
        let (limit, late) = match self.phase.load(Relaxed) {
            IDLE => (limits.idle_timeout, Due::Idle),
            HEAD => (limits.headers_timeout, Due::Head),
            _ => return Due::At(now + limits.headers_timeout.max(Duration::from_secs(1))),
        };
        let at = self.born + Duration::from_millis(self.since.load(Relaxed)) + limit;
        if at > now { Due::At(at) } else { late }
    }

    /// The next answer is to be the last.
    pub(crate) fn end_after_next(&self) {
        self.last.store(true, Relaxed);
    }

    /// Whether the answer under way is to be the last.
    pub(crate) fn is_last(&self) -> bool {
        self.last.load(Relaxed)
    }

    /// From now on the socket reads as ended, after a 408.
    pub(crate) fn time_out(&self) {
        self.timed_out.store(true, Relaxed);
    }

    /// What to write before the socket reads as ended, if it is to.
    pub(crate) fn last_word(&self) -> Option<&'static [u8]> {
        self.timed_out.load(Relaxed).then_some(TIMEOUT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        body: 0,
        headers_timeout: Duration::from_secs(10),
        idle_timeout: Duration::from_secs(75),
        connections: 1,
    };

    #[test]
    fn a_new_connection_owes_a_head() {
        let now = Instant::now();
        let activity = Activity::new(now);
        assert_eq!(activity.due(now, &LIMITS), Due::At(now + LIMITS.headers_timeout));
        assert_eq!(activity.due(now + LIMITS.headers_timeout, &LIMITS), Due::Head);
    }

    #[test]
    fn a_busy_one_is_left_alone_and_an_idle_one_has_longer() {
        let now = Instant::now();
        let activity = Activity::new(now);
        activity.request_began();
        assert!(matches!(activity.due(now + Duration::from_secs(500), &LIMITS), Due::At(_)));
        activity.request_ended();
        assert!(matches!(activity.due(now + Duration::from_secs(70), &LIMITS), Due::At(_)));
        assert_eq!(activity.due(now + Duration::from_secs(76), &LIMITS), Due::Idle);
        activity.bytes_arrived();
        assert_eq!(activity.due(now + Duration::from_secs(76), &LIMITS), Due::Head);
    }

    #[test]
    fn the_last_word_has_the_length_that_it_says() {
        let text = std::str::from_utf8(TIMEOUT).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}", body.len())), "{}", body.len());
    }
}
