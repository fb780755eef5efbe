//! Health checks: upstreams are asked whether they are well, so that no client has to find out that one is not.

use std::future::poll_fn;
use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use hyper::body::Incoming;
use tokio::time::{sleep, timeout};

use super::failure::Failure;
use super::link::{Link, poll_body};
use super::outgoing::{Ask, Outgoing};
use super::sending::Sending;
use super::upstream::Upstream;
use crate::config::{HealthCheck, ProxyHost};
use crate::event::Feed;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes of an answer that are read so that its connection can be used again.
const MOST: usize = 64 << 10;

/// Asks them again and again, all at the same time, until they are no more.
pub(super) async fn run(upstreams: Vec<Weak<Upstream>>, check: HealthCheck, feed: Feed) {
    let outgoing = Outgoing::check();
    loop {
        let upstreams: Vec<Arc<Upstream>> = upstreams.iter().filter_map(Weak::upgrade).collect();
        if upstreams.is_empty() {
            return;
        }
        join_all(upstreams.iter().map(|upstream| async {
            let limit = PATIENCE.min(check.interval);
            let found = timeout(limit, ask(upstream, &check.path, &outgoing, limit)).await;
            upstream.checked(found.unwrap_or(Err(Failure::Slow(limit))), &feed);
        }))
        .await;
        drop(upstreams);
        sleep(check.interval).await;
    }
}

/// Well is who answers with a success or a redirect.
async fn ask(upstream: &Upstream, path: &str, outgoing: &Outgoing, limit: Duration) -> Result<(), Failure> {
    let target = format!("{}{path}", upstream.at.base).parse();
    let target = target.map_err(|error| Failure::Unreachable(std::io::Error::other(error)))?;
    let ask = Ask { outgoing, target, host: ProxyHost::Upstream, limit, progress: None };
    let (answer, link) = upstream.send(&ask, Sending::Nothing).await.map_err(|missed| missed.failure)?;
    let status = answer.status();
    if let Some(link) = read(answer.into_body(), link).await {
        upstream.keep(link);
    }
    if status.is_success() || status.is_redirection() { Ok(()) } else { Err(Failure::Unwell(status)) }
}

/// Reads an answer's body to its end, if that is not far; its connection is then good for another.
async fn read(mut body: Incoming, mut link: Option<Box<Link>>) -> Option<Box<Link>> {
    let mut left = MOST;
    while let Some(frame) = poll_fn(|cx| poll_body(&mut body, &mut link, cx)).await {
        let read = frame.ok()?.data_ref().map_or(0, Bytes::len);
        left = left.checked_sub(read)?;
    }
    link
}
