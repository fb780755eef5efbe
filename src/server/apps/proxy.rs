//! Requests that other servers answer: passed on over HTTP/1.1 or HTTP/2, both ways as they stream.
//!
//! What belongs here turns a request into an upstream's and its answer into ours: `outgoing` (the head, with
//! `forwarded`, `hops` and `paths`), `sending` (the body), `patience` (how long it may take), `asking`, `balance` and
//! `health` (which upstream), `upstream` with `connect`, `tls`, `heard`, `link`, `http2` and `pool` (its connections),
//! `check` (whether it is well), `relayed`, `mending` and `tunnel` (the answer), `failure` (none).

mod asking;
mod balance;
mod check;
mod connect;
mod failure;
mod forwarded;
mod health;
mod heard;
mod hops;
mod http2;
mod link;
mod mending;
mod outgoing;
mod paths;
mod patience;
mod pool;
mod relayed;
mod sending;
mod tls;
mod tunnel;
mod upstream;

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, OnceLock};

use http::{HeaderValue, Method, StatusCode};
use tokio::task::AbortHandle;

pub(crate) use self::failure::NoAnswer;

use self::asking::{Answered, GaveUp, To};
use self::mending::Mending;
use self::outgoing::{Of, Outgoing};
use self::sending::Sending;
use self::tls::Tls;
use self::upstream::Upstream;
use crate::config::{self, Config};
use crate::event::Feed;
use crate::server::answer::Answer;
use crate::server::body::Received;
use crate::server::drain::Bell;
use crate::server::gone::Gone;
use crate::server::guard::forwarded::is_trusted;
use crate::server::request::Request;
use crate::server::upgrade::OnUpgrade;
use crate::server::{answer, request, status};

/// What a client that has left is answered, which only the log sees (nginx's 499).
const LEFT: u16 = 499;

/// Servers that answer for this one.
pub(crate) struct Proxy {
    all: Arc<All>,
    settings: config::Proxy,
    /// The segments of a path that the pattern matches before its catch-all.
    depth: usize,
    /// Whoever has it tells what is wrong, and asks again.
    hosted: bool,
    turn: AtomicUsize,
}

/// The upstreams of a route, which outlive it where the next site has the same.
struct All {
    upstreams: Vec<Arc<Upstream>>,
    /// Asks them whether they are well.
    checks: OnceLock<AbortHandle>,
}

impl Drop for All {
    fn drop(&mut self) {
        if let Some(checks) = self.checks.get() {
            checks.abort();
        }
    }
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

impl Proxy {
    /// To the upstreams of `settings`, on a route with this pattern.
    pub(crate) fn new(settings: &config::Proxy, pattern: &str) -> Self {
        Self::named(settings, pattern, None)
    }

    /// To the server of a program with this name. What its answers lack is told by [`NoAnswer`] alone.
    pub(crate) fn hosted(settings: &config::Proxy, pattern: &str, name: &str) -> Self {
        Self::named(settings, pattern, Some(name))
    }

    fn named(settings: &config::Proxy, pattern: &str, name: Option<&str>) -> Self {
        let tls = Tls::new(settings);
        let upstreams = settings.upstreams.iter().map(|at| Upstream::new(at, &tls, name)).collect();
        Self {
            hosted: name.is_some(),
            all: Arc::new(All { upstreams, checks: OnceLock::new() }),
            settings: settings.clone(),
            depth: paths::depth(pattern),
            turn: AtomicUsize::new(0),
        }
    }

    /// Goes on with the connections of `old`, and with what is known of its upstreams, where they are the same.
    pub(crate) fn take_over(&mut self, old: &Self) {
        if self.settings == old.settings {
            self.all = old.all.clone();
        }
    }

    /// Begins to ask the upstreams whether they are well, where that is wanted. Within the runtime.
    pub(crate) fn check(&self, feed: &Feed) {
        if let Some(check) = &self.settings.health {
            self.all.checks.get_or_init(|| {
                let upstreams = self.all.upstreams.iter().map(Arc::downgrade).collect();
                tokio::spawn(check::run(upstreams, check.clone(), feed.clone())).abort_handle()
            });
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
        let gone = request.head.extensions.remove::<Gone>();
        let (body, progress) = Sending::new(body, most, outgoing.expects);
        let to = To { head: &request.head, client: request.remote(), progress: progress.as_ref() };
        let answered = tokio::select! {
            biased;
            answered = self.ask(&outgoing, &to, body, around) => answered,
            () = left(gone.clone()) => Err(GaveUp::Left),
        };
        let answered = match (answered, progress.as_ref().and_then(|progress| progress.fault())) {
            (Ok(answered), _) => answered,
            (Err(_), Some(fault)) => {
                let key = if most == around.config.limits.body { "limits.body" } else { "body of this route" };
                return fault.page(html, most, key);
            }
            (Err(GaveUp::Failed(failure, upstream, none)), None) => {
                let mut page = failure.page(&upstream.called, html, request.may_see_details());
                page.extensions_mut().insert(none);
                return page;
            }
            (Err(GaveUp::Body), None) => return status::page(StatusCode::BAD_GATEWAY, html, "Bad gateway", ""),
            (Err(GaveUp::Left), None) => {
                return answer::empty(StatusCode::from_u16(LEFT).unwrap_or(StatusCode::BAD_REQUEST));
            }
        };
        let Answered { answer, link, upstream, busy } = answered;
        let mending = Mending {
            base: &upstream.at.base,
            prefix: self.prefix(request.head.uri.path()).0,
            authority: &upstream.authority,
            scheme: upstream.at.scheme(),
            host: outgoing.host.as_ref().and_then(|host| host.to_str().ok()),
        };
        if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
            return relayed::answer(answer, link, busy, gone, &mending, request.head.method == Method::HEAD);
        }
        let socket = match link {
            Some(link) if outgoing.upgrade.as_ref().is_some_and(|asked| hops::agrees(asked, answer.headers())) => {
                link.into_socket().await
            }
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
        let named = request.head.uri.authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
        let host = named.or_else(|| headers.get(http::header::HOST).cloned());
        let from = request.head.extensions.get::<request::Connected>().map_or(request.peer.ip, |connected| connected.0);
        let of = Of {
            host,
            from,
            trusted: is_trusted(&around.config.trusted_proxies, from),
            prefix: self.prefix(request.head.uri.path()).0,
            document: request.document,
            upgradable,
            interim: request.head.extensions.get().cloned(),
        };
        Outgoing::new(request.head.method.clone(), headers, request.head.version, of)
    }

    /// What is dropped of a request's path, and the rest.
    fn prefix<'a>(&self, path: &'a str) -> (&'a str, &'a str) {
        if self.settings.strip { paths::split(path, self.depth) } else { ("", path) }
    }
}

/// Resolves when the client has left.
async fn left(gone: Option<Gone>) {
    match gone {
        Some(gone) => gone.for_good().await,
        None => std::future::pending().await,
    }
}
