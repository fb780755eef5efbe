//! Answers in the form that the client reads: JSON for programs, a page for a browser whose form
//! was sent without the script.

use std::fmt::Write as _;

use http::StatusCode;
use http::header::{ACCEPT, CONNECTION, HeaderValue, LOCATION, RETRY_AFTER};
use serde_json::{Map, Value, json};

use super::page;
use crate::server::answer::{self, Answer, escape_html};
use crate::server::form::{File, FormError};
use crate::server::request::Request;
use crate::text;

/// How one request is answered.
pub(super) struct Reply<'a> {
    html: bool,
    path: &'a str,
}

impl<'a> Reply<'a> {
    /// By what the request accepts; `path` is that of the upload page.
    pub(super) fn new(request: &Request, path: &'a str) -> Self {
        let accepts = |kind: &str| kind.split(';').next().is_some_and(|kind| kind.trim() == "text/html");
        let html = request.header(ACCEPT).is_some_and(|accept| accept.split(',').any(accepts));
        Self { html, path }
    }

    /// 201 with what has arrived.
    pub(super) fn created(&self, files: &[File], fields: &[(String, String)]) -> Answer {
        let mut answer = if self.html {
            let title = if files.len() == 1 { "It has arrived" } else { "They have arrived" };
            page::plain(StatusCode::CREATED, title, &format!("{}{}", list(files), self.again("Send more")))
        } else {
            let mut value = json!({ "files": rows(files) });
            if !fields.is_empty() {
                value["fields"] = Value::Object(by_name(fields));
            }
            answer::json(StatusCode::CREATED, &value)
        };
        if let [file] = files
            && let Ok(url) = HeaderValue::from_str(&file.url)
        {
            answer.headers_mut().insert(LOCATION, url);
        }
        answer
    }

    /// A refusal; what had arrived whole is named.
    pub(super) fn refused(&self, error: &FormError) -> Answer {
        let (status, title) = (error.status(), error.reason.title());
        let mut answer = self.problem(status, title, &error.to_string(), &error.kept);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("2"));
        }
        answer
    }

    /// A refusal of what cannot be.
    pub(super) fn wrong(&self, status: StatusCode, title: &str, detail: &str) -> Answer {
        self.problem(status, title, detail, &[])
    }

    /// 503: it may be asked again in a moment.
    pub(super) fn later(&self, detail: &str) -> Answer {
        let mut answer = self.problem(StatusCode::SERVICE_UNAVAILABLE, "busy", detail, &[]);
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("2"));
        answer
    }

    /// 404 for a file that is not there.
    pub(super) fn missing(&self, name: &str) -> Answer {
        self.not_found(&format!("There is no received file named {}.", text::harmless(name)))
    }

    /// 404 for a file that is there, and is not for the network.
    pub(super) fn kept_back(&self, name: &str) -> Answer {
        let name = text::harmless(name);
        self.not_found(&format!("{name} is not given back: such names hold keys and settings. The file is kept."))
    }

    fn not_found(&self, detail: &str) -> Answer {
        let mut answer = self.problem(StatusCode::NOT_FOUND, "not found", detail, &[]);
        answer.headers_mut().remove(CONNECTION);
        answer
    }

    /// The rest of the body may still be on its way, so the connection cannot go on.
    fn problem(&self, status: StatusCode, title: &str, detail: &str, kept: &[File]) -> Answer {
        let mut answer = if self.html {
            let body = format!("<p>{}</p>{}{}", escape_html(detail), list(kept), self.again("Try again"));
            page::plain(status, "That did not work", &body)
        } else {
            let mut value =
                json!({ "type": "about:blank", "status": status.as_u16(), "title": title, "detail": detail });
            if !kept.is_empty() {
                value["files"] = rows(kept);
            }
            answer::with(status, "application/problem+json", value.to_string())
        };
        answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        answer
    }

    fn again(&self, words: &str) -> String {
        format!("<p><a class=\"button\" href=\"{}\">{words}</a></p>", escape_html(self.path))
    }
}

fn rows(files: &[File]) -> Value {
    let row = |file: &File| {
        json!({
            "name": file.name,
            "size": file.size,
            "digest": file.digest,
            "url": file.url,
            "duplicate": file.duplicate,
        })
    };
    files.iter().map(row).collect()
}

/// Fields by name; a name that came more than once has a list.
fn by_name(fields: &[(String, String)]) -> Map<String, Value> {
    let mut map = Map::new();
    for (name, value) in fields {
        match map.get_mut(name) {
            None => _ = map.insert(name.clone(), json!(value)),
            Some(Value::Array(values)) => values.push(json!(value)),
            Some(one) => *one = json!([one.take(), value]),
        }
    }
    map
}

fn list(files: &[File]) -> String {
    let mut list = String::new();
    for file in files {
        let (url, name) = (escape_html(&file.url), escape_html(&file.name));
        let there = if file.duplicate { ", was there already" } else { "" };
        let _ = write!(list, "<li><a href=\"{url}\">{name}</a> <small>{}{there}</small></li>", text::size(file.size));
    }
    if list.is_empty() { list } else { format!("<ul class=\"done\">{list}</ul>") }
}
