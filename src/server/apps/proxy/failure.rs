//! Why there is no answer from an upstream, in words for the feed and for the page.

use std::error::Error as _;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use parking_lot::Mutex;

use super::sending::{Fault, Sending};
use crate::event::Note;
use crate::server::answer::Answer;
use crate::server::body::Received;
use crate::server::status;
use crate::text::duration;

/// In the extensions of an answer that is stan's own, because no upstream gave one.
#[derive(Clone)]
pub(crate) struct NoAnswer {
    unsent: Arc<Mutex<Option<Received>>>,
    news: Option<Note>,
}

impl NoAnswer {
    pub(super) fn new(news: Option<Note>) -> Self {
        Self { unsent: Arc::default(), news }
    }

    /// Nothing of the request was sent, and here is its body.
    pub(super) fn give_back(&self, unsent: Sending) {
        *self.unsent.lock() = Some(unsent.into_body());
    }

    /// The request's body, where nothing of it was sent.
    pub(crate) fn unsent(&self) -> Option<Received> {
        self.unsent.lock().take()
    }

    /// What nobody has been told yet.
    pub(crate) fn news(self) -> Option<Note> {
        self.news
    }
}

/// Why an upstream did not answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// There is no connection.
    Unreachable(io::Error),
    /// There was one, which it closed without an answer.
    Closed,
    /// There is one, and it cannot be secured.
    Insecure(Insecure),
    /// What came was no answer.
    Bad(hyper::Error),
    /// Nothing came for so long.
    Slow(Duration),
    /// It says that it is not well.
    Unwell(StatusCode),
}

/// Why a connection cannot be secured.
#[derive(Debug)]
pub(super) enum Insecure {
    /// Nobody who is trusted has signed the certificate; `named` where a file says who is.
    Issuer { named: bool },
    /// It is for other names.
    Name(String),
    /// It is not its time.
    Time(String),
    /// There is something else wrong with it.
    Flawed(String),
    /// Nobody can say whom to trust.
    Authorities(String),
    /// They did not come to an agreement.
    Handshake(String),
}

impl fmt::Display for Insecure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Issuer { .. } => {
                f.write_str("has a certificate that is not trusted: nobody whom stan is to trust has signed it")
            }
            Self::Name(why) | Self::Time(why) | Self::Flawed(why) => {
                write!(f, "has a certificate that is not trusted: {why}")
            }
            Self::Authorities(why) => write!(f, "has a certificate that nobody can check: {why}"),
            Self::Handshake(why) => write!(f, "makes no secure connection: {why}"),
        }
    }
}

impl Insecure {
    /// What to do.
    fn next(&self) -> &'static str {
        match self {
            Self::Issuer { named: false } => {
                "Name a file with its certificate, or its authority's, with ca = \"file.pem\" on this route of \
                 stan.conf; verify = false takes any certificate."
            }
            Self::Issuer { named: true } => {
                "Put its certificate, or its authority's, into the file that ca names on this route of stan.conf."
            }
            Self::Name(_) => {
                "Say proxy with a name that its certificate has, or have one made for this name; verify = false takes \
                 any certificate."
            }
            Self::Time(_) => {
                "Renew it, and look whether the clocks of both machines are right; verify = false takes any certificate."
            }
            Self::Flawed(_) => "Have it replaced; verify = false takes any certificate.",
            Self::Authorities(_) => {
                "Have ca = \"file.pem\" on this route of stan.conf name a file with the authority's certificate."
            }
            Self::Handshake(_) => "Look at whether it speaks https at that port, or write http:// in stan.conf.",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(error) => write!(f, "cannot be reached: {}", in_words(error)),
            Self::Closed => f.write_str("closes the connection without an answer"),
            Self::Insecure(why) => why.fmt(f),
            Self::Unwell(status) => write!(f, "answers its health check with {}", status.as_u16()),
            Self::Bad(error) => {
                write!(f, "gave no proper answer: {}", in_words(error))?;
                error.source().map_or(Ok(()), |source| write!(f, ": {}", in_words(source)))
            }
            Self::Slow(after) => write!(f, "has not answered within {}", duration(*after)),
        }
    }
}

