//! A request's way, step by step: trace → host → guards → stan's own → route → target → finish → inject →
//! encode → throttle. In which order the guards run, says [`guard::gate`].

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use arc_swap::ArcSwap;
use http::header::{self, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Method, StatusCode, Version};

use super::answer::{self, Answer};
use super::apps::cgi;
use super::body::Received;
use super::drain::Bell;
use super::fields::Fields;
use super::files::Lookup;
use super::guard::{Key, Way, cors, forwarded, length};
use super::live::Live;
use super::pages::Broken;
use super::path::Decoded;
use super::ready::{Kind, Prepared, Wish};
use super::request::{self, Peer, Request, Standing};
use super::site::{Found, Match, Route, Site};
use super::source::Sources;
use super::store::Store;
use super::target::{Surroundings, Target};
use super::trace::{Recorder, Trace};
use super::{encode, guard, inject, refused, status, upload};
use crate::config::Limits;
use crate::event::{Event, Note};
use crate::text::harmless;

/// Where stan's own pages and endpoints live.
const OWN: &str = "/__stan/";

/// What all requests of a run share.
pub(crate) struct Pipeline {
    pub(crate) site: Arc<ArcSwap<Site>>,
    pub(crate) live: Arc<Live>,
    pub(crate) store: Arc<Store>,
    pub(crate) key: Arc<Key>,
    pub(crate) recorder: Recorder,
    /// Where the server was before.
    pub(crate) moved: guard::Moved,
    /// Rings when the server stops.
    pub(crate) ends: Bell,
    scripts: Arc<cgi::Turns>,
    told_http: AtomicBool,
    told_proxy: AtomicBool,
}

impl Pipeline {
    pub(crate) fn new(
        site: Arc<ArcSwap<Site>>,
        live: Arc<Live>,
        store: Arc<Store>,
        key: Arc<Key>,
        recorder: Recorder,
    ) -> Self {
        let (told_http, told_proxy) = (AtomicBool::new(false), AtomicBool::new(false));
        Self {
            site,
            live,
            store,
            key,
            recorder,
            moved: guard::Moved::default(),
            scripts: Arc::default(),
            ends: Bell::default(),
            told_http,
            told_proxy,
        }
    }

    pub(crate) fn limits(&self) -> Limits {
        self.site.load().config.limits.clone()
    }

    /// The answer to a request, if it is ready to be sent as it is, and who asked.
    pub(crate) fn ready(
        &self,
        peer: Peer,
        method: &str,
        target: &str,
        fields: &impl Fields,
    ) -> Option<(Arc<Prepared>, Kind, IpAddr)> {
        let site = self.site.load();
        let mut hosts = fields.values("host");
        match (hosts.next(), hosts.next()) {
            (Some(host), None) if site.hosts.allow_field(host) => {
                let (prepared, kind) = site.ready.find(method, target, fields)?;
                let trusted = &site.config.trusted_proxies;
                let proxied = forwarded::is_trusted(trusted, peer.ip);
                let ip = if proxied { forwarded::behind(trusted, peer, fields).ip } else { peer.ip };
                Some((prepared, kind, ip))
            }
            _ => None,
        }
    }

    /// Who asks, on a connection from `peer`: whom a trusted proxy speaks for. What a proxy on this
    /// device passes on that is not trusted can be anybody's, so it is not from here.
    pub(crate) fn peer(&self, peer: Peer, fields: &impl Fields) -> Peer {
        let site = self.site.load();
        let trusted = &site.config.trusted_proxies;
        if forwarded::is_trusted(trusted, peer.ip) {
            return forwarded::behind(trusted, peer, fields);
        }
        if !peer.here || !forwarded::is_forwarded(fields) {
            return peer;
        }
        if !self.told_proxy.swap(true, Relaxed) {
            self.note(format!(
                "a proxy on this machine passes requests on: they count as another device's until stan.conf says \
                 trusted_proxies = [\"{}\"]",
                peer.ip
            ));
        }
        Peer { here: false, ..peer }
    }

    /// Answers one request.
    pub(crate) async fn answer(&self, request: http::Request<Received>, peer: Peer, trace: &mut Trace) -> Answer {
        let (head, body) = request.into_parts();
        let site = self.site.load_full();
        let wish = Wish::of(&head);
        let mut answer = self.checked(&site, head, body, peer, trace).await;
        if let (Some(wish), Some(route)) = (wish, trace.route_name()) {
            site.ready.keep(wish, &mut answer, route);
        }
        answer
    }

