//! An answer on its way out: its head in bytes, its framing, its body.

use std::future::poll_fn;
use std::io::{self, IoSlice, Write as _};
use std::task::Poll;
use std::time::SystemTime;

use bytes::Bytes;
use http::response::Parts;
use http::{HeaderMap, StatusCode, Version};
use http_body::{Body as HttpBody, Frame};

use super::send_file::send_file;
use super::wire::Wire;
use crate::server::answer::{Answer, write_fields};
use crate::server::body::{Body, Stream};
use crate::server::clock::http_date;
use crate::server::trace::Trace;

/// How the end of an answer's body is told (RFC 9112, section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// There is none, whatever the fields say: HEAD, 204, 304.
    None,
    /// By its length.
    Length(u64),
    /// By chunks.
    Chunked,
    /// By the end of the connection.
    Close,
}

impl Framing {
    pub(super) fn of(parts: &Parts, body: &Body, is_head: bool, version: Version) -> Self {
        let bodiless = parts.status.is_informational()
            || matches!(parts.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        match body.size_hint().exact() {
            _ if is_head || bodiless => Self::None,
            // RFC 9110, section 15.3.6.
            _ if parts.status == StatusCode::RESET_CONTENT => Self::Length(0),
            Some(length) => Self::Length(length),
            None if version == Version::HTTP_10 => Self::Close,
            None => Self::Chunked,
        }
    }
}

/// What the `Connection` field is to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Persistence {
    /// What is understood: it stays open.
    Silent,
    /// It stays open, which a client of HTTP/1.0 has to be told.
    KeepAlive,
    Close,
}

impl Persistence {
    pub(super) fn field(self) -> &'static [u8] {
        match self {
            Self::Silent => b"",
            Self::KeepAlive => b"connection: keep-alive\r\n",
            Self::Close => b"connection: close\r\n",
        }
    }
}

/// The whole head.
pub(super) fn head(parts: &Parts, framing: Framing, persistence: Persistence) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    write_fields(&mut out, parts, framing == Framing::None);
    match framing {
        Framing::Length(length) => {
            // Writing to a Vec cannot fail.
            let _ = write!(out, "content-length: {length}\r\n");
        }
        Framing::Chunked => out.extend_from_slice(b"transfer-encoding: chunked\r\n"),
        Framing::None | Framing::Close => {}
    }
    out.extend_from_slice(persistence.field());
    out.extend_from_slice(b"date: ");
    out.extend_from_slice(&http_date(SystemTime::now()));
    out.extend_from_slice(b"\r\n\r\n");
    out
}

/// An answer in one piece, the last on its connection.
pub(crate) fn last_word(answer: Answer) -> Vec<u8> {
    let (parts, body) = answer.into_parts();
    let framing = Framing::of(&parts, &body, false, Version::HTTP_11);
    let mut out = head(&parts, framing, Persistence::Close);
    if let Body::Full(bytes) = body {
        out.extend_from_slice(&bytes);
    }
    out
}

/// Sends head and body. On an error the connection is of no more use: what was promised cannot
/// be kept.
pub(super) async fn send(wire: &Wire, head: &[u8], body: Body, framing: Framing, trace: &mut Trace) -> io::Result<()> {
    match body {
        _ if matches!(framing, Framing::None | Framing::Length(0)) => wire.write(&mut [IoSlice::new(head)]).await,
        Body::Empty => wire.write(&mut [IoSlice::new(head)]).await,
        Body::Full(bytes) => {
            wire.write(&mut [IoSlice::new(head), IoSlice::new(&bytes)]).await?;
            trace.sent(bytes.len() as u64);
            Ok(())
        }
        Body::File(file) => send_file(wire, head, file, trace).await,
        Body::Stream(stream) => send_stream(wire, head, stream, framing, trace).await,
    }
}

