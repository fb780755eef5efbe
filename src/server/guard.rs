//! Who may pass: the Host check, the origin rule, proxies that are believed, addresses, rates, names with
//! passwords, the key. In which order, says `gate`; `way` leads a request
//! past them.

pub mod auth;
pub(crate) mod cors;
pub mod forwarded;
pub(crate) mod gate;
mod host;
mod key;
pub(crate) mod length;
mod moved;
pub(crate) mod network;
mod origin;
mod ourselves;
pub(crate) mod rate;
pub(crate) mod throttle;
mod way;

pub(crate) use gate::Guards;
pub(crate) use host::name_and_port;
pub use host::{Hosts, machine_name, name_of as host_name};
pub use key::{Guess, Key, Secret, marks};
pub(crate) use moved::{Asked, Follows, Moved};
pub use origin::same_origin;
pub(crate) use ourselves::keep_to_ourselves;
pub(crate) use way::Way;

use http::request::Parts;

/// Whether `head`, sent to `host`, may change what uploads are about: of the same origin, or of the one
/// that this server had before it moved.
pub(crate) fn may_send(head: &Parts, host: Option<&str>) -> bool {
    head.extensions.get::<Follows>().is_some() || same_origin(head, host)
}