/// An error without the system's number for it.
fn in_words(error: &dyn std::error::Error) -> String {
    let text = error.to_string();
    text.split_once(" (os error ").map_or(text.as_str(), |(words, _)| words).to_owned()
}

impl Failure {
    /// What to do, where that is not said by the failure itself.
    pub(super) fn detail(&self) -> &'static str {
        match self {
            Self::Insecure(why) => why.next(),
            _ => "",
        }
    }

    /// The page; `upstream` and why are for those who may see details.
    pub(super) fn page(&self, upstream: &str, html: bool, details: bool) -> Answer {
        let (code, title, plain, next) = match self {
            Self::Unreachable(_) => (
                StatusCode::BAD_GATEWAY,
                "Bad gateway",
                "The server behind this address cannot be reached.",
                "Start what should listen there, or change proxy in stan.conf.",
            ),
            Self::Insecure(why) => (
                StatusCode::BAD_GATEWAY,
                "Bad gateway",
                "The connection to the server behind this address cannot be secured.",
                why.next(),
            ),
            Self::Closed | Self::Bad(_) | Self::Unwell(_) => (
                StatusCode::BAD_GATEWAY,
                "Bad gateway",
                "The server behind this address gave no proper answer.",
                "Look at what it says of this request, and whether it speaks HTTP at that port.",
            ),
            Self::Slow(_) => (
                StatusCode::GATEWAY_TIMEOUT,
                "Gateway timeout",
                "The server behind this address has not answered in time.",
                "Look at what it is doing, or give this route a longer timeout in stan.conf.",
            ),
        };
        let text = if details { format!("{upstream} {self}.\n{next}") } else { plain.to_owned() };
        status::page(code, html, title, &text)
    }
}

impl Fault {
    /// The page for a request whose body could not be passed on; `most` are the bytes that `key` allows.
    pub(super) fn page(self, html: bool, most: u64, key: &str) -> Answer {
        let (code, title, text) = match self {
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "Too large",
                format!("The body is larger than {key} in stan.conf, {most} bytes."),
            ),
            Self::Stalled => (
                StatusCode::REQUEST_TIMEOUT,
                "Request timeout",
                "The request's body stood still for too long.".to_owned(),
            ),
            Self::Broken => {
                (StatusCode::BAD_REQUEST, "Bad request", "The request's body did not come whole.".to_owned())
            }
        };
        status::page(code, html, title, &text)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    async fn text(answer: Answer) -> (u16, String) {
        let status = answer.status().as_u16();
        (status, String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap())
    }

    #[tokio::test]
    async fn the_upstream_is_named_to_those_who_may_know() {
        let refused = || Failure::Unreachable(io::Error::from_raw_os_error(libc::ECONNREFUSED));
        let (status, page) = text(refused().page("http://a:1", false, true)).await;
        assert!(status == 502 && page.contains("http://a:1 cannot be reached: Connection refused.\n"), "{page}");
        let (_, page) = text(refused().page("http://a:1", true, false)).await;
        assert!(!page.contains("a:1") && page.contains("cannot be reached"), "{page}");
        let (status, page) = text(Failure::Slow(Duration::from_secs(60)).page("http://a:1", false, true)).await;
        assert!(status == 504 && page.contains("timeout in stan.conf"), "{page}");
    }

    #[tokio::test]
    async fn what_the_client_did_is_not_the_upstreams_fault() {
        let (status, page) = text(Fault::TooLarge.page(false, 5, "limits.body")).await;
        assert!(status == 413 && page.contains("larger than limits.body in stan.conf, 5 bytes"), "{page}");
        assert_eq!(text(Fault::Stalled.page(false, 5, "")).await.0, 408);
        assert_eq!(text(Fault::Broken.page(false, 5, "")).await.0, 400);
    }
}
