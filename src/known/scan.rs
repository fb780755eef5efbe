//! A QR code that is shown to somebody with a phone, and what has come of it. Time is an argument.

use std::time::{Duration, Instant};

use super::Known;
use crate::event::Settings;
use crate::exchange::Exchange;
use crate::text::device;

/// When somebody who waits for a phone is told why it may not come.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a phone is to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// With the key: for the code, and for those who copy it.
    pub url: String,
    /// Without: for those who type it, and the PIN then.
    pub typed: String,
}

impl Link {
    /// The link below `url`, scheme to port.
    pub(super) fn new(url: &str, settings: &Settings) -> Self {
        let page = if settings.uploads { settings.upload_path.as_str() } else { "/" };
        let typed = url.split_once("://").map_or(url, |(_, rest)| rest);
        let typed = format!("{typed}{}", if settings.uploads { page } else { "" });
        let url = settings.link(url).unwrap_or_else(|| format!("{url}{page}"));
        Self { url, typed }
    }
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// Nobody has come yet.
    Waiting,
    /// Nobody has come for so long that something is wrong.
    Stuck,
    /// Somebody is here: the device and its address, in a word or two each.
    Connected(&'a str, &'a str),
}

/// A code that is shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scan {
    /// The address that somebody stepped to; else the best.
    chosen: Option<String>,
    /// Shown since then.
    since: Option<Instant>,
    /// Who came.
    visitor: Option<(String, String)>,
}

impl Scan {
    /// Shows the code from now on; that of the address after the one before, if `next`.
    pub fn show(&mut self, known: &Known, next: bool, now: Instant) {
        if next {
            self.turn(known, 1, now);
            return;
        }
        self.chosen = None;
        (self.since, self.visitor) = (Some(now), None);
    }

    /// Waits for nobody any more.
    pub fn forget(&mut self) {
        (self.since, self.visitor) = (None, None);
    }

    /// Shows the code of the address that is so many further on, round and round.
    pub fn turn(&mut self, known: &Known, by: isize, now: Instant) {
        let links = known.links().unwrap_or_default();
        let count = isize::try_from(links.len()).unwrap_or(1).max(1);
        let at = isize::try_from(self.place(&links)).unwrap_or(0);
        let to = usize::try_from((at + by).rem_euclid(count)).unwrap_or(0);
        self.chosen = if to == 0 { None } else { links.into_iter().nth(to).map(|link| link.typed) };
        (self.since, self.visitor) = (Some(now), None);
    }

