//! Ranges and conditionals: three numbers (size, modified, now), then header lines.
//!
//! Verdicts agree with evaluators that are written plainly after RFC 9110, where a header is well
//! formed; where it is not, what is asked of the server is only that it survives.

#![no_main]

use std::time::{Duration, SystemTime};

use http::header::{
    ETAG, HeaderMap, HeaderName, HeaderValue, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE,
    IF_UNMODIFIED_SINCE, LAST_MODIFIED, RANGE,
};
use libfuzzer_sys::fuzz_target;
use stan::server::files::conditional::{Validators, Verdict};
use stan::server::files::range::{MOST, Selection, select};

const TAG: &str = "\"65a.1f-2b\"";

/// The last second that an HTTP date can name.
const LAST_SECOND: u64 = 253_402_300_799;

fuzz_target!(|data: &[u8]| {
    let mut lines = data.split(|byte| *byte == b'\n');
    let numbers = String::from_utf8_lossy(lines.next().unwrap_or_default());
    let mut numbers = numbers.split(' ').map(|number| number.parse::<u64>().ok());
    let size = numbers.next().flatten().unwrap_or(100);
    let modified = numbers.next().flatten().filter(|seconds| *seconds <= LAST_SECOND);
    let now = numbers.next().flatten().unwrap_or(0).min(LAST_SECOND);

    let mut headers = HeaderMap::new();
    for line in lines {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let value = line[colon + 1..].trim_ascii();
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(&line[..colon]), HeaderValue::from_bytes(value)) {
            headers.append(name, value);
        }
    }
    let validators = Validators { etag: TAG.to_owned(), modified };
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(now);

    let verdict = validators.evaluate(&headers);
    if let Some(expected) = reference::evaluate(&headers, modified) {
        assert_eq!(verdict, expected, "{headers:?}, modified {modified:?}");
    }
    let permitted = validators.permit_range(&headers, time);
    if let Some(expected) = reference::permit_range(&headers, modified, now) {
        assert_eq!(permitted, expected, "{headers:?}, modified {modified:?}, now {now}");
    }
    written(&validators, modified, time, now);
    if let Some(range) = headers.get(RANGE).and_then(|range| range.to_str().ok()) {
        let selection = select(range, size);
        bounded(&selection, size);
        assert_eq!(selection, reference::select(range, size), "{range:?} of {size}");
    }
});

/// What is sent as a validator can be sent back.
fn written(validators: &Validators, modified: Option<u64>, time: SystemTime, now: u64) {
    let mut headers = HeaderMap::new();
    validators.write(&mut headers, time);
    assert_eq!(headers[ETAG], TAG);
    let date = headers.remove(LAST_MODIFIED);
    assert_eq!(date.is_some(), modified.is_some());
    if let (Some(date), Some(modified)) = (date, modified) {
        let text = date.to_str().expect("a date is visible text");
        assert_eq!(reference::date(text), Some(modified.min(now)), "{text}");
        if modified <= now {
            let headers = HeaderMap::from_iter([(IF_MODIFIED_SINCE, date)]);
            assert_eq!(validators.evaluate(&headers), Verdict::NotModified);
        }
    }
    let headers = HeaderMap::from_iter([(IF_NONE_MATCH, HeaderValue::from_static(TAG))]);
    assert_eq!(validators.evaluate(&headers), Verdict::NotModified);
}

/// However many ranges are asked for, no byte is sent twice.
fn bounded(selection: &Selection, size: u64) {
    let Selection::Spans(spans) = selection else { return };
    assert!((1..=MOST).contains(&spans.len()), "{} spans", spans.len());
    assert!(spans.iter().all(|span| span.start < span.end && span.end <= size), "{spans:?} of {size}");
    let bytes: u128 = spans.iter().map(|span| u128::from(span.end - span.start)).sum();
    assert!(bytes <= u128::from(size), "{spans:?} of {size}");
    for (index, span) in spans.iter().enumerate() {
        let apart = |other: &std::ops::Range<u64>| span.end < other.start || other.end < span.start;
        assert!(spans[index + 1..].iter().all(apart), "{spans:?} overlap or touch");
    }
}

