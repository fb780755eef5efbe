//! What is said to a client before its answer (RFC 9110, section 15.2): 100 where it waits for that, and
//! what a target chooses.

use bytes::{Buf as _, BytesMut};

/// Bytes that may wait for a client that does not read; more are left out.
const MOST: usize = 1 << 10;
/// Said to a client that waits with its body (RFC 9110, section 15.2.1).
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// The interim answers to one request.
#[derive(Default)]
pub(super) struct Interim {
    /// Still to be sent, from the first byte on: whole heads, but for the first.
    queue: BytesMut,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// The client waits for a word before it sends the body.
    Expected,
    /// Anything may be said.
    #[default]
    Open,
    /// The final answer has begun, and nothing may come between its bytes.
    Over,
}

impl Interim {
    /// A request has come.
    pub(super) fn begin(&mut self, expects: bool) {
        self.state = if expects { State::Expected } else { State::Open };
    }

    /// Whether the client waits for a word that it has not had.
    pub(super) fn is_expected(&self) -> bool {
        self.state == State::Expected
    }

    /// Adds a head; `false` where it comes too late, or where too many wait already.
    pub(super) fn push(&mut self, head: &[u8]) -> bool {
        let fits = self.state != State::Over && self.queue.len() + head.len() <= MOST;
        if fits {
            self.queue.extend_from_slice(head);
        }
        fits
    }

    /// The body is wanted.
    pub(super) fn ask_for_body(&mut self) {
        if self.is_expected() {
            self.state = State::Open;
            self.queue.extend_from_slice(CONTINUE);
        }
    }

    /// The final answer begins: nothing is said any more, but for what waits.
    pub(super) fn end(&mut self) {
        self.state = State::Over;
    }

    /// What waits.
    pub(super) fn waiting(&self) -> &[u8] {
        &self.queue
    }

    /// So many bytes of it have been sent.
    pub(super) fn sent(&mut self, bytes: usize) {
        self.queue.advance(bytes.min(self.queue.len()));
        if self.queue.is_empty() {
            // Most connections never have another.
            self.queue = BytesMut::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_asked_for_once_and_only_where_that_is_waited_for() {
        let mut interim = Interim::default();
        interim.ask_for_body();
        assert_eq!(interim.waiting(), b"");
        interim.begin(true);
        assert!(interim.is_expected() && interim.push(b"104"));
        interim.ask_for_body();
        interim.ask_for_body();
        assert_eq!(interim.waiting(), [b"104", CONTINUE].concat());
        assert!(!interim.is_expected());
    }

    #[test]
    fn nothing_is_said_once_the_answer_has_begun() {
        let mut interim = Interim::default();
        interim.begin(true);
        assert!(interim.push(b"104"));
        interim.end();
        interim.ask_for_body();
        assert!(!interim.push(b"104"));
        assert_eq!(interim.waiting(), b"104", "what waits is still said");
        interim.sent(3);
        interim.begin(false);
        assert!(interim.waiting().is_empty() && interim.push(b"x"));
    }

    #[test]
    fn a_client_that_does_not_read_is_not_told_for_ever() {
        let mut interim = Interim::default();
        while interim.push(&[b'x'; 100]) {}
        assert_eq!(interim.waiting().len(), 1000);
        interim.sent(100);
        assert!(interim.push(&[b'y'; 100]));
    }
}
