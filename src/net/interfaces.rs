//! The interfaces of this machine, where the system tells.

use std::net::IpAddr;

/// An address and the interface that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// The system's name for it: `wlan0`, `en0`, `vEthernet (WSL)`.
    pub name: String,
    /// One of its addresses.
    pub address: IpAddr,
}

/// Every address of every interface that is up. Empty where the system withholds them, as iSH
/// (`EINVAL`) and Android (`EACCES`) do: that is normal there and worth no word.
pub fn interfaces() -> Vec<Interface> {
    let up = |interface: &if_addrs::Interface| interface.oper_status != if_addrs::IfOperStatus::Down;
    let all = if_addrs::get_if_addrs().unwrap_or_default();
    all.into_iter().filter(up).map(|i| Interface { address: i.ip(), name: i.name }).collect()
}

/// How the names of interfaces begin that lead to containers, virtual machines, tunnels, the
/// mobile network and other places where no phone of the household is.
const VIRTUAL: [&str; 46] = [
    // containers and clusters
    "veth",
    "br-",
    "docker",
    "podman",
    "cni",
    "flannel",
    "cali",
    "cilium",
    "vxlan",
    "kube",
    "lxc",
    "lxdbr",
    "incusbr",
    // hypervisors; `veth` is also Windows' vEthernet
    "virbr",
    "vnet",
    "vboxnet",
    "vmnet",
    "vmware",
    "virtualbox",
    "hyper-v",
    "bridge",
    "vnic",
    "dummy",
    "ifb",
    // tunnels and VPNs
    "utun",
    "tun",
    "tap",
    "ipsec",
    "ppp",
    "wg",
    "zt",
    "tailscale",
    "nordlynx",
    "proton",
    "mullvad",
    "gif",
    "stf",
    "sit",
    "ip6tnl", // peers of one's own kind
    "awdl",
    "llw",
    "anpi",
    "p2p", // the mobile network
    "rmnet",
    "ccmni",
    "pdp_ip",
];

/// Whether a name is one that virtual interfaces bear.
pub fn is_virtual(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    VIRTUAL.iter().any(|start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_is_virtual() {
        for name in ["docker0", "br-1a2b", "vEthernet (WSL)", "utun3", "tailscale0", "awdl0", "rmnet_data0", "VMware1"]
        {
            assert!(is_virtual(name), "{name}");
        }
        for name in ["wlan0", "en0", "eth0", "enp3s0", "wlp2s0", "br0", "ap0", "swlan0", "rndis0", "Wi-Fi", "bond0"] {
            assert!(!is_virtual(name), "{name}");
        }
    }

    #[test]
    fn this_machine_can_be_asked() {
        // Whatever the answer is: it comes.
        assert!(interfaces().iter().all(|interface| !interface.name.is_empty()));
    }
}
