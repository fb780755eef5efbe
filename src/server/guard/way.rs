//! The way of one request past the guards, in and out: which of them stand there, and what they say.

use std::time::Instant;

use http::header::{HeaderValue, SET_COOKIE};
use http::request::Parts;
use http::{Method, StatusCode};

use super::cors;
use super::gate::{Gate, Passed};
use crate::server::answer::Answer;
use crate::server::request::{self, Peer};
use crate::server::site::{Match, Route, Site};
use crate::server::source::Sources;
use crate::server::status;
use crate::server::target::Target;

/// What a request asks for without passing any guard, below `/__stan/`.
const HEALTH: &str = "health";

/// Whether a name and a password are asked for, where a guard says so.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SignIn {
    Asked,
    /// They have to be there, and the browser is not made to ask a person: nobody opened this address.
    Silent,
    /// What everybody has who has stan; pages load it that anybody may see.
    Free,
}

/// What stands on the way of one request.
pub(crate) struct Way<'a> {
    gate: Gate<'a>,
    /// The pattern of the route, empty where there is none.
    path: &'a str,
    /// Whether pages of other origins may read the answer.
    pub(crate) open: bool,
    /// The methods that a browser's preflight is told of.
    preflight: Option<Vec<Method>>,
    sign_in: SignIn,
    /// What a browser that has signed in is to keep.
    cookie: Option<HeaderValue>,
}

impl<'a> Way<'a> {
    /// The way of the request of this head to `path`; `own` is the name of one of stan's own endpoints.
    pub(crate) fn find(site: &'a Site, own: Option<&str>, head: &Parts, path: &str) -> Self {
        if let Some(name) = own {
            let top = site.guards.as_deref().filter(|_| name != HEALTH);
            return Self {
                gate: Gate { top, own: None, passed: Passed::Nothing },
                path: "",
                open: site.config.cors,
                preflight: None,
                sign_in: match name {
                    "live" => SignIn::Silent,
                    "key" => SignIn::Asked,
                    _ => SignIn::Free,
                },
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
        Self {
            gate: Gate { top: site.guards.as_deref(), own, passed: Passed::Nothing },
            path,
            open,
            preflight: None,
            sign_in: SignIn::Asked,
            cookie: None,
        }
    }

    /// The way of a request that a script of the route `from` passed on: it has come past the guards there.
    pub(crate) fn after(mut self, from: &'a Route) -> Self {
        self.gate.passed = Passed::Route(from.settings.guards.as_deref());
        self
    }

    /// Lets the request pass, or says what it is answered instead.
    pub(crate) async fn pass(&mut self, head: &mut Parts, peer: Peer, html: bool) -> Result<(), Answer> {
        if !self.gate.is_open() {
            self.gate.enter(peer, Instant::now(), html)?;
        }
        if let Some(methods) = &self.preflight {
            return Err(cors::options(true, head, methods));
        }
        if self.gate.is_open() {
            return Ok(());
        }
        if self.sign_in != SignIn::Free {
            self.sign_in(head, html).await?;
        }
        self.gate.delay().await;
        Ok(())
    }

    async fn sign_in(&mut self, head: &mut Parts, html: bool) -> Result<(), Answer> {
        let signed_in = self.gate.sign_in(head, self.path, html).await;
        let user = signed_in.map_err(|answer| match self.sign_in {
            SignIn::Silent if answer.status() == StatusCode::UNAUTHORIZED => {
                status::page(StatusCode::FORBIDDEN, html, "Sign in", "This is for pages that have signed in.")
            }
            _ => answer,
        })?;
        if let Some(user) = user {
            if request::is_document(&head.method, &head.headers) {
                self.cookie = self.gate.pass(&user, &head.headers, request::host_of(head), self.path);
            }
            head.extensions.insert(user);
        }
        Ok(())
    }

    /// The answer on its way out.
    pub(crate) fn leave(self, mut answer: Answer) -> Answer {
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
