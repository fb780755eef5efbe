//! Messages of multicast DNS, as far as one name with addresses needs them (RFC 1035, section 4;
//! RFC 6762, section 18). What comes in is never trusted: every length is checked.

use std::net::Ipv4Addr;

const A: u16 = 1;
const AAAA: u16 = 28;
const NSEC: u16 = 47;
const ANY: u16 = 255;
const INTERNET: u16 = 1;
/// In a question: answer me alone. In a record: this replaces what you knew.
const TOP: u16 = 0x8000;
/// A response, and authoritative.
const RESPONSE: u16 = 0x8400;
/// Seconds that an address may be kept (RFC 6762, section 10).
const TTL: u32 = 120;
/// Seconds for those who ask as plain DNS does (RFC 6762, section 6.7).
const LEGACY_TTL: u32 = 10;
/// Bytes of a name, and jumps within it.
const LONGEST: usize = 255;
const JUMPS: usize = 16;

/// What a message says about one name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Message {
    /// An answer, not a question.
    pub(super) response: bool,
    pub(super) id: u16,
    /// Asked for its addresses; the type and class of the first such question.
    pub(super) asked: Option<(u16, u16)>,
    /// Addresses that somebody says it has.
    pub(super) claimed: Vec<Ipv4Addr>,
    /// It has something there that is no IPv4 address.
    pub(super) other: bool,
    /// Addresses that it is said to have no more.
    pub(super) gone: Vec<Ipv4Addr>,
}

/// Reads what `packet` says about `name`; `None` where it is no message or says nothing of it.
pub(super) fn read(packet: &[u8], name: &str) -> Option<Message> {
    let flags = word(packet, 2)?;
    let counts = [4, 6, 8, 10].map(|at| word(packet, at));
    // Only standard queries and answers to them (RFC 6762, sections 18.3 and 18.11).
    if flags & 0x7800 != 0 || flags & 0x000f != 0 {
        return None;
    }
    let mut message = Message { response: flags & TOP != 0, id: word(packet, 0)?, ..Message::default() };
    let mut at = 12;
    let mut about = false;
    for _ in 0..counts[0]? {
        let (asked, next) = read_name(packet, at)?;
        let (kind, class) = (word(packet, next)?, word(packet, next + 2)?);
        at = next + 4;
        let ours = asked == name && class & !TOP == INTERNET && matches!(kind, A | AAAA | ANY);
        if ours && message.asked.is_none() {
            message.asked = Some((kind, class & !TOP));
            about = true;
        }
    }
    for _ in 0..counts[1]?.checked_add(counts[2]?)?.checked_add(counts[3]?)? {
        let (owner, next) = read_name(packet, at)?;
        let (kind, ttl) = (word(packet, next)?, long(packet, next + 4)?);
        let length = usize::from(word(packet, next + 8)?);
        let data = packet.get(next + 10..next + 10 + length)?;
        at = next + 10 + length;
        if owner != name {
            continue;
        }
        match (kind, <[u8; 4]>::try_from(data)) {
            (A, Ok(address)) if ttl == 0 => message.gone.push(address.into()),
            (A, Ok(address)) => message.claimed.push(address.into()),
            (AAAA, _) if ttl > 0 => message.other = true,
            _ => continue,
        }
        about = true;
    }
    about.then_some(message)
}

fn word(packet: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(packet.get(at..at + 2)?.try_into().ok()?))
}

fn long(packet: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(packet.get(at..at + 4)?.try_into().ok()?))
}

/// A name in lower case, and where the next field begins.
fn read_name(packet: &[u8], at: usize) -> Option<(String, usize)> {
    let (mut at, mut after, mut jumps) = (at, None, 0);
    let mut name = String::new();
    loop {
        let length = usize::from(*packet.get(at)?);
        match length {
            0 => return Some((name, after.unwrap_or(at + 1))),
            1..=63 => {
                let label = packet.get(at + 1..at + 1 + length)?;
                if name.len() + length > LONGEST {
                    return None;
                }
                if !name.is_empty() {
                    name.push('.');
                }
                // What is not ASCII is no name of ours, whatever it becomes.
                name.extend(label.iter().map(|byte| char::from(byte.to_ascii_lowercase())));
                at += 1 + length;
            }
            0xc0.. => {
                jumps += 1;
                after = after.or(Some(at + 2));
                let to = usize::from(word(packet, at)? & 0x3fff);
                if jumps > JUMPS || to >= at {
                    return None;
                }
                at = to;
            }
            _ => return None,
        }
    }
}

fn write_name(out: &mut Vec<u8>, name: &str) {
    for label in name.split('.') {
        let label = &label.as_bytes()[..label.len().min(63)];
        out.push(label.len() as u8);
        out.extend_from_slice(label);
    }
    out.push(0);
}

fn header(id: u16, flags: u16, counts: [usize; 4]) -> Vec<u8> {
    let counts = counts.map(|count| u16::try_from(count).unwrap_or(u16::MAX));
    [[id, flags].as_slice(), &counts].concat().iter().flat_map(|word| word.to_be_bytes()).collect()
}

fn record(out: &mut Vec<u8>, name: &str, kind: u16, class: u16, ttl: u32, data: &[u8]) {
    write_name(out, name);
    for word in [kind, class] {
        out.extend_from_slice(&word.to_be_bytes());
    }
    out.extend_from_slice(&ttl.to_be_bytes());
    out.extend_from_slice(&u16::try_from(data.len()).unwrap_or(u16::MAX).to_be_bytes());
    out.extend_from_slice(data);
}

