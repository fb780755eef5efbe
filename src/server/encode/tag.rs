//! What tells representations in different codings apart: the entity tag, and `Vary`.

use http::header::{ETAG, HeaderMap, HeaderValue, VARY};

use super::accept::Accepted;
use super::coding::Coding;
use super::eligible::is_eligible;
use crate::server::answer::Answer;
use crate::server::body::Body;

/// On an answer whose maker has weighed the codings and chose the bytes as they are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AsItIs;

/// On an answer whose tag is that of the coding that is to come: the tag of the bytes themselves.
#[derive(Debug, Clone)]
pub(super) struct Sealed(pub(super) String);

/// The entity tag that this answer will have when the last step is done with it, where `etag` is
/// that of its bytes as they are. For who evaluates conditions before that step: call it when
/// type, length and status stand. It says `Vary` where that is due.
pub(crate) fn seal(asked: &HeaderMap, answer: &mut Answer, etag: String) -> String {
    if !is_eligible(answer.status(), answer.headers(), answer.body(), false) {
        return etag;
    }
    vary(answer.headers_mut());
    let Some(coding) = Accepted::of(asked).best() else { return etag };
    let tag = of(coding, &etag, answer.body());
    answer.extensions_mut().insert(Sealed(etag));
    tag
}

/// The tag of this body in a coding, where `etag` is that of its bytes. A stream's is weak: where
/// it is flushed, and so what its bytes are, depends on how it comes.
pub(super) fn of(coding: Coding, etag: &str, body: &Body) -> String {
    let tag = coding.tag(etag);
    if tag != etag && !matches!(body, Body::Full(_)) { format!("W/{tag}") } else { tag }
}

/// Sets the tag, if it is one.
pub(super) fn set(headers: &mut HeaderMap, etag: &str) {
    if let Ok(etag) = HeaderValue::from_str(etag) {
        headers.insert(ETAG, etag);
    }
}

/// Says that the answer depends on what codings the client takes.
pub(crate) fn vary(headers: &mut HeaderMap) {
    vary_by(headers, &["Accept-Encoding"]);
}

/// Says that the answer depends on these fields of the request. What stan itself looks at comes
/// last and in one order, whichever step has said it first.
pub(crate) fn vary_by(headers: &mut HeaderMap, names: &[&'static str]) {
    const OWN: [&str; 3] = ["Accept", "Sec-Fetch-Dest", "Accept-Encoding"];
    if let ([name], false) = (names, headers.contains_key(VARY)) {
        headers.insert(VARY, HeaderValue::from_static(name));
        return;
    }
    let values: Vec<&str> = headers.get_all(VARY).iter().filter_map(|value| value.to_str().ok()).collect();
    let mut list: Vec<&str> =
        values.iter().flat_map(|value| value.split(',')).map(str::trim).filter(|name| !name.is_empty()).collect();
    let before = list.len();
    for name in names {
        if !list.iter().any(|known| *known == "*" || known.eq_ignore_ascii_case(name)) {
            list.push(name);
        }
    }
    if list.len() == before {
        return;
    }
    list.sort_by_key(|name| OWN.iter().position(|own| own.eq_ignore_ascii_case(name)).map_or(0, |place| place + 1));
    if let Ok(value) = HeaderValue::try_from(list.join(", ")) {
        headers.insert(VARY, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::StatusCode;
    use http::header::ACCEPT_ENCODING;

    #[test]
    fn vary_names_it_once() {
        for (before, after) in [
            (vec![], vec!["Accept-Encoding"]),
            (vec!["accept"], vec!["accept, Accept-Encoding"]),
            (vec!["accept", "cookie"], vec!["cookie, accept, Accept-Encoding"]),
            (vec!["Accept, ACCEPT-encoding"], vec!["Accept, ACCEPT-encoding"]),
            (vec!["*"], vec!["*"]),
        ] {
            let mut headers = HeaderMap::new();
            for value in &before {
                headers.append(VARY, value.parse().unwrap());
            }
            vary(&mut headers);
            assert_eq!(headers.get_all(VARY).iter().collect::<Vec<_>>(), after, "{before:?}");
        }
    }

    #[test]
    fn vary_is_spelt_in_one_way() {
        for steps in [
            [&["Accept-Encoding"][..], &["Accept", "Sec-Fetch-Dest"]],
            [&["Accept"], &["Accept-Encoding", "Sec-Fetch-Dest"]],
        ] {
            let mut headers = HeaderMap::from_iter([(VARY, "Origin".parse().unwrap())]);
            for names in steps {
                vary_by(&mut headers, names);
            }
            assert_eq!(headers[VARY], "Origin, Accept, Sec-Fetch-Dest, Accept-Encoding");
        }
    }

    #[test]
    fn a_seal_is_that_of_the_coding_that_will_be_sent() {
        let asked = HeaderMap::from_iter([(ACCEPT_ENCODING, "gzip".parse().unwrap())]);
        let page = |length| crate::server::answer::text(StatusCode::OK, "x".repeat(length));
        let mut long = page(2000);
        assert_eq!(seal(&asked, &mut long, "\"a\"".to_owned()), "\"a-gzip\"");
        assert_eq!(long.headers()[VARY], "Accept-Encoding");
        let mut plain = page(2000);
        assert_eq!(seal(&HeaderMap::new(), &mut plain, "\"a\"".to_owned()), "\"a\"");
        assert_eq!(plain.headers()[VARY], "Accept-Encoding", "it could have been");
        let mut short = page(20);
        assert_eq!(seal(&asked, &mut short, "\"a\"".to_owned()), "\"a\"");
        assert!(!short.headers().contains_key(VARY));
    }
}
