//! A request's head, as it lies in the buffer (RFC 9112, sections 2 to 5).
//!
//! Strict where leniency lets two readers disagree about one message: such a head is refused,
//! and the connection with it.

use std::mem::MaybeUninit;

use http::{StatusCode, Version};

use crate::server::fields::Fields;

/// Fields of one head; one with more is refused.
pub const MOST: usize = 100;
/// Bytes of one head; one with more is refused.
pub const LONGEST: usize = 64 << 10;
/// Bytes of a request line.
const LONGEST_LINE: usize = 16 << 10;

/// Bytes of a method that are looked at before the head is whole.
const LONGEST_METHOD: usize = 32;

/// Where the fields of a head are put.
pub type Room<'b> = [MaybeUninit<httparse::Header<'b>>; MOST];

/// A place for the fields of one head.
pub const fn room<'b>() -> Room<'b> {
    [const { MaybeUninit::uninit() }; MOST]
}

/// A request's head. Nothing is copied.
#[derive(Debug)]
pub struct Head<'h, 'b> {
    /// The method.
    pub method: &'b str,
    /// The request-target, in whatever form.
    pub target: &'b str,
    /// HTTP/1.0 or 1.1.
    pub version: Version,
    fields: &'h [httparse::Header<'b>],
}

impl<'h, 'b> Head<'h, 'b> {
    /// All fields in the order in which they came.
    pub fn fields(&self) -> impl Iterator<Item = (&'b str, &'b [u8])> + use<'h, 'b> {
        self.fields.iter().map(|field| (field.name, field.value))
    }

    /// The values of the fields of that name, in any case.
    pub fn all<'n>(&self, name: &'n str) -> impl Iterator<Item = &'b [u8]> + use<'h, 'b, 'n> {
        self.fields().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The first value of that name.
    pub fn first(&self, name: &str) -> Option<&'b [u8]> {
        self.all(name).next()
    }

    /// Whether a field that lists tokens has this one, in any case.
    pub fn lists(&self, name: &str, token: &str) -> bool {
        let words = self.all(name).flat_map(|value| value.split(|b| *b == b','));
        words.map(<[u8]>::trim_ascii).any(|word| word.eq_ignore_ascii_case(token.as_bytes()))
    }

    /// Whether the connection outlives the answer as far as the client goes (RFC 9112, section 9.3).
    pub fn keeps_alive(&self) -> bool {
        match self.version {
            Version::HTTP_10 => self.lists("connection", "keep-alive") && !self.lists("connection", "close"),
            _ => !self.lists("connection", "close"),
        }
    }
}

impl Fields for Head<'_, '_> {
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.all(name)
    }
}

/// Why a request is not taken. The connection ends with the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// What it is answered.
    pub status: StatusCode,
    /// Why, for whoever reads the answer.
    pub text: &'static str,
}

impl Refusal {
    pub(super) const fn new(status: StatusCode, text: &'static str) -> Self {
        Self { status, text }
    }

    pub(super) const fn bad(text: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, text)
    }
}

const TOO_LARGE: Refusal = Refusal::new(
    StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
    "the request's head is larger than 64 KiB or has more than 100 fields",
);
const TOO_LONG: Refusal =
    Refusal::new(StatusCode::URI_TOO_LONG, "the request line is longer than 16 KiB; send such data in a body");

/// What cannot become a request.
pub const NO_HTTP: Refusal =
    Refusal::bad("this is no HTTP request; does the client speak https? This server speaks http");

/// The length of the head that `input` begins with, its empty line included; `None` while it has
/// not come whole. `seen` bytes of it have been looked at before.
pub fn end(input: &[u8], seen: usize) -> Result<Option<usize>, Refusal> {
    // The empty lines before it belong to it (section 2.2).
    let start = input.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
    // A TLS handshake, for instance, need not be waited for.
    let method = input.get(start..).unwrap_or_default().split(|b| *b == b' ').next().unwrap_or_default();
    if method.iter().take(LONGEST_METHOD).any(|b| !is_token(*b) && !matches!(b, b'\r' | b'\n')) {
        return Err(NO_HTTP);
    }
    let mut at = seen.saturating_sub(3).max(start);
    while let Some(found) = input.get(at..).and_then(|rest| memchr::memchr(b'\n', rest)) {
        at += found + 1;
        match input.get(at..) {
            Some([b'\n', ..]) => return within(input, start, at + 1),
            Some([b'\r', b'\n', ..]) => return within(input, start, at + 2),
            _ => {}
        }
    }
    within(input, start, input.len() + 1).map(|_| None)
}

