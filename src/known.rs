//! What a front end has been told, reduced to what is true now.
//!
//! Here belongs what the server said, and nothing of what somebody looks at: no scroll position,
//! no colour. Events come in, facts are read; nothing here knows a terminal.

mod log;
mod rate;
mod scan;
mod uploads;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use crate::event::{Batch, Event, RouteRow, Settings, Watching};
use crate::exchange::Exchange;

pub use log::{Log, Row, Sieve};
pub use rate::Rate;
pub use scan::{Link, Scan, Step};
pub use uploads::{Totals, Transfer, Uploads, clock};

/// What the server is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum State {
    /// Nothing has been heard yet.
    #[default]
    Starting,
    /// Accepting connections.
    Listening,
    /// Not listening, by request.
    Paused,
    /// Leaving; so many requests are in flight.
    Stopping(usize),
}

/// Requests told of, and what was lost on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Requests answered, those that are not shown too.
    pub requests: u64,
    /// Requests that came faster than they could be shown.
    pub lost: u64,
    /// Other events that found no room.
    pub lost_events: u64,
}

/// What a front end has been told.
#[derive(Debug, Default)]
pub struct Known {
    /// Addresses that accept connections, loopback first.
    pub urls: Arc<[String]>,
    /// What the server is doing.
    pub state: State,
    /// The route table in the order in which it is tried.
    pub routes: Arc<[RouteRow]>,
    /// Uploads under way and ended.
    pub uploads: Uploads,
    /// Pages connected for live reload.
    pub pages: usize,
    /// How files are watched, once that is known.
    pub watching: Option<Watching>,
    /// The settings in force.
    pub settings: Arc<Settings>,
    /// Counts.
    pub counters: Counters,
    /// Requests a second, now and lately.
    pub rate: Rate,
    /// Requests, notes and changes, newest last.
    pub log: Log,
}

impl Known {
    /// Takes in all that happened since the last look.
    pub fn absorb(&mut self, batch: Batch, now: Instant, wall: SystemTime) {
        self.uploads.advance(now);
        for exchange in batch.exchanges {
            self.push(exchange, now);
        }
        for event in batch.events {
            self.apply(event, wall);
        }
        self.lose(batch.lost_exchanges, batch.lost_events, now);
    }

    /// Takes in one request and its answer.
    pub fn push(&mut self, exchange: Exchange, now: Instant) {
        self.counters.requests += 1;
        self.rate.add(1, now);
        self.log.push(Row::Exchange(exchange));
    }

    /// Takes in that so many exchanges and events were lost.
    pub fn lose(&mut self, exchanges: u64, events: u64, now: Instant) {
        self.counters.requests += exchanges;
        self.counters.lost += exchanges;
        self.counters.lost_events += events;
        self.rate.add(u32::try_from(exchanges).unwrap_or(u32::MAX), now);
    }

    /// Takes in anything else that happened.
    pub fn apply(&mut self, event: Event, wall: SystemTime) {
        match event {
            Event::Listening(urls) => {
                self.urls = urls;
                self.state = State::Listening;
            }
            Event::Addresses(urls) => self.urls = urls,
            Event::Paused => self.state = State::Paused,
            Event::Stopping(left) => self.state = State::Stopping(left),
            Event::Routes(routes) => self.routes = routes,
            Event::Pages(pages) => self.pages = pages,
            Event::Watcher(watching) => self.watching = Some(watching),
            Event::Settings(settings) => self.settings = settings,
            Event::Upload(upload) => self.uploads.apply(upload),
            Event::Renamed { id, path } => self.uploads.rename(id, path),
            Event::Changed(path) => {
                self.log.push(Row::Changed { at: wall, path: path.to_string_lossy().into() });
            }
            Event::Note(note) => self.log.note(note, wall),
        }
    }

    /// The address to show: the first that other devices can reach, else the first.
    pub fn best_url(&self) -> Option<&str> {
        self.reachable_url().or_else(|| self.urls.first().map(String::as_str))
    }

    /// The first address that other devices can reach.
    pub fn reachable_url(&self) -> Option<&str> {
        self.urls.iter().map(String::as_str).find(|url| !is_loopback(url))
    }

    /// What a phone is to open, the best first: the upload page with the key that opens it, or the
    /// home page where nothing is received. If there is nothing to open, what to do about it.
    pub fn links(&self) -> Result<Vec<Link>, &'static str> {
        if self.state == State::Paused || self.urls.is_empty() {
            return Err("not listening: start first");
        }
        let reachable = self.urls.iter().filter(|url| !is_loopback(url));
        let links: Vec<Link> = reachable.map(|url| Link::new(url, &self.settings)).collect();
        if links.is_empty() { Err("only this device can reach it: bind lan first") } else { Ok(links) }
    }

    /// The port that it listens on; 0 while it does not.
    pub fn port(&self) -> u16 {
        self.urls.first().and_then(|url| url.rsplit(':').next()?.parse().ok()).unwrap_or(0)
    }

    /// Whether requests from `address` are this machine's own.
    pub fn is_here(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let own = |url: &String| {
            let host = url.rsplit_once(':').map_or(url.as_str(), |(rest, _)| rest);
            let host = host.rsplit_once('/').map_or(host, |(_, host)| host);
            host.trim_matches(['[', ']']).parse() == Ok(address)
        };
        address.is_loopback() || self.urls.iter().any(own)
    }
}

