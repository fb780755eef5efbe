//! Where other devices reach this machine: told when it listens, and looked at again as networks
//! change under it.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use super::Session;
use super::awake::beat;
use crate::event::{Event, Note};
use crate::net::lan_addresses;

/// How often the addresses are looked at again. Hotspots come and go with new ones. The name on
/// the network is claimed at the first look: a run that is over before then was not for others.
const EVERY: Duration = Duration::from_secs(5);

/// What front ends were told last, and when to look again.
pub(super) struct Reach {
    began: Instant,
    told: Vec<String>,
    next: Instant,
}

impl Reach {
    /// Looks from one `EVERY` after `began` on.
    pub(super) fn new(began: Instant) -> Self {
        Self { began, told: Vec::new(), next: beat(began, EVERY, began) }
    }

    /// When to look again.
    pub(super) fn due(&self) -> Instant {
        self.next
    }
}

impl Session {
    /// Whether the addresses may change while the sockets stay: they are bound to all of them.
    pub(super) fn roams(&self) -> bool {
        self.server.addresses().iter().any(|address| address.ip().is_unspecified())
    }

    /// The addresses that a browser can use, loopback first, then the best for a phone and others.
    pub(super) fn urls(&self) -> Vec<String> {
        let bound = self.server.addresses();
        let lan = if self.roams() { lan_addresses() } else { Vec::new() };
        urls(&bound, &lan)
    }

    /// The one of them to give away: that which other devices can reach, else the first.
    pub(super) fn best_url(&self) -> Option<String> {
        let mut urls = self.urls();
        let place = usize::from(self.roams() && urls.len() > 1);
        (place < urls.len()).then(|| urls.swap_remove(place))
    }

    /// Says where it listens.
    pub(super) fn tell_addresses(&mut self) {
        if !self.roams() {
            self.drop_name();
        }
        let urls = self.urls();
        self.reach.told.clone_from(&urls);
        self.feed.event(Event::Listening(urls.into()));
    }

    /// It is time to look, and to see to the name.
    pub(super) fn look_due(&mut self) {
        let lan = lan_addresses();
        self.keep_name(&lan);
        self.compare(&lan);
    }

    /// Looks whether the addresses are still those that were told; whether it said anew where it
    /// listens.
    pub(super) fn look_around(&mut self) -> bool {
        self.roams() && self.compare(&lan_addresses())
    }

    fn compare(&mut self, lan: &[IpAddr]) -> bool {
        self.reach.next = beat(self.reach.began, EVERY, Instant::now());
        let urls = urls(&self.server.addresses(), lan);
        if urls == self.reach.told {
            return false;
        }
        let best = urls.get(1).cloned();
        let moved = best != self.reach.told.get(1).cloned();
        if moved {
            self.feed.event(Event::Listening(urls.clone().into()));
            let now = match best {
                Some(url) => format!("the network changed: now {url}"),
                None => "the network is gone: only this device can reach stan until it is back".to_owned(),
            };
            self.feed.event(Event::Note(Note::info(now)));
        } else {
            self.feed.event(Event::Addresses(urls.clone().into()));
        }
        self.reach.told = urls;
        moved
    }
}

/// What can be opened where sockets are bound like this, on a machine with these addresses.
fn urls(bound: &[SocketAddr], lan: &[IpAddr]) -> Vec<String> {
    let Some(first) = bound.first() else { return Vec::new() };
    let Some(any) = bound.iter().find(|address| address.ip().is_unspecified()) else {
        return bound.iter().map(|address| format!("http://{address}")).collect();
    };
    let loopback: IpAddr = if any.is_ipv4() { [127, 0, 0, 1].into() } else { std::net::Ipv6Addr::LOCALHOST.into() };
    let family = |ip: &&IpAddr| bound.iter().any(|address| address.is_ipv4() == ip.is_ipv4());
    std::iter::once(&loopback)
        .chain(lan.iter().filter(family))
        .map(|ip| format!("http://{}", SocketAddr::new(*ip, first.port())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(bound: &[&str], lan: &[&str]) -> Vec<String> {
        let bound: Vec<SocketAddr> = bound.iter().map(|address| address.parse().unwrap()).collect();
        let lan: Vec<IpAddr> = lan.iter().map(|ip| ip.parse().unwrap()).collect();
        urls(&bound, &lan)
    }

    #[test]
    fn loopback_then_the_best_then_others() {
        assert_eq!(
            shown(&["0.0.0.0:8000", "[::]:8000"], &["192.168.1.20", "fd00::1"]),
            ["http://127.0.0.1:8000", "http://192.168.1.20:8000", "http://[fd00::1]:8000"]
        );
    }

    #[test]
    fn only_families_that_are_listened_on() {
        assert_eq!(shown(&["0.0.0.0:1"], &["fd00::1"]), ["http://127.0.0.1:1"]);
        assert_eq!(shown(&["[::]:1"], &["10.0.0.1", "fd00::1"]), ["http://[::1]:1", "http://[fd00::1]:1"]);
    }

    #[test]
    fn a_chosen_address_is_shown_alone() {
        assert_eq!(shown(&["192.168.1.20:1"], &["10.0.0.1"]), ["http://192.168.1.20:1"]);
        assert_eq!(shown(&[], &["10.0.0.1"]), [""; 0]);
    }
}
