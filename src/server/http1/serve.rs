//! A connection's life: request, answer, request, until one side has had enough.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Buf as _;
use http::request::Parts;
use http::{Method, StatusCode, Version};
use http_body_util::BodyExt as _;
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::at_once::{AtOnce, Sent, Unsent, persistence};
use super::framing::{self, Length};
use super::head::{self, Refusal};
use super::incoming::{Before, Incoming, Upgraded};
use super::linger::{self, linger};
use super::request;
use super::respond::{self, Framing, Persistence};
use super::watch::{Verdict, Watch};
use super::wire::{Inner, Phase, Remainder, Wire};
use crate::server::answer;
use crate::server::body::Received;
use crate::server::drain::Drain;
use crate::server::gone::Gone;
use crate::server::interim::{self, Interim};
use crate::server::pipeline::Pipeline;
use crate::server::request::{Connected, Peer};
use crate::server::stats::Open;
use crate::server::trace::Trace;
use crate::server::upgrade::{OnUpgrade, Socket};

/// What a client says first that speaks HTTP/2 (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// A body that nobody wanted is read to its end where that is not far, to keep the connection.
const SPARE: u64 = 256 << 10;
/// An answer of so many bytes may lie in the socket's buffer for a while.
const LARGE: u64 = 64 << 10;

/// Serves `stream` until the client leaves, a limit is crossed, or `drain` asks for the end.
/// The result is the socket of a client that speaks HTTP/2.
pub(crate) async fn serve(
    stream: TcpStream,
    peer: Peer,
    pipeline: Arc<Pipeline>,
    drain: &Drain,
    open: Open,
) -> Option<Upgraded> {
    let limits = pipeline.limits();
    let wire = Arc::new(Wire::new(stream, open));
    let connection = Connection { wire: wire.clone(), pipeline, peer };
    let verdict = {
        let mut running = pin!(connection.run());
        let (soon, now) = (pin!(drain.soon.rings()), pin!(drain.now.rings()));
        let timer = pin!(tokio::time::sleep(limits.headers_timeout));
        let mut watch = Watch::new(&wire, &limits, drain, timer, soon, now);
        let ended = poll_fn(|cx| {
            loop {
                if let Poll::Ready(ended) = running.as_mut().poll(cx) {
                    return Poll::Ready(Ok(ended));
                }
                match watch.poll(cx) {
                    Poll::Ready(Some(verdict)) => return Poll::Ready(Err(verdict)),
                    Poll::Ready(None) => {}
                    Poll::Pending => return Poll::Pending,
                }
            }
        });
        let ended = ended.await;
        match ended {
            Ok(ended) => return ended,
            Err(verdict) => verdict,
        }
    };
    if verdict == Verdict::SlowHead {
        let slow = Refusal::new(StatusCode::REQUEST_TIMEOUT, "the request's head took too long");
        let line = Line::of(&wire.lock().input);
        // Nobody watches any more, and the client may not read.
        let _ = tokio::time::timeout(linger::REST, connection.refuse(slow, &line)).await;
    }
    None
}

struct Connection {
    wire: Arc<Wire>,
    pipeline: Arc<Pipeline>,
    peer: Peer,
}

/// What a connection comes to next.
enum Next {
    /// A request.
    Request(Box<Request>),
    /// It was answered at once; whether the connection goes on.
    Answered(bool),
    /// It was, but for what the socket did not take.
    Unsent(Box<Unsent>),
    /// Something that is none, and its first line.
    Refused(Refusal, Line),
    /// The client speaks HTTP/2.
    Http2,
    /// The client has gone.
    End,
}

/// What can be made out of the first line of something that is no request.
struct Line {
    method: Vec<u8>,
    target: Vec<u8>,
}

impl Line {
    /// Bytes of a target that are worth showing.
    const SHOWN: usize = 1024;

    fn of(input: &[u8]) -> Self {
        let none = || b"-".to_vec();
        let line = input.trim_ascii_start().split(|b| matches!(b, b'\r' | b'\n')).next().unwrap_or_default();
        let mut words = line.splitn(2, |b| *b == b' ');
        let method = words.next().filter(|method| !method.is_empty() && method.iter().all(|b| head::is_token(*b)));
        let (Some(method), Some(rest)) = (method, words.next()) else {
            return Self { method: none(), target: none() };
        };
        let end = rest
            .iter()
            .rposition(|b| *b == b' ')
            .filter(|at| rest.get(at + 1..).is_some_and(|v| v.starts_with(b"HTTP")));
        let target = end.and_then(|end| rest.get(..end)).unwrap_or(rest);
        Self { method: method.to_vec(), target: target.get(..Self::SHOWN).unwrap_or(target).to_vec() }
    }
}

/// A request whose head has come whole.
struct Request {
    parts: Parts,
    body: Received,
    began: Instant,
    keeps_alive: bool,
    upgrade: Option<oneshot::Sender<Socket>>,
}

