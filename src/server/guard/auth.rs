//! `auth`: who may pass with a name and a password (HTTP Basic, RFC 7617).
//!
//! A hash takes tens of milliseconds and megabytes to be held against a password: that is done on
//! another thread, one at a time in the whole process, with a bounded number waiting. What has fitted is
//! remembered by a keyed digest, so that the requests after the first cost one SHA-256.

mod basic;
mod pass;
mod seen;

use std::sync::Arc;

use http::HeaderValue;
use http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use self::basic::Credentials;
pub(super) use self::pass::NAME as COOKIE;
use self::seen::{Digest, Digests, Seen};
use crate::config::{Account, Password};
use crate::password::Hash;
use crate::server::answer::Answer;
use crate::server::guard::key::same;
use crate::server::guard::same_origin;
use crate::server::live::is_handshake;
use crate::server::request::host_of;
use crate::server::status;
use crate::server::store::hex;

/// Hashes that are held against a password at once, in the whole process.
static TURN: Semaphore = Semaphore::const_new(1);
/// Requests that wait for that, or have it done.
const WAITING: usize = 16;
static PLACES: Semaphore = Semaphore::const_new(WAITING);

/// The name with which a request has passed `auth`: in the extensions of its head, for targets that
/// hand it on (`REMOTE_USER` of RFC 3875, section 4.1.11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User(pub Arc<str>);

/// Those who may pass.
pub(crate) struct Auth {
    hashes: Vec<(Arc<str>, Hash)>,
    /// Keyed digests of the credentials whose password stands in stan.conf.
    plain: Vec<(Arc<str>, Digest)>,
    digests: Digests,
    seen: Mutex<Seen>,
}

/// What came of a request's credentials: the name that passes, or why none does.
type Verdict = Result<Arc<str>, Refusal>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// There are none.
    Missing,
    /// They are none that are known.
    Wrong,
    /// Too many are waiting.
    Busy,
}

impl Auth {
    pub(crate) fn new(accounts: &[Account]) -> Self {
        let digests = Digests::new();
        let (mut hashes, mut plain) = (Vec::new(), Vec::new());
        for Account { name, password } in accounts {
            let name: Arc<str> = name.as_str().into();
            match password {
                Password::Hash(hash) => hashes.push((name, hash.clone())),
                Password::Plain(password) => {
                    let digest = digests.of(format!("{name}:{password}").as_bytes());
                    plain.push((name, digest));
                }
            }
        }
        Self { hashes, plain, digests, seen: Mutex::default() }
    }

    /// The `Set-Cookie` by which the browser of `user` may open a `WebSocket`; `None` where it has it.
    pub(crate) fn pass(
        &self,
        user: &User,
        headers: &HeaderMap,
        host: Option<&str>,
        realm: &str,
    ) -> Option<HeaderValue> {
        let token = self.token(&user.0);
        let has = pass::tokens(headers).any(|its| same(its, token.as_bytes()));
        if has { None } else { pass::set(&token, host, realm) }
    }

    /// What a pass of that name holds. Credentials have a colon, a name has none, so that neither is the other.
    fn token(&self, name: &str) -> String {
        hex(&self.digests.of(name.as_bytes()))
    }

    /// Whose pass a handshake carries.
    fn passes(&self, head: &Parts) -> Option<Arc<str>> {
        // A page of another origin, also of another port here, opens sockets with the cookies of this one.
        if !is_handshake(head) || !same_origin(head, host_of(head)) {
            return None;
        }
        let headers = &head.headers;
        let names = self.hashes.iter().map(|(name, _)| name).chain(self.plain.iter().map(|(name, _)| name));
        let mut names = names.map(|name| (name, self.token(name)));
        let name = names.find(|(_, token)| pass::tokens(headers).any(|its| same(its, token.as_bytes())));
        name.map(|(name, _)| name.clone())
    }

    /// Who sent the request, or the answer that asks for a name and a password of `realm`.
    pub(crate) async fn sign_in(&self, head: &Parts, realm: &str, html: bool) -> Result<User, Answer> {
        let headers = &head.headers;
        let credentials = headers.get_all(AUTHORIZATION).iter().find_map(|field| Credentials::read(field.as_bytes()));
        let verdict = match credentials {
            Some(credentials) => self.judge(credentials).await,
            None => self.passes(head).ok_or(Refusal::Missing),
        };
        verdict.map(User).map_err(|refusal| match refusal {
            Refusal::Missing => asks(realm, html, "This address asks for a name and a password."),
            Refusal::Wrong => asks(realm, html, "This address does not know that name with that password."),
            Refusal::Busy => busy(html),
        })
    }

    async fn judge(&self, credentials: Credentials) -> Verdict {
        let digest = self.digests.of(credentials.bytes());
        if let Some(known) = self.known(&digest) {
            return known;
        }
        let named = self.hashes.iter().find(|(name, _)| name.as_bytes() == credentials.name());
        // A name that is not there takes as long, so that nobody finds out which are.
        let Some((name, hash)) = named.or_else(|| self.hashes.first()).cloned() else { return Err(Refusal::Wrong) };
        let named = named.is_some();
        let Ok(place) = PLACES.try_acquire() else { return Err(Refusal::Busy) };
        let Ok(turn) = TURN.acquire().await else { return Err(Refusal::Busy) };
        // Another request may have brought the same meanwhile.
        if let Some(known) = self.known(&digest) {
            return known;
        }
        let judged = spawn_blocking(move || {
            let fits = hash.fits(credentials.password());
            // Not before: the client may have gone, and the work goes on.
            drop((turn, place));
            fits
        });
        let passes = judged.await.unwrap_or(false) && named;
        self.seen.lock().add(digest, passes.then(|| name.clone()));
        if passes { Ok(name) } else { Err(Refusal::Wrong) }
    }

    /// What is known of these credentials without a hash.
    fn known(&self, digest: &Digest) -> Option<Verdict> {
        if let Some((name, _)) = self.plain.iter().find(|(_, plain)| plain == digest) {
            return Some(Ok(name.clone()));
        }
        self.seen.lock().find(digest)
    }
}

/// 401 with the challenge (section 2).
fn asks(realm: &str, html: bool, text: &str) -> Answer {
    let mut answer = status::page(StatusCode::UNAUTHORIZED, html, "Sign in", text);
    let realm: String = realm
        .chars()
        .filter(|c| !matches!(c, '"' | '\\'))
        .map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' })
        .collect();
    if let Ok(challenge) = HeaderValue::try_from(format!("Basic realm=\"{realm}\", charset=\"UTF-8\"")) {
        answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    answer
}

fn busy(html: bool) -> Answer {
    let text = "Too many are signing in just now. Try again in a few seconds.";
    let mut answer = status::page(StatusCode::SERVICE_UNAVAILABLE, html, "Busy", text);
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("2"));
    answer
}

#[cfg(test)]
mod tests;
