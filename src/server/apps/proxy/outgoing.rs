//! The head of a request as an upstream gets it.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::header::{
    ACCEPT_ENCODING, CONNECTION, COOKIE, EXPECT, HOST, HeaderMap, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    IF_RANGE, RANGE, TE, UPGRADE, USER_AGENT, VIA,
};
use http::request::Parts;
use http::uri::{PathAndQuery, Scheme, Uri};
use http::{Method, StatusCode, Version};

use super::forwarded::{self, Known};
use super::hops;
use super::sending::Progress;
use super::upstream::Upstream;
use crate::config::ProxyHost;
use crate::server::interim::Interim;

/// What stan calls itself in `Via`.
const NAME: &str = "stan";
/// A request that has come through so many of them goes round in circles.
const ROUNDS: usize = 10;

/// A request's head, fit for any upstream.
pub(super) struct Outgoing {
    pub(super) method: Method,
    headers: HeaderMap,
    /// What the client called this server.
    pub(super) host: Option<HeaderValue>,
    /// The protocol that it wants to change to.
    pub(super) upgrade: Option<HeaderValue>,
    trailers: bool,
    /// The client waits for a word before it sends the body.
    pub(super) expects: bool,
    /// It reads interim answers.
    interim: Option<Interim>,
}

/// What is known of the request beside its head.
pub(super) struct Of<'a> {
    /// What the client called this server.
    pub(super) host: Option<HeaderValue>,
    /// The other end of its connection, and whether that is a proxy that is trusted.
    pub(super) from: IpAddr,
    pub(super) trusted: bool,
    /// The prefix that is dropped on the way.
    pub(super) prefix: &'a str,
    /// The answer will get the live-reload script.
    pub(super) document: bool,
    /// Its connection can change to another protocol.
    pub(super) upgradable: bool,
    /// The client reads interim answers.
    pub(super) interim: Option<Interim>,
}

/// A request to one upstream.
pub(super) struct Ask<'a> {
    pub(super) outgoing: &'a Outgoing,
    pub(super) target: PathAndQuery,
    /// Whose name it is told.
    pub(super) host: ProxyHost,
    /// How long it may take to connect, and then to answer.
    pub(super) limit: Duration,
    /// Hears when the upstream wants the body.
    pub(super) progress: Option<&'a Arc<Progress>>,
}

/// Whether the request goes round in circles.
pub(super) fn circles(headers: &HeaderMap) -> bool {
    let values = headers.get_all(VIA).iter().filter_map(|value| value.to_str().ok());
    let hops = values.flat_map(|value| value.split(',')).filter(|hop| hop.trim().ends_with(NAME));
    hops.count() >= ROUNDS
}

/// Says that a message went through here (RFC 9110, section 7.6.3).
pub(super) fn via(headers: &mut HeaderMap, version: Version) {
    let hop = match version {
        Version::HTTP_10 => "1.0 stan",
        Version::HTTP_2 => "2 stan",
        _ => "1.1 stan",
    };
    headers.append(VIA, HeaderValue::from_static(hop));
}

impl Outgoing {
    pub(super) fn new(method: Method, mut headers: HeaderMap, version: Version, of: Of<'_>) -> Self {
        let upgrade = hops::upgrade(&headers).filter(|_| of.upgradable);
        let trailers = hops::takes_trailers(&headers);
        let expects = headers.get(EXPECT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"));
        hops::strip(&mut headers);
        if of.document {
            // Whole, and in bytes that can be read.
            for name in [IF_NONE_MATCH, IF_MODIFIED_SINCE, IF_RANGE, RANGE] {
                headers.remove(name);
            }
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        join_cookies(&mut headers);
        let host = of.host;
        let known = Known { from: of.from, trusted: of.trusted, host: host.as_ref(), prefix: of.prefix };
        forwarded::tell(&mut headers, &known);
        via(&mut headers, version);
        Self { method, headers, host, upgrade, trailers, expects, interim: of.interim }
    }

    /// The question whether an upstream is well.
    pub(super) fn check() -> Self {
        let headers = HeaderMap::from_iter([(USER_AGENT, HeaderValue::from_static("stan (health check)"))]);
        Self { method: Method::GET, headers, host: None, upgrade: None, trailers: false, expects: false, interim: None }
    }
}

impl Ask<'_> {
    /// The head for this upstream, over HTTP/2 or HTTP/1.1.
    pub(super) fn head(&self, upstream: &Upstream, http2: bool) -> Option<Parts> {
        let (of, target) = (self.outgoing, self.target.clone());
        let mut request = http::Request::new(());
        *request.method_mut() = of.method.clone();
        let mut headers = of.headers.clone();
        let kept = of.host.clone().filter(|_| self.host == ProxyHost::Keep);
        let host = kept.or_else(|| HeaderValue::from_str(&upstream.authority).ok())?;
        if of.trailers {
            headers.insert(TE, HeaderValue::from_static("trailers"));
        }
        if http2 {
            headers.remove(HOST);
            headers.remove(EXPECT);
            if let Some(progress) = self.progress {
                // Nobody has to wait for a word that is not said here.
                progress.wanted();
            }
            let scheme = if upstream.at.tls { Scheme::HTTPS } else { Scheme::HTTP };
            let uri = Uri::builder().scheme(scheme).authority(host.as_bytes()).path_and_query(target);
            *request.uri_mut() = uri.build().ok()?;
            *request.version_mut() = Version::HTTP_2;
        } else {
            headers.insert(HOST, host);
            if let Some(upgrade) = &of.upgrade {
                headers.insert(UPGRADE, upgrade.clone());
                headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
            } else if of.trailers {
                headers.insert(CONNECTION, HeaderValue::from_static("te"));
            }
            *request.uri_mut() = Uri::from(target);
        }
        *request.headers_mut() = headers;
        let (waiting, reader) = (self.progress.filter(|_| of.expects).cloned(), of.interim.clone());
        if waiting.is_some() || reader.is_some() {
            hyper::ext::on_informational(&mut request, move |told| match (told.status(), &waiting, &reader) {
                (StatusCode::CONTINUE, Some(waiting), _) => waiting.wanted(),
                (StatusCode::CONTINUE | StatusCode::SWITCHING_PROTOCOLS, ..) | (_, _, None) => {}
                (status, _, Some(reader)) => pass(status, told.headers().clone(), reader),
            });
        }
        Some(request.into_parts().0)
    }
}

/// Passes an interim answer on (RFC 9110, section 15.2).
fn pass(status: StatusCode, mut headers: HeaderMap, reader: &Interim) {
    hops::strip(&mut headers);
    let fields: Vec<_> =
        headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
    // One that comes too late, or that nobody reads, is left out.
    reader.send(&format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or_default()), &fields);
}

