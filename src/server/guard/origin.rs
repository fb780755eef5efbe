//! The origin rule: a change of state needs an absent or same `Origin`.

use http::header::ORIGIN;
use http::request::Parts;

/// Whether `head` may change state: it carries no `Origin`, or one with the host and port that
/// the request itself was sent to, whatever the scheme.
///
/// `Origin: null` (a sandboxed or file page) is not the same. `Sec-Fetch-*` is not looked at:
/// browsers send none to a plain-http LAN address.
pub fn same_origin(head: &Parts, host: Option<&str>) -> bool {
    let mut origins = head.headers.get_all(ORIGIN).iter();
    let Some(origin) = origins.next() else { return true };
    if origins.next().is_some() {
        return false;
    }
    let Ok(origin) = origin.to_str() else { return false };
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let Some(host) = host else { return false };
    let default = match scheme.to_ascii_lowercase().as_str() {
        "http" => "80",
        "https" => "443",
        _ => return false,
    };
    split(authority, default) == split(host, "80") || split(authority, default) == split(host, "443")
}

/// Lower-case name and port.
fn split<'a>(authority: &'a str, default: &'a str) -> (String, &'a str) {
    let name = super::host::name_of(authority).unwrap_or_default();
    let port = authority.get(name.len() + 1..).filter(|port| !port.is_empty()).unwrap_or(default);
    (name.to_ascii_lowercase(), port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(host: &str, origin: Option<&str>) -> bool {
        let mut request = http::Request::builder().uri("/upload");
        if let Some(origin) = origin {
            request = request.header(ORIGIN, origin);
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        same_origin(&head, Some(host))
    }

    #[test]
    fn absent_or_same() {
        assert!(may("192.168.1.20:8000", None));
        assert!(may("192.168.1.20:8000", Some("http://192.168.1.20:8000")));
        assert!(may("localhost:8000", Some("https://LOCALHOST:8000")));
        assert!(may("[::1]:8000", Some("http://[::1]:8000")));
        assert!(may("stan.local", Some("http://stan.local")));
        assert!(may("stan.local:80", Some("http://stan.local")));
        assert!(may("stan.local", Some("https://stan.local")));
    }

    #[test]
    fn another() {
        for origin in ["http://evil.example", "http://192.168.1.20:8001", "null", "", "http://192.168.1.20", "file://"]
        {
            assert!(!may("192.168.1.20:8000", Some(origin)), "{origin}");
        }
    }

    #[test]
    fn two_origins_are_none_of_ours() {
        let request = http::Request::builder().header(ORIGIN, "http://a").header(ORIGIN, "http://a");
        let (head, ()) = request.body(()).unwrap().into_parts();
        assert!(!same_origin(&head, Some("a")));
    }
}