async fn send_stream(
    wire: &Wire,
    head: &[u8],
    mut stream: Stream,
    framing: Framing,
    trace: &mut Trace,
) -> io::Result<()> {
    let mut head = Some(head);
    let mut trailers = None;
    let mut left = if let Framing::Length(length) = framing { length } else { u64::MAX };
    loop {
        // The head goes with the first piece, unless that is still to come.
        let next = match head {
            Some(waiting) => match poll_fn(|cx| Poll::Ready(stream.as_mut().poll_frame(cx))).await {
                Poll::Ready(next) => next,
                Poll::Pending => {
                    wire.write(&mut [IoSlice::new(waiting)]).await?;
                    head = None;
                    continue;
                }
            },
            None => poll_fn(|cx| stream.as_mut().poll_frame(cx)).await,
        };
        let before = head.take().unwrap_or_default();
        let Some(frame) = next else {
            let end = if framing == Framing::Chunked { last_chunk(trailers.as_ref()) } else { Vec::new() };
            wire.write(&mut [IoSlice::new(before), IoSlice::new(&end)]).await?;
            // A body shorter than its length cannot be mended.
            let short = matches!(framing, Framing::Length(_)) && left > 0;
            return if short { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) };
        };
        let data = match frame.map(Frame::into_data) {
            Ok(Ok(data)) => data,
            Ok(Err(frame)) => {
                trailers = frame.into_trailers().ok();
                Bytes::new()
            }
            Err(error) => {
                wire.write(&mut [IoSlice::new(before)]).await?;
                return Err(error);
            }
        };
        let data = data.slice(..usize::try_from(left).unwrap_or(usize::MAX).min(data.len()));
        if data.is_empty() {
            wire.write(&mut [IoSlice::new(before)]).await?;
            continue;
        }
        left = left.saturating_sub(data.len() as u64);
        if framing == Framing::Chunked {
            let mut size = [0; 18];
            let size = chunk_size(&mut size, data.len());
            let parts = [before, size, &data, b"\r\n"];
            wire.write(&mut parts.map(IoSlice::new)).await?;
        } else {
            wire.write(&mut [before, &data].map(IoSlice::new)).await?;
        }
        trace.sent(data.len() as u64);
    }
}

/// The last chunk with the trailers (RFC 9112, section 7.1).
fn last_chunk(trailers: Option<&HeaderMap>) -> Vec<u8> {
    let mut end = b"0\r\n".to_vec();
    for (name, value) in trailers.into_iter().flatten() {
        end.extend_from_slice(&[name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    end.extend_from_slice(b"\r\n");
    end
}

/// A chunk's size line.
fn chunk_size(room: &mut [u8; 18], length: usize) -> &[u8] {
    let mut rest = &mut room[..];
    // 16 digits and CRLF fit.
    let _ = write!(rest, "{length:x}\r\n");
    let unused = rest.len();
    &room[..room.len() - unused]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::answer;

    #[test]
    fn how_the_end_is_told() {
        let of = |status, body, is_head, version| {
            let (parts, body) = answer::with(status, "text/plain", body).into_parts();
            Framing::of(&parts, &body, is_head, version)
        };
        let endless = || Body::stream(http_body_util::StreamBody::new(futures_util::stream::pending()));
        let ok = StatusCode::OK;
        assert_eq!(of(ok, Body::full("abc"), false, Version::HTTP_11), Framing::Length(3));
        assert_eq!(of(ok, Body::Empty, false, Version::HTTP_10), Framing::Length(0));
        assert_eq!(of(ok, Body::full("abc"), true, Version::HTTP_11), Framing::None);
        assert_eq!(of(StatusCode::NOT_MODIFIED, Body::full("abc"), false, Version::HTTP_11), Framing::None);
        assert_eq!(of(StatusCode::RESET_CONTENT, Body::full("abc"), false, Version::HTTP_11), Framing::Length(0));
        assert_eq!(of(StatusCode::NO_CONTENT, Body::Empty, false, Version::HTTP_11), Framing::None);
        assert_eq!(of(ok, endless(), false, Version::HTTP_11), Framing::Chunked);
        assert_eq!(of(ok, endless(), false, Version::HTTP_10), Framing::Close);
    }

    #[test]
    fn a_head_has_one_of_each_framing_field() {
        let mut answer = answer::text(StatusCode::OK, "abc");
        for (name, value) in [("content-length", "7"), ("transfer-encoding", "chunked"), ("connection", "keep-alive")] {
            answer.headers_mut().insert(name, http::HeaderValue::from_static(value));
        }
        let (parts, _) = answer.into_parts();
        let text = |framing, persistence| String::from_utf8(head(&parts, framing, persistence)).unwrap();
        let plain = text(Framing::Length(3), Persistence::Close);
        assert!(plain.starts_with("HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\n"), "{plain}");
        assert!(plain.contains("\r\ncontent-length: 3\r\nconnection: close\r\ndate: "), "{plain}");
        assert_eq!(plain.matches("content-length").count(), 1);
        assert!(!plain.contains("transfer-encoding"));
        // The answer to HEAD says what GET's would.
        assert!(text(Framing::None, Persistence::Silent).contains("content-length: 7\r\n"));
        assert!(text(Framing::Chunked, Persistence::KeepAlive).contains("chunked\r\nconnection: keep-alive\r\n"));
    }

    #[test]
    fn sizes_of_chunks() {
        let mut room = [0; 18];
        assert_eq!(chunk_size(&mut room, 255), b"ff\r\n");
        assert_eq!(chunk_size(&mut room, usize::MAX), b"ffffffffffffffff\r\n");
    }
}
