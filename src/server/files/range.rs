//! `Range: bytes=…` (RFC 9110, section 14): which bytes of a representation are wanted.
//!
//! Pure: the header's text and a size in, spans out.

use std::ops::Range;

/// More ranges than this in one header ask for trouble, not for bytes; they get the whole.
pub const MOST: usize = 16;

/// Which bytes to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// All, with 200: no range, another unit, or one that is malformed.
    Whole,
    /// These, with 206: at least one, none empty, none overlapping another.
    Spans(Vec<Range<u64>>),
    /// 416.
    Unsatisfiable,
}

/// Reads a `Range` header for a representation of `size` bytes.
pub fn select(header: &str, size: u64) -> Selection {
    let Some((unit, set)) = header.split_once('=') else { return Selection::Whole };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Selection::Whole;
    }
    let mut spans = Vec::new();
    let mut some = false;
    for spec in set.split(',').map(str::trim).filter(|spec| !spec.is_empty()) {
        match one(spec, size) {
            None => return Selection::Whole,
            Some(span) if span.is_empty() => some = true,
            Some(span) if spans.len() < MOST => spans.push(span),
            Some(_) => return Selection::Whole,
        }
    }
    match spans.len() {
        0 if some => Selection::Unsatisfiable,
        0 => Selection::Whole,
        _ => Selection::Spans(coalesce(spans)),
    }
}

/// One range; empty when it cannot be satisfied, `None` when it is malformed.
fn one(spec: &str, size: u64) -> Option<Range<u64>> {
    let (first, last) = spec.split_once('-')?;
    if first.is_empty() {
        let length = number(last)?;
        if size == 0 && length > 0 {
            // Satisfied by nothing, which `Content-Range` has no words for.
            return None;
        }
        return Some(size.saturating_sub(length)..size);
    }
    let first = number(first)?;
    let end = if last.is_empty() {
        size
    } else {
        let last = number(last)?;
        if last < first {
            return None;
        }
        last.saturating_add(1).min(size)
    };
    Some(first.min(size)..end)
}

/// Digits only; what does not fit is beyond every file.
fn number(digits: &str) -> Option<u64> {
    let valid = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    valid.then(|| digits.parse().unwrap_or(u64::MAX))
}

/// Joins ranges that overlap or touch; others stay in the order in which they were asked for.
fn coalesce(spans: Vec<Range<u64>>) -> Vec<Range<u64>> {
    let mut sorted = spans.clone();
    sorted.sort_by_key(|span| span.start);
    let mut joined: Vec<Range<u64>> = Vec::with_capacity(sorted.len());
    for span in sorted {
        match joined.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => joined.push(span),
        }
    }
    if joined.len() == spans.len() { spans } else { joined }
}

#[cfg(test)]
#[expect(clippy::single_range_in_vec_init, reason = "a list of one range is what is meant")]
mod tests {
    use super::*;

    #[test]
    fn ranges_by_the_table() {
        use Selection::{Unsatisfiable, Whole};
        let spans = |list: &[Range<u64>]| Selection::Spans(list.to_vec());
        for (header, expected) in [
            ("bytes=0-", spans(&[0..100])),
            ("bytes=0-0", spans(&[0..1])),
            ("bytes=10-19", spans(&[10..20])),
            ("bytes=90-", spans(&[90..100])),
            ("bytes=90-200", spans(&[90..100])),
            ("bytes=99-99", spans(&[99..100])),
            ("bytes=-10", spans(&[90..100])),
            ("bytes=-100", spans(&[0..100])),
            ("bytes=-1000", spans(&[0..100])),
            ("BYTES=1-2", spans(&[1..3])),
            ("bytes= 1-2 ", spans(&[1..3])),
            ("bytes=5-99999999999999999999999", spans(&[5..100])),
            ("bytes=100-", Unsatisfiable),
            ("bytes=100-200", Unsatisfiable),
            ("bytes=99999999999999999999999-", Unsatisfiable),
            ("bytes=-0", Unsatisfiable),
            ("bytes=100-,200-", Unsatisfiable),
            ("bytes=20-10", Whole),
            ("bytes=", Whole),
            ("bytes=-", Whole),
            ("bytes=a-b", Whole),
            ("bytes=+1-2", Whole),
            ("bytes=1", Whole),
            ("bytes 0-1", Whole),
            ("lines=0-1", Whole),
            ("bytes=0-1,x", Whole),
            ("bytes=0-0,-1", spans(&[0..1, 99..100])),
            ("bytes=50-59, 0-9", spans(&[50..60, 0..10])),
            ("bytes=0-9,5-14", spans(&[0..15])),
            ("bytes=0-9,10-19", spans(&[0..20])),
            ("bytes=0-9,200-", spans(&[0..10])),
            ("bytes=0-9,,20-29,", spans(&[0..10, 20..30])),
        ] {
            assert_eq!(select(header, 100), expected, "{header}");
        }
    }

    #[test]
    fn an_empty_file_has_no_first_byte_and_a_suffix_of_it_is_the_whole() {
        assert_eq!(select("bytes=0-", 0), Selection::Unsatisfiable);
        assert_eq!(select("bytes=-5", 0), Selection::Whole);
        assert_eq!(select("bytes=-0", 0), Selection::Unsatisfiable);
    }

    #[test]
    fn too_many_ranges_get_the_whole() {
        let many = (0..17).map(|n| format!("{}-{}", n * 2, n * 2)).collect::<Vec<_>>().join(",");
        assert_eq!(select(&format!("bytes={many}"), 100), Selection::Whole);
    }
}
