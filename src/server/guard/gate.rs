//! Who may pass and how fast: stan.conf's guards, compiled, and the order in which they run.
//!
//! 1. the Host check (421)
//! 2. who asks: the peer, or whom a proxy of `trusted_proxies` speaks for;
//!    `/__stan/health` is answered here, whatever follows
//! 3. `allow` and `deny` (403): those at top level, then the route's; both have to let it pass
//! 4. `rate` (429): the one at top level, then the route's; each counts by itself
//! 5. a preflight of a browser (Fetch, section 4.8) is answered where `cors` is on; it never carries a password
//! 6. `auth` (401): the route's, else the one at top level; the handshake of a socket may bring the cookie of
//!    who has signed in instead. stan's own scripts are for everybody, for open pages load them; its live reload is
//!    refused (403) to who has not signed in, without asking for a password
//! 7. `delay`: the route's, else the one at top level
//! 8. the origin rule (403), `body` (413: the route's, else `limits.body`), the upload key (403)
//! 9. the target answers
//! 10. `headers`: those at top level, also on what was refused, then the route's; `cors`: the route's, else the one at top level
//! 11. `throttle`: the route's, else the one at top level
//!
//! Where a script passes a request on (RFC 3875, section 6.2.2), those of the other route stand before it too, and
//! those at top level only for what the script's route had one of its own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::StatusCode;
use http::header::{HeaderMap, HeaderValue, RETRY_AFTER};
use http::request::Parts;

use super::auth::{Auth, User};
use super::rate::Limiter;
use super::{network, throttle::Pace};
use crate::config;
use crate::server::answer::Answer;
use crate::server::body::Body;
use crate::server::request::Peer;
use crate::server::status;

/// The guards of one place, compiled.
pub(crate) struct Guards {
    said: config::Guards,
    limiter: Option<Limiter>,
    auth: Option<Auth>,
    pace: Option<Arc<Pace>>,
}

impl Guards {
    /// None where nothing is said.
    pub(crate) fn new(said: &config::Guards) -> Option<Arc<Self>> {
        if *said == config::Guards::default() {
            return None;
        }
        let accounts = said.auth.as_deref().filter(|accounts| !accounts.is_empty());
        Some(Arc::new(Self {
            said: said.clone(),
            limiter: said.rate.map(Limiter::new),
            auth: accounts.map(Auth::new),
            pace: said.throttle.and_then(|rate| Pace::new(rate, Instant::now())),
        }))
    }

    /// Whether they say the same, so that one can go on in the other's place with what it has counted.
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.said == other.said
    }
}

/// The guards that stand before one request: those at top level, and the route's own.
#[derive(Clone, Copy, Default)]
pub(crate) struct Gate<'a> {
    pub(crate) top: Option<&'a Guards>,
    pub(crate) own: Option<&'a Guards>,
    /// What the request has passed already.
    pub(crate) passed: Passed<'a>,
}

/// What a request has passed before it came to a gate.
#[derive(Clone, Copy, Default)]
pub(crate) enum Passed<'a> {
    #[default]
    Nothing,
    /// A script has passed it on, on a route with these guards: those at top level have let it pass there, but for
    /// what these stood in the place of.
    Route(Option<&'a Guards>),
}

impl<'a> Gate<'a> {
    /// Whether nobody stands there.
    pub(crate) fn is_open(&self) -> bool {
        self.top.is_none() && self.own.is_none()
    }

