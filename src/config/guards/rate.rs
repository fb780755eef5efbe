//! `rate`: how often.

use std::fmt;
use std::time::Duration;

use crate::config::value::{self, Mistake, Value};

/// What is said where there is no limit.
pub(super) const OFF: &str = "off";

/// So many requests in a second, a minute or an hour; as many may come at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Requests in one period, at least one.
    pub count: u32,
    /// The period.
    pub per: Per,
}

/// A period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    /// `/s`.
    Second,
    /// `/m`.
    Minute,
    /// `/h`.
    Hour,
}

impl Rate {
    /// How long one period is.
    pub fn period(&self) -> Duration {
        Duration::from_secs(match self.per {
            Per::Second => 1,
            Per::Minute => 60,
            Per::Hour => 3600,
        })
    }

    /// The time in which one request more is earned.
    pub fn interval(&self) -> Duration {
        self.period() / self.count.max(1)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.per {
            Per::Second => "s",
            Per::Minute => "m",
            Per::Hour => "h",
        };
        write!(f, "{}/{unit}", self.count)
    }
}

/// `20/s`, `100/m`, `1000/h`, or `off`.
pub(super) fn read(value: &Value<'_>) -> Result<Option<Rate>, Mistake> {
    const WHAT: &str = "a rate such as \"20/s\", \"100/m\" or \"1000/h\"";
    let text = value::text(value, WHAT)?;
    if text == OFF {
        return Ok(None);
    }
    let rate = text.split_once('/').and_then(|(count, unit)| {
        let per = match unit {
            "s" => Per::Second,
            "m" => Per::Minute,
            "h" => Per::Hour,
            _ => return None,
        };
        let count = count.parse().ok().filter(|count| *count > 0)?;
        Some(Rate { count, per })
    });
    rate.map(Some).ok_or_else(|| Mistake::expected(value, WHAT))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::value::of;

    #[test]
    fn rates() {
        for (good, millis) in [("20/s", 50), ("1/m", 60_000), ("1000/h", 3600)] {
            let rate = read(&of(&format!("\"{good}\""))).unwrap().unwrap();
            assert_eq!((rate.to_string(), rate.interval().as_millis()), (good.to_owned(), millis));
        }
        assert_eq!(read(&of("\"off\"")), Ok(None));
        for bad in ["20", "0/s", "-1/s", "20/d", "x/s", "", "99999999999/s"] {
            assert!(read(&of(&format!("\"{bad}\""))).is_err(), "{bad}");
        }
    }
}
