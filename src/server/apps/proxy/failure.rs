//! Why there is no answer from an upstream, in words for the feed and for the page.

use std::error::Error as _;
use std::fmt;
use std::io;
use std::time::Duration;

use http::StatusCode;

use super::sending::Fault;
use crate::server::answer::Answer;
use crate::server::status;
use crate::text::duration;

/// In the extensions of an answer that is stan's own, because no upstream gave one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NoAnswer;

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
    /// The certificate is not to be trusted.
    Untrusted(String),
    /// Nobody can say whom to trust.
    Authorities(String),
    /// They did not come to an agreement.
    Handshake(String),
}

impl fmt::Display for Insecure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Untrusted(why) => write!(f, "has a certificate that is not trusted: {why}"),
            Self::Authorities(why) => write!(f, "has a certificate that nobody can check: {why}"),
            Self::Handshake(why) => write!(f, "makes no secure connection: {why}"),
        }
    }
}

impl Insecure {
    /// What to do.
    fn next(&self) -> &'static str {
        match self {
            Self::Untrusted(_) => {
                "Name a file with its certificate, or its authority's, with ca = \"file.pem\" on this route of \
                 stan.conf; verify = false takes any certificate."
            }
            Self::Authorities(_) => "Name a file with the authority's certificate with ca = \"file.pem\" in stan.conf.",
            Self::Handshake(_) => "Look at whether it speaks https at that port, or write http:// in stan.conf.",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(error) => write!(f, "cannot be reached: {error}"),
            Self::Closed => f.write_str("closes the connection without an answer"),
            Self::Insecure(why) => why.fmt(f),
            Self::Unwell(status) => write!(f, "answers its health check with {}", status.as_u16()),
            Self::Bad(error) => {
                write!(f, "gave no proper answer: {error}")?;
                error.source().map_or(Ok(()), |source| write!(f, ": {source}"))
            }
            Self::Slow(after) => write!(f, "has not answered within {}", duration(*after)),
        }
    }
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
        let mut answer = status::page(code, html, title, &text);
        answer.extensions_mut().insert(NoAnswer);
        answer
    }
}

impl Fault {
    /// The page for a request whose body could not be passed on; `most` are the bytes allowed.
    pub(super) fn page(self, html: bool, most: u64) -> Answer {
        let (code, title, text) = match self {
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "Too large",
                format!("The body is larger than this route takes, {most} bytes."),
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
        let refused = || Failure::Unreachable(io::ErrorKind::ConnectionRefused.into());
        let (status, page) = text(refused().page("http://a:1", false, true)).await;
        assert!(status == 502 && page.contains("http://a:1 cannot be reached: connection refused"), "{page}");
        let (_, page) = text(refused().page("http://a:1", true, false)).await;
        assert!(!page.contains("a:1") && page.contains("cannot be reached"), "{page}");
        let (status, page) = text(Failure::Slow(Duration::from_secs(60)).page("http://a:1", false, true)).await;
        assert!(status == 504 && page.contains("timeout in stan.conf"), "{page}");
    }

    #[tokio::test]
    async fn what_the_client_did_is_not_the_upstreams_fault() {
        assert_eq!(text(Fault::TooLarge.page(false, 5)).await.0, 413);
        assert_eq!(text(Fault::Stalled.page(false, 5)).await.0, 408);
        assert_eq!(text(Fault::Broken.page(false, 5)).await.0, 400);
    }
}
