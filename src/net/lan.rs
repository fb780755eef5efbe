//! The addresses by which other devices reach this one.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};

use super::interfaces::interfaces;
use super::rank::ranked;

/// Destinations that stand for "some other device here"; connecting a UDP socket sends nothing,
/// it only asks the system which of its addresses it would use. The first three are private
/// networks and the fourth is a multicast group, so that a default route is not needed.
const PROBES: [Ipv4Addr; 4] = [
    Ipv4Addr::new(192, 168, 39, 23),
    Ipv4Addr::new(10, 254, 39, 23),
    Ipv4Addr::new(172, 31, 39, 23),
    Ipv4Addr::new(239, 254, 39, 23),
];

/// The addresses of this machine for a phone on the same network, the best first.
///
/// Needs neither netlink nor `getifaddrs`, which iSH and Android withhold; where the system gives
/// them, they add what the routes do not tell. Costs about as much as a small file read.
pub fn lan_addresses() -> Vec<IpAddr> {
    ranked(&routed(), &interfaces())
}

/// What the system would send from, each once.
fn routed() -> Vec<Ipv4Addr> {
    let mut found = Vec::with_capacity(PROBES.len());
    for address in PROBES.into_iter().filter_map(source_address) {
        if !found.contains(&address) {
            found.push(address);
        }
    }
    found
}

fn source_address(destination: Ipv4Addr) -> Option<Ipv4Addr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((destination, 9)).ok()?;
    match socket.local_addr().ok()?.ip() {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_can_be_reached_by_others() {
        for address in lan_addresses() {
            assert!(!address.is_loopback() && !address.is_unspecified(), "{address}");
        }
    }
}
