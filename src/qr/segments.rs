//! How a text is cut into segments so that its code is as small as can be (ISO/IEC 18004, annex J).
//!
//! An address in lower case, a key in upper case and a port want a mode each; what is cheapest in
//! all is found by looking at every way, one character after the other.

use qrcode::bits::Bits;
use qrcode::optimize::Segment;
use qrcode::types::{EcLevel, Mode, Version};
use qrcode::{QrCode, QrResult};

/// Versions up to which the lengths of segments take the same number of bits.
const GROUPS: [(i16, i16); 3] = [(1, 9), (10, 26), (27, 40)];
/// The modes that are weighed, each with a sixth of a bit as the unit, for a character costs
/// a broken number of bits.
const MODES: [(Mode, usize); 3] = [(Mode::Numeric, 20), (Mode::Alphanumeric, 33), (Mode::Byte, 48)];

/// The smallest code for `data`.
pub(super) fn smallest(data: &[u8], level: EcLevel) -> QrResult<QrCode> {
    let mut last = qrcode::types::QrError::DataTooLong;
    for (from, to) in GROUPS {
        let segments = segments(data, Version::Normal(to));
        for version in (from..=to).map(Version::Normal) {
            match build(data, &segments, version, level) {
                Ok(code) => return Ok(code),
                Err(error) => last = error,
            }
        }
    }
    Err(last)
}

fn build(data: &[u8], segments: &[Segment], version: Version, level: EcLevel) -> QrResult<QrCode> {
    let mut bits = Bits::new(version);
    bits.push_segments(data, segments.iter().copied())?;
    bits.push_terminator(level)?;
    QrCode::with_bits(bits, level)
}

/// The cheapest segments for codes whose lengths are written as in `version`.
fn segments(data: &[u8], version: Version) -> Vec<Segment> {
    let head = |mode: Mode| 6 * (version.mode_bits_count() + mode.length_bits_count(version));
    // For each mode what the cheapest way to end in it costs, and for each character in each mode
    // the mode of the character before it.
    let mut costs = MODES.map(|(mode, _)| Some(head(mode)));
    let mut ways: Vec<[usize; MODES.len()]> = Vec::with_capacity(data.len());
    for (at, byte) in data.iter().enumerate() {
        let mut way = [0; MODES.len()];
        let mut next = [None; MODES.len()];
        for (to, (mode, cost)) in MODES.into_iter().enumerate().filter(|(_, (mode, _))| takes(*mode, *byte)) {
            let from = (0..MODES.len()).filter_map(|from| {
                // A new segment begins on a whole bit; the first one has been paid for.
                let change = if from == to { 0 } else { head(mode) };
                (at > 0 || from == to).then_some(())?;
                Some((if from == to { costs[from]? } else { costs[from]?.next_multiple_of(6) } + change, from))
            });
            if let Some((before, from)) = from.min() {
                (next[to], way[to]) = (Some(before + cost), from);
            }
        }
        costs = next;
        ways.push(way);
    }
    let cheapest = (0..MODES.len()).filter_map(|mode| Some((costs[mode]?, mode))).min();
    trace(&ways, cheapest.map_or(MODES.len() - 1, |(_, mode)| mode))
}

/// Goes the way back from its end.
fn trace(ways: &[[usize; MODES.len()]], end: usize) -> Vec<Segment> {
    let mut found: Vec<Segment> = Vec::new();
    let mut mode = end;
    for (at, way) in ways.iter().enumerate().rev() {
        match found.last_mut() {
            Some(segment) if segment.mode == MODES[mode].0 => segment.begin = at,
            _ => found.push(Segment { mode: MODES[mode].0, begin: at, end: at + 1 }),
        }
        mode = way[mode];
    }
    found.reverse();
    found
}

fn takes(mode: Mode, byte: u8) -> bool {
    match mode {
        Mode::Numeric => byte.is_ascii_digit(),
        Mode::Alphanumeric => byte.is_ascii_digit() || byte.is_ascii_uppercase() || b" $%*+-./:".contains(&byte),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYED: &[u8] = b"http://192.168.100.200:18080/upload?k=ABCDEFGHIJKLMNOPQRSTUV2345";

    fn cut(text: &[u8]) -> Vec<(Mode, String)> {
        let part = |segment: &Segment| String::from_utf8_lossy(&text[segment.begin..segment.end]).into_owned();
        segments(text, Version::Normal(9)).iter().map(|segment| (segment.mode, part(segment))).collect()
    }

    #[test]
    fn the_link_with_its_key_is_four_segments_and_29_modules() {
        assert_eq!(
            cut(KEYED),
            [
                (Mode::Byte, "http".to_owned()),
                (Mode::Alphanumeric, "://192.168.100.200:18080/".to_owned()),
                (Mode::Byte, "upload?k=".to_owned()),
                (Mode::Alphanumeric, "ABCDEFGHIJKLMNOPQRSTUV2345".to_owned()),
            ]
        );
        assert_eq!(smallest(KEYED, EcLevel::L).unwrap().width(), 29);
    }

    #[test]
    fn a_short_change_is_not_worth_its_head() {
        assert_eq!(cut(b"abcD1ef").len(), 1);
        assert_eq!(cut(b"0123456789012").as_slice(), [(Mode::Numeric, "0123456789012".to_owned())]);
        assert!(cut(b"").is_empty());
    }

    #[test]
    fn never_larger_than_what_the_library_finds() {
        for text in [KEYED, b"http://a", b"A1b2C3", b"12345678901234567890abc", &[b'z'; 300], &[b'7'; 2000]] {
            let other = QrCode::with_error_correction_level(text, EcLevel::L).unwrap();
            assert!(smallest(text, EcLevel::L).unwrap().width() <= other.width());
        }
        assert!(smallest(&[b'a'; 3000], EcLevel::L).is_err());
    }
}
