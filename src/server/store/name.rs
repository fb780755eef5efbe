//! Names that came from outside, made into one plain component that every system can keep.

use unicode_normalization::UnicodeNormalization as _;

use crate::text::is_harmless;

#[cfg(test)]
mod tests;

/// The most bytes of a name; ` (999)` must still fit below 255.
const MOST: usize = 249;
/// Components of a name with folders.
const DEEPEST: usize = 32;
/// Beyond this a tail after a dot is not an extension.
const EXTENSION: usize = 32;

/// `name` as a single component: without folders, control, bidirectional and zero-width
/// characters, neither hidden nor reserved on Windows, short enough with its extension kept.
///
/// ```
/// use stan::server::store::safe_name;
/// assert_eq!(safe_name("../../etc/passwd"), "passwd");
/// assert_eq!(safe_name("C:\\DCIM\\写真.jpg"), "写真.jpg");
/// assert_eq!(safe_name("con.txt"), "_con.txt");
/// assert_eq!(safe_name(""), "unnamed");
/// ```
pub fn safe_name(name: &str) -> String {
    let plain = plain(name);
    if plain.is_empty() {
        return "unnamed".to_owned();
    }
    let plain = shorten(plain, MOST);
    if reserved(&plain) { shorten(format!("_{plain}"), MOST) } else { plain }
}

/// The same for a name with folders, as `DCIM/100/IMG_1.jpg`: each of them is made safe. What climbs,
/// begins at a root or was written on Windows is its last component and nothing else.
///
/// ```
/// use stan::server::store::safe_path;
/// assert_eq!(safe_path("DCIM/.100/con/IMG 1.jpg"), "DCIM/100/_con/IMG 1.jpg");
/// assert_eq!(safe_path("a/../../etc/passwd"), "passwd");
/// assert_eq!(safe_path("C:\\DCIM\\a.jpg"), "a.jpg");
/// ```
pub fn safe_path(name: &str) -> String {
    let odd = name.starts_with('/') || name.contains('\\') || name.split('/').any(|part| part.trim() == "..");
    let real = |part: &&str| !matches!(part.trim(), "" | ".");
    if odd || name.split('/').filter(real).count() > DEEPEST {
        return safe_name(name);
    }
    let parts: Vec<_> = name.split('/').filter(real).map(safe_name).collect();
    if parts.is_empty() { safe_name("") } else { parts.join("/") }
}

/// Whether a received file can have `name`, which may have folders.
pub fn is_safe_name(name: &str) -> bool {
    let safe = |part: &str| !part.is_empty() && part.len() <= 255 && plain(part) == part && !reserved(part);
    name.split('/').count() <= DEEPEST && name.split('/').all(safe)
}

/// The last component without what cannot be in a name.
fn plain(name: &str) -> String {
    let real = |part: &&str| !matches!(part.trim(), "" | "." | "..");
    let last = name.split(['/', '\\']).rfind(real).unwrap_or_default();
    // Apple's systems write accents as characters of their own; nobody else looks for them so.
    let plain: String = last.nfc().filter(|c| shows(*c)).map(neutral).collect();
    trim(plain.trim_start_matches(edge)).to_owned()
}

/// `name` with a number: `photo (2).jpg`.
pub(super) fn numbered(name: &str, number: u32) -> String {
    let tail = format!(" ({number})");
    let (stem, extension) = split(name);
    let stem = cut(stem, 255_usize.saturating_sub(tail.len() + extension.len()));
    format!("{stem}{tail}{extension}")
}

fn shows(c: char) -> bool {
    is_harmless(c.encode_utf8(&mut [0; 4]))
}

/// Characters that mean something to some system: streams, wildcards, redirections.
fn neutral(c: char) -> char {
    if matches!(c, ':' | '*' | '?' | '"' | '<' | '>' | '|') { '_' } else { c }
}

/// Leading dots hide; trailing dots and spaces vanish on Windows.
fn edge(c: char) -> bool {
    c == '.' || c.is_whitespace()
}

fn trim(name: &str) -> &str {
    name.trim_end_matches(edge)
}

/// Whether Windows takes the name for a device, whatever its extension.
fn reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let port = |prefix| {
        let number = stem.strip_prefix(prefix).unwrap_or_default();
        matches!(number, "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³")
    };
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$")
        || port("COM")
        || port("LPT")
}

/// A name's stem and its extension with the dot; `.tar` belongs to the extension.
fn split(name: &str) -> (&str, &str) {
    let extension = |at: &usize| *at > 0 && name.len() - at <= EXTENSION && !name[*at..].contains(char::is_whitespace);
    let at = name.rfind('.').filter(extension);
    let Some(at) = at else { return (name, "") };
    let at = name[..at].strip_suffix(".tar").map(str::len).filter(|at| *at > 0).unwrap_or(at);
    name.split_at(at)
}

pub(super) fn shorten(name: String, most: usize) -> String {
    if name.len() <= most {
        return name;
    }
    let (stem, extension) = split(&name);
    format!("{}{extension}", cut(stem, most - extension.len()))
}

/// The start of `text` in at most `most` bytes, at a character's edge.
fn cut(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    trim(&text[..end])
}
