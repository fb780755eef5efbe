//! How a name becomes ours and stays so: probe, announce, defend, give way (RFC 6762, sections 8
//! and 9). Pure: messages and times in, what to send out.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use super::wire::Message;
use super::{NAMES, name};

/// Questions before a name counts as free, and the time between them.
const PROBES: u8 = 3;
const PROBE_EVERY: Duration = Duration::from_millis(250);
/// Announcements, and the time between them; also the least between two answers to all.
const ANNOUNCEMENTS: u8 = 2;
const SECOND: Duration = Duration::from_secs(1);

/// What to send to everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Send {
    Probe,
    Answer,
}

/// Where the claim stands; the number is how often it has been said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Probing(u8),
    Announcing(u8),
    Held,
    /// Every name is somebody else's.
    Lost,
}

/// A claim to a name.
#[derive(Debug)]
pub(super) struct Claim {
    /// Which of the names, from 1.
    number: usize,
    phase: Phase,
    due: Instant,
    /// The last answer to all.
    answered: Option<Instant>,
    ours: Vec<Ipv4Addr>,
    /// The addresses before: others may still repeat them.
    before: Vec<Ipv4Addr>,
}

impl Claim {
    /// Begins after `wait`, which is to be different on every machine.
    pub(super) fn new(ours: Vec<Ipv4Addr>, now: Instant, wait: Duration) -> Self {
        Self {
            number: 1,
            phase: Phase::Probing(0),
            due: now + wait.min(PROBE_EVERY),
            answered: None,
            ours,
            before: Vec::new(),
        }
    }

    /// The name claimed.
    pub(super) fn name(&self) -> String {
        name(self.number)
    }

    /// Whether it is ours.
    pub(super) fn held(&self) -> bool {
        matches!(self.phase, Phase::Held | Phase::Announcing(_))
    }

    /// Whether there is no name left to claim.
    pub(super) fn lost(&self) -> bool {
        self.phase == Phase::Lost
    }

    /// When there is something to send; never, once it is held.
    pub(super) fn due(&self) -> Option<Instant> {
        matches!(self.phase, Phase::Probing(_) | Phase::Announcing(_)).then_some(self.due)
    }

    /// It is due.
    pub(super) fn tick(&mut self, now: Instant) -> Option<Send> {
        if self.due().is_none_or(|due| due > now) {
            return None;
        }
        match self.phase {
            Phase::Probing(sent) if sent < PROBES => {
                (self.phase, self.due) = (Phase::Probing(sent + 1), now + PROBE_EVERY);
                Some(Send::Probe)
            }
            Phase::Probing(_) => Some(self.announce(0, now)),
            Phase::Announcing(sent) => Some(self.announce(sent, now)),
            Phase::Held | Phase::Lost => None,
        }
    }

    fn announce(&mut self, sent: u8, now: Instant) -> Send {
        let sent = sent + 1;
        self.phase = if sent < ANNOUNCEMENTS { Phase::Announcing(sent) } else { Phase::Held };
        (self.due, self.answered) = (now + SECOND, Some(now));
        Send::Answer
    }

    /// Somebody said something about the name.
    pub(super) fn hear(&mut self, message: &Message, now: Instant) -> Option<Send> {
        let known = |address: &Ipv4Addr| self.ours.contains(address) || self.before.contains(address);
        let foreign = message.other || !message.claimed.iter().all(known);
        match (message.response, self.phase) {
            (_, Phase::Lost) => None,
            (true, _) if foreign => {
                self.give_way(now);
                None
            }
            // Another stan on this machine says goodbye to what is still there.
            (true, Phase::Held) if message.gone.iter().any(|address| self.ours.contains(address)) => {
                (self.phase, self.due) = (Phase::Announcing(0), now + SECOND);
                None
            }
            (true, _) => None,
            // Two ask for it at once: the greater one goes on, the other waits for the outcome
            // (RFC 6762, section 8.2).
            (false, Phase::Probing(_)) => {
                if foreign && self.smaller(&message.claimed) {
                    (self.phase, self.due) = (Phase::Probing(0), now + SECOND);
                }
                None
            }
            (false, _) => {
                // A probe is answered always, a question at most once a second: all hear the answer.
                let due = foreign || self.answered.is_none_or(|at| now.saturating_duration_since(at) >= SECOND);
                let answer = message.asked.is_some() && due;
                answer.then(|| {
                    self.answered = Some(now);
                    Send::Answer
                })
            }
        }
    }

    /// Whether the address that we would give the name comes before theirs.
    fn smaller(&self, theirs: &[Ipv4Addr]) -> bool {
        self.ours.iter().min() < theirs.iter().min()
    }

