//! A streaming reader of `multipart/form-data` (RFC 7578, RFC 2046 section 5.1): bytes in, events
//! out, nothing of the network in it.
//!
//! Data is handed on in slices of what was fed; only what could be the start of a boundary at the
//! end of a piece waits for the next one.

mod error;
mod part;
#[cfg(test)]
mod tests;

use bytes::{Buf as _, Bytes, BytesMut};
use memchr::memmem::{self, Finder};

pub use error::Malformed;
pub use part::Part;

/// The most bytes of one part's headers.
const HEADERS: usize = 8 << 10;
/// The most parts.
const PARTS: usize = 10_000;
/// The most bytes before the first boundary.
const PREAMBLE: u64 = 64 << 10;
/// The most blanks between a boundary and its line's end.
const PADDING: usize = 64;

/// What a body consists of, in order: for each part `Begin`, any number of `Data`, `End`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A part begins.
    Begin(Part),
    /// Some bytes of it.
    Data(Bytes),
    /// It is whole.
    End,
}

/// The reader. Feed it, then take events until there is none.
pub struct Parser {
    /// Line break, two dashes, the boundary.
    delimiter: Finder<'static>,
    buffer: Bytes,
    state: State,
    parts: usize,
    skipped: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Preamble,
    Headers,
    /// A part's first bytes: a part without any may have its boundary right after the headers.
    First,
    Data,
    /// After the closing boundary.
    Epilogue,
}

/// What follows a delimiter.
enum After {
    /// It closes the body; so many bytes belong to it.
    Close(usize),
    /// A part follows after so many bytes.
    Next(usize),
    /// It only looked like one.
    Not,
    /// Too little is here to tell.
    Unknown,
}

/// What a search found.
enum Found {
    /// Bytes before a delimiter, or that cannot belong to one.
    Data(Bytes),
    /// A delimiter, now stepped over.
    Delimiter,
    /// Not enough to tell.
    Nothing,
}

/// Whether `text` can be a boundary; more than RFC 2046 allows, less than could do harm.
pub fn is_boundary(text: &str) -> bool {
    (1..=200).contains(&text.len()) && text.bytes().all(|b| (0x20..0x7f).contains(&b)) && !text.ends_with(' ')
}

impl Parser {
    /// A reader of bodies with `boundary`.
    pub fn new(boundary: &str) -> Self {
        let delimiter = Finder::new(&format!("\r\n--{boundary}")).into_owned();
        // The first boundary needs no line break before it; this one stands for it.
        Self { delimiter, buffer: Bytes::from_static(b"\r\n"), state: State::Preamble, parts: 0, skipped: 0 }
    }

    /// Takes more of the body. All events should have been taken before.
    pub fn feed(&mut self, more: Bytes) {
        if self.buffer.is_empty() {
            self.buffer = more;
        } else {
            let held = std::mem::take(&mut self.buffer);
            let mut joined = held.try_into_mut().unwrap_or_else(|held| BytesMut::from(&held[..]));
            joined.extend_from_slice(&more);
            self.buffer = joined.freeze();
        }
    }

    /// Bytes that were fed and are not handed on yet.
    pub fn buffered(&self) -> usize {
        self.buffer.len()
    }

    /// Whether the closing boundary has come; what follows it means nothing.
    pub fn is_closed(&self) -> bool {
        self.state == State::Epilogue
    }

    /// The next event; `None` when more must be fed, or the body is over.
    pub fn next_event(&mut self) -> Result<Option<Event>, Malformed> {
        loop {
            match self.state {
                State::Preamble => match self.search()? {
                    Found::Data(skipped) => {
                        self.skipped += skipped.len() as u64;
                        if self.skipped > PREAMBLE {
                            return Err(Malformed::Preamble);
                        }
                    }
                    Found::Delimiter => {}
                    Found::Nothing => return Ok(None),
                },
                State::Headers => return self.headers(),
                State::First => match self.first()? {
                    Some(Found::Nothing) => return Ok(None),
                    Some(_) => return Ok(Some(Event::End)),
                    None => self.state = State::Data,
                },
                State::Data => {
                    return Ok(match self.search()? {
                        Found::Data(data) => Some(Event::Data(data)),
                        Found::Delimiter => Some(Event::End),
                        Found::Nothing => None,
                    });
                }
                State::Epilogue => {
                    self.buffer = Bytes::new();
                    return Ok(None);
                }
            }
        }
    }

