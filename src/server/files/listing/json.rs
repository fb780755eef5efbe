//! A listing as JSON: an array with an object for each entry.

use super::cells;
use crate::server::files::clock;
use crate::server::files::folder::Entry;

/// Appends the object of an entry in the folder at the URL path `base`, after a comma unless it
/// is the first.
pub(super) fn row(out: &mut Vec<u8>, row: usize, name: &[u8], entry: &Entry, base: &str) {
    if row > 0 {
        out.push(b',');
    }
    out.extend_from_slice(b"{\"name\":");
    // To a Vec, of a string: it cannot fail.
    let _ = match str::from_utf8(name) {
        Ok(name) => serde_json::to_writer(&mut *out, name),
        Err(_) => serde_json::to_writer(&mut *out, &cells::harmless(name)),
    };
    if entry.folder {
        out.extend_from_slice(b",\"kind\":\"folder\",\"size\":null,\"mtime\":");
    } else {
        out.extend_from_slice(b",\"kind\":\"file\",\"size\":");
        cells::number(out, entry.size);
        out.extend_from_slice(b",\"mtime\":");
    }
    let before = out.len();
    out.push(b'"');
    if clock::utc(out, entry.seconds, entry.nanos) {
        out.push(b'"');
    } else {
        out.truncate(before);
        out.extend_from_slice(b"null");
    }
    if entry.reachable {
        out.extend_from_slice(b",\"url\":\"");
        out.extend_from_slice(base.as_bytes());
        cells::segment(out, name);
        out.extend_from_slice(if entry.folder { b"/\"}" } else { b"\"}" });
    } else {
        out.extend_from_slice(b",\"url\":null}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::files::folder::Entries;
    use serde_json::{Value, json};

    fn of(name: &[u8], folder: bool, size: u64, seconds: i64) -> Value {
        let entries = Entries::of(&[(name, folder, size, seconds)]);
        let mut out = Vec::new();
        row(&mut out, 0, name, &entries.all()[0], "/d/");
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn files_and_folders() {
        assert_eq!(
            of("a \"b\" ü.txt".as_bytes(), false, 12, 0),
            json!({"name": "a \"b\" ü.txt", "kind": "file", "size": 12, "mtime": "1970-01-01T00:00:00Z",
                "url": "/d/a%20%22b%22%20%C3%BC.txt"})
        );
        assert_eq!(
            of(b"sub", true, 4096, i64::MAX),
            json!({"name": "sub", "kind": "folder", "size": null, "mtime": null, "url": "/d/sub/"})
        );
    }

    #[test]
    fn what_cannot_be_asked_for_has_no_url() {
        assert_eq!(of(b"a\nb", false, 0, 0)["url"], Value::Null);
        assert_eq!(of(b"a\nb", false, 0, 0)["name"], "a\nb");
        assert_eq!(of(b"a\xffb", false, 0, 0)["name"], "a\\xffb");
        assert_eq!(of(b"a\xffb", false, 0, 0)["url"], Value::Null);
    }
}