/// Whether a byte may be part of a token (RFC 9110, section 5.6.2).
pub fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// `length`, if a head may be so long.
fn within(input: &[u8], start: usize, length: usize) -> Result<Option<usize>, Refusal> {
    let line = memchr::memchr(b'\n', input.get(start..).unwrap_or_default()).map_or(input.len() - start, |end| end + 1);
    if line > LONGEST_LINE {
        return Err(TOO_LONG);
    }
    if length > LONGEST { Err(TOO_LARGE) } else { Ok(Some(length)) }
}

/// Reads a whole head, as [`end`] has found it.
pub fn parse<'h, 'b>(input: &'b [u8], room: &'h mut Room<'b>) -> Result<Head<'h, 'b>, Refusal> {
    let mut request = httparse::Request::new(&mut []);
    match request.parse_with_uninit_headers(input, room) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) => return Err(Refusal::bad("the request's head is not well formed")),
        Err(error) => return Err(refusal(error, input)),
    }
    let (Some(method), Some(target), Some(version)) = (request.method, request.path, request.version) else {
        return Err(Refusal::bad("the request line is not well formed"));
    };
    let version = if version == 0 { Version::HTTP_10 } else { Version::HTTP_11 };
    Ok(Head { method, target, version, fields: request.headers })
}

/// Reads a minor version beyond 1 as 1, the highest that is known (RFC 9110, section 2.5).
pub fn settle_version(input: &mut [u8]) {
    let start = input.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
    let Some(end) = input.get(start..).and_then(|rest| memchr::memchr(b'\n', rest)) else { return };
    let Some(line) = input.get_mut(start..start + end) else { return };
    let line = if let [line @ .., b'\r'] = line { line } else { line };
    if let [.., b' ', b'H', b'T', b'T', b'P', b'/', b'1', b'.', minor @ b'2'..=b'9'] = line {
        *minor = b'1';
    }
}

fn refusal(error: httparse::Error, input: &[u8]) -> Refusal {
    match error {
        httparse::Error::TooManyHeaders => TOO_LARGE,
        httparse::Error::HeaderName => Refusal::bad("a field name has a character that is not allowed in it"),
        httparse::Error::HeaderValue => Refusal::bad("a field value has a character that is not allowed in it"),
        _ => about_line(input),
    }
}

