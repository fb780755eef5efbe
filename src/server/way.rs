//! The way of one request past the guards, in and out: which of them stand there, and what they say.

use std::time::Instant;

use http::Method;
use http::header::{HOST, HeaderValue, SET_COOKIE};
use http::request::Parts;

use super::answer::Answer;
use super::guard::cors;
use super::guards::Gate;
use super::request::{self, Peer};
use super::site::{Match, Route, Site};
use super::source::Sources;
use super::target::Target;

/// What a request asks for without passing any guard, below `/__stan/`.
const HEALTH: &str = "health";

/// What stands on the way of one request.
pub(super) struct Way<'a> {
    gate: Gate<'a>,
    /// The pattern of the route, empty where there is none.
    path: &'a str,
    /// Whether pages of other origins may read the answer.
    pub(super) open: bool,
    /// The methods that a browser's preflight is told of.
    preflight: Option<Vec<Method>>,
    /// What a browser that has signed in is to keep.
    cookie: Option<HeaderValue>,
}

impl<'a> Way<'a> {
    /// The way of the request of this head to `path`; `own` is the name of one of stan's own endpoints.
    pub(super) fn find(site: &'a Site, own: Option<&str>, head: &Parts, path: &str) -> Self {
        if let Some(name) = own {
            let top = site.guards.as_deref().filter(|_| name != HEALTH);
            return Self {
                gate: Gate { top, own: None },
                path: "",
                open: site.config.cors,
                preflight: None,
                cookie: None,
            };
        }
        let found = |method: &Method| match site.find(method, path) {
            Match::Found(found) => Some(found.route),
            Match::Method(_) => None,
        };
        // A preflight is about the request that follows it. Only where stan answers it does it pass the guards of
        // that one: else it is a request like any other.
        if let Some(wanted) = cors::asked(head)
            && let Some(route) = found(&wanted)
            && !matches!(route.target, Target::Upload(_))
        {
            let way = Self::to(site, Some(route));
            let methods = if route.methods().is_empty() { vec![wanted] } else { route.methods().to_vec() };
            if way.open {
                return Self { preflight: Some([methods, vec![Method::OPTIONS]].concat()), ..way };
            }
        }
        // Most sites have no guards, and then nothing is looked for.
        Self::to(site, if site.guarded { found(&head.method) } else { None })
    }

    fn to(site: &'a Site, route: Option<&'a Route>) -> Self {
        let own = route.and_then(|route| route.settings.guards.as_deref());
        let open = route.and_then(|route| route.settings.cors).unwrap_or(site.config.cors);
        let path = route.map_or("", |route| route.row.path.as_str());
        Self { gate: Gate { top: site.guards.as_deref(), own }, path, open, preflight: None, cookie: None }
    }

    /// Lets the request pass, or says what it is answered instead.
    pub(super) async fn pass(&mut self, head: &mut Parts, peer: Peer, html: bool) -> Result<(), Answer> {
        if !self.gate.is_open() {
            self.gate.enter(peer, Instant::now(), html)?;
        }
        if let Some(methods) = &self.preflight {
            return Err(cors::options(true, head, methods));
        }
        if self.gate.is_open() {
            return Ok(());
        }
        if let Some(user) = self.gate.sign_in(&head.headers, self.path, html).await? {
            if request::is_document(&head.method, &head.headers) {
                let host = || head.headers.get(HOST)?.to_str().ok();
                let host = head.uri.authority().map(http::uri::Authority::as_str).or_else(host);
                self.cookie = self.gate.pass(&user, &head.headers, host, self.path);
            }
            head.extensions.insert(user);
        }
        self.gate.delay().await;
        Ok(())
    }

    /// The answer on its way out.
    pub(super) fn leave(self, mut answer: Answer) -> Answer {
        if self.gate.is_open() {
            return answer;
        }
        // What lies ready is sent to whoever asks: past the guards.
        answer.extensions_mut().remove::<Sources>();
        if let Some(cookie) = self.cookie {
            answer.headers_mut().append(SET_COOKIE, cookie);
        }
        self.gate.throttle(answer)
    }
}
