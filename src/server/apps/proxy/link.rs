//! A connection to an upstream that speaks HTTP/1.1, by hyper's client.
//!
//! Nobody runs it but whoever uses it: the wait for an answer and the reading of its body drive the socket, so
//! that no task is woken for another, and what is dropped is closed.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, Connection, SendRequest};
use hyper_util::rt::TokioIo;

use super::connect::Io;
use super::heard::Heard;
use super::sending::Sending;

/// Bytes of an answer that are read ahead, its head among them.
const BUFFER: usize = 128 << 10;

/// A connection.
pub(super) struct Link {
    sender: SendRequest<Sending>,
    connection: Option<Connection<TokioIo<Heard>, Sending>>,
    /// It has come to its end, and must not be polled again.
    ended: bool,
}

/// A request that was not answered, and perhaps not sent.
pub(super) struct Unsent {
    pub(super) error: hyper::Error,
    /// The request, where nothing of it was sent.
    pub(super) request: Option<Request<Sending>>,
}

impl Link {
    /// Over a fresh connection.
    pub(super) async fn over(io: Io) -> Result<Self, hyper::Error> {
        let (sender, connection) = Builder::new().max_buf_size(BUFFER).handshake(TokioIo::new(Heard(io))).await?;
        Ok(Self { sender, connection: Some(connection), ended: false })
    }

    /// Moves what can be moved.
    pub(super) fn drive(&mut self, cx: &mut Context<'_>) {
        if let (Some(connection), false) = (&mut self.connection, self.ended) {
            // What failed is told to whoever waits for the answer or its body.
            self.ended = connection.poll_without_shutdown(cx).is_ready();
        }
    }

    /// Whether another request can be sent. Call it when an answer has been read to its end.
    pub(super) fn settles(&mut self) -> bool {
        // Whoever takes it next will drive it; nobody is to be woken meanwhile.
        self.drive(&mut Context::from_waker(Waker::noop()));
        !self.ended && self.sender.is_ready()
    }

    /// Sends a request; the head of the answer.
    pub(super) async fn send(&mut self, request: Request<Sending>) -> Result<Response<Incoming>, Unsent> {
        let mut answer = pin!(self.sender.try_send_request(request));
        let (connection, ended) = (&mut self.connection, &mut self.ended);
        let answered = std::future::poll_fn(|cx| {
            if let (Some(driven), false) = (&mut *connection, *ended) {
                *ended = driven.poll_without_shutdown(cx).is_ready();
            }
            if let Poll::Ready(answer) = answer.as_mut().poll(cx) {
                return Poll::Ready(answer);
            }
            if *ended {
                // It ended without a word: dropped, it tells what waits.
                *connection = None;
            }
            answer.as_mut().poll(cx)
        });
        answered.await.map_err(|mut unsent| Unsent { request: unsent.take_message(), error: unsent.into_error() })
    }

    /// The socket after an answer of 101, and what has been read of the other protocol.
    pub(super) async fn into_socket(mut self) -> Option<(Io, Bytes)> {
        std::future::poll_fn(|cx| {
            self.drive(cx);
            if self.ended { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        let parts = self.connection?.into_parts();
        Some((parts.io.into_inner().0, parts.read_buf))
    }
}

/// The next piece of an answer's body, whose connection is driven meanwhile.
pub(super) fn poll_body(
    body: &mut Incoming,
    link: &mut Option<Box<Link>>,
    cx: &mut Context<'_>,
) -> Poll<Option<hyper::Result<http_body::Frame<Bytes>>>> {
    let polled = http_body::Body::poll_frame(Pin::new(&mut *body), cx);
    match (polled, link) {
        (Poll::Pending, Some(link)) => {
            link.drive(cx);
            http_body::Body::poll_frame(Pin::new(body), cx)
        }
        (polled, _) => polled,
    }
}
