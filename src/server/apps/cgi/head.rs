//! The header of a script's output (RFC 3875, section 6): which of the four kinds of answer it is.

use http::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderName, HeaderValue, LOCATION, TE, TRAILER, TRANSFER_ENCODING,
    UPGRADE,
};
use http::uri::PathAndQuery;
use http::{HeaderMap, StatusCode};

/// The most bytes of a header.
pub(super) const MOST: usize = 64 << 10;
/// The most lines of one.
const LINES: usize = 200;

/// What a script's header means.
#[derive(Debug)]
pub(super) enum Head {
    /// A document, or a redirect that says all itself (sections 6.2.1 and 6.2.4).
    Document { status: StatusCode, headers: HeaderMap },
    /// What is at this path of ours (section 6.2.2).
    Local(String),
    /// Elsewhere (section 6.2.3).
    Client(HeaderValue),
}

/// Where the header in `bytes` ends, behind its empty line.
pub(super) fn end(bytes: &[u8]) -> Option<usize> {
    let mut start = 0;
    for newline in memchr::memchr_iter(b'\n', bytes) {
        let line = bytes.get(start..newline)?;
        start = newline + 1;
        if matches!(line, b"" | b"\r") {
            return Some(start);
        }
    }
    None
}

/// What the header `bytes` means, or what is wrong with it.
pub(super) fn parse(bytes: &[u8]) -> Result<Head, String> {
    let mut headers = HeaderMap::new();
    let (mut status, mut location) = (None, None);
    let lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    for (count, line) in lines.filter(|line| !line.is_empty()).enumerate() {
        if count == LINES {
            return Err(format!("its header has more than {LINES} lines"));
        }
        let (name, value) = field(line)?;
        match name.as_str() {
            "status" if status.is_some() => return Err("its header has two Status lines".to_owned()),
            "status" => status = Some(status_of(&value)?),
            "location" if location.is_some() => return Err("its header has two Location lines".to_owned()),
            "location" => location = Some(value),
            "content-type" if headers.contains_key(CONTENT_TYPE) => {
                return Err("its header has two Content-Type lines".to_owned());
            }
            _ if is_ours(&name) => {}
            _ => drop(headers.append(name, value)),
        }
    }
    if let Some(lengths) = lengths(&headers) {
        return Err(format!("its Content-Length is {lengths}"));
    }
    let Some(location) = location else {
        if status.is_none() && !headers.contains_key(CONTENT_TYPE) {
            return Err("its header has neither Content-Type nor Status nor Location".to_owned());
        }
        return Ok(Head::Document { status: status.unwrap_or(StatusCode::OK), headers });
    };
    // A type says nothing where there is no document, and is written out of habit.
    let alone = status.is_none() && headers.keys().all(|name| *name == CONTENT_TYPE);
    if alone && is_local(&location) {
        let path = location.to_str().ok().filter(|path| path.parse::<PathAndQuery>().is_ok());
        return path.map(|path| Head::Local(path.to_owned())).ok_or_else(|| "its Location is no URL".to_owned());
    }
    if alone {
        return Ok(Head::Client(location));
    }
    headers.insert(LOCATION, location);
    Ok(Head::Document { status: status.unwrap_or(StatusCode::FOUND), headers })
}

/// The length that a document promises.
pub(super) fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn field(line: &[u8]) -> Result<(HeaderName, HeaderValue), String> {
    if line.starts_with(b"HTTP/") {
        return Err("it begins as an answer of HTTP, not of CGI, which has a Status line".to_owned());
    }
    let wrong = || format!("a line of its header is no header: {}", shown(line));
    let colon = line.iter().position(|byte| *byte == b':').ok_or_else(wrong)?;
    let (name, value) = line.split_at_checked(colon).ok_or_else(wrong)?;
    let value = value.get(1..).unwrap_or_default().trim_ascii();
    let name = HeaderName::from_bytes(name).map_err(|_| wrong())?;
    Ok((name, HeaderValue::from_bytes(value).map_err(|_| wrong())?))
}

fn shown(line: &[u8]) -> String {
    String::from_utf8_lossy(line.get(..100).unwrap_or(line)).into_owned()
}

/// `404 Not Found`; the words are HTTP's own.
fn status_of(value: &HeaderValue) -> Result<StatusCode, String> {
    let bytes = value.as_bytes();
    let code = bytes.split(|byte| *byte == b' ').next().unwrap_or_default();
    let status = StatusCode::from_bytes(code).ok().filter(|status| (200..600).contains(&status.as_u16()));
    status.ok_or_else(|| format!("its Status is none of 200 to 599: {}", shown(bytes)))
}

