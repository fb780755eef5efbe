//! A browser as far as an app knows it: it keeps cookies, follows redirects and sends forms. It asks
//! for anything, so that pages come as the app made them.

use std::collections::BTreeMap;

use crate::common::{Form, Response, Server};

pub(crate) struct Browser<'a> {
    pub(crate) server: &'a Server,
    cookies: BTreeMap<String, String>,
}

impl<'a> Browser<'a> {
    pub(crate) fn of(server: &'a Server) -> Self {
        Self { server, cookies: BTreeMap::new() }
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    pub(crate) fn get(&mut self, target: &str) -> Response {
        self.ask("GET", target, &[], b"")
    }

    /// Sends fields as a form without files is sent.
    pub(crate) fn send(&mut self, target: &str, fields: &[(&str, &str)]) -> Response {
        let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        let kind = [("Content-Type", "application/x-www-form-urlencoded")];
        self.ask("POST", target, &kind, pairs.join("&").as_bytes())
    }

    /// Sends a form with files.
    pub(crate) fn send_form(&mut self, target: &str, form: Form) -> Response {
        let kind = Form::content_type();
        self.ask("POST", target, &[("Content-Type", kind.as_str())], &form.bytes())
    }

    /// Asks for the place that `answer` leads to.
    #[track_caller]
    pub(crate) fn follow(&mut self, answer: &Response) -> Response {
        assert!((300..400).contains(&answer.status), "{} {}", answer.status, answer.text());
        let origin = self.server.url("");
        let place = answer.value("location");
        let target = place.strip_prefix(&origin).unwrap_or(place);
        assert!(target.starts_with('/'), "{place} is not below {origin}");
        self.get(target)
    }

    /// The same with headers; the cookies are added.
    pub(crate) fn ask(&mut self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = cookies.join("; ");
        let mut headers = headers.to_vec();
        headers.push(("Accept", "*/*"));
        if !cookies.is_empty() {
            headers.push(("Cookie", &cookies));
        }
        let answer = self.server.ask(method, target, &headers, body);
        self.keep(&answer);
        answer
    }

    fn keep(&mut self, answer: &Response) {
        let set = answer.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
        for (name, value) in set.filter_map(|(_, line)| line.split(';').next()?.split_once('=')) {
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

/// What stands between `before` and `after` in `text`.
#[track_caller]
pub(crate) fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let found = text.split_once(before).and_then(|(_, rest)| rest.split_once(after));
    found.unwrap_or_else(|| panic!("no {before}…{after} in {text}")).0
}

/// SHA-256 in hexadecimal digits.
pub(crate) fn digest(bytes: &[u8]) -> String {
    use sha2::Digest as _;

    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
