//! Addresses, networks and host names.

use crate::net::{Bind, Network};

use super::{Mistake, Value, list, text, text_that};

/// Where to listen.
pub(crate) fn bind(value: &Value<'_>) -> Result<Bind, Mistake> {
    const WHAT: &str = "\"local\", \"lan\" or an IP address";
    let text = text(value, WHAT)?;
    text.parse().map_err(|_| Mistake::expected(value, WHAT).near(text, ["local", "lan"]))
}

/// Host names without port, in lower case.
pub(crate) fn hosts(value: &Value<'_>) -> Result<Vec<String>, Mistake> {
    list(value, "a list of host names, such as [\"box.example\"]", |element| {
        text_that(element, "a host name without scheme or port, such as \"box.example\"", is_host)
            .map(str::to_ascii_lowercase)
    })
}

fn is_host(name: &str) -> bool {
    name.len() <= 253
        && name.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        })
}

/// Addresses and networks.
pub(crate) fn networks(value: &Value<'_>) -> Result<Vec<Network>, Mistake> {
    const ONE: &str = "an IP address or a network such as \"192.168.0.0/16\"";
    list(value, "a list of addresses and networks, such as [\"192.168.0.0/16\", \"::1\"]", |element| {
        text(element, ONE)?.parse().map_err(|_| Mistake::expected(element, ONE))
    })
}

#[cfg(test)]
mod tests {
    use super::super::of;
    use super::*;

    #[test]
    fn binds() {
        assert_eq!(bind(&of("\"lan\"")).unwrap(), Bind::Lan);
        assert_eq!(bind(&of("\"::1\"")).unwrap().to_string(), "::1");
        let mistake = bind(&of("\"locl\"")).unwrap_err();
        assert_eq!(mistake.message, "expected \"local\", \"lan\" or an IP address");
        assert_eq!(mistake.nearest.as_deref(), Some("local"));
    }

    #[test]
    fn host_names_are_plain() {
        assert_eq!(hosts(&of("[\"Box.Example\", \"a_b\"]")).unwrap(), ["box.example", "a_b"]);
        for bad in ["http://x", "x:80", "a b", "", ".x", "x/", "*.x", "-x", "é"] {
            assert!(hosts(&of(&format!("[\"{bad}\"]"))).is_err(), "{bad}");
        }
    }

    #[test]
    fn networks_of_both_families() {
        assert!(networks(&of("[\"192.168.0.0/16\", \"::1\", \"fe80::/10\", \"10.0.0.1\"]")).is_ok());
        for bad in ["10.0.0.0/33", "::/129", "10/8", "lan", "1.2.3.4/"] {
            assert!(networks(&of(&format!("[\"{bad}\"]"))).is_err(), "{bad}");
        }
    }
}