/// What is wrong with a request line.
fn about_line(input: &[u8]) -> Refusal {
    let line = input.trim_ascii_start().split(|b| *b == b'\n').next().unwrap_or_default();
    let words: Vec<&[u8]> = line.strip_suffix(b"\r").unwrap_or(line).split(|b| *b == b' ').collect();
    match words.as_slice() {
        [_, _] => Refusal::bad("the version is missing: a request line is METHOD /path HTTP/1.1"),
        [_, _, version] if version.eq_ignore_ascii_case(b"HTTP/1.1") => Refusal::bad(if *version == b"HTTP/1.1" {
            "the method or the path has a character that is not allowed in it: escape it with %"
        } else {
            "HTTP/1.1 is written in capitals"
        }),
        [_, _, [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]]
            if major.is_ascii_digit() && minor.is_ascii_digit() =>
        {
            Refusal::new(
                StatusCode::HTTP_VERSION_NOT_SUPPORTED,
                "this server speaks HTTP/1.1, and HTTP/2 to a client that starts with its preface",
            )
        }
        [_, _, .., version] if version.starts_with(b"HTTP/") => {
            Refusal::bad("the request line has a space too many: in a path it is written %20")
        }
        _ => Refusal::bad("this is no request line: METHOD /path HTTP/1.1"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &str) -> Result<(String, String, Version, usize), u16> {
        let mut bytes = input.as_bytes().to_vec();
        settle_version(&mut bytes);
        let end = end(&bytes, 0).map_err(|r| r.status.as_u16())?.ok_or(0_u16)?;
        let mut room = room();
        let head = parse(&bytes[..end], &mut room).map_err(|r| r.status.as_u16())?;
        Ok((head.method.to_owned(), head.target.to_owned(), head.version, head.fields().count()))
    }

    #[test]
    fn heads() {
        let whole = |m: &str, t: &str, v, n| Ok((m.to_owned(), t.to_owned(), v, n));
        assert_eq!(read("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), whole("GET", "/", Version::HTTP_11, 1));
        assert_eq!(read("\r\n\r\nGET / HTTP/1.0\r\n\r\n"), whole("GET", "/", Version::HTTP_10, 0));
        assert_eq!(read("GET /a HTTP/1.1\nHost: a\n\n"), whole("GET", "/a", Version::HTTP_11, 1));
        assert_eq!(read("GET / HTTP/1.7\r\n\r\n"), whole("GET", "/", Version::HTTP_11, 0));
        assert_eq!(read("GET / HTTP/1.1\r\nHost: a\r\n"), Err(0));
        assert_eq!(read(""), Err(0));
    }

    #[test]
    fn refused() {
        for (input, status) in [
            ("GET / HTTP/2.0\r\n\r\n", 505),
            ("GET / HTTP/0.9\r\n\r\n", 505),
            ("GET /\r\n\r\n", 400),
            ("GET  / HTTP/1.1\r\n\r\n", 400),
            ("GET / a HTTP/1.1\r\n\r\n", 400),
            ("GET / HTTP/1.1 \r\n\r\n", 400),
            ("GET / http/1.1\r\n\r\n", 400),
            (" GET / HTTP/1.1\r\n\r\n", 400),
            ("G(T / HTTP/1.1\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nA : b\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\n: b\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nA\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nA: b\rc\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nA: b\0c\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nA: \u{7f}\r\n\r\n", 400),
            ("\u{16}\u{3}\u{1}\n\n", 400),
        ] {
            assert_eq!(read(input), Err(status), "{input:?}");
        }
        assert_eq!(read(&format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(20_000))), Err(414));
        assert_eq!(read(&format!("GET / HTTP/1.1\r\n{}: a\r\n\r\n", "a".repeat(70_000))), Err(431));
        assert_eq!(read(&format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(101))), Err(431));
    }

    #[test]
    fn what_does_not_end_is_refused_when_it_is_too_long() {
        assert_eq!(end(b"\x16\x03\x01", 0).map_err(|refusal| refusal.status.as_u16()), Err(400));
        assert_eq!(end(&vec![b'a'; LONGEST_LINE], 0), Ok(None));
        assert_eq!(end(&vec![b'a'; LONGEST_LINE + 1], 0), Err(TOO_LONG));
        let mut input = b"GET / HTTP/1.1\r\na: ".to_vec();
        input.resize(LONGEST, b'b');
        assert_eq!(end(&input, 0), Err(TOO_LARGE));
    }

    #[test]
    fn the_end_is_found_wherever_the_bytes_were_cut() {
        let input = b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nGET";
        for seen in 0..input.len() - 4 {
            assert_eq!(end(input, seen), Ok(Some(input.len() - 3)), "{seen}");
        }
    }

    #[test]
    fn keeping_alive() {
        for (input, keeps) in [
            ("GET / HTTP/1.1\r\n\r\n", true),
            ("GET / HTTP/1.1\r\nConnection: a, CLOSE\r\n\r\n", false),
            ("GET / HTTP/1.0\r\n\r\n", false),
            ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true),
            ("GET / HTTP/1.0\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n", false),
        ] {
            let mut room = room();
            assert_eq!(parse(input.as_bytes(), &mut room).unwrap().keeps_alive(), keeps, "{input}");
        }
    }
}
