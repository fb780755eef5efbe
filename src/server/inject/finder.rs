//! Where in a page the script goes: incremental, on bytes, pure.
//!
//! After `<head …>`; else after the doctype and `<html …>`, before the first other tag or text;
//! else at the end. Comments and processing instructions are passed over, so a `<head>` inside
//! one is none. The tokens are those of the HTML standard, section 13.2.5.

/// Where the script goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// At this offset from the beginning.
    At(u64),
    /// Not into this: it is UTF-16.
    Nowhere,
}

/// Finds the place, chunk by chunk.
#[derive(Debug, Default)]
pub(super) struct Finder {
    state: State,
    /// Bytes read.
    at: u64,
    /// Where the token began that is not yet understood.
    token: u64,
    name: Name,
}

/// The first letters of a tag's name, enough to know the few that matter.
#[derive(Debug, Default)]
struct Name {
    letters: [u8; 8],
    length: usize,
}

impl Name {
    fn push(&mut self, byte: u8) {
        if let Some(letter) = self.letters.get_mut(self.length) {
            *letter = byte.to_ascii_lowercase();
        }
        self.length += 1;
    }

    fn is(&self, name: &[u8]) -> bool {
        self.letters.get(..self.length) == Some(name)
    }
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The first bytes, which may be a byte order mark.
    #[default]
    Start,
    /// After EF or EF BB.
    Mark(u8),
    /// After FF or FE.
    WideMark,
    /// Between tokens.
    Between,
    /// After `<`.
    Open,
    /// After `<!`.
    Bang,
    /// After `<!-`.
    BangDash,
    /// In a comment, after so many dashes; `true` right after `<!--`, where `>` ends it.
    Comment(u8, bool),
    /// In a comment, after `--!`.
    CommentBang,
    /// In something that ends with `>`.
    Bogus,
    /// In a tag's name.
    Name,
    /// In the tag `html` or `head` after its name.
    Inside,
    /// After the `=` of an attribute.
    Equals,
    /// In a value between these quotes.
    Quoted(u8),
    /// In a value without quotes.
    Unquoted,
    /// Decided.
    Done(Place),
}

impl Finder {
    /// Reads on; the place, once it is known. At the end of a page that had none the script goes
    /// to the end.
    pub(super) fn feed(&mut self, chunk: &[u8]) -> Option<Place> {
        for &byte in chunk {
            if let State::Done(place) = self.state {
                return Some(place);
            }
            self.state = self.next(byte);
            self.at += 1;
        }
        match self.state {
            State::Done(place) => Some(place),
            _ => None,
        }
    }

    /// Up to here the bytes can be sent, whatever follows.
    pub(super) fn safe(&self) -> u64 {
        match self.state {
            State::Mark(_) | State::WideMark | State::Open | State::Bang | State::BangDash | State::Name => self.token,
            _ => self.at,
        }
    }

    fn here(&self) -> State {
        State::Done(Place::At(self.token))
    }

    fn between(&mut self, byte: u8) -> State {
        self.token = self.at;
        match byte {
            b'<' => State::Open,
            b' ' | b'\t' | b'\n' | b'\r' | 0x0c => State::Between,
            // UTF-16 without a mark: every other byte of its markup is zero.
            0 => State::Done(Place::Nowhere),
            _ => self.here(),
        }
    }

    #[expect(clippy::match_same_arms, reason = "a line for each step of the standard's machine")]
    fn next(&mut self, byte: u8) -> State {
        match (self.state, byte) {
            (State::Start, 0xef) => State::Mark(1),
            (State::Start, 0xff | 0xfe) => State::WideMark,
            (State::Mark(1), 0xbb) => State::Mark(2),
            (State::Mark(2), 0xbf) => State::Between,
            (State::WideMark, 0xff | 0xfe) => State::Done(Place::Nowhere),
            (State::Mark(_) | State::WideMark, _) => self.here(),
            (State::Start | State::Between, _) => self.between(byte),

            (State::Open, b'!') => State::Bang,
            (State::Open, b'?') => State::Bogus,
            (State::Open, 0) => State::Done(Place::Nowhere),
            (State::Open, byte) if byte.is_ascii_alphabetic() => {
                self.name = Name::default();
                self.name.push(byte);
                State::Name
            }
            // An end tag, or text that begins with `<`.
            (State::Open, _) => self.here(),

            (State::Bang, b'-') => State::BangDash,
            (State::Bang | State::Bogus, b'>') => State::Between,
            (State::Bang | State::Bogus, _) => State::Bogus,
            (State::BangDash, b'-') => State::Comment(0, true),
            (State::BangDash, b'>') => State::Between,
            (State::BangDash, _) => State::Bogus,
            (State::Comment(dashes, first), b'>') if first || dashes >= 2 => State::Between,
            (State::Comment(dashes, first), b'-') => {
                State::Comment(dashes.saturating_add(1).min(2), first && dashes == 0)
            }
            (State::Comment(2, _), b'!') => State::CommentBang,
            (State::CommentBang, b'>') => State::Between,
            (State::CommentBang, b'-') => State::Comment(1, false),
            (State::Comment(..) | State::CommentBang, _) => State::Comment(0, false),

            (State::Name, b'>' | b'/' | b' ' | b'\t' | b'\n' | b'\r' | 0x0c) => {
                if !self.name.is(b"html") && !self.name.is(b"head") {
                    return self.here();
                }
                if byte == b'>' { self.end_of_tag() } else { State::Inside }
            }
            (State::Name, _) => {
                self.name.push(byte);
                State::Name
            }
            (State::Inside | State::Equals | State::Unquoted, b'>') => self.end_of_tag(),
            (State::Inside, b'=') => State::Equals,
            (State::Equals, b'"' | b'\'') => State::Quoted(byte),
            (State::Equals, byte) if byte.is_ascii_whitespace() => State::Equals,
            (State::Equals, _) => State::Unquoted,
            (State::Quoted(quote), byte) if byte == quote => State::Inside,
            (State::Quoted(quote), _) => State::Quoted(quote),
            (State::Unquoted, byte) if byte.is_ascii_whitespace() => State::Inside,
            (State::Unquoted, _) => State::Unquoted,
            (State::Inside, _) => State::Inside,
            (State::Done(place), _) => State::Done(place),
        }
    }

    fn end_of_tag(&self) -> State {
        if self.name.is(b"head") { State::Done(Place::At(self.at + 1)) } else { State::Between }
    }
}

#[cfg(test)]
mod tests;
