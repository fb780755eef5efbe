//! A cookie for browsers that have signed in, taken in place of a password by the handshake of a socket
//! (RFC 6455, section 4.1) and nothing else: Safari sends no password with those.
//!
//! It ends with the browser, and with stan: what it holds is a keyed digest of the name.

use http::header::{COOKIE, HeaderMap, HeaderValue};
use xxhash_rust::xxh3::xxh3_64;

use crate::server::guard::host_name;

/// What the names begin with.
pub(crate) const NAME: &str = "stan_pass_";
/// Cookies that are looked at.
const MOST: usize = 64;

/// The values of the cookies that may be passes.
pub(super) fn tokens(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let pairs = headers.get_all(COOKIE).iter().flat_map(|value| value.as_bytes().split(|b| *b == b';')).take(MOST);
    pairs.filter_map(|pair| {
        let at = pair.iter().position(|b| *b == b'=')?;
        let (name, value) = (pair.get(..at)?.trim_ascii(), pair.get(at + 1..)?.trim_ascii());
        name.starts_with(NAME.as_bytes()).then_some(value)
    })
}

/// The `Set-Cookie` for a browser that asked `host` and signed in to `realm`. Cookies do not know ports, and
/// each realm has its own.
pub(super) fn set(token: &str, host: Option<&str>, realm: &str) -> Option<HeaderValue> {
    let port = host.and_then(|host| host.get(host_name(host)?.len() + 1..)?.parse::<u16>().ok()).unwrap_or(80);
    let realm = xxh3_64(realm.as_bytes()) as u32;
    HeaderValue::try_from(format!("{NAME}{port}_{realm:08x}={token}; HttpOnly; SameSite=Strict; Path=/")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_found_again() {
        let set = |host, realm| set("T", host, realm).unwrap().to_str().unwrap().to_owned();
        let cookie = set(Some("192.168.1.20:8000"), "stan");
        assert!(cookie.starts_with("stan_pass_8000_") && cookie.ends_with("=T; HttpOnly; SameSite=Strict; Path=/"));
        assert_ne!(cookie, set(Some("192.168.1.20:8000"), "stan /x"));
        assert!(set(None, "stan").starts_with("stan_pass_80_"));
        let mut headers = HeaderMap::new();
        let pair = cookie.split(';').next().unwrap();
        headers.append(COOKIE, format!("a=1; {pair}; stan_key_8000=K").parse().unwrap());
        assert_eq!(tokens(&headers).collect::<Vec<_>>(), [b"T"]);
    }
}
