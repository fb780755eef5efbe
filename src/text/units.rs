//! Sizes in bytes and durations, as people write and read them.

use std::time::Duration;

const BINARY: [(&str, u64); 4] = [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
const DECIMAL: [(&str, u64); 4] = [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1000)];

/// Splits `12.5 MiB` into its number and its unit.
fn number_and_unit(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number: f64 = number.replace('_', "").parse().ok()?;
    (number.is_finite() && number >= 0.0).then(|| (number, unit.trim()))
}

/// Reads a size such as `64 MiB`, `1.5GB`, `200 KiB` or `1024` as bytes; units in any case.
///
/// ```
/// assert_eq!(stan::text::parse_size("64 MiB"), Some(64 << 20));
/// assert_eq!(stan::text::parse_size("2kb"), Some(2000));
/// assert_eq!(stan::text::parse_size("12 parsecs"), None);
/// ```
pub fn parse_size(text: &str) -> Option<u64> {
    let (number, unit) = number_and_unit(text)?;
    let factor = match unit {
        "" | "B" | "b" => 1,
        unit => BINARY
            .iter()
            .chain(&DECIMAL)
            .find(|(name, _)| name.eq_ignore_ascii_case(unit))
            .map(|(_, factor)| *factor)?,
    };
    let bytes = number * factor as f64;
    (bytes < u64::MAX as f64).then_some(bytes as u64)
}

/// Reads a duration such as `10s`, `1.5 m`, `250ms` or `24h`.
///
/// ```
/// use std::time::Duration;
/// assert_eq!(stan::text::parse_duration("250ms"), Some(Duration::from_millis(250)));
/// assert_eq!(stan::text::parse_duration("10"), None);
/// ```
pub fn parse_duration(text: &str) -> Option<Duration> {
    let (number, unit) = number_and_unit(text)?;
    let factor = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(number * factor).ok().filter(|d| d.as_secs() < 1 << 32)
}

/// A size in at most seven columns: `310 B`, `12 KB`, `4.2 MB`.
///
/// ```
/// assert_eq!(stan::text::size(310), "310 B");
/// assert_eq!(stan::text::size(4_194_304), "4.2 MB");
/// ```
pub fn size(bytes: u64) -> String {
    match DECIMAL.iter().rev().rfind(|(_, factor)| bytes >= *factor) {
        None => format!("{bytes} B"),
        Some((unit, factor)) => {
            let value = bytes as f64 / *factor as f64;
            if value < 9.95 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
        }
    }
}

/// A duration in at most six columns: `0.1ms`, `12ms`, `3.41s`, `2m05s`, `1h02m`.
///
/// ```
/// use std::time::Duration;
/// assert_eq!(stan::text::duration(Duration::from_micros(1234)), "1.2ms");
/// assert_eq!(stan::text::duration(Duration::from_secs(125)), "2m05s");
/// ```
pub fn duration(took: Duration) -> String {
    let seconds = took.as_secs_f64();
    let whole = took.as_secs();
    match seconds {
        s if s < 0.009_95 => format!("{:.1}ms", s * 1e3),
        s if s < 0.999_5 => format!("{:.0}ms", s * 1e3),
        s if s < 9.995 => format!("{s:.2}s"),
        s if s < 59.95 => format!("{s:.1}s"),
        _ if whole < 3600 => format!("{}m{:02}s", whole / 60, whole % 60),
        _ if whole < 360_000 => format!("{}h{:02}m", whole / 3600, whole / 60 % 60),
        _ => format!("{}d", whole / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read() {
        for (text, bytes) in [
            ("0", 0),
            ("1_000", 1000),
            (" 5 B ", 5),
            ("1.5KiB", 1536),
            ("2 tib", 2 << 40),
            ("3 GB", 3_000_000_000),
            ("0.5 B", 0),
        ] {
            assert_eq!(parse_size(text), Some(bytes), "{text}");
        }
        for text in ["", " ", "B", "-1", "1e3", "1..2 MB", "5 K", "5 MiBs", "99999999 TiB", "inf", "NaN", "٣ KB"] {
            assert_eq!(parse_size(text), None, "{text}");
        }
    }

    #[test]
    fn durations_read() {
        for (text, millis) in [("0s", 0), ("1.5 m", 90_000), ("24h", 86_400_000), ("250ms", 250)] {
            assert_eq!(parse_duration(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "10", "s", "-1s", "5 S", "1d", "99999999999h", "1s 5ms"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn sizes_fit_their_column() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 KB"),
            (9949, "9.9 KB"),
            (9950, "10 KB"),
            (999_999, "1000 KB"),
            (4_194_304, "4.2 MB"),
            (5_000_000_000_000, "5.0 TB"),
        ] {
            assert_eq!(size(bytes), text);
            assert!(text.len() <= 7);
        }
    }

    #[test]
    fn durations_fit_their_column() {
        for (micros, text) in [
            (0, "0.0ms"),
            (1200, "1.2ms"),
            (9940, "9.9ms"),
            (9950, "10ms"),
            (999_400, "999ms"),
            (999_600, "1.00s"),
            (9_994_000, "9.99s"),
            (10_000_000, "10.0s"),
            (59_940_000, "59.9s"),
            (60_000_000, "1m00s"),
            (3_599_000_000, "59m59s"),
            (3_600_000_000, "1h00m"),
            (360_000_000_000, "4d"),
        ] {
            assert_eq!(duration(Duration::from_micros(micros)), text);
            assert!(text.len() <= 6);
        }
    }
}
