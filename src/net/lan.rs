//! The address by which other devices reach this one.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};

/// Destinations that stand for "some other device here"; connecting a UDP socket sends nothing,
/// it only asks the system which of its addresses it would use. The first two are private
/// networks and the third is a multicast group, so that a default route is not needed.
const PROBES: [Ipv4Addr; 4] = [
    Ipv4Addr::new(192, 168, 39, 23),
    Ipv4Addr::new(10, 254, 39, 23),
    Ipv4Addr::new(172, 31, 39, 23),
    Ipv4Addr::new(239, 254, 39, 23),
];

/// The best address of this machine for a phone on the same network, if it has one.
///
/// Needs neither netlink nor `getifaddrs`, which iSH and Android withhold. Private addresses are
/// preferred over public ones; loopback and link-local ones are never returned.
pub fn lan_address() -> Option<IpAddr> {
    let found: Vec<Ipv4Addr> =
        PROBES.iter().filter_map(|probe| source_address(*probe)).filter(|a| usable(*a)).collect();
    found.iter().find(|a| a.is_private()).or_else(|| found.first()).map(|a| IpAddr::V4(*a))
}

fn source_address(destination: Ipv4Addr) -> Option<Ipv4Addr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((destination, 9)).ok()?;
    match socket.local_addr().ok()?.ip() {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    }
}

fn usable(address: Ipv4Addr) -> bool {
    !address.is_loopback() && !address.is_link_local() && !address.is_unspecified()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_can_be_reached_by_others() {
        if let Some(IpAddr::V4(address)) = lan_address() {
            assert!(usable(address), "{address}");
        }
    }

    #[test]
    fn loopback_and_link_local_are_not_for_phones() {
        assert!(!usable(Ipv4Addr::LOCALHOST));
        assert!(!usable(Ipv4Addr::new(169, 254, 3, 4)));
        assert!(usable(Ipv4Addr::new(192, 168, 1, 20)));
    }
}