/// Whether a URL leads to this very machine only.
fn is_loopback(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[::1]")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Note;

    fn known(events: impl IntoIterator<Item = Event>) -> Known {
        let mut known = Known::default();
        events.into_iter().for_each(|event| known.apply(event, SystemTime::UNIX_EPOCH));
        known
    }

    fn listening(urls: &[&str]) -> Event {
        Event::Listening(urls.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_address_that_others_can_reach_is_the_best() {
        let both = known([listening(&["http://127.0.0.1:8000", "http://192.168.1.20:8000"])]);
        assert_eq!(both.best_url(), Some("http://192.168.1.20:8000"));
        let local = known([listening(&["http://127.0.0.1:8000", "http://[::1]:8000"])]);
        assert_eq!(local.best_url(), Some("http://127.0.0.1:8000"));
        assert_eq!(local.reachable_url(), None);
    }

    #[test]
    fn a_phone_is_sent_to_the_upload_page() {
        let settings = Settings { uploads: true, upload_path: "/upload".to_owned(), ..Settings::default() };
        let mut known = known([listening(&["http://127.0.0.1:1", "http://192.168.1.20:1"])]);
        let first = |known: &Known| known.links().map(|links| links[0].url.clone());
        assert_eq!(first(&known).as_deref(), Ok("http://192.168.1.20:1/"));
        known.apply(Event::Settings(settings.clone().into()), SystemTime::UNIX_EPOCH);
        assert_eq!(first(&known).as_deref(), Ok("http://192.168.1.20:1/upload"));
        let settings = Settings { token: "ABC234".to_owned(), pin: "123456".to_owned(), ..settings };
        known.apply(Event::Settings(settings.into()), SystemTime::UNIX_EPOCH);
        let link = known.links().unwrap().remove(0);
        assert_eq!((&*link.url, &*link.typed), ("http://192.168.1.20:1/upload?k=ABC234", "192.168.1.20:1/upload"));
        known.apply(Event::Paused, SystemTime::UNIX_EPOCH);
        assert_eq!(first(&known), Err("not listening: start first"));
        known.apply(listening(&["http://127.0.0.1:1"]), SystemTime::UNIX_EPOCH);
        assert_eq!(first(&known), Err("only this device can reach it: bind lan first"));
    }

    #[test]
    fn this_machines_own_requests_are_told_from_others() {
        let known = known([listening(&["http://127.0.0.1:1", "http://192.168.1.20:1", "http://[fd00::1]:1"])]);
        for own in ["127.0.0.1", "::1", "192.168.1.20", "fd00::1", "::ffff:192.168.1.20"] {
            assert!(known.is_here(own.parse().unwrap()), "{own}");
        }
        for other in ["192.168.1.2", "fd00::2"] {
            assert!(!known.is_here(other.parse().unwrap()), "{other}");
        }
    }

    #[test]
    fn other_addresses_of_the_same_sockets_change_no_state() {
        let mut known = known([listening(&["http://127.0.0.1:1"]), Event::Paused]);
        known.apply(Event::Addresses(["http://127.0.0.1:1".to_owned()].into()), SystemTime::UNIX_EPOCH);
        assert_eq!(known.state, State::Paused);
    }

    #[test]
    fn the_newest_state_is_the_state() {
        let mut known = known([listening(&["http://127.0.0.1:1"]), Event::Paused]);
        assert_eq!(known.state, State::Paused);
        known.apply(listening(&["http://127.0.0.1:2"]), SystemTime::UNIX_EPOCH);
        assert_eq!((known.state, known.best_url()), (State::Listening, Some("http://127.0.0.1:2")));
        known.apply(Event::Stopping(3), SystemTime::UNIX_EPOCH);
        assert_eq!(known.state, State::Stopping(3));
    }

    #[test]
    fn what_was_lost_counts_as_requests_that_were_not_shown() {
        let mut known = known([]);
        known.absorb(Batch { lost_exchanges: 7, ..Batch::default() }, Instant::now(), SystemTime::UNIX_EPOCH);
        assert_eq!((known.counters.requests, known.counters.lost, known.log.shown()), (7, 7, 0));
    }

    #[test]
    fn the_lines_of_an_error_follow_it_in_the_log() {
        let known = known([Event::Note(Note::error("hello.html:3 no such filter").with_detail("2 | a\n3 | b"))]);
        assert_eq!(known.log.shown(), 3);
        assert!(matches!(known.log.at(2), Some((_, Row::Detail { of: 0, text })) if &**text == "3 | b"));
    }

    #[test]
    fn of_a_long_traceback_the_end_is_shown() {
        let frames: Vec<String> = (0..40).map(|n| format!("frame {n}")).collect();
        let note = Note::error("blog:app: blog.py:3: KeyError").with_detail(frames.join("\n"));
        let known = known([Event::Note(note)]);
        let last = known.log.at(known.log.shown() - 1);
        assert!(matches!(last, Some((_, Row::Detail { text, .. })) if &**text == "frame 39"));
        assert!(known.log.shown() < 20);
    }
}