fn question(out: &mut Vec<u8>, name: &str, kind: u16, class: u16) {
    write_name(out, name);
    for word in [kind, class] {
        out.extend_from_slice(&word.to_be_bytes());
    }
}

/// Does anybody have this name? We would give it this address (RFC 6762, section 8.1).
pub(super) fn probe(name: &str, address: Ipv4Addr) -> Vec<u8> {
    let mut out = header(0, 0, [1, 0, 1, 0]);
    question(&mut out, name, ANY, INTERNET | TOP);
    record(&mut out, name, A, INTERNET, TTL, &address.octets());
    out
}

/// The name has this address and no other kind of record (RFC 6762, section 6.1).
pub(super) fn answer(name: &str, address: Ipv4Addr) -> Vec<u8> {
    let mut out = header(0, RESPONSE, [0, 1, 0, 1]);
    record(&mut out, name, A, INTERNET | TOP, TTL, &address.octets());
    let mut only = Vec::new();
    write_name(&mut only, name);
    // Window 0, one byte: type 1 and no other.
    only.extend_from_slice(&[0, 1, 0x40]);
    record(&mut out, name, NSEC, INTERNET | TOP, TTL, &only);
    out
}

/// The name has this address no more (RFC 6762, section 10.1).
pub(super) fn goodbye(name: &str, address: Ipv4Addr) -> Vec<u8> {
    let mut out = header(0, RESPONSE, [0, 1, 0, 0]);
    record(&mut out, name, A, INTERNET | TOP, 0, &address.octets());
    out
}

/// The answer to one who asks as plain DNS does (RFC 6762, section 6.7).
pub(super) fn plain_answer(name: &str, address: Ipv4Addr, id: u16, (kind, class): (u16, u16)) -> Vec<u8> {
    let address = (kind != AAAA).then_some(address);
    let mut out = header(id, RESPONSE, [1, usize::from(address.is_some()), 0, 0]);
    question(&mut out, name, kind, class);
    if let Some(address) = address {
        record(&mut out, name, A, INTERNET, LEGACY_TTL, &address.octets());
    }
    out
}

/// A question as a phone asks it.
#[cfg(test)]
pub(super) fn ask(name: &str) -> Vec<u8> {
    let mut out = header(7, 0, [1, 0, 0, 0]);
    question(&mut out, name, A, INTERNET);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "stan.local";
    const HERE: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 20);

    #[test]
    fn what_is_written_is_read() {
        let heard = read(&probe(NAME, HERE), NAME).unwrap();
        assert_eq!((heard.response, heard.asked, heard.claimed), (false, Some((ANY, INTERNET)), vec![HERE]));
        let heard = read(&answer(NAME, HERE), NAME).unwrap();
        assert_eq!((heard.response, heard.asked, heard.claimed, heard.other), (true, None, vec![HERE], false));
        let heard = read(&goodbye(NAME, HERE), NAME).unwrap();
        assert_eq!((heard.claimed, heard.gone), (vec![], vec![HERE]));
        let heard = read(&plain_answer(NAME, HERE, 9, (A, INTERNET)), NAME).unwrap();
        assert_eq!((heard.id, heard.asked, heard.claimed), (9, Some((A, INTERNET)), vec![HERE]));
    }

    #[test]
    fn an_answer_is_byte_for_byte_the_standards() {
        let name = b"\x04stan\x05local\x00";
        let head = [0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 1];
        let a = [0, 1, 0x80, 1, 0, 0, 0, 120, 0, 4, 192, 168, 1, 20];
        let nsec = [0, 47, 0x80, 1, 0, 0, 0, 120, 0, 15];
        let expected = [&head[..], name, &a, name, &nsec, name, &[0, 1, 0x40]].concat();
        assert_eq!(answer(NAME, HERE), expected);
    }

    #[test]
    fn names_are_compared_without_case_and_through_pointers() {
        let mut packet = ask("STAN.Local");
        assert_eq!(read(&packet, NAME).unwrap().asked, Some((A, INTERNET)));
        // A second question that points at the first name.
        packet[5] = 2;
        packet.extend_from_slice(&[0xc0, 12, 0, 28, 0, 1]);
        assert!(read(&packet, NAME).is_some());
        assert_eq!(read(&ask("other.local"), NAME), None);
    }

    #[test]
    fn no_bytes_do_harm() {
        for whole in [probe(NAME, HERE), answer(NAME, HERE), plain_answer(NAME, HERE, 1, (A, 1)), ask(NAME)] {
            for end in 0..whole.len() {
                let _ = read(&whole[..end], NAME);
            }
            for at in 0..whole.len() {
                for byte in [0, 1, 0x3f, 0x40, 0xc0, 0xff] {
                    let mut bent = whole.clone();
                    bent[at] = byte;
                    let _ = read(&bent, NAME);
                }
            }
        }
        // Names that point at themselves, or on and on.
        let round = [&[0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0][..], &[0xc0, 12, 0, 1, 0, 1]].concat();
        assert_eq!(read(&round, NAME), None);
        let endless = [&[0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0][..], &[1, b'a', 0xc0, 12, 0, 1, 0, 1]].concat();
        assert_eq!(read(&endless, NAME), None);
    }
}
