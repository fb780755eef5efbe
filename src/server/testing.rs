//! A server for the tests of its parts.

use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::apps::Apps;
use super::guard::Key;
use super::live::Live;
use super::log::AccessLog;
use super::stats::Stats;
use super::store::Store;
use super::{Parts, Server, Site};
use crate::config::defaults;
use crate::event::Feed;

/// A server of `folder` with the default settings. It does not listen yet.
pub(super) fn serving(folder: &Path, feed: Feed, live: Arc<Live>) -> Server {
    let store = Store::new(feed.clone());
    let config = Arc::new(defaults::config(folder, None));
    let site = Site::build(&config, &store, &Apps::new(feed.clone())).unwrap();
    Server::new(Parts {
        site: Arc::new(ArcSwap::from_pointee(site)),
        live,
        store,
        key: Key::new(&config.key, feed.clone()).unwrap(),
        log: Arc::new(AccessLog::new(feed.clone())),
        feed,
        stats: Arc::new(Stats::default()),
    })
}