    /// Refuses what is no proper request to this server, before anything looks at its path.
    async fn checked(&self, site: &Site, mut head: Parts, body: Received, peer: Peer, trace: &mut Trace) -> Answer {
        let html = status::accepts_html(&head.headers);
        if let Err(refusal) = self.host(site, &head) {
            return refusal;
        }
        let path = match Decoded::new(head.uri.path()) {
            Ok(path) => path,
            Err(bad) => return status::page(StatusCode::BAD_REQUEST, html, "Bad request", bad.text()),
        };
        let browser = site.config.reload.browser;
        let document = browser && request::is_document(&head.method, &head.headers);
        let method = head.method.clone();
        let asked = encode::Asked::of(&head);
        let conditions = document.then(|| request::conditions_of(&head));
        let follows = self.follows(site, &head, path.routed()).map(|follows| (follows, guard::Asked::of(&head)));
        if let Some((follows, _)) = &follows {
            head.extensions.insert(follows.clone());
        }
        let standing = self.key.standing(peer, &head.headers);
        if standing == Standing::Holder {
            head.extensions.insert(standing);
        }
        let own = path.routed().strip_prefix(OWN);
        let mut way = Way::find(site, own, &head, path.routed());
        let passed = way.pass(&mut head, peer, html).await;
        if let Some(guard::auth::User(name)) = head.extensions.get() {
            trace.user(name);
        }
        let request = Request { head, body, peer, path: path.shown.clone(), params: Vec::new(), document };
        let mut answer = match (passed.map(|()| request), own) {
            (Err(mut answer), _) => {
                insert(&site.config.headers, &mut answer);
                answer
            }
            (Ok(request), Some("key")) => Box::pin(self.enter(site, request)).await,
            (Ok(request), Some(own)) => self.own(own, request),
            (Ok(request), None) => self.routed(site, request, path.routed(), trace).await,
        };
        if let Some((follows, asked)) = follows {
            follows.permit(&asked, answer.headers_mut());
        }
        cors::dress(way.open && !site.is_upload(path.routed()), &mut answer);
        if browser && matches!(method, Method::GET | Method::HEAD) {
            inject::vary(&mut answer);
        }
        if let Some(head) = conditions {
            let (injected, note) = inject::document(&head, answer).await;
            answer = injected;
            if let Some(note) = note {
                // To be said again.
                answer.extensions_mut().remove::<Sources>();
                self.note(note);
            }
        }
        answer = encode::answer(&asked, answer).await;
        if method == Method::HEAD {
            answer = answer::without_body(answer);
        }
        way.leave(answer)
    }

    /// RFC 9112, section 3.2, and the Host check against DNS rebinding.
    fn host(&self, site: &Site, head: &Parts) -> Result<(), Answer> {
        let mut hosts = head.headers.get_all(header::HOST).iter();
        let (first, second) = (hosts.next(), hosts.next());
        if second.is_some() || (first.is_none() && head.version == Version::HTTP_11) {
            let wrong = if second.is_some() { "two Host lines" } else { "no Host line: add Host: localhost" };
            return Err(answer::text(StatusCode::BAD_REQUEST, format!("the request has {wrong}\n")));
        }
        let field = first.map(|value| value.to_str().unwrap_or("?"));
        if field.is_some_and(|host| guard::host_name(host).is_none()) {
            return Err(answer::text(StatusCode::BAD_REQUEST, "the Host is no name or address\n"));
        }
        let authority = head.uri.authority().map(http::uri::Authority::as_str);
        let Some(host) = authority.or(field) else { return Ok(()) };
        if site.hosts.allow(host) {
            return Ok(());
        }
        self.note(format!("refused host {}: see hosts in stan.conf", harmless(host)));
        let text = "this server does not answer to that name; use an address that stan shows, or add the name \
            to hosts in stan.conf\n";
        Err(answer::text(StatusCode::MISDIRECTED_REQUEST, text))
    }

    /// Whether a page that was open before a move goes on with its uploads.
    fn follows(&self, site: &Site, head: &Parts, path: &str) -> Option<guard::Follows> {
        let host = || head.headers.get(header::HOST)?.to_str().ok();
        let authority = head.uri.authority().map(http::uri::Authority::as_str);
        let follows = self.moved.follows(head, authority.or_else(host))?;
        (path == upload::key::PATH || site.is_upload(path)).then_some(follows)
    }

    /// Everything that stan.conf, the templates and the folders answer.
    async fn routed(&self, site: &Site, request: Request, path: &str, trace: &mut Trace) -> Answer {
        let method = &request.head.method;
        let found = match site.find(method, path) {
            Match::Found(found) => found,
            Match::Method(mut methods) => {
                methods.push(Method::OPTIONS);
                let mut answer = if *method == Method::OPTIONS {
                    cors::options(site.config.cors, &request.head, &methods)
                } else {
                    refused::method(site, &request, &methods)
                };
                insert(&site.config.headers, &mut answer);
                return answer;
            }
        };
        let route = found.route;
        trace.route(&route.name);
        let asked = matches!(route.target, Target::Cgi(_)).then(|| cgi::Asked::of(&request));
        let mut answer = self.found(site, found, request).await;
        if let (Some(asked), Some(to)) = (asked, answer.extensions_mut().remove::<cgi::LocalRedirect>()) {
            return Box::pin(self.again(site, route, asked, &to, trace)).await;
        }
        insert(&site.config.headers, &mut answer);
        insert(&route.settings.headers, &mut answer);
        answer
    }

