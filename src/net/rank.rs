//! Which address to show a phone first. Pure: tables in, an order out.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::interfaces::{Interface, is_virtual};

/// Addresses that are offered at most; a person steps through them one by one.
pub const MOST: usize = 8;

/// How good an address is for a phone on the same network, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Worth {
    /// Private, and where the system itself would send to such a network.
    Routed,
    /// Private.
    Private,
    /// Public: an office or a campus that has many.
    Public,
    /// IPv6 of the site (RFC 4193).
    Local6,
    /// IPv6 of the internet.
    Global6,
    /// On an interface that leads to containers, machines or tunnels.
    Virtual,
    /// IPv4 that the device gave itself (RFC 3927): two devices on one cable.
    LinkLocal,
}

/// The addresses by which others may reach this machine, the best first, [`MOST`] at most.
///
/// `routed` are the addresses that the system would send from to private networks; `table` is
/// what it tells of its interfaces, which may be nothing.
pub fn ranked(routed: &[Ipv4Addr], table: &[Interface]) -> Vec<IpAddr> {
    let known = |address: &Ipv4Addr| table.iter().any(|i| i.address == IpAddr::V4(*address));
    // An address that no interface owns up to is as good as it looks: nothing is known against it.
    let unnamed = routed.iter().filter(|address| !known(address)).map(|address| (IpAddr::V4(*address), ""));
    let named = table.iter().map(|interface| (interface.address, interface.name.as_str()));
    let mut found: Vec<(Worth, IpAddr)> = Vec::new();
    for (address, name) in unnamed.chain(named) {
        if let Some(worth) = worth(address, name, routed)
            && !found.iter().any(|(_, other)| *other == address)
        {
            found.push((worth, address));
        }
    }
    // Stable: among equals the system's own order, and of the routed ones that of the routes.
    found.sort_by_key(|(worth, address)| (*worth, place(*address, routed)));
    found.into_iter().map(|(_, address)| address).take(MOST).collect()
}

fn place(address: IpAddr, routed: &[Ipv4Addr]) -> usize {
    routed.iter().position(|other| IpAddr::V4(*other) == address).unwrap_or(routed.len())
}

/// `None` for what no other device can use.
fn worth(address: IpAddr, name: &str, routed: &[Ipv4Addr]) -> Option<Worth> {
    let worth = match address {
        IpAddr::V4(v4) if v4.is_loopback() || v4.is_unspecified() || v4.is_multicast() || v4.is_broadcast() => {
            return None;
        }
        IpAddr::V4(v4) if v4.is_link_local() => return Some(Worth::LinkLocal),
        IpAddr::V4(v4) if v4.is_private() && routed.contains(&v4) => Worth::Routed,
        IpAddr::V4(v4) if v4.is_private() => Worth::Private,
        IpAddr::V4(_) => Worth::Public,
        IpAddr::V6(v6) if v6.is_unique_local() => Worth::Local6,
        IpAddr::V6(v6) if global(v6) => Worth::Global6,
        // Link-local ones need a zone, which no phone's browser takes.
        IpAddr::V6(_) => return None,
    };
    Some(if is_virtual(name) { Worth::Virtual } else { worth })
}

/// Within `2000::/3`, which is all that has been given out (RFC 4291, section 2.4).
fn global(address: Ipv6Addr) -> bool {
    address.segments()[0] & 0xe000 == 0x2000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[(&str, &str)]) -> Vec<Interface> {
        rows.iter().map(|(name, ip)| Interface { name: (*name).to_owned(), address: ip.parse().unwrap() }).collect()
    }

    fn order(routed: &[&str], rows: &[(&str, &str)]) -> Vec<String> {
        let routed: Vec<Ipv4Addr> = routed.iter().map(|ip| ip.parse().unwrap()).collect();
        ranked(&routed, &table(rows)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn wireless_before_containers() {
        let rows = [("lo", "127.0.0.1"), ("docker0", "172.17.0.1"), ("br-12", "172.18.0.1"), ("wlan0", "192.168.1.20")];
        assert_eq!(order(&["192.168.1.20"], &rows), ["192.168.1.20", "172.17.0.1", "172.18.0.1"]);
    }

    #[test]
    fn a_hypervisor_that_is_listed_first_comes_last() {
        let rows = [("vboxnet0", "192.168.56.1"), ("vmnet8", "172.16.3.1"), ("en0", "10.0.0.7")];
        assert_eq!(order(&["10.0.0.7"], &rows), ["10.0.0.7", "192.168.56.1", "172.16.3.1"]);
        // Even where it has the very network that was probed.
        assert_eq!(order(&["192.168.56.1", "10.0.0.7"], &rows)[0], "10.0.0.7");
    }

    #[test]
    fn a_vpn_that_owns_the_default_route_is_not_the_way_for_a_phone() {
        let rows = [("tun0", "10.8.0.2"), ("wlp2s0", "192.168.0.9"), ("wlp2s0", "2001:db8::9")];
        assert_eq!(order(&["10.8.0.2"], &rows), ["192.168.0.9", "2001:db8::9", "10.8.0.2"]);
    }

    #[test]
    fn only_link_local_is_better_than_nothing() {
        let rows = [("lo", "127.0.0.1"), ("eth0", "169.254.7.8"), ("eth0", "fe80::1"), ("lo", "::1")];
        assert_eq!(order(&["169.254.7.8"], &rows), ["169.254.7.8"]);
        assert_eq!(order(&[], &rows[2..]), [""; 0]);
    }

    #[test]
    fn without_a_table_the_routes_decide() {
        assert_eq!(order(&["192.168.1.20", "10.1.1.1"], &[]), ["192.168.1.20", "10.1.1.1"]);
        assert_eq!(order(&["203.0.113.5", "10.1.1.1"], &[]), ["10.1.1.1", "203.0.113.5"]);
        assert_eq!(order(&[], &[]), [""; 0]);
    }

    #[test]
    fn a_hotspot_before_the_mobile_network_that_feeds_it() {
        let rows = [("rmnet_data0", "10.120.4.5"), ("ap0", "192.168.43.1")];
        assert_eq!(order(&["10.120.4.5"], &rows), ["192.168.43.1", "10.120.4.5"]);
        let mac = [("en0", "192.168.1.5"), ("bridge100", "192.168.2.1")];
        assert_eq!(order(&["192.168.1.5"], &mac), ["192.168.1.5", "192.168.2.1"]);
    }

    #[test]
    fn four_before_six_and_the_sites_own_before_the_internets() {
        let rows = [
            ("eth0", "fe80::1"),
            ("eth0", "2001:db8::1"),
            ("eth0", "fd00::1"),
            ("eth0", "203.0.113.5"),
            ("eth1", "10.0.0.1"),
            ("eth0", "192.168.1.1"),
        ];
        let expected = ["192.168.1.1", "10.0.0.1", "203.0.113.5", "fd00::1", "2001:db8::1"];
        assert_eq!(order(&["192.168.1.1"], &rows), expected);
    }

    #[test]
    fn each_once_and_not_too_many() {
        let rows: Vec<(String, String)> = (0..40).map(|i| (format!("eth{i}"), format!("10.0.{}.1", i / 2))).collect();
        let rows: Vec<(&str, &str)> = rows.iter().map(|(name, ip)| (name.as_str(), ip.as_str())).collect();
        let found = order(&["10.0.3.1"], &rows);
        assert_eq!((found.len(), found[0].as_str(), found[1].as_str()), (MOST, "10.0.3.1", "10.0.0.1"));
    }
}
