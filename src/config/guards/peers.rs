//! `allow` and `deny`: where a request comes from.

use std::fmt;

use crate::config::value::{self, Mistake, Value};
use crate::net::Network;

/// Some of those who send requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peers {
    /// An address or a network.
    Network(Network),
    /// `lan`: the private and link-local addresses, and this device.
    Lan,
    /// `local`: this very device.
    Local,
}

impl fmt::Display for Peers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(network) => network.fmt(f),
            Self::Lan => f.write_str("lan"),
            Self::Local => f.write_str("local"),
        }
    }
}

/// Addresses, networks and the two words.
pub(super) fn list(value: &Value<'_>) -> Result<Vec<Peers>, Mistake> {
    const ONE: &str = "an IP address, a network such as \"192.168.0.0/16\", \"lan\" or \"local\"";
    value::list(value, "a list of addresses and networks, such as [\"192.168.0.0/16\", \"::1\"]", |element| {
        let text = value::text(element, ONE)?;
        match text.to_ascii_lowercase().as_str() {
            "lan" => Ok(Peers::Lan),
            "local" => Ok(Peers::Local),
            _ => text
                .parse()
                .map(Peers::Network)
                .map_err(|_| Mistake::expected(element, ONE).near(text, ["lan", "local"])),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::value::of;

    #[test]
    fn addresses_networks_and_words() {
        let peers = list(&of("[\"192.168.0.0/16\", \"::1\", \"LAN\", \"local\"]")).unwrap();
        let shown: Vec<_> = peers.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["192.168.0.0/16", "::1", "lan", "local"]);
        for bad in ["[\"home\"]", "\"lan\"", "[1]", "[\"10/8\"]"] {
            assert!(list(&of(bad)).is_err(), "{bad}");
        }
        assert_eq!(list(&of("[\"locl\"]")).unwrap_err().nearest.as_deref(), Some("local"));
    }
}
