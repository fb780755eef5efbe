//! Who may pass: the Host check, the origin rule, proxies that are believed, the key.

pub mod forwarded;
mod host;
mod key;
mod moved;
mod origin;

pub use host::{Hosts, machine_name, name_of as host_name};
pub use key::{Guess, Key, Secret, marks};
pub(crate) use moved::{Asked, Follows, Moved};
pub use origin::same_origin;

use http::request::Parts;

/// Whether `head`, sent to `host`, may change what uploads are about: of the same origin, or of the one
/// that this server had before it moved.
pub(crate) fn may_send(head: &Parts, host: Option<&str>) -> bool {
    head.extensions.get::<Follows>().is_some() || same_origin(head, host)
}