/// The same decisions, plainly.
mod reference {
    use super::*;

    /// What `header` says: entity tags, or `*`. `None` where it is not well formed.
    enum Tags {
        Absent,
        Any,
        These(Vec<(bool, String)>),
    }

    fn tags(headers: &HeaderMap, name: HeaderName) -> Option<Tags> {
        let lines: Vec<_> = headers.get_all(name).iter().map(|value| value.to_str()).collect::<Result<_, _>>().ok()?;
        match lines.as_slice() {
            [] => Some(Tags::Absent),
            [only] if only.trim_matches([' ', '\t']) == "*" => Some(Tags::Any),
            // A list may go on in another line, a tag may not.
            lines => {
                let lists = lines.iter().map(|line| list(line)).collect::<Option<Vec<_>>>()?;
                Some(Tags::These(lists.concat()))
            }
        }
    }

    /// The tags of a line, and whether they are weak.
    fn list(mut rest: &str) -> Option<Vec<(bool, String)>> {
        let mut found = Vec::new();
        loop {
            rest = rest.trim_start_matches([' ', '\t']);
            if let Some(more) = rest.strip_prefix(',') {
                rest = more;
                continue;
            }
            if rest.is_empty() {
                return Some(found);
            }
            let (weak, opaque) = rest.strip_prefix("W/").map_or((false, rest), |opaque| (true, opaque));
            let (tag, after) = opaque.strip_prefix('"')?.split_once('"')?;
            if tag.bytes().any(|byte| !(0x21..=0x7e).contains(&byte)) {
                return None;
            }
            found.push((weak, format!("\"{tag}\"")));
            rest = after.trim_start_matches([' ', '\t']);
            if !rest.is_empty() && !rest.starts_with(',') {
                return None;
            }
        }
    }