impl Connection {
    async fn run(&self) -> Option<Upgraded> {
        loop {
            match poll_fn(|cx| self.poll_next(cx)).await {
                Next::Request(request) => {
                    if !Box::pin(self.exchange(*request)).await {
                        return None;
                    }
                }
                Next::Answered(true) => {}
                Next::Answered(false) => {
                    self.part(0).await;
                    return None;
                }
                Next::Unsent(unsent) => {
                    let keeps = unsent.keeps();
                    if unsent.send(&self.wire).await.is_err() {
                        return None;
                    }
                    if !keeps {
                        self.part(LARGE).await;
                        return None;
                    }
                    self.wire.lock().enter(Phase::Idle);
                }
                Next::Refused(refusal, line) => {
                    self.refuse(refusal, &line).await;
                    return None;
                }
                Next::Http2 => return Some(Upgraded::new(self.wire.clone())),
                Next::End => return None,
            }
        }
    }

    fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Next> {
        let mut inner = self.wire.lock();
        let mut seen = 0;
        loop {
            inner.skip_empty_lines();
            if !inner.says_nothing() {
                match self.take(&mut inner, seen, cx) {
                    Ok(Some(Next::Answered(true))) => {
                        seen = 0;
                        continue;
                    }
                    Ok(Some(next)) => return Poll::Ready(next),
                    Ok(None) => {
                        if inner.phase == Phase::Idle {
                            inner.enter(Phase::Head);
                        }
                        // A preface is no head, and what it begins like may be.
                        let preface = inner.is_first() && PREFACE.starts_with(&inner.input);
                        seen = if preface { 0 } else { inner.input.len() };
                    }
                    Err(refusal) => return Poll::Ready(Next::Refused(refusal, Line::of(&inner.input))),
                }
            }
            match inner.poll_fill_head(cx) {
                Poll::Ready(Ok(read)) if read > 0 => {}
                // Half a head, then the end: there is somebody who may hear why.
                Poll::Ready(Ok(_)) if !inner.input.trim_ascii().is_empty() => {
                    let short = Refusal::bad("the request ended in the middle of its head");
                    return Poll::Ready(Next::Refused(short, Line::of(&inner.input)));
                }
                Poll::Ready(_) => return Poll::Ready(Next::End),
                Poll::Pending => {
                    inner.rest_if_empty();
                    return Poll::Pending;
                }
            }
        }
    }

    /// Takes a request from the buffer, if it is there. What is refused stays there.
    fn take(&self, inner: &mut Inner, seen: usize, cx: &mut Context<'_>) -> Result<Option<Next>, Refusal> {
        if inner.is_first() && (PREFACE.starts_with(&inner.input) || inner.input.starts_with(PREFACE)) {
            return Ok((inner.input.len() >= PREFACE.len()).then_some(Next::Http2));
        }
        let Some(end) = head::end(&inner.input, seen)? else { return Ok(None) };
        let began = Instant::now();
        head::settle_version(&mut inner.input);
        let mut room = head::room();
        let raw = inner.input.get(..end).unwrap_or_default();
        let head = head::parse(raw, &mut room)?;
        let length = framing::length(&head)?;
        let expects = request::expects(&head)?;
        let keeps_alive = head.keeps_alive();
        if length == Length::Known(0)
            && let Some((prepared, kind, remote)) = self.pipeline.ready(self.peer, head.method, head.target, &head)
        {
            let persistence = persistence(keeps_alive && !inner.last, head.version);
            let answer = AtOnce { prepared, kind, persistence, began };
            let sent = answer.send(&mut inner.stream, cx, &self.pipeline.recorder, remote, &head);
            inner.input.advance(end);
            inner.begin(length, false);
            return Ok(Some(match sent {
                Ok(Sent::All(now)) => {
                    inner.enter_at(Phase::Idle, now);
                    Next::Answered(persistence != Persistence::Close)
                }
                Ok(Sent::Part(unsent)) => Next::Unsent(unsent),
                Err(_) => Next::End,
            }));
        }
        let mut parts = request::parts(&head, raw)?;
        // Bytes of a body could be taken for the other protocol's.
        let bare = length == Length::Known(0);
        let upgrade = (bare && head.first("upgrade").is_some() && head.lists("connection", "upgrade")).then(|| {
            let (on, send) = OnUpgrade::new();
            parts.extensions.insert(on);
            send
        });
        // HTTP/1.0 knows no interim answers, and others expect none but 100.
        let interim = head.version == Version::HTTP_11 && head.first(interim::ASKED_FOR_BY).is_some();
        inner.input.advance(end);
        let serial = inner.begin(length, expects);
        parts.extensions.insert(Gone::new(Before::new(self.wire.clone(), serial)));
        if interim {
            parts.extensions.insert(Interim::new(Before::new(self.wire.clone(), serial)));
        }
        let body = match length {
            Length::Known(0) => Received::full(""),
            _ => Received::Direct(Box::pin(Incoming::new(self.wire.clone(), serial))),
        };
        Ok(Some(Next::Request(Box::new(Request { parts, body, began, keeps_alive, upgrade }))))
    }

