//! Who may pass: the Host check, the origin rule, proxies that are believed, the key.

pub mod forwarded;
mod host;
mod key;
mod origin;

pub use host::{Hosts, machine_name, name_of as host_name};
pub use key::{Guess, Key, Secret};
pub use origin::same_origin;