/// What concerns the connection is not the script's to say.
fn is_ours(name: &HeaderName) -> bool {
    [CONNECTION, TRANSFER_ENCODING, TE, TRAILER, UPGRADE, DATE].contains(name)
        || matches!(name.as_str(), "keep-alive" | "proxy-connection")
}

/// A length that cannot be.
fn lengths(headers: &HeaderMap) -> Option<String> {
    let mut all = headers.get_all(CONTENT_LENGTH).iter();
    let first = all.next()?;
    let digits = |value: &HeaderValue| !value.is_empty() && value.as_bytes().iter().all(u8::is_ascii_digit);
    match all.next() {
        Some(_) => Some("said twice".to_owned()),
        None if digits(first) && length(headers).is_some() => None,
        None => Some(shown(first.as_bytes())),
    }
}

/// A path of ours, not `//another.host/`.
fn is_local(location: &HeaderValue) -> bool {
    let bytes = location.as_bytes();
    bytes.starts_with(b"/") && !bytes.starts_with(b"//") && !bytes.starts_with(b"/\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str) -> (u16, HeaderMap) {
        match parse(text.as_bytes()) {
            Ok(Head::Document { status, headers }) => (status.as_u16(), headers),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn the_end_of_a_header() {
        assert_eq!(end(b"A: b\n\nbody\n\n"), Some(6));
        assert_eq!(end(b"A: b\r\n\r\nbody"), Some(8));
        assert_eq!(end(b"A: b\r\n\nbody"), Some(7));
        assert_eq!(end(b"\nbody"), Some(1));
        assert_eq!(end(b"A: b\nC: d\r\n"), None);
        assert_eq!(end(b""), None);
    }

    #[test]
    fn documents() {
        let (status, headers) = document("content-type:text/html\r\nX-A: 1\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\n");
        assert_eq!(
            (status, &headers["content-type"], headers.get_all("set-cookie").iter().count()),
            (200, &HeaderValue::from_static("text/html"), 2)
        );
        assert_eq!(document("Status: 404 Not Found\nContent-Type: text/plain\n\n").0, 404);
        assert_eq!(document("Status: 204\n\n").0, 204);
        assert_eq!(length(&document("Content-Type: a/b\nContent-Length: 12\n\n").1), Some(12));
    }

    #[test]
    fn redirects() {
        assert!(matches!(parse(b"Location: /a?b=c\n\n"), Ok(Head::Local(to)) if to == "/a?b=c"));
        assert!(matches!(parse(b"Content-Type: text/html\nLocation: /a\n\n"), Ok(Head::Local(_))));
        for elsewhere in ["https://example.org/", "//example.org/x", "/\\example.org"] {
            assert!(
                matches!(parse(format!("Location: {elsewhere}\n\n").as_bytes()), Ok(Head::Client(to)) if to == elsewhere)
            );
        }
        assert_eq!(document("Status: 303 See Other\nLocation: /a\n\n").1["location"], "/a");
        assert_eq!(document("Location: /a\nSet-Cookie: x\n\n").0, 302);
    }

    #[test]
    fn what_concerns_the_connection_is_left_out() {
        let (_, headers) =
            document("Content-Type: a/b\nConnection: close\nTransfer-Encoding: chunked\nKeep-Alive: 1\n\n");
        assert_eq!(headers.len(), 1);
    }

    #[test]
    fn what_is_no_header() {
        for bad in [
            "\n",
            "X-A: 1\n\n",
            "<p>Hello\n\n",
            "Content-Type: text/html\nTraceback (most recent call last):\n\n",
            "HTTP/1.1 200 OK\nContent-Type: text/html\n\n",
            "Status: fine\n\n",
            "Status: 100\n\n",
            "Status: 600\n\n",
            "Status: 200\nStatus: 200\n\n",
            "Location: /a\nLocation: /b\n\n",
            "Location: /a b\n\n",
            "Content-Type: a/b\nContent-Length: -1\n\n",
            "Content-Type: a/b\nContent-Length: 1\nContent-Length: 1\n\n",
            "Content-Type: a/b\nX\x01: 1\n\n",
            "Content-Type: a/b\nX: \x01\n\n",
        ] {
            assert!(parse(bad.as_bytes()).is_err(), "{bad:?}");
        }
        assert!(parse(format!("Status: 200\n{}\n", "A: b\n".repeat(LINES)).as_bytes()).is_err());
    }
}