    /// Has a request answered; whether the connection goes on.
    async fn exchange(&self, request: Request) -> bool {
        let Request { mut parts, body, began, keeps_alive, upgrade } = request;
        let (is_head, version) = (parts.method == Method::HEAD, parts.version);
        let peer = self.pipeline.peer(self.peer, &parts.headers);
        if peer.ip != self.peer.ip {
            parts.extensions.insert(Connected(self.peer.ip));
        }
        let mut trace = Trace::begin(&self.pipeline.recorder, peer.ip, &parts, began);
        let request = http::Request::from_parts(parts, body);
        let answer = self.pipeline.answer(request, peer, &mut trace).await;
        let (parts, body) = answer.into_parts();
        trace.answered(&parts);
        let upgrade = upgrade.filter(|_| parts.status == StatusCode::SWITCHING_PROTOCOLS);
        let framing = Framing::of(&parts, &body, is_head, version);
        let (rest, last) = {
            let inner = self.wire.lock();
            (inner.remainder(), inner.last)
        };
        let spare = match rest {
            Remainder::None => true,
            // What was too large is not wanted either.
            Remainder::Some(left) => {
                let late = [StatusCode::PAYLOAD_TOO_LARGE, StatusCode::REQUEST_TIMEOUT].contains(&parts.status);
                left <= SPARE && !late
            }
            Remainder::Withheld | Remainder::Broken => false,
        };
        // After a bad request nobody knows what the client takes to be the next.
        let bad = parts.status == StatusCode::BAD_REQUEST;
        let keeps = keeps_alive && !last && !bad && spare && framing != Framing::Close;
        let persistence = if upgrade.is_some() { Persistence::Silent } else { persistence(keeps, version) };
        let head = respond::head(&parts, framing, persistence);
        let sent = match poll_fn(|cx| self.wire.lock().poll_begin_answer(cx)).await {
            Ok(()) => respond::send(&self.wire, &head, body, framing, &mut trace).await,
            failed => failed,
        };
        let bytes = trace.bytes();
        if sent.is_err() {
            trace.cut();
        }
        drop(trace);
        if sent.is_err() {
            return false;
        }
        if let Some(upgrade) = upgrade {
            // Whoever asked for the socket may have gone since; then it closes.
            let _ = upgrade.send(Box::new(Upgraded::new(self.wire.clone())));
            return false;
        }
        let spent = rest == Remainder::None || (keeps && self.read_rest().await);
        if !spent {
            linger(&self.wire, linger::BODY).await;
            return false;
        }
        // It may have been asked to end while the answer was on its way.
        let keeps = keeps && !self.wire.lock().last;
        if !keeps {
            self.part(bytes).await;
            return false;
        }
        self.wire.lock().enter(Phase::Idle);
        true
    }

    /// Ends a connection whose requests are all answered. A socket that is closed with bytes unread
    /// is reset, and the reset may overtake what is still on its way: so where more has come, or a
    /// large answer may not have arrived, the end is waited for.
    async fn part(&self, sent: u64) {
        let more = {
            let inner = self.wire.lock();
            let unread = inner.stream.try_read(&mut [0]).is_ok_and(|read| read > 0);
            inner.last || unread || !inner.says_nothing()
        };
        if sent >= LARGE {
            linger(&self.wire, linger::BODY).await;
        } else if more {
            linger(&self.wire, linger::REST).await;
        }
    }

    /// Reads the body to its end, for nobody.
    async fn read_rest(&self) -> bool {
        let mut body = Incoming::new(self.wire.clone(), self.wire.serial());
        let mut read = 0;
        while let Some(piece) = body.frame().await {
            let Ok(piece) = piece else { return false };
            read += piece.data_ref().map_or(0, |data| data.len() as u64);
            if read > SPARE {
                return false;
            }
        }
        true
    }

    /// Answers what is no request; the connection is of no more use.
    async fn refuse(&self, refusal: Refusal, line: &Line) {
        let since = {
            let mut inner = self.wire.lock();
            let since = inner.since;
            inner.enter(Phase::Busy);
            since
        };
        if refusal == head::NO_HTTP {
            self.pipeline.no_http();
        }
        let mut trace = Trace::refused(&self.pipeline.recorder, self.peer.ip, &line.method, &line.target, since);
        let (parts, body) = answer::text(refusal.status, format!("{}\n", refusal.text)).into_parts();
        trace.answered(&parts);
        let framing = Framing::of(&parts, &body, false, Version::HTTP_11);
        let head = respond::head(&parts, framing, Persistence::Close);
        if respond::send(&self.wire, &head, body, framing, &mut trace).await.is_ok() {
            drop(trace);
            linger(&self.wire, linger::REST).await;
        }
    }
}