/// HTTP/2 may send a cookie a line, HTTP/1.1 has one line (RFC 9113, section 8.2.3).
fn join_cookies(headers: &mut HeaderMap) {
    let lines: Vec<&[u8]> = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if lines.len() > 1
        && let Ok(line) = HeaderValue::from_bytes(&lines.join(&b"; "[..]))
    {
        headers.insert(COOKIE, line);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tls::Tls;
    use super::*;
    use crate::config;

    fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in fields {
            map.append(*name, HeaderValue::from_static(value));
        }
        map
    }

    fn head(url: &str, host: ProxyHost, document: bool, fields: &[(&'static str, &'static str)]) -> Parts {
        let at = config::Upstream::parse(url, std::path::Path::new("/")).unwrap();
        let http2 = at.http2;
        let upstream = Upstream::new(&at, &Tls::new(&config::Proxy::to(at.clone())), None);
        let from = [192, 168, 1, 5].into();
        let of = Of {
            host: Some(HeaderValue::from_static("box:8000")),
            from,
            trusted: false,
            prefix: "",
            document,
            upgradable: true,
            interim: None,
        };
        let outgoing = Outgoing::new(Method::GET, headers(fields), Version::HTTP_11, of);
        let ask =
            Ask { outgoing: &outgoing, target: "/x?y".parse().unwrap(), host, limit: Duration::MAX, progress: None };
        ask.head(&upstream, http2).unwrap()
    }

    #[test]
    fn the_host_is_kept_or_the_upstreams() {
        let kept = head("http://127.0.0.1:9001", ProxyHost::Keep, false, &[("host", "box:8000"), ("x_odd", "1")]);
        assert_eq!((&kept.headers[HOST], kept.uri.to_string()), (&"box:8000".parse().unwrap(), "/x?y".to_owned()));
        assert_eq!((&kept.headers["x_odd"], &kept.headers[VIA]), (&"1".parse().unwrap(), &"1.1 stan".parse().unwrap()));
        let own = head("http://127.0.0.1:9001", ProxyHost::Upstream, false, &[("host", "box:8000")]);
        assert_eq!(
            (&own.headers[HOST], &own.headers["x-forwarded-host"]),
            (&"127.0.0.1:9001".parse().unwrap(), &"box:8000".parse().unwrap())
        );
        let http2 = head("h2c://127.0.0.1:9001", ProxyHost::Keep, false, &[("host", "box:8000"), ("te", "trailers")]);
        assert_eq!(
            (http2.uri.to_string(), &http2.headers[TE]),
            ("http://box:8000/x?y".to_owned(), &"trailers".parse().unwrap())
        );
        assert!(!http2.headers.contains_key(HOST) && !http2.headers.contains_key(CONNECTION));
    }

    #[test]
    fn a_document_comes_whole_and_readable() {
        let fields = [("accept-encoding", "br"), ("if-none-match", "\"a\""), ("range", "bytes=0-1")];
        let page = head("http://a", ProxyHost::Keep, true, &fields);
        assert_eq!(page.headers[ACCEPT_ENCODING], "identity");
        assert!(!page.headers.contains_key(IF_NONE_MATCH) && !page.headers.contains_key(RANGE));
        let other = head("http://a", ProxyHost::Keep, false, &fields);
        assert!(other.headers[ACCEPT_ENCODING] == "br" && other.headers.contains_key(RANGE));
    }

    #[test]
    fn upgrades_and_cookies() {
        let fields = [("connection", "Upgrade"), ("upgrade", "websocket"), ("cookie", "a=1"), ("cookie", "b=2")];
        let one = head("http://a", ProxyHost::Keep, false, &fields);
        assert_eq!(
            (&one.headers[UPGRADE], &one.headers[CONNECTION]),
            (&"websocket".parse().unwrap(), &"upgrade".parse().unwrap())
        );
        assert_eq!(one.headers[COOKIE], "a=1; b=2");
        assert!(!head("h2c://a", ProxyHost::Keep, false, &fields).headers.contains_key(UPGRADE));
    }

    #[test]
    fn circles_are_seen() {
        let hops =
            "1.1 stan, 1.1 other, 1.1 stan, 1.1 stan, 1.1 stan, 1.1 stan, 1.1 stan, 1.1 stan, 1.1 stan, 1.1 stan";
        assert!(!circles(&headers(&[("via", hops)])));
        assert!(circles(&headers(&[("via", hops), ("via", "2 stan")])));
    }
}