    /// The body is over: whether it was whole.
    pub fn finish(&self) -> Result<(), Malformed> {
        if self.is_closed() { Ok(()) } else { Err(Malformed::Cut) }
    }

    /// Takes what comes first: a delimiter, or the bytes before one.
    fn search(&mut self) -> Result<Found, Malformed> {
        let length = self.delimiter.needle().len();
        let mut from = 0;
        let data = loop {
            let Some(at) = self.delimiter.find(&self.buffer[from..]) else { break self.end_of_data() };
            let at = from + at;
            let after = after(&self.buffer[at + length..]);
            match after {
                After::Not => from = at + 1,
                After::Unknown => break at,
                After::Close(_) | After::Next(_) if at > 0 => break at,
                After::Close(_) | After::Next(_) => {
                    self.pass(length, &after)?;
                    return Ok(Found::Delimiter);
                }
            }
        };
        Ok(if data == 0 { Found::Nothing } else { Found::Data(self.buffer.split_to(data)) })
    }

    /// Where the longest end of the buffer begins that may be the start of a delimiter. A
    /// delimiter has one carriage return, its first byte.
    fn end_of_data(&self) -> usize {
        let delimiter = self.delimiter.needle();
        let window = self.buffer.len().saturating_sub(delimiter.len() - 1);
        match memchr::memrchr(b'\r', &self.buffer[window..]) {
            Some(at) if delimiter.starts_with(&self.buffer[window + at..]) => window + at,
            _ => self.buffer.len(),
        }
    }

    /// Looks for a boundary right at a part's start; `None` where there is none.
    fn first(&mut self) -> Result<Option<Found>, Malformed> {
        let dashes = &self.delimiter.needle()[2..];
        let length = dashes.len();
        if self.buffer.len() < length {
            return Ok(dashes.starts_with(&self.buffer).then_some(Found::Nothing));
        }
        if !self.buffer.starts_with(dashes) {
            return Ok(None);
        }
        let after = after(&self.buffer[length..]);
        match after {
            After::Not => Ok(None),
            After::Unknown => Ok(Some(Found::Nothing)),
            After::Close(_) | After::Next(_) => {
                self.pass(length, &after)?;
                Ok(Some(Found::Delimiter))
            }
        }
    }

    /// Steps over a delimiter of `length` bytes at the buffer's start.
    fn pass(&mut self, length: usize, after: &After) -> Result<(), Malformed> {
        let more = match after {
            After::Close(more) => {
                self.state = State::Epilogue;
                *more
            }
            After::Next(more) => {
                self.state = State::Headers;
                self.parts += 1;
                *more
            }
            After::Not | After::Unknown => return Ok(()),
        };
        self.buffer.advance(length + more);
        if self.parts > PARTS { Err(Malformed::Parts { limit: PARTS }) } else { Ok(()) }
    }

    /// Reads a part's headers, when they are here whole.
    fn headers(&mut self) -> Result<Option<Event>, Malformed> {
        if self.buffer.starts_with(b"\r\n") {
            return Err(Malformed::Unnamed);
        }
        match memmem::find(&self.buffer, b"\r\n\r\n") {
            Some(end) if end <= HEADERS => {
                let part = Part::parse(&self.buffer[..end])?;
                self.buffer.advance(end + 4);
                self.state = State::First;
                Ok(Some(Event::Begin(part)))
            }
            None if self.buffer.len() <= HEADERS + 4 => Ok(None),
            _ => Err(Malformed::Headers { limit: HEADERS }),
        }
    }
}

/// What `rest`, which follows a delimiter, makes of it.
fn after(rest: &[u8]) -> After {
    let blanks = rest.iter().take(PADDING + 1).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    match &rest[blanks..] {
        _ if blanks > PADDING => After::Not,
        [b'-', b'-', ..] if blanks == 0 => After::Close(2),
        [b'\r', b'\n', ..] => After::Next(blanks + 2),
        [] | [b'\r'] => After::Unknown,
        [b'-'] if blanks == 0 => After::Unknown,
        _ => After::Not,
    }
}
