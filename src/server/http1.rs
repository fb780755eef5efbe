//! HTTP/1 on a socket (RFC 9112): requests in, answers out, in order, within limits.
//!
//! What belongs here knows bytes and framing and no path. A whole head goes to the pipeline,
//! first to what it has ready, which is sent at once; else as a request of its own.

mod at_once;
mod buffers;
pub mod chunked;
pub mod framing;
pub mod head;
mod incoming;
mod interim;
mod linger;
mod pace;
pub mod request;
mod respond;
mod send_file;
mod serve;
#[cfg(test)]
pub(super) mod testing;
mod watch;
mod wire;

pub use self::head::{Head, Refusal};
pub use incoming::Upgraded;
pub(crate) use respond::last_word;
pub(crate) use serve::serve;