    /// Those that every request has to pass, each by itself.
    fn both(&self) -> impl Iterator<Item = &'a Guards> {
        self.top.filter(|_| matches!(self.passed, Passed::Nothing)).into_iter().chain(self.own)
    }

    /// Those of the two that decide on what `says` finds in what they say: the route's, else those at top level.
    fn decides(&self, says: impl Fn(&config::Guards) -> bool) -> Option<&'a Guards> {
        let said = |guards: Option<&'a Guards>| guards.filter(|guards| says(&guards.said));
        let passed = matches!(self.passed, Passed::Route(guards) if said(guards).is_none());
        said(self.own).or(self.top.filter(|_| !passed))
    }

    /// Steps 3 and 4.
    pub(crate) fn enter(&self, peer: Peer, now: Instant, html: bool) -> Result<(), Answer> {
        if !self.both().all(|guards| network::may_pass(&guards.said, peer)) {
            let text = "This address may not be asked for from where you are.";
            return Err(status::page(StatusCode::FORBIDDEN, html, "Not from here", text));
        }
        let pause = self.both().find_map(|guards| guards.limiter.as_ref()?.take(peer.ip, now).err());
        pause.map_or(Ok(()), |pause| Err(too_often(pause, html)))
    }

    /// Step 6; `path` is the route's, which names what is signed in to.
    pub(crate) async fn sign_in(&self, head: &Parts, path: &str, html: bool) -> Result<Option<User>, Answer> {
        let (auth, realm) = self.auth(path);
        match auth {
            Some(auth) => auth.sign_in(head, &realm, html).await.map(Some),
            None => Ok(None),
        }
    }

    /// The `Set-Cookie` for the browser of who has signed in, where it needs one.
    pub(crate) fn pass(&self, user: &User, headers: &HeaderMap, host: Option<&str>, path: &str) -> Option<HeaderValue> {
        let (auth, realm) = self.auth(path);
        auth?.pass(user, headers, host, &realm)
    }

    fn auth(&self, path: &str) -> (Option<&'a Auth>, String) {
        let own = self.own.is_some_and(|guards| guards.said.auth.is_some());
        let realm = if own { format!("stan {path}") } else { "stan".to_owned() };
        (self.decides(|said| said.auth.is_some()).and_then(|guards| guards.auth.as_ref()), realm)
    }

    /// Step 7.
    pub(crate) async fn delay(&self) {
        let delay = self.decides(|said| said.delay.is_some()).and_then(|guards| guards.said.delay);
        if let Some(delay) = delay.filter(|delay| *delay > Duration::ZERO) {
            tokio::time::sleep(delay).await;
        }
    }

    /// Step 11.
    pub(crate) fn throttle(&self, answer: Answer) -> Answer {
        let decides = self.decides(|said| said.throttle.is_some());
        let Some(pace) = decides.and_then(|guards| guards.pace.as_ref()) else { return answer };
        answer.map(|body: Body| pace.throttled(body))
    }
}

