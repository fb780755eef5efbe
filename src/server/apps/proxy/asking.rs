//! Which upstreams are asked, one after the other, and what came of that.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use http::Response;
use http::request::Parts;
use hyper::body::Incoming;

use super::failure::{Failure, NoAnswer};
use super::link::Link;
use super::outgoing::{Ask, Outgoing};
use super::sending::{Progress, Sending};
use super::upstream::{Busy, Upstream};
use super::{Around, Proxy, balance, paths};
use crate::event::Event;

/// A request on its way.
pub(super) struct To<'a> {
    pub(super) head: &'a Parts,
    pub(super) client: IpAddr,
    pub(super) progress: Option<&'a Arc<Progress>>,
}

/// Why a request was not answered.
pub(super) enum GaveUp<'a> {
    /// The last upstream that was tried, and what was wrong with it.
    Failed(Failure, &'a Arc<Upstream>, NoAnswer),
    /// The body did not come as it should.
    Body,
    /// The client has left.
    Left,
}

/// A request that has been answered.
pub(super) struct Answered<'a> {
    pub(super) answer: Response<Incoming>,
    pub(super) link: Option<Box<Link>>,
    pub(super) upstream: &'a Arc<Upstream>,
    pub(super) busy: Busy,
}

impl Proxy {
    /// Asks one upstream after the other until one has got the request; what came of that.
    pub(super) async fn ask(
        &self,
        outgoing: &Outgoing,
        to: &To<'_>,
        body: Sending,
        around: &Around<'_>,
    ) -> Result<Answered<'_>, GaveUp<'_>> {
        let (now, progress) = (Instant::now(), to.progress);
        let loads: Vec<_> = self.all.upstreams.iter().map(|upstream| upstream.load(now)).collect();
        let turn = self.turn.fetch_add(1, Relaxed);
        let (mut body, mut sent) = (Some(body), false);
        let mut last = GaveUp::Body;
        for place in balance::order(self.settings.balance, &loads, to.client, turn) {
            let (Some(upstream), Some(sending)) = (self.all.upstreams.get(place), body.take()) else { break };
            let target = paths::target(&to.head.uri, self.prefix(to.head.uri.path()).1, &upstream.at.base);
            let Some(target) = target else { break };
            let ask = Ask { outgoing, target, host: self.settings.host, limit: self.settings.timeout, progress };
            let busy = upstream.begin(now);
            let failure = match upstream.send(&ask, sending).await {
                Ok((answer, link)) => {
                    upstream.answered(around.feed);
                    return Ok(Answered { answer, link, upstream, busy });
                }
                Err(missed) => {
                    (body, sent) = (missed.body, sent || missed.sent);
                    missed.failure
                }
            };
            if progress.is_some_and(|progress| progress.fault().is_some()) {
                return Err(GaveUp::Body);
            }
            let mut news = upstream.failed(&failure);
            if let Some(note) = news.take_if(|_| !self.hosted) {
                around.feed.event(Event::Note(note));
            }
            last = GaveUp::Failed(failure, upstream, NoAnswer::new(news));
        }
        if let (GaveUp::Failed(.., none), Some(unsent)) = (&last, body.filter(|_| !sent)) {
            none.give_back(unsent);
        }
        Err(last)
    }
}
