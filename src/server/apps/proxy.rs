//! Requests that other servers answer: passed on over HTTP/1.1 or HTTP/2, both ways as they stream.
//!
//! What belongs here turns a request into an upstream's and its answer into ours: `outgoing` (the head, with
//! `forwarded`, `hops` and `paths`), `sending` (the body), `balance` and `health` (which upstream), `upstream` with
//! `connect`, `link`, `http2` and `pool` (its connections), `relayed` and `tunnel` (the answer), `failure` (none).

mod balance;
mod connect;
mod failure;
mod forwarded;
mod health;
mod hops;
mod http2;
mod link;
mod outgoing;
mod paths;
mod pool;
mod relayed;
mod sending;
mod tunnel;
mod upstream;

use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use http::request::Parts;
use http::{Method, Response, StatusCode};
use hyper::body::Incoming;
use tokio::time::{timeout, timeout_at};

pub(crate) use self::failure::Unanswered;

use self::failure::Failure;
use self::link::Link;
use self::outgoing::{Of, Outgoing};
use self::paths::Mending;
use self::sending::{Progress, Sending};
use self::upstream::{Busy, Upstream};
use crate::config::{self, Config};
use crate::event::Feed;
use crate::server::answer::Answer;
use crate::server::body::Received;
use crate::server::drain::Bell;
use crate::server::guard::forwarded::is_trusted;
use crate::server::request::Request;
use crate::server::upgrade::OnUpgrade;
use crate::server::{request, status};

/// A client that waits with its body is told to send it after so long, whatever the upstream does (RFC 9110,
/// section 10.1.1).
const EXPECTING: Duration = Duration::from_secs(1);

/// Servers that answer for this one.
pub(crate) struct Proxy {
    upstreams: Vec<Arc<Upstream>>,
    settings: config::Proxy,
    /// The segments of a path that the pattern matches before its catch-all.
    depth: usize,
    turn: AtomicUsize,
}

/// What a proxy needs to know of the server that it is part of.
pub(crate) struct Around<'a> {
    pub(crate) config: &'a Config,
    pub(crate) feed: &'a Feed,
    /// Rings when the server stops: what speaks another protocol ends.
    pub(crate) ends: &'a Bell,
    /// Bytes of a request's body at most.
    pub(crate) body: u64,
}

/// A request on its way.
struct To<'a> {
    head: &'a Parts,
    client: IpAddr,
    progress: Option<&'a Arc<Progress>>,
}

/// A request that has been answered.
struct Answered<'a> {
    answer: Response<Incoming>,
    link: Option<Box<Link>>,
    upstream: &'a Arc<Upstream>,
    busy: Busy,
}

impl Proxy {
    /// To the upstreams of `settings`, on a route with this pattern.
    pub(crate) fn new(settings: &config::Proxy, pattern: &str) -> Self {
        Self {
            upstreams: settings.upstreams.iter().map(Upstream::new).collect(),
            settings: settings.clone(),
            depth: paths::depth(pattern),
            turn: AtomicUsize::new(0),
        }
    }