    /// The name is somebody else's: try the next one.
    fn give_way(&mut self, now: Instant) {
        self.number += 1;
        (self.phase, self.due) = (Phase::Probing(0), now + PROBE_EVERY);
        if self.number > NAMES {
            self.phase = Phase::Lost;
        }
    }

    /// The machine has other addresses now.
    pub(super) fn moved(&mut self, ours: Vec<Ipv4Addr>, now: Instant) {
        self.before = std::mem::replace(&mut self.ours, ours);
        if self.held() {
            (self.phase, self.due) = (Phase::Announcing(0), now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 20);
    const THEIRS: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 30);

    fn says(address: Ipv4Addr) -> Message {
        Message { response: true, claimed: vec![address], ..Message::default() }
    }

    fn probes(address: Ipv4Addr) -> Message {
        Message { asked: Some((255, 1)), claimed: vec![address], ..Message::default() }
    }

    fn asks() -> Message {
        Message { asked: Some((1, 1)), ..Message::default() }
    }

    /// Lets time pass until nothing is due; what was sent, and when it was the last time.
    fn settle(claim: &mut Claim, from: Instant) -> (Vec<Send>, Instant) {
        let (mut sent, mut now) = (Vec::new(), from);
        while let Some(due) = claim.due() {
            now = now.max(due);
            sent.extend(claim.tick(now));
        }
        (sent, now)
    }

    fn held() -> (Claim, Instant) {
        let now = Instant::now();
        let mut claim = Claim::new(vec![OURS], now, Duration::ZERO);
        let (_, now) = settle(&mut claim, now);
        (claim, now)
    }

    #[test]
    fn three_questions_two_announcements_then_silence() {
        let now = Instant::now();
        let mut claim = Claim::new(vec![OURS], now, Duration::from_secs(9));
        assert_eq!(claim.due(), Some(now + PROBE_EVERY));
        let (sent, end) = settle(&mut claim, now);
        assert_eq!(sent, [Send::Probe, Send::Probe, Send::Probe, Send::Answer, Send::Answer]);
        assert!(end - now <= Duration::from_millis(2001), "{:?}", end - now);
        assert!(claim.held() && claim.due().is_none());
    }

    #[test]
    fn a_name_that_is_taken_leads_to_the_next() {
        let now = Instant::now();
        let mut claim = Claim::new(vec![OURS], now, Duration::ZERO);
        claim.tick(now);
        claim.hear(&says(THEIRS), now);
        settle(&mut claim, now);
        assert_eq!((claim.name(), claim.held()), ("stan-2.local".to_owned(), true));
        for _ in 0..NAMES {
            claim.hear(&says(THEIRS), now);
        }
        assert!(claim.lost() && claim.due().is_none() && !claim.held());
        assert_eq!(claim.hear(&asks(), now), None);
    }

    #[test]
    fn the_same_addresses_are_no_conflict() {
        let (mut claim, now) = held();
        assert_eq!(claim.hear(&says(OURS), now), None);
        claim.moved(vec![THEIRS], now);
        claim.hear(&says(OURS), now);
        assert_eq!((claim.name(), claim.held()), ("stan.local".to_owned(), true));
    }

    #[test]
    fn of_two_who_ask_at_once_the_greater_goes_on() {
        let now = Instant::now();
        let mut smaller = Claim::new(vec![OURS], now, Duration::ZERO);
        let mut greater = Claim::new(vec![THEIRS], now, Duration::ZERO);
        smaller.tick(now);
        greater.tick(now);
        smaller.hear(&probes(THEIRS), now);
        greater.hear(&probes(OURS), now);
        assert_eq!(smaller.due(), Some(now + SECOND));
        assert_eq!(greater.due(), Some(now + PROBE_EVERY));
    }

    #[test]
    fn questions_are_answered_once_a_second_and_probes_always() {
        let (mut claim, now) = held();
        let later = now + SECOND;
        assert_eq!(claim.hear(&asks(), later), Some(Send::Answer));
        assert_eq!(claim.hear(&asks(), later + SECOND / 2), None);
        assert_eq!(claim.hear(&probes(THEIRS), later + SECOND / 2), Some(Send::Answer));
        assert_eq!(claim.hear(&asks(), later + 2 * SECOND), Some(Send::Answer));
    }

    #[test]
    fn a_move_and_a_foreign_goodbye_are_announced_again() {
        let (mut claim, now) = held();
        claim.moved(vec![THEIRS], now);
        assert_eq!(settle(&mut claim, now).0, [Send::Answer, Send::Answer]);
        let gone = Message { response: true, gone: vec![THEIRS], ..Message::default() };
        claim.hear(&gone, now);
        assert_eq!(settle(&mut claim, now).0, [Send::Answer, Send::Answer]);
    }
}
