//! Which upstream gets a request, and which are asked after it where that one cannot be reached.

use std::net::IpAddr;
use std::time::Duration;

use xxhash_rust::xxh3::xxh3_64;

use crate::config::Balance;

/// What an upstream is doing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    /// Requests under way.
    pub(super) busy: usize,
    /// How long it is still to be left alone.
    pub(super) rests: Duration,
}

/// The upstreams in the order in which they are tried: those that are left alone come last. `turn`
/// counts requests.
pub(super) fn order(balance: Balance, loads: &[Load], client: IpAddr, turn: usize) -> Vec<usize> {
    let count = loads.len().max(1);
    let mut places: Vec<usize> = (0..loads.len()).map(|place| (place + turn) % count).collect();
    let rests = |place: &usize| loads.get(*place).map_or(Duration::ZERO, |load| load.rests);
    match balance {
        Balance::RoundRobin => places.sort_by_key(rests),
        Balance::LeastConnections => {
            places.sort_by_key(|place| (rests(place), loads.get(*place).map_or(0, |load| load.busy)));
        }
        // Each client has its own order, so that who goes takes only his own clients away (rendezvous hashing).
        Balance::Client => places.sort_by_cached_key(|place| (rests(place), score(client, *place))),
    }
    places
}

fn score(client: IpAddr, place: usize) -> u64 {
    xxh3_64(format!("{client} {place}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loads(busy: &[usize]) -> Vec<Load> {
        busy.iter().map(|busy| Load { busy: *busy, rests: Duration::ZERO }).collect()
    }

    const CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn one_after_the_other() {
        let of = |turn| order(Balance::RoundRobin, &loads(&[0, 5, 0]), CLIENT, turn);
        assert_eq!((of(0), of(1), of(5)), (vec![0, 1, 2], vec![1, 2, 0], vec![2, 0, 1]));
    }

    #[test]
    fn the_least_busy() {
        let of = |busy: &[usize], turn| order(Balance::LeastConnections, &loads(busy), CLIENT, turn)[0];
        assert_eq!(of(&[3, 1, 2], 0), 1);
        assert_eq!((of(&[1, 1], 0), of(&[1, 1], 1)), (0, 1), "in turn where they are equal");
    }

    #[test]
    fn a_client_stays_where_it_is() {
        let first = |client: u8, count| {
            order(Balance::Client, &loads(&vec![0; count]), [10, 0, 0, client].into(), usize::from(client))[0]
        };
        let all: Vec<usize> = (0..100).map(|client| first(client, 3)).collect();
        assert!((0..3).all(|place| all.iter().filter(|at| **at == place).count() > 15), "{all:?}");
        let moved = (0..100).filter(|client| first(*client, 4) != first(*client, 3));
        assert!(moved.clone().all(|client| first(client, 4) == 3), "only to the new one");
        assert!(moved.count() < 50);
    }

    #[test]
    fn who_is_left_alone_comes_last() {
        let mut all = loads(&[0, 0, 0]);
        (all[0].rests, all[1].rests) = (Duration::from_secs(9), Duration::from_secs(1));
        for balance in [Balance::RoundRobin, Balance::LeastConnections, Balance::Client] {
            assert_eq!(order(balance, &all, CLIENT, 0), [2, 1, 0], "{balance:?}");
        }
        assert!(order(Balance::RoundRobin, &[], CLIENT, 3).is_empty());
    }
}
