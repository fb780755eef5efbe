//! Where a request's files go.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::File;
use crate::config;
use crate::server::store::{Declared, Finished, Incoming, Store, StoreError, safe_name};

/// What may stand in a path segment as it is (RFC 3986, unreserved).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Where a request's files go, and from whom they come.
#[derive(Clone)]
pub struct FileSink {
    /// What receives them.
    pub store: Arc<Store>,
    /// The folder.
    pub dir: PathBuf,
    /// The settings.
    pub config: Arc<config::Upload>,
    /// The URL path under which they can be fetched, without a slash at the end.
    pub url: String,
    /// Who sends.
    pub from: IpAddr,
    /// The sender's device in a word or two.
    pub device: String,
}

impl FileSink {
    /// Creates an upload; see [`Store::begin`].
    pub fn begin(
        &self,
        name: &str,
        length: Option<u64>,
        expected: Option<u64>,
        modified: Option<SystemTime>,
    ) -> Result<Incoming, StoreError> {
        let declared = Declared { length, expected, modified, from: self.from, device: self.device.clone() };
        self.store.begin(&self.dir, name, &declared, &self.config)
    }

    /// What is told of a file that has arrived.
    pub fn file(&self, field: String, filename: &str, content_type: String, finished: Finished) -> File {
        let url = format!("{}/{}", self.url, utf8_percent_encode(&finished.name, SEGMENT));
        let Finished { name, path, size, digest, duplicate } = finished;
        File { field, filename: safe_name(filename), name, content_type, size, path, url, digest, duplicate }
    }
}
