//! The time as HTTP writes it, made once a second.

use std::cell::Cell;
use std::time::{SystemTime, UNIX_EPOCH};

/// A date as RFC 9110, section 5.6.7 writes it (IMF-fixdate).
pub(crate) type HttpDate = [u8; 29];

thread_local! {
    static LAST: Cell<(u64, HttpDate)> = const { Cell::new((u64::MAX, [0; 29])) };
}

/// `now` as the value of a `Date` field.
pub(crate) fn http_date(now: SystemTime) -> HttpDate {
    let second = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (last, text) = LAST.get();
    if last == second {
        return text;
    }
    let made = httpdate::fmt_http_date(now);
    let mut text = *b"Thu, 01 Jan 1970 00:00:00 GMT";
    // Always so long before the year 10000; after it, the start of time will do.
    if made.len() == text.len() {
        text.copy_from_slice(made.as_bytes());
    }
    LAST.set((second, text));
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn dates() {
        let at = |s| UNIX_EPOCH + Duration::from_secs(s);
        assert_eq!(http_date(at(784_111_777)), *b"Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(http_date(at(784_111_778)), *b"Sun, 06 Nov 1994 08:49:38 GMT");
        assert_eq!(http_date(at(0)), *b"Thu, 01 Jan 1970 00:00:00 GMT");
    }
}
