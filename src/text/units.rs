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