    /// Passes a request on, and its answer back.
    pub(crate) async fn answer(&self, mut request: Request, around: &Around<'_>) -> Answer {
        let html = status::accepts_html(&request.head.headers);
        if paths::climbs(&request.path) {
            let text = "The path has a .. in it, which would lead out of this route.";
            return status::page(StatusCode::BAD_REQUEST, html, "Bad request", text);
        }
        if outgoing::circles(&request.head.headers) {
            let text = "This request goes round in circles: a proxy route of stan.conf leads back to stan itself.";
            return status::page(StatusCode::LOOP_DETECTED, html, "Loop detected", text);
        }
        let body = std::mem::replace(&mut request.body, Received::full(""));
        let on_upgrade = request.head.extensions.remove::<OnUpgrade>();
        let outgoing = self.outgoing(&mut request, on_upgrade.is_some(), around);
        let most = around.body;
        // Nobody has to wait for a word of an upstream whose protocol does not say it.
        let withheld = outgoing.expects && !self.upstreams.iter().any(|upstream| upstream.at.http2);
        let (body, progress) = Sending::new(body, most, withheld);
        let to = To { head: &request.head, client: request.remote(), progress: progress.as_ref() };
        let answered = match self.ask(&outgoing, &to, body, around).await {
            Ok(answered) => answered,
            Err(failed) => {
                return match (failed, progress.and_then(|progress| progress.fault())) {
                    (_, Some(fault)) => fault.page(html, most),
                    (Some((failure, upstream)), None) => {
                        failure.page(&upstream.at.to_string(), html, request.may_see_details())
                    }
                    (None, None) => status::page(StatusCode::BAD_GATEWAY, html, "Bad gateway", ""),
                };
            }
        };
        let Answered { answer, link, upstream, busy } = answered;
        let mending = Mending {
            base: &upstream.at.base,
            prefix: self.prefix(request.head.uri.path()).0,
            authority: &upstream.authority,
            host: outgoing.host.as_ref().and_then(|host| host.to_str().ok()),
        };
        if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
            return relayed::answer(answer, link, busy, &mending, request.head.method == Method::HEAD);
        }
        let socket = match link {
            Some(link) if outgoing.upgrade.is_some() => link.into_socket().await,
            _ => None,
        };
        let (Some((socket, early)), Some(on_upgrade)) = (socket, on_upgrade) else {
            let text = "The server behind this address changed the protocol, and nobody had asked for that.";
            return status::page(StatusCode::BAD_GATEWAY, html, "Bad gateway", text);
        };
        let ends = around.ends.clone();
        tokio::spawn(async move {
            let _busy = busy;
            tunnel::run(on_upgrade, socket, early, ends).await;
        });
        relayed::switching(answer.into_parts().0, &mending)
    }

    /// The head for any upstream. It takes the request's fields.
    fn outgoing(&self, request: &mut Request, upgradable: bool, around: &Around<'_>) -> Outgoing {
        let headers = std::mem::take(&mut request.head.headers);
        let host = headers.get(http::header::HOST).and_then(|host| host.to_str().ok()).map(str::to_owned);
        let host = request.head.uri.authority().map(|authority| authority.as_str().to_owned()).or(host);
        let from = request.head.extensions.get::<request::Connected>().map_or(request.peer.ip, |connected| connected.0);
        let of = Of {
            host: host.as_deref(),
            from,
            trusted: is_trusted(&around.config.trusted_proxies, from),
            prefix: self.prefix(request.head.uri.path()).0,
            document: request.document,
            upgradable,
        };
        Outgoing::new(request.head.method.clone(), headers, request.head.version, &of)
    }

    /// What is dropped of a request's path, and the rest.
    fn prefix<'a>(&self, path: &'a str) -> (&'a str, &'a str) {
        if self.settings.strip { paths::split(path, self.depth) } else { ("", path) }
    }

    /// Asks one upstream after the other until one has got the request; what came of that.
    async fn ask(
        &self,
        outgoing: &Outgoing,
        to: &To<'_>,
        body: Sending,
        around: &Around<'_>,
    ) -> Result<Answered<'_>, Option<(Failure, &Arc<Upstream>)>> {
        let (now, progress) = (Instant::now(), to.progress);
        let loads: Vec<_> = self.upstreams.iter().map(|upstream| upstream.load(now)).collect();
        let turn = self.turn.fetch_add(1, Relaxed);
        let mut body = Some(body);
        let mut last = None;
        for place in balance::order(self.settings.balance, &loads, to.client, turn) {
            let (Some(upstream), Some(sending)) = (self.upstreams.get(place), body.take()) else { break };
            let target = paths::target(&to.head.uri, self.prefix(to.head.uri.path()).1, &upstream.at.base);
            let head = target.and_then(|target| outgoing.head(upstream, target, self.settings.host, progress));
            let Some(head) = head else { break };
            let busy = upstream.begin(now);
            let sent = in_time(upstream.send(&head, sending), self.settings.timeout, progress).await;
            let failure = match sent {
                Some(Ok((answer, link))) => {
                    upstream.answered(around.feed);
                    return Ok(Answered { answer, link, upstream, busy });
                }
                Some(Err((failure, unsent))) => {
                    body = unsent;
                    failure
                }
                None => Failure::Slow(self.settings.timeout),
            };
            if progress.is_some_and(|progress| progress.fault().is_some()) {
                return Err(None);
            }
            upstream.failed(&failure, around.feed);
            last = Some((failure, upstream));
        }
        Err(last)
    }
}

/// Waits for `sending`, for `limit` since the last piece of the body was asked for; `None` where that was not
/// enough.
async fn in_time<T>(sending: impl Future<Output = T>, limit: Duration, progress: Option<&Arc<Progress>>) -> Option<T> {
    let mut sending = pin!(sending);
    let mut due = Instant::now() + limit;
    if let Some(progress) = progress.filter(|progress| progress.is_withheld()) {
        if let Ok(sent) = timeout(EXPECTING.min(limit), &mut sending).await {
            return Some(sent);
        }
        progress.wanted();
    }
    loop {
        if let Ok(sent) = timeout_at(due.into(), &mut sending).await {
            return Some(sent);
        }
        let moved = progress.map_or(due, |progress| progress.moved() + limit);
        if moved <= Instant::now() {
            return None;
        }
        due = moved;
    }
}
