//! Settings as people read them: exact, in the fewest characters.

use std::path::Path;
use std::time::Duration;

/// What is shown for an empty list or a missing file.
pub(crate) const NONE: &str = "none";

/// Bytes, exactly: `64 MiB`, `1500 B`.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [(&str, u64); 8] = [
        ("TiB", 1 << 40),
        ("TB", 1_000_000_000_000),
        ("GiB", 1 << 30),
        ("GB", 1_000_000_000),
        ("MiB", 1 << 20),
        ("MB", 1_000_000),
        ("KiB", 1 << 10),
        ("KB", 1000),
    ];
    match UNITS.iter().find(|(_, factor)| bytes > 0 && bytes.is_multiple_of(*factor)) {
        Some((unit, factor)) => format!("{} {unit}", bytes / factor),
        None if bytes == 0 => "0".to_owned(),
        None => format!("{bytes} B"),
    }
}

/// A duration, exactly: `75s`, `24h`, `250ms`.
pub(crate) fn duration(duration: Duration) -> String {
    let millis = duration.as_millis();
    match millis {
        0 => format!("{}ms", duration.as_secs_f64() * 1e3),
        _ if millis.is_multiple_of(3_600_000) => format!("{}h", millis / 3_600_000),
        _ if millis.is_multiple_of(60_000) => format!("{}m", millis / 60_000),
        _ if millis.is_multiple_of(1000) => format!("{}s", millis / 1000),
        _ => format!("{millis}ms"),
    }
}

/// A path as it would be written in stan.conf.
pub(crate) fn path(root: &Path, path: &Path) -> String {
    match path.strip_prefix(root) {
        Ok(inside) if inside.as_os_str().is_empty() => ".".to_owned(),
        Ok(inside) => inside.display().to_string(),
        Err(_) => path.display().to_string(),
    }
}

/// A list in one line.
pub(crate) fn list(items: impl IntoIterator<Item = String>) -> String {
    let items: Vec<String> = items.into_iter().collect();
    if items.is_empty() { NONE.to_owned() } else { items.join(", ") }
}

/// One of a few words.
pub(crate) fn word<T: PartialEq>(meaning: &T, words: &[(&str, T)]) -> String {
    words.iter().find(|(_, its)| its == meaning).map_or_else(String::new, |(word, _)| (*word).to_owned())
}

/// Header fields in one line.
pub(crate) fn headers(headers: &[(http::HeaderName, http::HeaderValue)]) -> String {
    list(headers.iter().map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes()))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{parse_duration, parse_size};

    #[test]
    fn what_is_shown_reads_back_as_the_same() {
        for bytes in [0, 1, 1000, 1024, 1500, 64 << 20, 20 << 30, 5_000_000, 1 << 40] {
            assert_eq!(parse_size(&size(bytes)), Some(bytes), "{}", size(bytes));
        }
        for millis in [0, 1, 250, 1000, 1500, 75_000, 60_000, 86_400_000] {
            let took = Duration::from_millis(millis);
            assert_eq!(parse_duration(&duration(took)), Some(took), "{}", duration(took));
        }
    }

    #[test]
    fn paths_lose_the_root() {
        let root = Path::new("/site");
        assert_eq!(path(root, Path::new("/site/a/b")), "a/b");
        assert_eq!(path(root, root), ".");
        assert_eq!(path(root, Path::new("/srv")), "/srv");
    }
}