    fn date_in(headers: &HeaderMap, name: HeaderName) -> Option<Option<u64>> {
        let mut values = headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (None, _) | (_, Some(_)) => Some(None),
            // Dates in the two obsolete forms are read too; here only the one that is sent.
            (Some(value), None) => date(value.to_str().ok()?).map(Some),
        }
    }

    /// Section 13.2.2; `None` where a header is not well formed.
    pub(super) fn evaluate(headers: &HeaderMap, modified: Option<u64>) -> Option<Verdict> {
        let unmodified_since = date_in(headers, IF_UNMODIFIED_SINCE)?;
        let modified_since = date_in(headers, IF_MODIFIED_SINCE)?;
        match tags(headers, IF_MATCH)? {
            Tags::Absent => {
                if modified.zip(unmodified_since).is_some_and(|(modified, since)| modified > since) {
                    return Some(Verdict::Failed);
                }
            }
            Tags::Any => {}
            Tags::These(list) => {
                if !list.contains(&(false, TAG.to_owned())) {
                    return Some(Verdict::Failed);
                }
            }
        }
        let fresh = match tags(headers, IF_NONE_MATCH)? {
            Tags::Absent => modified.zip(modified_since).is_some_and(|(modified, since)| modified <= since),
            Tags::Any => true,
            Tags::These(list) => list.iter().any(|(_, tag)| tag == TAG),
        };
        Some(if fresh { Verdict::NotModified } else { Verdict::Proceed })
    }

    /// Section 13.1.5; `None` where the header is not well formed.
    pub(super) fn permit_range(headers: &HeaderMap, modified: Option<u64>, now: u64) -> Option<bool> {
        let values: Vec<_> = headers.get_all(IF_RANGE).iter().collect();
        match values.as_slice() {
            [] => Some(true),
            [value] => {
                let text = value.to_str().ok()?;
                match date(text) {
                    Some(date) => Some(modified == Some(date) && now > date),
                    None if text.contains('"') => Some(text == TAG),
                    None => None,
                }
            }
            // Two of them do not say which bytes the client has: all are sent.
            _ => Some(false),
        }
    }

    /// Section 14.2, with what this server makes of ranges that overlap, touch or are too many.
    pub(super) fn select(header: &str, size: u64) -> Selection {
        let blank = [' ', '\t'];
        let Some((unit, set)) = header.split_once('=') else { return Selection::Whole };
        if unit.trim_matches(blank).to_ascii_lowercase() != "bytes" {
            return Selection::Whole;
        }
        let size = u128::from(size);
        let (mut asked, mut satisfiable) = (0, Vec::new());
        for spec in set.split(',').map(|spec| spec.trim_matches(blank)).filter(|spec| !spec.is_empty()) {
            let Some((first, last)) = spec.split_once('-') else { return Selection::Whole };
            if !(first.to_owned() + last).bytes().all(|byte| byte.is_ascii_digit()) {
                return Selection::Whole;
            }
            // Numbers beyond every file's size are all alike.
            let number = |digits: &str| digits.parse::<u128>().unwrap_or(u128::MAX).min(u64::MAX.into());
            asked += 1;
            match (first, last) {
                ("", "") => return Selection::Whole,
                ("", length) => match number(length) {
                    0 => {}
                    _ if size == 0 => return Selection::Whole,
                    length => satisfiable.push(size.saturating_sub(length)..size),
                },
                (first, "") if number(first) < size => satisfiable.push(number(first)..size),
                (_, "") => {}
                (first, last) if number(first) > number(last) => return Selection::Whole,
                (first, last) if number(first) < size => satisfiable.push(number(first)..size.min(number(last) + 1)),
                _ => {}
            }
        }
        if satisfiable.is_empty() {
            return if asked > 0 { Selection::Unsatisfiable } else { Selection::Whole };
        }
        if satisfiable.len() > MOST {
            return Selection::Whole;
        }
        let narrow = |span: &std::ops::Range<u128>| span.start as u64..span.end as u64;
        let mut joined = satisfiable.clone();
        // Two that meet become one, until none do.
        while let Some((one, other)) = meeting(&joined) {
            let last = joined.remove(other);
            let first = joined.remove(one);
            joined.push(first.start.min(last.start)..first.end.max(last.end));
        }
        if joined.len() < satisfiable.len() {
            joined.sort_by_key(|span| span.start);
        }
        Selection::Spans(joined.iter().map(narrow).collect())
    }

    fn meeting(spans: &[std::ops::Range<u128>]) -> Option<(usize, usize)> {
        let meet = |a: usize, b: usize| spans[a].start <= spans[b].end && spans[b].start <= spans[a].end;
        (0..spans.len()).flat_map(|a| (a + 1..spans.len()).map(move |b| (a, b))).find(|(a, b)| meet(*a, *b))
    }

    /// A date as servers send it, `Tue, 14 Nov 2023 22:13:20 GMT`, that is one.
    pub(super) fn date(text: &str) -> Option<u64> {
        const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
        if text.len() != 29 || !text.is_ascii() {
            return None;
        }
        let number = |at: std::ops::Range<usize>| {
            let digits = &text[at];
            digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<u64>().ok())?
        };
        let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let (day, year) = (number(5..7)?, number(12..16)?);
        let month = MONTHS.iter().position(|month| *month == &text[8..11])?;
        let (hour, minute, second) = (number(17..19)?, number(20..22)?, number(23..25)?);
        let lengths = |year| [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        if year < 1970 || !(1..=lengths(year)[month]).contains(&day) || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let years: u64 = (1970..year).map(|year| if leap(year) { 366 } else { 365 }).sum();
        let days = years + lengths(year)[..month].iter().sum::<u64>() + day - 1;
        let again = format!(
            "{}, {day:02} {} {year:04} {hour:02}:{minute:02}:{second:02} GMT",
            DAYS[(days % 7) as usize],
            MONTHS[month]
        );
        (again == text).then_some(((days * 24 + hour) * 60 + minute) * 60 + second)
    }
}
