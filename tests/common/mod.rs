//! What the tests of the real binary share: a site in a temporary folder, the binary that serves
//! it, and small clients that show every byte.

#![allow(dead_code, unused_imports, reason = "each test binary uses a part of it")]

mod faulty;
mod form;
mod http;
mod lines;
mod netns;
mod secure;
mod server;
mod site;
mod socket;
mod upstream;
mod wire;

use std::net::TcpListener;
use std::time::{Duration, Instant};

pub(crate) use faulty::{Fault, Faulty};
pub(crate) use form::Form;
pub(crate) use http::{Response, connect, exchange, read_answer, read_head};
pub(crate) use lines::Lines;
pub(crate) use netns::Device;
pub(crate) use secure::Secure;
pub(crate) use server::{Ended, Server};
pub(crate) use site::Site;
pub(crate) use socket::Socket;
pub(crate) use upstream::{Ask, Peer, Upstream};
pub(crate) use wire::{Wire, show};

/// How long anything may take before its test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until `look` sees something; `what` is for the message when it never does.
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < end, "never came: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A port of the loopback that is taken for as long as the listener lives.
pub(crate) fn taken_port() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    taken_port().1
}

/// `text` with every byte as `%XX`.
pub(crate) fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat()
}

/// Bytes that repeat nowhere near, so that a lost or doubled piece shows.
pub(crate) fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}
