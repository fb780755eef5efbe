//! `rate`: how often one client may ask.
//!
//! The generic cell rate algorithm (ITU-T I.371, annex A): of each client one time is kept, at which
//! all that it asked so far is paid off. Pure: what time it is, is said.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::config::Rate;

/// Clients that are told apart; beyond, those that are new share one count.
const CLIENTS: usize = 16 << 10;
/// How often, at most, the table is looked through for clients that have paid off all.
const PAUSE: Duration = Duration::from_secs(1);

/// How often each client has asked lately.
#[derive(Debug)]
pub(crate) struct Limiter {
    interval: Duration,
    /// How far ahead of its payments a client may be: all but one of a burst.
    ahead: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    clients: HashMap<IpAddr, Instant>,
    /// Of all clients for which there was no room.
    others: Option<Instant>,
    looked: Option<Instant>,
}

impl Limiter {
    pub(crate) fn new(rate: Rate) -> Self {
        let interval = rate.interval();
        let ahead = interval.saturating_mul(rate.count.saturating_sub(1));
        Self { interval, ahead, state: Mutex::default() }
    }

    /// Counts a request of `ip`, or says after what time one is taken again.
    pub(crate) fn take(&self, ip: IpAddr, now: Instant) -> Result<(), Duration> {
        let client = client(ip);
        let mut state = self.state.lock();
        let State { clients, others, looked } = &mut *state;
        let known = clients.contains_key(&client);
        if !known && clients.len() >= CLIENTS && looked.is_none_or(|last| now.duration_since(last) >= PAUSE) {
            *looked = Some(now);
            clients.retain(|_, paid| *paid > now);
        }
        let paid = if known || clients.len() < CLIENTS {
            clients.entry(client).or_insert(now)
        } else {
            others.get_or_insert(now)
        };
        let from = now.max(*paid);
        let early = from.duration_since(now).saturating_sub(self.ahead);
        if !early.is_zero() {
            return Err(early);
        }
        *paid = from.checked_add(self.interval).unwrap_or(from);
        Ok(())
    }
}

/// Who counts as one client: an IPv6 device has all addresses of a /64 (RFC 4291, section 2.5.1).
fn client(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Per;

    const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));

    fn limiter(count: u32, per: Per) -> Limiter {
        Limiter::new(Rate { count, per })
    }

    fn taken(limiter: &Limiter, ip: IpAddr, now: Instant, tries: usize) -> usize {
        (0..tries).filter(|_| limiter.take(ip, now).is_ok()).count()
    }

    #[test]
    fn as_many_at_once_as_in_a_period_then_one_by_one() {
        let (limiter, start) = (limiter(5, Per::Second), Instant::now());
        assert_eq!(taken(&limiter, ONE, start, 20), 5);
        assert_eq!(limiter.take(ONE, start), Err(Duration::from_millis(200)));
        let later = start + Duration::from_millis(200);
        assert_eq!(taken(&limiter, ONE, later, 20), 1);
        assert_eq!(taken(&limiter, ONE, later + Duration::from_millis(500), 20), 2);
        assert_eq!(taken(&limiter, ONE, later + Duration::from_secs(60), 20), 5, "a pause earns one burst and no more");
    }

    #[test]
    fn over_a_long_time_it_is_the_rate() {
        let (limiter, start) = (limiter(60, Per::Minute), Instant::now());
        let tries = (0..6000).map(|n| start + Duration::from_millis(n * 100));
        let taken = tries.filter(|now| limiter.take(ONE, *now).is_ok()).count();
        assert!((655..=661).contains(&taken), "{taken}");
    }

    #[test]
    fn clients_are_told_apart_by_address_or_by_prefix() {
        let (limiter, now) = (limiter(1, Per::Hour), Instant::now());
        for (ip, ok) in [
            ("10.0.0.1", true),
            ("10.0.0.2", true),
            ("10.0.0.1", false),
            ("::ffff:10.0.0.2", false),
            ("2001:db8::1", true),
            ("2001:db8::ffff:ffff:ffff:ffff", false),
            ("2001:db8:0:1::1", true),
        ] {
            assert_eq!(limiter.take(ip.parse().unwrap(), now).is_ok(), ok, "{ip}");
        }
    }

    #[test]
    fn the_table_is_bounded_and_those_in_it_keep_their_place() {
        let (limiter, now) = (limiter(2, Per::Second), Instant::now());
        let address = |n: u32| IpAddr::V4(std::net::Ipv4Addr::from(n));
        for n in 0..CLIENTS as u32 {
            assert!(limiter.take(address(n), now).is_ok());
        }
        let new = (0..10).filter(|n| limiter.take(address(0x0a00_0000 + n), now).is_ok()).count();
        assert_eq!(new, 2, "those who are new share one count");
        assert!(limiter.take(address(5), now).is_ok(), "who was there before has its own");
        assert_eq!(limiter.state.lock().clients.len(), CLIENTS);
        let later = now + Duration::from_secs(5);
        assert!((0..10).all(|n| limiter.take(address(0x0a00_0000 + n), later).is_ok()));
        assert_eq!(limiter.state.lock().clients.len(), 10);
    }
}
