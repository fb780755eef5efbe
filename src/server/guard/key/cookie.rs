//! The cookie that a device keeps the token in (RFC 6265).
//!
//! Cookies do not know ports, so that two servers on one host would overwrite each other's: the
//! name ends with the port that the browser asked. After a move to another port the old one is
//! still sent, so every cookie whose name begins like ours is looked at.

use http::HeaderValue;
use http::header::COOKIE;

use crate::server::fields::Fields;
use crate::server::guard::host_name;

/// What the names begin with.
pub(crate) const NAME: &str = "stan_key";
/// A phone that closes its browser between two photos keeps it for a week.
const AGE: u32 = 7 * 24 * 60 * 60;
/// Cookies that are looked at.
const MOST: usize = 64;

/// The values of the cookies of that name that a request carries.
pub(super) fn tokens(fields: &impl Fields) -> impl Iterator<Item = &[u8]> {
    fields.values(COOKIE.as_str()).flat_map(|value| value.split(|b| *b == b';')).take(MOST).filter_map(|pair| {
        let at = pair.iter().position(|b| *b == b'=')?;
        let (name, value) = (pair.get(..at)?.trim_ascii(), pair.get(at + 1..)?.trim_ascii());
        name.starts_with(NAME.as_bytes()).then_some(value)
    })
}

/// The `Set-Cookie` for a browser that asked `host`. Not `Secure`: the server speaks plain http.
pub(super) fn set(token: &str, host: Option<&str>) -> Option<HeaderValue> {
    let port = host.and_then(|host| host.get(host_name(host)?.len() + 1..)?.parse::<u16>().ok()).unwrap_or(80);
    let cookie = format!("{NAME}_{port}={token}; HttpOnly; SameSite=Strict; Path=/; Max-Age={AGE}");
    HeaderValue::from_str(&cookie).ok()
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    fn found(cookies: &[&str]) -> Vec<String> {
        let mut headers = HeaderMap::new();
        for cookie in cookies {
            headers.append(COOKIE, cookie.parse().unwrap());
        }
        tokens(&headers).map(|token| String::from_utf8_lossy(token).into_owned()).collect()
    }

    #[test]
    fn every_one_of_ours_counts() {
        assert_eq!(found(&["a=1; stan_key_8000=A; stan_key=B;x", "stan_key_9 = C"]), ["A", "B", "C"]);
        assert!(found(&["xstan_key=A; STAN_KEY=B; stan_key", ""]).is_empty());
        let many = "a=1; ".repeat(MOST) + "stan_key=A";
        assert!(found(&[&many]).is_empty(), "a bounded look");
    }

    #[test]
    fn the_name_has_the_port_that_was_asked() {
        for (host, name) in [
            (Some("192.168.1.20:8000"), "stan_key_8000"),
            (Some("[::1]:81"), "stan_key_81"),
            (Some("tablet.local"), "stan_key_80"),
            (Some("a;b"), "stan_key_80"),
            (None, "stan_key_80"),
        ] {
            let cookie = set("T", host).unwrap();
            assert_eq!(
                cookie.to_str().unwrap(),
                format!("{name}=T; HttpOnly; SameSite=Strict; Path=/; Max-Age=604800")
            );
        }
    }
}