    /// What is at the path to which a script of the route `from` passes the request on.
    async fn again(
        &self,
        site: &Site,
        from: &Route,
        asked: cgi::Asked,
        to: &cgi::LocalRedirect,
        trace: &mut Trace,
    ) -> Answer {
        let (mut request, path) = match asked.again(to) {
            Ok(again) => again,
            Err(circle) => return circle,
        };
        // What guards the other route guards it here too.
        let own = path.routed().strip_prefix(OWN);
        let mut way = Way::find(site, own, &request.head, path.routed()).after(from);
        let html = status::accepts_html(&request.head.headers);
        let peer = request.peer;
        if let Err(mut refused) = way.pass(&mut request.head, peer, html).await {
            insert(&site.config.headers, &mut refused);
            return refused;
        }
        if let Some(guard::auth::User(name)) = request.head.extensions.get() {
            trace.user(name);
        }
        let mut answer = self.routed(site, request, path.routed(), trace).await;
        // It is made of what the script said too, which may say something else the next time.
        answer.extensions_mut().remove::<Sources>();
        way.leave(answer)
    }

    /// What the target of a route answers, or what is wrong with the request.
    async fn found(&self, site: &Site, found: Found<'_>, mut request: Request) -> Answer {
        let Found { route, params, below } = found;
        let method = request.head.method.clone();
        if route.target.own_origin_only() && !method.is_safe() && !guard::may_send(&request.head, request.host()) {
            return refused::origin();
        }
        let html = status::accepts_html(&request.head.headers);
        let most = route.settings.body.unwrap_or(site.config.limits.body);
        if !route.target.takes(&request.head.headers, most) {
            return refused::too_large(route, most, html);
        }
        let mut too_long = None;
        if !route.target.counts() && http_body::Body::size_hint(&request.body).exact().is_none() {
            let (body, flag) = length::limited(request.body, most);
            request.body = body;
            too_long = Some(flag);
        }
        let may_upload = self.key.may_upload(request.standing());
        if let Target::Upload(upload) = &route.target {
            if let Some(opened) = upload::key::link(&self.key, &request) {
                return opened;
            }
            let patience = site.config.limits.idle_timeout;
            if !may_upload && !site.config.upload.enabled {
                return upload::key::refuse_all(request, patience).await;
            }
            if !may_upload && method != Method::OPTIONS && !upload::key::goes_on(upload, &request, &below) {
                let back = upload::key::way_back(&request, &below, &upload.path).to_owned();
                return upload::key::refuse(&self.key, request, &back, patience).await;
            }
        }
        if route.target.is_foreign() {
            guard::keep_to_ourselves(&mut request.head, &self.key);
        }
        request.params = params;
        let shown = request.path.clone();
        let around = Surroundings {
            config: &site.config,
            store: &self.store,
            settings: &route.settings,
            most,
            key: &self.key,
            may_upload,
            feed: &self.recorder.feed,
            ends: &self.ends,
            scripts: &self.scripts,
        };
        let mut answer = match route.target.answer(request, &below, around).await {
            Lookup::Found(answer) => answer,
            Lookup::KeptBack => {
                self.note(format!("kept back {}", harmless(&shown)));
                self.missing(site, html).await
            }
            Lookup::Missing => self.missing(site, html).await,
        };
        if too_long.is_some_and(|flag| flag.is()) {
            answer = refused::too_large(route, most, html);
        }
        if matches!(route.target, Target::Upload(_)) {
            // What was received is given to those who may have it: never from what lies ready for all.
            answer.extensions_mut().remove::<Sources>();
        }
        if let Some(broken) = answer.extensions_mut().remove::<Broken>() {
            self.recorder.feed.event(Event::Note(Note::error(broken.text).with_detail(broken.detail)));
        }
        answer
    }

    async fn missing(&self, site: &Site, html: bool) -> Answer {
        let own = if html { site.files.error_page(&site.config.error_page).await } else { None };
        own.unwrap_or_else(|| {
            status::page(StatusCode::NOT_FOUND, html, "Not found", "There is nothing at this address.")
        })
    }

    /// Somebody speaks something else, most likely https: said once.
    pub(crate) fn no_http(&self) {
        if !self.told_http.swap(true, Relaxed) {
            self.note(
                "a client spoke something other than HTTP, such as https; the address begins with http://".to_owned(),
            );
        }
    }

    fn note(&self, text: String) {
        self.recorder.feed.event(Event::Note(Note::info(text)));
    }
}

/// Has the answer say what `headers` of stan.conf says, whatever it said itself.
fn insert(headers: &[(HeaderName, HeaderValue)], answer: &mut Answer) {
    for (name, value) in headers {
        answer.headers_mut().insert(name, value.clone());
    }
}