/// 429 (RFC 6585, section 4), with whole seconds.
fn too_often(pause: Duration, html: bool) -> Answer {
    let seconds = pause.as_secs() + u64::from(pause.subsec_nanos() > 0);
    let text = format!("More requests came from your address than stan.conf allows. Try again in {seconds} s.");
    let mut answer = status::page(StatusCode::TOO_MANY_REQUESTS, html, "Too many requests", &text);
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Account, Password, Peers, Per, Rate};

    const FAR: Peer =
        Peer { ip: std::net::IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1)), here: false, unknown: false };

    fn guards(change: impl FnOnce(&mut config::Guards)) -> Arc<Guards> {
        let mut said = config::Guards::default();
        change(&mut said);
        Guards::new(&said).unwrap()
    }

    fn gate<'a>(top: Option<&'a Guards>, own: Option<&'a Guards>) -> Gate<'a> {
        Gate { top, own, passed: Passed::Nothing }
    }

    fn status(gate: Gate<'_>, now: Instant) -> u16 {
        gate.enter(FAR, now, false).map_or_else(|answer| answer.status().as_u16(), |()| 200)
    }

    #[test]
    fn nothing_said_is_no_guard() {
        assert!(Guards::new(&config::Guards::default()).is_none() && Gate::default().is_open());
    }

    #[test]
    fn both_lists_have_to_let_it_pass() {
        let lan = guards(|said| said.allow = vec![Peers::Lan]);
        let local = guards(|said| said.allow = vec![Peers::Local]);
        let now = Instant::now();
        for (top, own, code) in [
            (Some(&lan), None, 200),
            (Some(&lan), Some(&local), 403),
            (Some(&local), Some(&lan), 403),
            (None, Some(&lan), 200),
        ] {
            let gate = Gate { top: top.map(AsRef::as_ref), own: own.map(AsRef::as_ref), passed: Passed::Nothing };
            assert_eq!(status(gate, now), code);
        }
    }

    #[test]
    fn who_is_denied_is_not_counted_and_each_rate_counts_by_itself() {
        let top = guards(|said| {
            said.rate = Some(Rate { count: 2, per: Per::Hour });
        });
        let deny = guards(|said| said.deny = vec![Peers::Lan]);
        let own = guards(|said| said.rate = Some(Rate { count: 1, per: Per::Hour }));
        let now = Instant::now();
        let denied = gate(Some(&top), Some(&deny));
        assert_eq!([status(denied, now), status(denied, now), status(denied, now)], [403; 3]);
        let (route, else_) = (gate(Some(&top), Some(&own)), gate(Some(&top), None));
        assert_eq!([status(route, now), status(else_, now), status(else_, now)], [200, 200, 429]);
        let refused = else_.enter(FAR, now, false).unwrap_err();
        assert_eq!(refused.headers()[RETRY_AFTER], "1800");
    }

    #[tokio::test]
    async fn a_routes_auth_takes_the_place_of_the_one_for_all() {
        let account = |name: &str| Account { name: name.into(), password: Password::Plain("x".into()) };
        let top = guards(|said| said.auth = Some(vec![account("a")]));
        let own = guards(|said| said.auth = Some(vec![account("b")]));
        let open = guards(|said| said.auth = Some(Vec::new()));
        let other = guards(|said| said.delay = Some(Duration::ZERO));
        let (mut head, ()) = http::Request::new(()).into_parts();
        head.headers.insert("authorization", HeaderValue::from_static("Basic Yjp4"));
        for (gate, passes) in [
            (gate(Some(&top), Some(&own)), true),
            (gate(Some(&top), Some(&open)), true),
            (gate(Some(&top), Some(&other)), false),
            (gate(Some(&top), None), false),
            (gate(None, Some(&own)), true),
        ] {
            assert_eq!(gate.sign_in(&head, "/x", false).await.is_ok(), passes);
        }
    }

    #[tokio::test]
    async fn what_a_script_passes_on_is_counted_once_and_asked_for_what_was_not_asked_before() {
        let account = |name: &str| Account { name: name.into(), password: Password::Plain("x".into()) };
        let top = guards(|said| {
            said.rate = Some(Rate { count: 1, per: Per::Hour });
            said.auth = Some(vec![account("a")]);
        });
        let open = guards(|said| said.auth = Some(Vec::new()));
        let (now, head) = (Instant::now(), http::Request::new(()).into_parts().0);
        assert_eq!(status(gate(Some(&top), None), now), 200);
        for (before, passes) in [(None, true), (Some(open.as_ref()), false)] {
            let gate = Gate { passed: Passed::Route(before), ..gate(Some(&top), None) };
            assert_eq!(status(gate, now), 200);
            assert_eq!(gate.sign_in(&head, "/x", false).await.is_ok(), passes);
        }
    }

    #[tokio::test]
    async fn a_routes_throttle_takes_the_place_of_the_one_for_all() {
        let top = guards(|said| said.throttle = Some(1000));
        let off = guards(|said| said.throttle = Some(0));
        let throttled = |gate: Gate<'_>| {
            let answer = gate.throttle(http::Response::new(Body::full("abc")));
            matches!(answer.body(), Body::Stream(_))
        };
        assert!(throttled(gate(Some(&top), None)));
        assert!(!throttled(gate(Some(&top), Some(&off))) && !throttled(Gate::default()));
    }
}
