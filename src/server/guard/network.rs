//! `allow` and `deny`: who may pass by address (RFC 4632, section 5.1: the longest match counts).

use crate::config::{Guards, Peers};
use crate::net::private_bits;
use crate::server::request::Peer;

/// Bits of a whole address, in either family more than any network has.
const WHOLE: u8 = 128;
/// Bits of the loopback network, for `lan`, to which this device belongs.
const LOOPBACK: u8 = 8;

/// Whether `peer` may pass: as the most specific of those says that it belongs to, `deny` where two are
/// equal. Who belongs to none may, unless there is a list of those who may. Who asks through a proxy that cannot tell
/// who it is could be any of those who may not.
pub(crate) fn may_pass(guards: &Guards, peer: Peer) -> bool {
    if peer.unknown {
        return guards.allow.is_empty() && guards.deny.is_empty();
    }
    match (specificity(&guards.allow, peer), specificity(&guards.deny, peer)) {
        (allowed, Some(denied)) => allowed.is_some_and(|allowed| allowed > denied),
        (Some(_), None) => true,
        (None, None) => guards.allow.is_empty(),
    }
}

/// How specific the most specific of `list` is that `peer` belongs to.
fn specificity(list: &[Peers], peer: Peer) -> Option<u8> {
    let whole = if peer.ip.is_ipv4() { 32 } else { 128 };
    let of = |peers: &Peers| match peers {
        Peers::Network(network) if !network.contains(peer.ip) => None,
        Peers::Network(network) if network.bits() == whole => Some(WHOLE),
        Peers::Network(network) => Some(network.bits()),
        Peers::Lan => private_bits(peer.ip).or_else(|| peer.here.then_some(LOOPBACK)),
        Peers::Local => peer.here.then_some(WHOLE),
    };
    list.iter().filter_map(of).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peers(list: &[&str]) -> Vec<Peers> {
        let of = |text: &&str| match *text {
            "lan" => Peers::Lan,
            "local" => Peers::Local,
            network => Peers::Network(network.parse().unwrap()),
        };
        list.iter().map(of).collect()
    }

    fn passes(allow: &[&str], deny: &[&str], ip: &str) -> bool {
        let guards = Guards { allow: peers(allow), deny: peers(deny), ..Guards::default() };
        let ip = ip.parse::<std::net::IpAddr>().unwrap();
        may_pass(&guards, Peer { ip, here: ip.is_loopback(), unknown: false })
    }

    #[test]
    fn the_most_specific_wins() {
        for (allow, deny, ip, may) in [
            (&[][..], &[][..], "8.8.8.8", true),
            (&["10.0.0.0/8"], &[], "10.1.2.3", true),
            (&["10.0.0.0/8"], &[], "11.1.2.3", false),
            (&["10.0.0.0/8"], &[], "::1", false),
            (&[], &["10.0.0.0/8"], "10.1.2.3", false),
            (&[], &["10.0.0.0/8"], "11.1.2.3", true),
            (&["10.1.0.0/16"], &["10.0.0.0/8"], "10.1.2.3", true),
            (&["10.1.0.0/16"], &["10.0.0.0/8"], "10.2.2.3", false),
            (&["10.0.0.0/8"], &["10.1.0.0/16"], "10.1.2.3", false),
            (&["10.0.0.0/8"], &["10.1.2.3"], "10.1.2.3", false),
            (&["10.1.2.3"], &["10.0.0.0/8"], "10.1.2.3", true),
            (&["10.1.2.3", "10.0.0.0/8"], &["10.1.0.0/16"], "10.1.2.4", false),
            (&["0.0.0.0/0"], &["0.0.0.0/0"], "8.8.8.8", false),
            (&["10.0.0.0/8"], &["10.0.0.0/8"], "10.1.2.3", false),
            (&["::1"], &["::/0"], "::1", true),
            (&["fe80::/10"], &[], "fe80::1", true),
            (&["2001:db8::/32"], &["2001:db8:1::/48"], "2001:db8:1::5", false),
        ] {
            assert_eq!(passes(allow, deny, ip), may, "allow {allow:?} deny {deny:?} {ip}");
        }
    }

    #[test]
    fn the_two_words() {
        for (allow, deny, ip, may) in [
            (&["lan"][..], &[][..], "192.168.1.5", true),
            (&["lan"], &[], "fd00::5", true),
            (&["lan"], &[], "127.0.0.1", true),
            (&["lan"], &[], "8.8.8.8", false),
            (&["lan"], &["0.0.0.0/0"], "127.0.0.1", true),
            (&["lan"], &["192.168.1.0/24"], "192.168.1.5", false),
            (&["192.168.1.0/24"], &["lan"], "192.168.1.5", true),
            (&["192.168.0.0/16"], &["lan"], "192.168.1.5", false),
            (&["local"], &[], "127.0.0.1", true),
            (&["local"], &[], "::1", true),
            (&["local"], &[], "192.168.1.5", false),
            (&["lan"], &["local"], "127.0.0.1", false),
            (&["local"], &["127.0.0.1"], "127.0.0.1", false),
            (&["local"], &["127.0.0.0/8"], "127.0.0.1", true),
        ] {
            assert_eq!(passes(allow, deny, ip), may, "allow {allow:?} deny {deny:?} {ip}");
        }
    }

    #[test]
    fn who_is_unknown_passes_no_list() {
        let peer = Peer { ip: [10, 0, 0, 1].into(), here: false, unknown: true };
        let may = |allow, deny| may_pass(&Guards { allow: peers(allow), deny: peers(deny), ..Guards::default() }, peer);
        assert!(may(&[], &[]));
        assert!(!may(&["10.0.0.0/8"], &[]) && !may(&[], &["8.8.8.8"]) && !may(&["lan"], &["8.8.8.8"]));
    }

    #[test]
    fn this_device_by_its_address_on_the_network_and_not_through_a_proxy() {
        let guards = Guards { allow: vec![Peers::Local], ..Guards::default() };
        assert!(may_pass(&guards, Peer { ip: [192, 168, 1, 20].into(), here: true, unknown: false }));
        assert!(!may_pass(&guards, Peer { ip: [127, 0, 0, 1].into(), here: false, unknown: false }));
    }
}
