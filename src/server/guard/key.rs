//! The key: what a device other than this one needs to upload, and to see the details of errors.
//!
//! A run has one key, which outlives reloads. [`Key::standing`] and [`Key::may_upload`] are the only
//! check, for every way in.

mod cookie;
mod guesses;
mod secret;

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::HeaderValue;
use http::header::AUTHORIZATION;
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};

use self::guesses::Guesses;
use crate::config::UploadKey;
use crate::event::{Event, Feed, Note};
use crate::server::fields::Fields;
use crate::server::request::{Peer, Standing};
use crate::server::store::hex;
use crate::text;

pub(super) use self::cookie::NAME as COOKIE;
pub use self::secret::Secret;
pub(super) use self::secret::same;

/// The key of a run.
pub struct Key {
    feed: Feed,
    state: Mutex<State>,
}

struct State {
    setting: UploadKey,
    /// None where no key is needed.
    secret: Option<Arc<Secret>>,
    guesses: Guesses,
}

/// What came of a PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guess {
    /// It is the one, or none is needed.
    Right,
    /// It is another.
    Wrong,
    /// It was not looked at: too many were wrong. The next is, after this time.
    NotNow(Duration),
}

/// Marks of the tokens that a request shows, right or not: by them a later run knows again who began an
/// upload.
pub fn marks(fields: &impl Fields) -> Vec<String> {
    const MOST: usize = 8;
    let bearers = fields.values(AUTHORIZATION.as_str()).filter_map(bearer);
    let mark = |token: &[u8]| hex(&Sha256::digest(token));
    bearers.chain(cookie::tokens(fields)).take(MOST).map(mark).collect()
}

impl Key {
    /// A key as `upload.key` asks. Who guesses at it is told of on `feed`.
    pub fn new(setting: &UploadKey, feed: Feed) -> io::Result<Arc<Self>> {
        let state = State { setting: setting.clone(), secret: made(setting)?, guesses: Guesses::default() };
        Ok(Arc::new(Self { feed, state: Mutex::new(state) }))
    }

    /// `upload.key` is this now. Where that is a change there is another key from here on, token
    /// and PIN; the result says so.
    pub fn settle(&self, setting: &UploadKey) -> io::Result<bool> {
        let mut state = self.state.lock();
        if state.setting == *setting {
            return Ok(false);
        }
        *state = State { setting: setting.clone(), secret: made(setting)?, guesses: Guesses::default() };
        Ok(true)
    }

    /// Token and PIN; `None` where no key is needed.
    pub fn secret(&self) -> Option<Arc<Secret>> {
        self.state.lock().secret.clone()
    }

    /// Who sent the request of these fields: with the token as `Authorization: Bearer TOKEN`
    /// (RFC 6750, section 2.1) or in a cookie of ours, one that has the key.
    pub fn standing(&self, peer: Peer, fields: &impl Fields) -> Standing {
        if peer.here {
            return Standing::Here;
        }
        let bearers = fields.values(AUTHORIZATION.as_str()).filter_map(bearer);
        let mut tokens = bearers.chain(cookie::tokens(fields)).peekable();
        if tokens.peek().is_none() {
            return Standing::Stranger;
        }
        match self.secret() {
            Some(secret) if tokens.any(|token| same(token, secret.token.as_bytes())) => Standing::Holder,
            _ => Standing::Stranger,
        }
    }

    /// Whether uploads are taken from, and received files given to, whoever has this standing.
    pub fn may_upload(&self, standing: Standing) -> bool {
        standing != Standing::Stranger || self.state.lock().secret.is_none()
    }

    /// Whether this `Authorization` is the key.
    pub(super) fn bears(&self, field: &[u8]) -> bool {
        bearer(field).is_some_and(|token| self.secret().is_some_and(|secret| same(token, secret.token.as_bytes())))
    }

    /// Whether `token`, from a link, is the one.
    pub fn opens(&self, token: &str) -> bool {
        self.secret().is_some_and(|secret| same(token.as_bytes(), secret.token.as_bytes()))
    }

    /// Whether `pin`, which came `from` there, is the one. Guesses are looked at one after the other
    /// and counted for all addresses together.
    pub fn guess(&self, pin: &str, from: IpAddr, now: Instant) -> Guess {
        let mut state = self.state.lock();
        let Some(secret) = state.secret.clone() else { return Guess::Right };
        if let Some(pause) = state.guesses.pause(now) {
            return Guess::NotNow(pause);
        }
        // People read it in groups.
        let pin: Vec<u8> = pin.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
        if same(&pin, secret.pin.as_bytes()) {
            return Guess::Right;
        }
        if let Some(pause) = state.guesses.wrong(now)
            && state.guesses.tell()
        {
            let text = format!(
                "someone is guessing the PIN, the last time from {from}: it is refused for {} now, and longer if that \
                 goes on; the link and the QR code work as before",
                text::duration(pause)
            );
            self.feed.event(Event::Note(Note::error(text)));
        }
        Guess::Wrong
    }

    /// The `Set-Cookie` that gives the token to a browser which asked `host`.
    pub fn cookie(&self, host: Option<&str>) -> Option<HeaderValue> {
        cookie::set(&self.secret()?.token, host)
    }
}

fn made(setting: &UploadKey) -> io::Result<Option<Arc<Secret>>> {
    let pin = match setting {
        UploadKey::Off => return Ok(None),
        UploadKey::Auto => None,
        UploadKey::Pin(pin) => Some(pin.as_str()),
    };
    let failed = |error| io::Error::other(format!("the system gives no random numbers for a key: {error}"));
    Ok(Some(Arc::new(Secret::new(pin).map_err(failed)?)))
}

fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
}

#[cfg(test)]
mod tests;
