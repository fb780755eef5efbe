//! An app's answer: its head as HTTP's, its body as it is yielded.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http::header::{CONNECTION, CONTENT_LENGTH, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_body::{Body, Frame, SizeHint};

use super::exchange::Thread;
use super::failure::Failure;
use super::wire;

/// Headers of an answer; there is no use for more.
const FIELDS: usize = 1000;

/// Status and headers as the app gave them; those of the connection are the server's own and left out.
pub(super) fn head(bytes: &[u8]) -> Result<(StatusCode, HeaderMap), String> {
    let mut texts = bytes.split(|byte| *byte == 0);
    let status = texts.next().unwrap_or_default();
    let code = status.get(..3).and_then(|code| StatusCode::from_bytes(code).ok());
    let code = code
        .filter(|code| status.len() > 3 && status.get(3) == Some(&b' ') && !code.is_informational())
        .ok_or_else(|| format!("the status {:?} is none, such as \"200 OK\"", String::from_utf8_lossy(status)))?;
    let mut headers = HeaderMap::new();
    while let (Some(name), Some(value)) = (texts.next(), texts.next()) {
        if headers.len() == FIELDS {
            return Err(format!("it answers with more than {FIELDS} headers"));
        }
        let shown = || String::from_utf8_lossy(name).into_owned();
        let name = HeaderName::from_bytes(name).map_err(|_| format!("{:?} is no name of a header", shown()))?;
        let value =
            HeaderValue::from_bytes(value).map_err(|_| format!("the value of the header {name} cannot be one"))?;
        if !is_of_the_connection(&name) {
            headers.append(name, value);
        }
    }
    let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
    if let Some(first) = lengths.next()
        && (length(&headers).is_none() || lengths.any(|other| other != first))
    {
        return Err(format!("content-length is {first:?} or several, and has to be one number"));
    }
    Ok((code, headers))
}

/// RFC 9110, section 7.6.1; PEP 3333 forbids them to apps.
fn is_of_the_connection(name: &HeaderName) -> bool {
    [CONNECTION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE].contains(name)
        || matches!(name.as_str(), "keep-alive" | "proxy-connection")
}

/// The length that the app declares.
pub(super) fn length(headers: &HeaderMap) -> Option<u64> {
    let digits = headers.get(CONTENT_LENGTH)?.to_str().ok()?.trim();
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// The body of an answer whose end has not come yet.
pub(super) struct Streamed {
    thread: Option<Thread>,
    /// Bytes of the frame under way.
    frame: usize,
    /// What the app has still to give, where it has said how much that is.
    left: Option<u64>,
}

impl Streamed {
    pub(super) fn new(thread: Thread, left: Option<u64>) -> Self {
        Self { thread: Some(thread), frame: 0, left }
    }

    fn strange(&mut self) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.thread = None;
        failed("the worker does not keep to the protocol")
    }

    /// The next piece of the frame under way.
    fn piece(&mut self) -> Option<Bytes> {
        let buffer = &mut self.thread.as_mut()?.lease.conn.buffer;
        let size = self.frame.min(buffer.len());
        if size == 0 {
            return None;
        }
        self.frame -= size;
        Some(buffer.split_to(size).freeze())
    }

    /// What of a piece is sent: nothing that is more than was said.
    fn cut(&mut self, mut piece: Bytes) -> Bytes {
        if let Some(left) = &mut self.left {
            let most = usize::try_from(*left).unwrap_or(usize::MAX);
            if piece.len() > most {
                // What is more than was said is not sent, nor waited for: it may have no end.
                piece.truncate(most);
                self.thread = None;
            }
            *left -= piece.len() as u64;
        }
        piece
    }
}

impl Body for Streamed {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        loop {
            if let Some(piece) = this.piece() {
                let piece = this.cut(piece);
                if piece.is_empty() {
                    continue;
                }
                return Poll::Ready(Some(Ok(Frame::data(piece))));
            }
            let Some(thread) = &mut this.thread else { return Poll::Ready(None) };
            let buffer = &mut thread.lease.conn.buffer;
            match if this.frame > 0 { None } else { wire::peek(buffer) } {
                Some((wire::DATA, length)) => {
                    buffer.advance(wire::PREFIX);
                    this.frame = length;
                    continue;
                }
                Some((kind @ (wire::END | wire::ENDED), _)) => {
                    buffer.advance(wire::PREFIX);
                    let about = thread.about.clone();
                    if let Some(thread) = this.thread.take() {
                        thread.settle(kind == wire::END);
                    }
                    if let Some(left @ 1..) = this.left {
                        let line = format!("the answer is {left} bytes shorter than its Content-Length");
                        about.failed(&Failure::new(line, ""));
                        return failed("the app failed");
                    }
                    return Poll::Ready(None);
                }
                Some((wire::AREA | wire::ROOM, length)) if buffer.len() >= wire::PREFIX + length => {
                    let Some(piece) = thread.of_area() else { return this.strange() };
                    let piece = this.cut(piece);
                    if piece.is_empty() {
                        continue;
                    }
                    return Poll::Ready(Some(Ok(Frame::data(piece))));
                }
                Some((wire::AREA | wire::ROOM, ..=8)) => {}
                Some((wire::FAILURE, length)) if length <= wire::MOST => {
                    if let Some((_, told)) = wire::take(buffer) {
                        thread.about.told(&told);
                        if let Some(thread) = this.thread.take() {
                            thread.settle(false);
                        }
                        return failed("the app failed");
                    }
                }
                Some(_) => return this.strange(),
                None => {}
            }
            if let Err(error) = ready!(thread.lease.poll_more(cx)) {
                this.thread = None;
                return Poll::Ready(Some(Err(error)));
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

fn failed(why: &'static str) -> Poll<Option<io::Result<Frame<Bytes>>>> {
    Poll::Ready(Some(Err(io::Error::other(why))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads() {
        let (status, headers) = head(b"200 Fine\0X-A\x001\0X-A\x002\0Connection\0close").unwrap();
        assert_eq!(status, 200);
        assert_eq!(headers.get_all("x-a").iter().count(), 2);
        assert!(!headers.contains_key(CONNECTION));
        for bad in [
            &b"200"[..],
            b"2000 OK",
            b"100 Continue",
            b"200 OK\0a b\0c",
            b"200 OK\0a\0b\r\nc",
            b"200 OK\0Content-Length\0x",
            b"200 OK\0Content-Length\0+2",
            b"",
        ] {
            assert!(head(bad).is_err(), "{bad:?}");
        }
        let many = ["200 OK".to_owned()].into_iter().chain((0..=FIELDS).map(|n| format!("x-{n}\0y")));
        assert!(head(many.collect::<Vec<_>>().join("\0").as_bytes()).is_err());
    }
}
