//! Addresses: where to listen, what to show a phone, who holds a port.

mod causes;
mod interfaces;
mod lan;
mod network;
mod owner;
mod platform;
mod rank;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

pub use causes::causes;
pub use interfaces::{Interface, interfaces, is_virtual};
pub use lan::lan_addresses;
pub use network::{Network, NoNetwork, private_bits};
pub use owner::{Owner, port_owner};
pub use platform::Platform;
pub use rank::{MOST, ranked};

/// Where the server listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Bind {
    /// Loopback only, v4 and v6.
    Local,
    /// Every address, v4 and v6.
    #[default]
    Lan,
    /// One address.
    Address(IpAddr),
}

impl Bind {
    /// The addresses to bind, the preferred family first.
    pub fn addresses(self) -> Vec<IpAddr> {
        match self {
            Self::Local => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
            Self::Lan => vec![Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()],
            Self::Address(address) => vec![address],
        }
    }
}

impl fmt::Display for Bind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("local"),
            Self::Lan => f.write_str("lan"),
            Self::Address(address) => address.fmt(f),
        }
    }
}

/// The text is neither `local`, `lan` nor an IP address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadBind(String);

impl fmt::Display for BadBind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' is not local, lan or an IP address", crate::text::harmless(&self.0))
    }
}

impl std::error::Error for BadBind {}

impl FromStr for Bind {
    type Err = BadBind;

    fn from_str(text: &str) -> Result<Self, BadBind> {
        match text.trim().to_ascii_lowercase().as_str() {
            "local" | "localhost" => Ok(Self::Local),
            "lan" | "all" => Ok(Self::Lan),
            other => {
                let bare = other.strip_prefix('[').and_then(|o| o.strip_suffix(']')).unwrap_or(other);
                bare.parse().map(Self::Address).map_err(|_| BadBind(text.to_owned()))
            }
        }
    }
}
