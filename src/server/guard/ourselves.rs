//! What of a request is between the client and stan: cookies of ours, and the password or key that was for us. No
//! other program gets it, for whoever has it can pass for the client.

use http::header::{AUTHORIZATION, COOKIE, HeaderValue};
use http::request::Parts;

use super::Key;
use super::auth::{self, User};
use super::key;

/// Takes out of the head of a request for another program what is not for it.
pub(crate) fn keep_to_ourselves(head: &mut Parts, key: &Key) {
    let bears = |field: &HeaderValue| key.bears(field.as_bytes());
    if head.extensions.get::<User>().is_some() || head.headers.get_all(AUTHORIZATION).iter().any(bears) {
        head.headers.remove(AUTHORIZATION);
    }
    if !head.headers.get_all(COOKIE).iter().any(|field| pairs(field).any(is_ours)) {
        return;
    }
    let kept: Vec<HeaderValue> = head.headers.get_all(COOKIE).iter().filter_map(without_ours).collect();
    head.headers.remove(COOKIE);
    for field in kept {
        head.headers.append(COOKIE, field);
    }
}

fn pairs(field: &HeaderValue) -> impl Iterator<Item = &[u8]> {
    field.as_bytes().split(|byte| *byte == b';').map(<[u8]>::trim_ascii)
}

fn is_ours(pair: &[u8]) -> bool {
    [key::COOKIE, auth::COOKIE].iter().any(|name| pair.starts_with(name.as_bytes()))
}

/// `None` where nothing is left.
fn without_ours(field: &HeaderValue) -> Option<HeaderValue> {
    let left: Vec<&[u8]> = pairs(field).filter(|pair| !pair.is_empty() && !is_ours(pair)).collect();
    if left.is_empty() { None } else { HeaderValue::from_bytes(&left.join(b"; ".as_slice())).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::UploadKey;
    use crate::event;

    fn left(fields: &[(&str, &str)], user: bool) -> Vec<String> {
        let key = Key::new(&UploadKey::Auto, event::feed().0).unwrap();
        let token = key.secret().unwrap().token.clone();
        let mut request = http::Request::builder();
        for (name, value) in fields {
            request = request.header(*name, value.replace("TOKEN", &token));
        }
        let (mut head, ()) = request.body(()).unwrap().into_parts();
        if user {
            head.extensions.insert(User("ada".into()));
        }
        keep_to_ourselves(&mut head, &key);
        head.headers.values().map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn cookies_of_ours_go_and_others_stay() {
        let ours = "a=1; stan_key_8000=K;b=2; stan_pass_8000_0a0b=P";
        assert_eq!(left(&[("cookie", ours), ("cookie", "stan_key=K"), ("cookie", "c=3")], false), ["a=1; b=2", "c=3"]);
        assert_eq!(left(&[("cookie", "a=1;b=2; my_stan_key_1=x")], false), ["a=1;b=2; my_stan_key_1=x"]);
    }

    #[test]
    fn a_password_or_key_that_was_for_us_goes() {
        assert!(left(&[("authorization", "Basic YTpi")], true).is_empty());
        assert!(left(&[("authorization", "Bearer TOKEN")], false).is_empty());
        for theirs in ["Basic YTpi", "Bearer another"] {
            assert_eq!(left(&[("authorization", theirs)], false), [theirs]);
        }
    }
}