    /// The link that is shown, its place from 1 and how many there are. An address that is gone
    /// gives way to the best.
    pub fn link(&self, known: &Known) -> Result<(Link, usize, usize), &'static str> {
        let mut links = known.links()?;
        let (place, count) = (self.place(&links), links.len());
        Ok((links.swap_remove(place), place + 1, count))
    }

    fn place(&self, links: &[Link]) -> usize {
        let chosen = self.chosen.as_ref();
        chosen.and_then(|chosen| links.iter().position(|link| link.typed == *chosen)).unwrap_or(0)
    }

    /// Takes in a request; whether it is the first of another device.
    pub fn see(&mut self, exchange: &Exchange, known: &Known) -> bool {
        if self.since.is_none() || self.visitor.is_some() || known.is_here(exchange.remote) {
            return false;
        }
        let agent = exchange.more.as_ref().and_then(|more| more.user_agent.as_deref()).unwrap_or_default();
        self.visitor = Some((device(agent), exchange.remote.to_canonical().to_string()));
        true
    }

    /// How far it has come by now.
    pub fn at(&self, now: Instant) -> Step<'_> {
        match (&self.visitor, self.since) {
            (Some((device, address)), _) => Step::Connected(device, address),
            (None, Some(since)) if now.saturating_duration_since(since) >= PATIENCE => Step::Stuck,
            _ => Step::Waiting,
        }
    }

    /// When nobody will have come for too long, if that lies ahead.
    pub fn due(&self, now: Instant) -> Option<Instant> {
        let due = self.since.filter(|_| self.visitor.is_none())? + PATIENCE;
        (due > now).then_some(due)
    }

    /// Whether somebody is waited for.
    pub fn waits(&self) -> bool {
        self.since.is_some() && self.visitor.is_none()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::SystemTime;

    use super::*;
    use crate::event::Event;
    use crate::exchange::More;

    fn known(urls: &[&str]) -> Known {
        let mut known = Known::default();
        let urls: Arc<[String]> = urls.iter().map(ToString::to_string).collect();
        known.apply(Event::Listening(urls), SystemTime::UNIX_EPOCH);
        known
    }

    fn request(from: [u8; 4], agent: &str) -> Exchange {
        Exchange {
            at: SystemTime::UNIX_EPOCH,
            took: Duration::ZERO,
            remote: from.into(),
            method: http::Method::GET,
            target: "/".into(),
            version: http::Version::HTTP_11,
            status: 200,
            sent: 0,
            more: Some(Arc::new(More { user_agent: Some(agent.into()), ..More::default() })),
        }
    }

    const THREE: [&str; 4] = ["http://127.0.0.1:1", "http://10.0.0.1:1", "http://10.0.0.2:1", "http://10.0.0.3:1"];

    fn shown(scan: &Scan, known: &Known) -> (String, usize, usize) {
        let (link, place, of) = scan.link(known).unwrap();
        (link.typed, place, of)
    }

    #[test]
    fn steps_lead_through_all_and_round() {
        let (known, now) = (known(&THREE), Instant::now());
        let mut scan = Scan::default();
        scan.show(&known, false, now);
        let mut seen = Vec::new();
        for _ in 0..4 {
            seen.push(shown(&scan, &known).1);
            scan.show(&known, true, now);
        }
        assert_eq!(seen, [1, 2, 3, 1]);
        scan.turn(&known, -2, now);
        assert_eq!(shown(&scan, &known), ("10.0.0.3:1".to_owned(), 3, 3));
        scan.show(&known, false, now);
        assert_eq!(shown(&scan, &known).1, 1);
    }

    #[test]
    fn the_code_follows_the_network() {
        let before = known(&THREE);
        let mut scan = Scan::default();
        scan.show(&before, false, Instant::now());
        let after = known(&["http://127.0.0.1:1", "http://192.168.43.1:1", "http://10.0.0.2:1"]);
        assert_eq!(shown(&scan, &after).0, "192.168.43.1:1");
        scan.turn(&before, 1, Instant::now());
        assert_eq!(shown(&scan, &after), ("10.0.0.2:1".to_owned(), 2, 2));
        let later = known(&["http://127.0.0.1:1", "http://192.168.43.1:1"]);
        assert_eq!(shown(&scan, &later).0, "192.168.43.1:1");
        assert!(scan.link(&known(&["http://127.0.0.1:1"])).is_err());
    }

    #[test]
    fn the_first_other_device_ends_the_waiting() {
        let (known, now) = (known(&THREE), Instant::now());
        let mut scan = Scan::default();
        assert!(!scan.see(&request([10, 0, 0, 9], "x"), &known), "nothing is shown yet");
        scan.show(&known, false, now);
        for own in [[127, 0, 0, 1], [10, 0, 0, 2]] {
            assert!(!scan.see(&request(own, "Mozilla/5.0 (iPhone)"), &known));
        }
        assert_eq!(scan.at(now), Step::Waiting);
        assert!(scan.see(&request([10, 0, 0, 9], "Mozilla/5.0 (iPhone; CPU)"), &known));
        assert!(!scan.see(&request([10, 0, 0, 8], "Mozilla/5.0 (iPad; CPU)"), &known), "the first one is told");
        assert_eq!((scan.at(now), scan.due(now)), (Step::Connected("iPhone", "10.0.0.9"), None));
    }

    #[test]
    fn after_a_minute_without_anyone_it_is_stuck() {
        let (known, now) = (known(&THREE), Instant::now());
        let mut scan = Scan::default();
        scan.show(&known, false, now);
        let minute = scan.due(now).unwrap();
        assert_eq!(scan.at(now + Duration::from_millis(59_999)), Step::Waiting);
        assert_eq!((scan.at(minute), scan.due(minute)), (Step::Stuck, None));
        scan.show(&known, false, minute);
        assert_eq!(scan.at(minute), Step::Waiting);
        scan.forget();
        assert_eq!((scan.at(minute + PATIENCE), scan.due(minute)), (Step::Waiting, None));
    }
}
