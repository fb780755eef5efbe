//! A request's fields, wherever they lie: in a map, or still in the buffer that they came in.

use http::HeaderMap;

/// The fields of a request.
pub trait Fields {
    /// The values of the fields of that name, which is in lower case, in order.
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]>;

    /// The first of them.
    fn value<'a>(&'a self, name: &'a str) -> Option<&'a [u8]> {
        self.values(name).next()
    }

    /// Whether there is one.
    fn has(&self, name: &str) -> bool {
        self.values(name).next().is_some()
    }
}

impl Fields for HeaderMap {
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.get_all(name).iter().map(http::HeaderValue::as_bytes)
    }
}
