//! A network: an address with the number of its bits that count (RFC 4632, section 3.1).

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// An address, or all that begin with the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

/// Text that is neither an address nor a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoNetwork;

impl Network {
    /// How many bits of an address it settles: the more, the more specific it is.
    pub fn bits(&self) -> u8 {
        self.bits
    }

    /// Whether `address` is one of its own. An IPv4 address is the same one when it is written in IPv6.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let skip = 32 - u32::from(self.bits);
                own.to_bits().checked_shr(skip) == other.to_bits().checked_shr(skip)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let skip = 128 - u32::from(self.bits);
                own.to_bits().checked_shr(skip) == other.to_bits().checked_shr(skip)
            }
            _ => false,
        }
    }
}

/// The bits of the network of private or link-local addresses that `address` is one of: RFC 1918,
/// RFC 3927, RFC 4193, RFC 4291 (section 2.5.6).
pub fn private_bits(address: IpAddr) -> Option<u8> {
    match address.to_canonical() {
        IpAddr::V4(v4) => match v4.octets() {
            [10, ..] => Some(8),
            [172, 16..=31, ..] => Some(12),
            [192, 168, ..] | [169, 254, ..] => Some(16),
            _ => None,
        },
        IpAddr::V6(v6) if v6.is_unique_local() => Some(7),
        IpAddr::V6(v6) if v6.is_unicast_link_local() => Some(10),
        IpAddr::V6(_) => None,
    }
}

impl FromStr for Network {
    type Err = NoNetwork;

    fn from_str(text: &str) -> Result<Self, NoNetwork> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| NoNetwork)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => most,
            Some(bits) if bits.bytes().all(|b| b.is_ascii_digit()) => bits.parse().map_err(|_| NoNetwork)?,
            Some(_) => return Err(NoNetwork),
        };
        if bits > most {
            return Err(NoNetwork);
        }
        Ok(match address.to_canonical() {
            // ::ffff:10.0.0.0/104 is 10.0.0.0/8.
            mapped @ IpAddr::V4(_) if address.is_ipv6() && bits >= 96 => Self { address: mapped, bits: bits - 96 },
            _ => Self { address, bits },
        })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.address, self.bits) {
            (IpAddr::V4(_), 32) | (IpAddr::V6(_), 128) => self.address.fmt(f),
            (address, bits) => write!(f, "{address}/{bits}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(network: &str, address: &str) -> bool {
        network.parse::<Network>().unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn what_begins_with_the_same_bits_is_inside() {
        for (network, address) in [
            ("10.0.0.1", "10.0.0.1"),
            ("10.0.0.0/8", "10.200.3.4"),
            ("0.0.0.0/0", "1.2.3.4"),
            ("192.168.1.77/24", "192.168.1.1"),
            ("::1", "::1"),
            ("::/0", "2001:db8::1"),
            ("fe80::/10", "fe9f::1"),
            ("10.0.0.0/8", "::ffff:10.1.1.1"),
            ("::ffff:10.0.0.0/104", "10.1.1.1"),
        ] {
            assert!(has(network, address), "{network} {address}");
        }
        for (network, address) in
            [("10.0.0.1", "10.0.0.2"), ("10.0.0.0/9", "10.200.3.4"), ("0.0.0.0/0", "::1"), ("fe80::/10", "fec0::1")]
        {
            assert!(!has(network, address), "{network} {address}");
        }
    }

    #[test]
    fn private_networks() {
        for (address, bits) in [
            ("10.1.2.3", Some(8)),
            ("172.15.0.1", None),
            ("172.31.0.1", Some(12)),
            ("192.168.1.1", Some(16)),
            ("::ffff:192.168.1.1", Some(16)),
            ("169.254.0.1", Some(16)),
            ("fd00::1", Some(7)),
            ("fe80::1", Some(10)),
            ("127.0.0.1", None),
            ("8.8.8.8", None),
            ("2001:db8::1", None),
        ] {
            assert_eq!(private_bits(address.parse().unwrap()), bits, "{address}");
        }
    }

    #[test]
    fn it_is_written_as_it_is_read() {
        for text in ["10.0.0.1", "10.0.0.0/8", "::1", "fe80::/10", "0.0.0.0/0"] {
            assert_eq!(text.parse::<Network>().unwrap().to_string(), text);
        }
        for text in ["10.0.0.0/33", "::/129", "10/8", "lan", "1.2.3.4/", "1.2.3.4/+8", "1.2.3.4/-1", ""] {
            assert_eq!(text.parse::<Network>(), Err(NoNetwork), "{text}");
        }
    }
}
