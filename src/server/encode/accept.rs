//! `Accept-Encoding`: which codings a client takes, and in what order (RFC 9110, section 12.5.3).

use http::HeaderMap;
use http::header::{ACCEPT_ENCODING, RANGE};

use super::coding::Coding;

/// The codings that a client takes, best first. None: the bytes as they are, also where the
/// client refuses even those, for an answer that it may be able to read beats none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Accepted([Option<Coding>; Coding::ALL.len()]);

/// A weight in thousandths.
type Weight = u16;

/// What the header says of each coding.
#[derive(Default)]
struct Weights {
    named: [Option<Weight>; Coding::ALL.len()],
    identity: Option<Weight>,
    any: Option<Weight>,
}

impl Accepted {
    /// What a request takes: nothing where it says nothing, or wants a range.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        if !headers.contains_key(ACCEPT_ENCODING) || headers.contains_key(RANGE) {
            return Self::default();
        }
        let mut weights = Weights::default();
        let values = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        for element in values.flat_map(|value| value.split(',')) {
            weights.read(element);
        }
        weights.ranked()
    }

    /// The coding that the client would rather have than any other.
    pub(crate) fn best(self) -> Option<Coding> {
        self.codings().next()
    }

    /// All of them, best first.
    pub(crate) fn codings(self) -> impl Iterator<Item = Coding> + Send {
        self.0.into_iter().flatten()
    }
}

impl Weights {
    /// Reads one element of the list; one whose weight is none is passed over.
    fn read(&mut self, element: &str) {
        let mut parts = element.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let weight = parts.filter_map(|part| part.split_once('=')).find(|(key, _)| key.eq_ignore_ascii_case("q"));
        let Some(weight) = weight.map_or(Some(1000), |(_, value)| thousandths(value)) else { return };
        let slot = match Coding::named(name) {
            Some(coding) => self.named.get_mut(coding as usize),
            None if name == "*" => Some(&mut self.any),
            None if name.eq_ignore_ascii_case("identity") => Some(&mut self.identity),
            None => None,
        };
        if let Some(slot) = slot {
            // Said twice, the refusal counts.
            *slot = Some(slot.map_or(weight, |earlier| earlier.min(weight)));
        }
    }

    /// The codings taken and not liked less than the bytes as they are; at equal weight in our order.
    fn ranked(&self) -> Accepted {
        let mut taken = [None; Coding::ALL.len()];
        for (place, coding) in taken.iter_mut().zip(Coding::ALL) {
            let weight = self.named.get(coding as usize).copied().flatten().or(self.any).unwrap_or(0);
            *place = (weight > 0 && weight >= self.identity.unwrap_or(0)).then_some((weight, coding));
        }
        taken.sort_by_key(|place| std::cmp::Reverse(place.map(|(weight, _)| weight)));
        Accepted(taken.map(|place| place.map(|(_, coding)| coding)))
    }
}

/// A weight as section 12.4.2 writes it: 0 to 1 with at most three digits behind the point.
fn thousandths(text: &str) -> Option<Weight> {
    let (whole, digits) = text.split_once('.').unwrap_or((text, ""));
    if digits.len() > 3 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let fraction = format!("{digits:0<3}").parse().ok()?;
    match (whole, fraction) {
        ("0", fraction) => Some(fraction),
        ("1", 0) => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(values: &[&str]) -> String {
        let headers: HeaderMap = values.iter().map(|value| (ACCEPT_ENCODING, value.parse().unwrap())).collect();
        Accepted::of(&headers).codings().map(Coding::name).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_is_taken_and_in_what_order() {
        for (value, wanted) in [
            ("", ""),
            ("gzip", "gzip"),
            ("GZip", "gzip"),
            ("x-gzip", "gzip"),
            ("deflate", ""),
            ("compress, pack200", ""),
            ("identity", ""),
            ("gzip, deflate, br, zstd", "br zstd gzip"),
            ("gzip,zstd,br", "br zstd gzip"),
            ("br;q=0.5, gzip;q=1.0", "gzip br"),
            ("br;q=0.5, gzip;q=0.501", "gzip br"),
            ("br; q=0.1 , zstd ;Q=0.2", "zstd br"),
            ("*", "br zstd gzip"),
            ("*;q=0", ""),
            ("br, *;q=0", "br"),
            ("br;q=0, *", "zstd gzip"),
            ("gzip;q=0.2, *;q=0.1", "gzip br zstd"),
            ("br;q=0", ""),
            ("br;q=0.000, gzip", "gzip"),
            ("br;q=0.", ""),
            ("br;q=1.", "br"),
            ("identity;q=0", ""),
            ("identity;q=0, gzip", "gzip"),
            ("identity, gzip", "gzip"),
            ("identity;q=0.5, gzip;q=0.4", ""),
            ("identity;q=0.5, gzip;q=0.5, br;q=0.1", "gzip"),
            ("gzip;q=0, gzip", ""),
            (",, gzip ,", "gzip"),
            ("gzip;level=9", "gzip"),
            ("gzip;level=9;q=0", ""),
        ] {
            assert_eq!(taken(&[value]), wanted, "{value:?}");
        }
    }

    #[test]
    fn a_weight_that_is_none_is_passed_over() {
        for weight in ["2", "1.001", "1.5", "-1", "0.1234", "a", "", "0,5", ".5", "0.5x", "+0.5", "0.+5", "1e0", "inf"]
        {
            assert_eq!(taken(&[&format!("br;q={weight}")]), "", "{weight:?}");
        }
    }

    #[test]
    fn over_several_lines_and_not_at_all() {
        assert_eq!(taken(&[]), "");
        assert_eq!(taken(&["gzip;q=0.5", "br;q=0.6"]), "br gzip");
    }

    #[test]
    fn a_range_is_of_the_bytes_themselves() {
        let headers =
            HeaderMap::from_iter([(ACCEPT_ENCODING, "br".parse().unwrap()), (RANGE, "bytes=0-1".parse().unwrap())]);
        assert_eq!(Accepted::of(&headers).best(), None);
    }
}
