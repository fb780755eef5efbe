//! Times as listings and archives write them: local time for people, UTC for programs.
//!
//! Formatted by hand, because a folder may have 100,000 of them.

use std::ops::Range;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A date and a time of day, in whatever zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Civil {
    pub(super) year: i64,
    pub(super) month: u8,
    pub(super) day: u8,
    pub(super) hour: u8,
    pub(super) minute: u8,
    pub(super) second: u8,
}

impl Civil {
    /// Seconds since 1970 as a date in the Gregorian calendar.
    pub(super) fn of(seconds: i64) -> Self {
        let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        // Years begin in March here, so that the leap day is the last; eras have 400 years.
        let days = days + 719_468;
        let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        Self {
            year: era * 400 + year_of_era + i64::from(month <= 2),
            month: month as u8,
            day: (day_of_year - (153 * shifted + 2) / 5 + 1) as u8,
            hour: (rest / 3600) as u8,
            minute: (rest / 60 % 60) as u8,
            second: (rest % 60) as u8,
        }
    }

    /// `2026-11-20`, then `between`, then `12:01`. Years of four digits only.
    fn write(self, out: &mut Vec<u8>, between: u8) {
        let year = u16::try_from(self.year).unwrap_or(0);
        pair(out, (year / 100) as u8);
        pair(out, (year % 100) as u8);
        out.push(b'-');
        pair(out, self.month);
        out.push(b'-');
        pair(out, self.day);
        out.push(between);
        pair(out, self.hour);
        out.push(b':');
        pair(out, self.minute);
    }

    fn has_four_digits(self) -> bool {
        (0..=9999).contains(&self.year)
    }
}

/// Two digits.
fn pair(out: &mut Vec<u8>, number: u8) {
    out.extend_from_slice(&[b'0' + number / 10 % 10, b'0' + number % 10]);
}

/// Writes a time in UTC to the millisecond, zeros at the end left out: `2026-11-20T11:01:02.3Z`.
/// Writes nothing, and says so, for a year that RFC 3339 cannot name.
pub(super) fn utc(out: &mut Vec<u8>, seconds: i64, nanos: u32) -> bool {
    let civil = Civil::of(seconds);
    if !civil.has_four_digits() {
        return false;
    }
    civil.write(out, b'T');
    out.push(b':');
    pair(out, civil.second);
    let millis = nanos / 1_000_000 % 1000;
    if millis > 0 {
        let digits = [b'.', b'0' + (millis / 100) as u8, b'0' + (millis / 10 % 10) as u8, b'0' + (millis % 10) as u8];
        let end = digits.iter().rposition(|digit| *digit != b'0').unwrap_or(0);
        out.extend_from_slice(digits.get(..=end).unwrap_or_default());
    }
    out.push(b'Z');
    true
}

/// The local time zone, with the stretch between two changes of the clock that was last asked for.
#[derive(Debug, Clone)]
pub(super) struct Clock {
    zone: TimeZone,
    stretch: Range<i64>,
    offset: i64,
}

impl Clock {
    pub(super) fn new(zone: TimeZone) -> Self {
        Self { zone, stretch: 0..0, offset: 0 }
    }

    /// That of this system.
    pub(super) fn system() -> Self {
        Self::new(TimeZone::system())
    }

    /// Seconds since 1970 as local time; UTC where the zone does not know.
    pub(super) fn civil(&mut self, seconds: i64) -> Civil {
        if !self.stretch.contains(&seconds) {
            self.look_up(seconds);
        }
        Civil::of(seconds.saturating_add(self.offset))
    }

    /// Writes the local time as `2026-11-20 12:01`; nothing for a year without four digits.
    pub(super) fn local(&mut self, out: &mut Vec<u8>, seconds: i64) {
        let civil = self.civil(seconds);
        if civil.has_four_digits() {
            civil.write(out, b' ');
        }
    }

    fn look_up(&mut self, seconds: i64) {
        (self.stretch, self.offset) = (seconds..seconds.saturating_add(1), 0);
        let (Ok(at), Ok(next)) = (Timestamp::from_second(seconds), Timestamp::from_second(seconds.saturating_add(1)))
        else {
            return;
        };
        self.offset = i64::from(self.zone.to_offset(at).seconds());
        let before = self.zone.preceding(next).map(|change| change.timestamp().as_second()).find(|at| *at <= seconds);
        let after = self.zone.following(at).map(|change| change.timestamp().as_second()).find(|at| *at > seconds);
        self.stretch = before.unwrap_or(i64::MIN)..after.unwrap_or(i64::MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc_of(seconds: i64, nanos: u32) -> String {
        let mut out = Vec::new();
        utc(&mut out, seconds, nanos);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn utc_to_the_millisecond() {
        for (seconds, nanos, text) in [
            (0, 0, "1970-01-01T00:00:00Z"),
            (-1, 999_999_999, "1969-12-31T23:59:59.999Z"),
            (1_795_172_462, 345_678_901, "2026-11-20T11:01:02.345Z"),
            (1_795_172_462, 300_000_000, "2026-11-20T11:01:02.3Z"),
            (1_795_172_462, 20_000_000, "2026-11-20T11:01:02.02Z"),
            (951_782_400, 0, "2000-02-29T00:00:00Z"),
            (253_402_300_799, 0, "9999-12-31T23:59:59Z"),
            (253_402_300_800, 0, ""),
            (i64::MIN, 0, ""),
            (i64::MAX, 0, ""),
        ] {
            assert_eq!(utc_of(seconds, nanos), text, "{seconds}");
        }
    }

    #[test]
    fn every_day_of_four_centuries_is_that_of_jiff() {
        for day in 0..146_097 {
            let civil = Civil::of(day * 86_400);
            let known = Timestamp::from_second(day * 86_400).unwrap().to_zoned(TimeZone::UTC);
            assert_eq!(
                (civil.year, civil.month, civil.day),
                (i64::from(known.year()), known.month() as u8, known.day() as u8)
            );
        }
    }

    #[test]
    fn local_time_follows_the_changes_of_the_clock() {
        // Central European time by its rule, so that no database is needed.
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let mut clock = Clock::new(zone.clone());
        let change = 1_774_746_000; // 2026-03-29T01:00:00Z
        let year = 31_536_000;
        for seconds in [change - 1, change, change + 1, change - 1, change + year / 2, change, i64::MIN, i64::MAX] {
            let mut out = Vec::new();
            clock.local(&mut out, seconds);
            let known = Timestamp::from_second(seconds).map(|at| at.to_zoned(zone.clone()));
            let known = known.map(|at| at.strftime("%Y-%m-%d %H:%M").to_string()).unwrap_or_default();
            assert_eq!(String::from_utf8(out).unwrap(), known, "{seconds}");
        }
    }
}
