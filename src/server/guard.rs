//! Who may pass: the Host check and the origin rule.

mod host;
mod origin;

pub use host::{Hosts, machine_name, name_of as host_name};
pub use origin::same_origin;
