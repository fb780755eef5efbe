//! The chunked transfer coding (RFC 9112, section 7.1), read strictly.

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue};

/// Bytes of one line.
const LINE: usize = 4 << 10;
/// Bytes of all extensions and trailers of a body.
const EXTRA: usize = 16 << 10;

/// Where in the coding the reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// At a size line.
    Size,
    /// In a chunk of which so much is left.
    Data(u64),
    /// At the line end after a chunk.
    DataEnd,
    /// In the trailer section.
    Trailers,
    End,
}

/// Reads a chunked body piece by piece.
#[derive(Debug)]
pub struct Decoder {
    state: State,
    /// Those that have been read.
    trailers: HeaderMap,
    /// Bytes of extensions and trailers that may still come.
    spare: usize,
}

/// What a look at the input came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece {
    /// Bytes of the body.
    Data(Bytes),
    /// The next bytes have not come yet.
    More,
    /// What came after the body, where anything did. It is whole.
    Trailers(HeaderMap),
    /// The body is whole.
    End,
}

/// Why a body cannot be read on, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken(pub &'static str);

impl Default for Decoder {
    fn default() -> Self {
        Self { state: State::Size, trailers: HeaderMap::new(), spare: EXTRA }
    }
}

impl Decoder {
    /// Whether the body has come whole.
    pub fn is_end(&self) -> bool {
        self.state == State::End
    }

    /// Takes what it can from `input`.
    pub fn decode(&mut self, input: &mut BytesMut) -> Result<Piece, Broken> {
        loop {
            match self.state {
                State::Size => {
                    let Some(line) = line(input)? else { return Ok(Piece::More) };
                    let (size, extensions) = size(&line)?;
                    self.spend(extensions)?;
                    self.state = if size == 0 { State::Trailers } else { State::Data(size) };
                }
                State::Data(_) if input.is_empty() => return Ok(Piece::More),
                State::Data(left) => {
                    let take = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
                    let left = left - take as u64;
                    self.state = if left == 0 { State::DataEnd } else { State::Data(left) };
                    return Ok(Piece::Data(input.split_to(take).freeze()));
                }
                State::DataEnd => match input.get(..2) {
                    Some(b"\r\n") => {
                        input.advance(2);
                        self.state = State::Size;
                    }
                    None if input.is_empty() || input.starts_with(b"\r") => return Ok(Piece::More),
                    _ => return Err(Broken("a chunk is longer than its size says")),
                },
                State::Trailers => {
                    let Some(line) = line(input)? else { return Ok(Piece::More) };
                    self.spend(line.len())?;
                    if !line.is_empty() {
                        let (name, value) = field(&line).ok_or(Broken("a trailer is no field"))?;
                        self.trailers.append(name, value);
                        continue;
                    }
                    self.state = State::End;
                    if !self.trailers.is_empty() {
                        return Ok(Piece::Trailers(std::mem::take(&mut self.trailers)));
                    }
                }
                State::End => return Ok(Piece::End),
            }
        }
    }
}

impl Decoder {
    fn spend(&mut self, bytes: usize) -> Result<(), Broken> {
        self.spare = self.spare.checked_sub(bytes).ok_or(Broken("too many extensions or trailers"))?;
        Ok(())
    }
}

/// The field of a trailer's line.
fn field(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let mut fields = [httparse::EMPTY_HEADER; 1];
    let whole = [line, b"\r\n\r\n"].concat();
    let Ok(httparse::Status::Complete((_, [field]))) = httparse::parse_headers(&whole, &mut fields) else {
        return None;
    };
    Some((HeaderName::from_bytes(field.name.as_bytes()).ok()?, HeaderValue::from_bytes(field.value).ok()?))
}

/// Takes a line with its CRLF, which is not part of the result. A bare LF ends no line here:
/// where readers disagree on it, requests are smuggled.
fn line(input: &mut BytesMut) -> Result<Option<Bytes>, Broken> {
    let Some(end) = memchr::memchr(b'\n', input) else {
        return if input.len() > LINE { Err(Broken("a line of the chunked coding is too long")) } else { Ok(None) };
    };
    let mut line = input.split_to(end + 1).freeze();
    if end > LINE {
        return Err(Broken("a line of the chunked coding is too long"));
    }
    let Some(content) = line.strip_suffix(b"\r\n").filter(|line| !line.contains(&b'\r') && !line.contains(&0)) else {
        return Err(Broken("a line of the chunked coding does not end in CRLF"));
    };
    let length = content.len();
    line.truncate(length);
    Ok(Some(line))
}

