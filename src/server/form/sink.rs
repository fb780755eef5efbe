//! Where a request's files go.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::File;
use crate::config;
use crate::server::store::{Declared, Finished, Incoming, Store, StoreError, safe_name};

/// What may stand in a path as it is (RFC 3986, unreserved), and the slash between its segments.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// Where a request's files go, and from whom they come.
#[derive(Clone)]
pub struct FileSink {
    /// What receives them.
    pub store: Arc<Store>,
    /// The folder.
    pub dir: PathBuf,
    /// The settings.
    pub config: Arc<config::Upload>,
    /// The URL path under which they can be fetched, encoded, without a slash at the end.
    pub url: String,
    /// Who sends.
    pub from: IpAddr,
    /// The sender's device in a word or two.
    pub device: String,
    /// Marks of the key that it showed.
    pub key: String,
}

impl FileSink {
    /// Creates an upload; see [`Store::begin`].
    pub async fn begin(&self, name: &str, declared: &Declared) -> Result<Incoming, StoreError> {
        self.store.begin(&self.dir, name, declared, &self.config).await
    }

    /// What is known of a file of which nothing but its sender is known.
    pub fn declared(&self) -> Declared {
        Declared {
            length: None,
            expected: None,
            modified: None,
            from: self.from,
            device: self.device.clone(),
            digests: Vec::new(),
            key: self.key.clone(),
            fingerprint: String::new(),
        }
    }

    /// What is told of a file that has arrived.
    pub fn file(&self, field: String, filename: &str, content_type: String, finished: Finished) -> File {
        let url = format!("{}/{}", self.url, utf8_percent_encode(&finished.name, PATH));
        let Finished { name, path, size, digest, duplicate } = finished;
        File { field, filename: safe_name(filename), name, content_type, size, path, url, digest, duplicate }
    }
}
