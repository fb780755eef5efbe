//! Forms: the first line is the `Content-Type`, the rest the body.
//!
//! However the body is cut in pieces, the same comes out, within the limits; and a form that is
//! made from the input, as clients make one, is read as it was.

#![no_main]

use std::io;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::request::Parts;
use http_body::{Body, Frame};
use libfuzzer_sys::fuzz_target;
use stan::config::Limits;
use stan::server::body::Received;
use stan::server::form::multipart::{Event, Malformed, Parser, Part, is_boundary};
use stan::server::form::{Encoding, encoding, read};
use tokio::runtime::{Builder, Runtime};

/// The most that a reader may hold back: a part's headers, or a delimiter with its blanks.
const HELD: usize = (8 << 10) + 4;
/// The most bytes that a form's fields may have here.
const FIELDS: u64 = 300;

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_time().build().expect("a runtime"));

/// The parts of a body and how it ended.
type Read = (Vec<(Part, Vec<u8>)>, Result<(), Malformed>);

fuzz_target!(|data: &[u8]| {
    let (kind, body) = match data.iter().position(|byte| *byte == b'\n') {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (&b"multipart/form-data; boundary=B"[..], data),
    };
    let Ok(kind) = HeaderValue::from_bytes(kind) else { return };
    let (mut head, ()) = http::Request::new(()).into_parts();
    head.headers.insert(CONTENT_TYPE, kind);

    let pieces = cut(body);
    if let Encoding::Multipart(Some(boundary)) = encoding(&head) {
        assert!(is_boundary(&boundary));
        let whole = parse(&boundary, &[Bytes::copy_from_slice(body)]);
        assert_eq!(parse(&boundary, &pieces), whole, "in pieces {pieces:?}");
        // Long headers are searched anew with each byte, and long data is no different from short.
        let start = &body[..body.len().min(1000)];
        let whole = parse(&boundary, &[Bytes::copy_from_slice(start)]);
        let bytes: Vec<_> = start.iter().map(|byte| Bytes::copy_from_slice(&[*byte])).collect();
        assert_eq!(parse(&boundary, &bytes), whole, "byte by byte");
    }
    fields(&head, body, pieces);
    round_trip(body);
});

/// The body in pieces whose lengths depend on it.
fn cut(body: &[u8]) -> Vec<Bytes> {
    let mut random = body
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
        | 1;
    let mut rest = Bytes::copy_from_slice(body);
    let mut pieces = Vec::new();
    while !rest.is_empty() {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        // Short ones mostly: that is where a delimiter is torn.
        let longest = if random & 0x700 == 0 { 200 } else { 6 };
        pieces.push(rest.split_to(rest.len().min(random as usize % longest)));
    }
    pieces
}

fn parse(boundary: &str, pieces: &[Bytes]) -> Read {
    let mut parser = Parser::new(boundary);
    let mut parts = Vec::new();
    let mut open: Option<(Part, Vec<u8>)> = None;
    for piece in pieces {
        parser.feed(piece.clone());
        loop {
            match parser.next_event() {
                Ok(Some(Event::Begin(part))) => {
                    assert!(open.is_none(), "a part in a part");
                    open = Some((part, Vec::new()));
                }
                Ok(Some(Event::Data(data))) => {
                    assert!(!data.is_empty());
                    open.as_mut().expect("data belongs to a part").1.extend_from_slice(&data);
                }
                Ok(Some(Event::End)) => parts.push(open.take().expect("a part that ends has begun")),
                Ok(None) => break,
                Err(error) => {
                    assert!(stan::text::is_harmless(&error.to_string()), "{error}");
                    parts.extend(open);
                    return (parts, Err(error));
                }
            }
        }
        assert!(parser.is_closed() || parser.buffered() <= HELD + boundary.len(), "{} held", parser.buffered());
    }
    let end = parser.finish();
    parts.extend(open);
    (parts, end)
}

/// The same through the reader of forms, which takes no files here.
fn fields(head: &Parts, body: &[u8], pieces: Vec<Bytes>) {
    let second = Duration::from_secs(1);
    let limits = Limits { body: FIELDS, headers_timeout: second, idle_timeout: second, connections: 1 };
    let run = |body| match RUNTIME.block_on(read(head, body, &limits, None)) {
        Ok(form) => {
            assert!(form.files.is_empty(), "files are not taken");
            Ok(form.fields)
        }
        Err(error) => Err(error.to_string()),
    };
    let whole = run(Received::full(Bytes::copy_from_slice(body)));
    if let Ok(fields) = &whole {
        // A byte that is no UTF-8 becomes three.
        let bytes: usize = fields.iter().map(|(name, value)| name.len() + value.len()).sum();
        assert!(bytes as u64 <= 3 * FIELDS, "{bytes} bytes of fields");
    }
    assert_eq!(run(Received::Stream(Box::pin(Pieces(pieces.into_iter())))), whole, "in pieces");
}

/// A body that comes in pieces.
struct Pieces(std::vec::IntoIter<Bytes>);

impl Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        Poll::Ready(self.0.next().map(|piece| Ok(Frame::data(piece))))
    }
}

/// Names and bytes of parts, cut out of the input at `|`, written as a client writes them.
fn round_trip(input: &[u8]) {
    const BOUNDARY: &str = "-WebKitFormBoundary7MA4YWxkTrZu0gW";
    let mut pieces = input.split(|byte| *byte == b'|');
    let mut body = Vec::new();
    let mut expected = Vec::new();
    while let Some(name) = pieces.next() {
        let name = plain(name);
        let filename = pieces.next().filter(|name| !name.starts_with(b"-")).map(plain);
        let data = pieces.next().unwrap_or_default();
        body.extend_from_slice(format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"").as_bytes());
        body.extend_from_slice(quoted(&name).as_bytes());
        body.push(b'"');
        if let Some(filename) = &filename {
            body.extend_from_slice(format!("; filename=\"{}\"", quoted(filename)).as_bytes());
        }
        body.extend_from_slice(b"\r\n\r\n");
        body.extend_from_slice(data);
        body.extend_from_slice(b"\r\n");
        expected.push((Part { name, filename, ..Part::default() }, data.to_vec()));
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    if input.windows(BOUNDARY.len()).any(|window| window == BOUNDARY.as_bytes()) {
        return;
    }
    assert_eq!(parse(BOUNDARY, &cut(&body)), (expected, Ok(())));
}

/// A name without what clients cannot tell apart: NUL, and text that looks escaped already.
fn plain(name: &[u8]) -> String {
    String::from_utf8_lossy(name).chars().filter(|c| !matches!(c, '\0' | '%')).take(500).collect()
}

/// As in a quoted string, with line breaks as browsers write them.
fn quoted(name: &str) -> String {
    name.replace('\\', "\\\\").replace('"', "\\\"").replace('\r', "%0D").replace('\n', "%0A")
}