/// The size of a chunk: hexadecimal digits; then perhaps extensions, which are ignored, and whose
/// length comes with it.
fn size(line: &[u8]) -> Result<(u64, usize), Broken> {
    let digits = line.iter().take_while(|b| b.is_ascii_hexdigit()).count();
    let (digits, rest) = line.split_at(digits);
    if digits.is_empty() || !(rest.is_empty() || rest.trim_ascii_start().starts_with(b";")) {
        return Err(Broken("a chunk's size is not a hexadecimal number"));
    }
    let value = digits.iter().try_fold(0_u64, |size, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        size.checked_mul(16)?.checked_add(u64::from(digit))
    });
    let value = value.filter(|size| *size < 1 << 62).ok_or(Broken("a chunk's size is too large"))?;
    Ok((value, rest.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The body, and what was left of the input after it.
    fn decode(input: &[u8], step: usize) -> Result<(Vec<u8>, Vec<u8>), &'static str> {
        let (mut decoder, mut buffer, mut body) = (Decoder::default(), BytesMut::new(), Vec::new());
        let mut pieces = input.chunks(step.max(1));
        loop {
            match decoder.decode(&mut buffer).map_err(|broken| broken.0)? {
                Piece::Data(data) => body.extend_from_slice(&data),
                Piece::Trailers(trailers) => {
                    for (name, value) in &trailers {
                        body.extend_from_slice(format!("|{name}={}", value.to_str().unwrap()).as_bytes());
                    }
                }
                Piece::End => {
                    buffer.extend(pieces.flatten());
                    return Ok((body, buffer.to_vec()));
                }
                Piece::More => buffer.extend_from_slice(pieces.next().ok_or("unfinished")?),
            }
        }
    }

    #[test]
    fn bodies() {
        let whole = |body: &str, rest: &str| Ok((body.into(), rest.into()));
        for step in [1, 2, 3, 1000] {
            assert_eq!(decode(b"5\r\nhello\r\n0\r\n\r\nGET", step), whole("hello", "GET"));
            assert_eq!(decode(b"0\r\n\r\n", step), whole("", ""));
            assert_eq!(
                decode(b"A\r\n0123456789\r\n00a;x=\"y\"\r\n0123456789\r\n000 ;z\r\n\r\n", step),
                whole("01234567890123456789", "")
            );
            assert_eq!(decode(b"1\r\na\r\n0\r\nTrailer: 1\r\nB:2 \r\n\r\nGET", step), whole("a|trailer=1|b=2", "GET"));
        }
    }

    #[test]
    fn broken() {
        for input in [
            "5\nhello\r\n0\r\n\r\n",
            "5\r\nhello\n0\r\n\r\n",
            "5\r\nhelloo\r\n0\r\n\r\n",
            "5\r\nhell\r\n0\r\n\r\n",
            "-5\r\nhello",
            "+5\r\nhello",
            "0x5\r\nhello",
            " 5\r\nhello",
            "\r\nhello",
            "5 5\r\nhello",
            "g\r\n",
            "ffffffffffffffff\r\n",
            "10000000000000000\r\n",
            "5\r;\r\nhello\r\n0\r\n\r\n",
            "0\r\n\n",
            "0\r\nno colon\r\n\r\n",
            "0\r\n: x\r\n\r\n",
            "0\r\n a: x\r\n\r\n",
        ] {
            let got = decode(input.as_bytes(), 1000);
            assert!(got.as_ref().is_err_and(|why| *why != "unfinished"), "{input:?}: {got:?}");
        }
        let long = format!("1;{}\r\na\r\n0\r\n\r\n", "x".repeat(LINE));
        assert!(decode(long.as_bytes(), 1).is_err());
        let extensions = format!("{}0\r\n\r\n", "1;eeeeeeeeee\r\na\r\n".repeat(EXTRA / 10));
        assert!(decode(extensions.as_bytes(), 100).is_err_and(|why| why != "unfinished"));
        let trailers = format!("0\r\n{}\r\n", "a: b\r\n".repeat(EXTRA / 4 + 2));
        assert!(decode(trailers.as_bytes(), 100).is_err_and(|why| why != "unfinished"));
    }
}
