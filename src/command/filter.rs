//! The language of `filter`: terms, all of which a request must match.

mod terms;

use std::net::IpAddr;

use http::Method;

use crate::exchange::Exchange;

/// What a request must match to be shown.
///
/// | term | matches |
/// |---|---|
/// | `4xx`, `404` | a class of statuses, a status |
/// | `POST` | a method, in any case |
/// | `/api` | a path that starts with it |
/// | `192.168.1.4` | the address that asked |
/// | `words`, `"a phrase"` | the text anywhere in path and query |
/// | `!png` | whatever the rest does not match |
///
/// What is no request, a note or an error, is matched by its text alone: `filter blog` shows what the app `blog` says.
///
/// Case does not matter, and text matches percent-encoded paths too.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    /// Written with `!`.
    not: bool,
    what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    /// `4xx` as 4.
    Class(u16),
    Status(u16),
    Method(Method),
    Address(IpAddr),
    /// In lower case.
    Prefix(String),
    /// In lower case.
    Text(String),
}

impl Filter {
    /// Reads terms; any text means something.
    ///
    /// ```
    /// use stan::command::filter::Filter;
    /// assert!(Filter::parse("  ").is_empty());
    /// assert!(!Filter::parse("POST /api !png").is_empty());
    /// ```
    pub fn parse(text: &str) -> Self {
        Self {
            terms: terms::split(text).map(|(not, quoted, text)| Term { not, what: What::new(quoted, text) }).collect(),
        }
    }

    /// Whether everything matches.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether `exchange` is to be shown.
    pub fn matches(&self, exchange: &Exchange) -> bool {
        self.allows(&exchange.method, &exchange.target, exchange.status, exchange.remote)
    }

    /// Whether something that is no request is to be shown, by any of its texts.
    pub fn reads(&self, texts: &[&str]) -> bool {
        let has = |wanted: &str| texts.iter().any(|text| text.to_lowercase().contains(wanted));
        self.terms.iter().all(|term| {
            term.not
                != match &term.what {
                    What::Prefix(text) | What::Text(text) => has(text),
                    What::Address(address) => has(&address.to_string()),
                    What::Class(_) | What::Status(_) | What::Method(_) => false,
                }
        })
    }

    /// The same for a request that is no longer kept as an [`Exchange`].
    pub fn allows(&self, method: &Method, target: &str, status: u16, remote: IpAddr) -> bool {
        if self.is_empty() {
            return true;
        }
        // Most filters look at the target, and most targets are short.
        let raw = target.to_lowercase();
        let decoded =
            raw.contains('%').then(|| percent_encoding::percent_decode_str(target).decode_utf8_lossy().to_lowercase());
        let reads = |test: &dyn Fn(&str) -> bool| test(&raw) || decoded.as_deref().is_some_and(test);
        self.terms.iter().all(|term| {
            term.not
                != match &term.what {
                    What::Class(class) => status / 100 == *class,
                    What::Status(wanted) => status == *wanted,
                    What::Method(wanted) => method == wanted,
                    What::Address(wanted) => remote.to_canonical() == *wanted,
                    What::Prefix(text) => reads(&|target| target.starts_with(text.as_str())),
                    What::Text(text) => reads(&|target| target.contains(text.as_str())),
                }
        })
    }
}

impl What {
    fn new(quoted: bool, text: &str) -> Self {
        if quoted {
            return Self::Text(text.to_lowercase());
        }
        if text.starts_with('/') {
            return Self::Prefix(text.to_lowercase());
        }
        Self::status(text)
            .or_else(|| Self::method(text))
            .or_else(|| text.parse().ok().map(|address: IpAddr| Self::Address(address.to_canonical())))
            .unwrap_or_else(|| Self::Text(text.to_lowercase()))
    }

    /// `4xx` or `404`.
    fn status(text: &str) -> Option<Self> {
        match text.as_bytes() {
            [class @ b'1'..=b'5', b'x' | b'X', b'x' | b'X'] => Some(Self::Class(u16::from(class - b'0'))),
            [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9'] => text.parse().ok().map(Self::Status),
            _ => None,
        }
    }

    fn method(text: &str) -> Option<Self> {
        [
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::DELETE,
            Method::OPTIONS,
            Method::PATCH,
            Method::TRACE,
            Method::CONNECT,
        ]
        .into_iter()
        .find(|method| method.as_str().eq_ignore_ascii_case(text))
        .map(Self::Method)
    }
}

#[cfg(test)]
mod tests;
