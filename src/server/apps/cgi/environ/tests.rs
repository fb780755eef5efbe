use std::collections::HashMap;
use std::fs;

use super::super::script::{self, Found};
use super::*;
use crate::server::body::Received;
use crate::server::files::resolve::Root;
use crate::server::request::Peer;

struct Asked {
    method: &'static str,
    target: &'static str,
    fields: &'static [(&'static str, &'static str)],
    length: Option<u64>,
    user: Option<&'static str>,
    document: bool,
}

const PLAIN: Asked =
    Asked { method: "GET", target: "/cgi-bin/a.cgi", fields: &[], length: None, user: None, document: false };

/// The variables of a script `a.cgi` below /cgi-bin.
fn variables(asked: &Asked) -> HashMap<String, String> {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.cgi"), "").unwrap();
    let mut builder = http::Request::builder().method(asked.method).uri(asked.target);
    for (name, value) in asked.fields {
        builder = builder.header(*name, *value);
    }
    let (mut head, ()) = builder.body(()).unwrap().into_parts();
    if let Some(user) = asked.user {
        head.extensions.insert(User(user.into()));
    }
    let decoded = crate::server::path::Decoded::new(head.uri.path()).unwrap();
    let below = decoded.routed().strip_prefix("/cgi-bin").unwrap().to_owned();
    let Found::Script(script) = script::find(&Root::new(dir.path(), &[]), &below) else { panic!("no script") };
    let request = Request {
        head,
        body: Received::full(""),
        peer: Peer::new(([192, 168, 1, 9], 5).into(), None),
        path: decoded.shown.clone(),
        params: Vec::new(),
        document: asked.document,
    };
    let environment = Environment {
        request: &request,
        below: &below,
        script: &script,
        documents: Path::new("/site/static_file"),
        port: 8000,
        length: asked.length,
        extra: &[("GREETING".to_owned(), "hello".to_owned()), ("HOME".to_owned(), "/elsewhere".to_owned())],
    };
    let text = |text: OsString| text.into_string().unwrap();
    environment.variables().into_iter().map(|(name, value)| (text(name), text(value))).collect()
}

#[test]
fn what_every_script_is_told() {
    let told = variables(&Asked {
        target: "/cgi-bin/a.cgi/some%20where/?x=1&y=%20",
        fields: &[("host", "tower.local:8123")],
        ..PLAIN
    });
    for (name, value) in [
        ("GATEWAY_INTERFACE", "CGI/1.1"),
        ("SERVER_PROTOCOL", "HTTP/1.1"),
        ("SERVER_NAME", "tower.local"),
        ("SERVER_PORT", "8123"),
        ("REQUEST_METHOD", "GET"),
        ("REQUEST_URI", "/cgi-bin/a.cgi/some%20where/?x=1&y=%20"),
        ("QUERY_STRING", "x=1&y=%20"),
        ("SCRIPT_NAME", "/cgi-bin/a.cgi"),
        ("PATH_INFO", "/some where/"),
        ("PATH_TRANSLATED", "/site/static_file/some where/"),
        ("REMOTE_ADDR", "192.168.1.9"),
        ("HTTP_HOST", "tower.local:8123"),
        ("GREETING", "hello"),
        ("HOME", "/elsewhere"),
    ] {
        assert_eq!(told.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert!(told["SERVER_SOFTWARE"].starts_with("stan/") && told.contains_key("PATH"));
    for none in ["CONTENT_LENGTH", "CONTENT_TYPE", "AUTH_TYPE", "REMOTE_USER"] {
        assert!(!told.contains_key(none), "{none}");
    }
}

#[test]
fn nothing_is_told_of_what_is_not_there() {
    let told = variables(&PLAIN);
    assert_eq!(told["QUERY_STRING"], "");
    assert!(!told.contains_key("PATH_INFO") && !told.contains_key("PATH_TRANSLATED"));
    assert_eq!((told["SERVER_NAME"].as_str(), told["SERVER_PORT"].as_str()), ("localhost", "8000"));
}

#[test]
fn names_of_servers() {
    let server = |host: &'static str| {
        let told = variables(&Asked { fields: Box::leak(Box::new([("host", host)])), ..PLAIN });
        (told["SERVER_NAME"].clone(), told["SERVER_PORT"].clone())
    };
    assert_eq!(server("[::1]:8000"), ("[::1]".to_owned(), "8000".to_owned()));
    assert_eq!(server("tower"), ("tower".to_owned(), "80".to_owned()));
}

#[test]
fn headers_but_for_those_that_are_not_for_scripts() {
    let told = variables(&Asked {
        fields: &[
            ("accept", "text/html"),
            ("x-twice", "1"),
            ("x-twice", "2"),
            ("cookie", "a=1"),
            ("cookie", "b=2"),
            ("proxy", "http://evil/"),
            ("authorization", "Basic c2VjcmV0"),
            ("proxy-authorization", "Basic c2VjcmV0"),
            ("connection", "keep-alive"),
            ("x_under", "1"),
            ("content-type", "text/plain"),
            ("if-none-match", "\"x\""),
        ],
        method: "POST",
        length: Some(12),
        user: Some("ada"),
        ..PLAIN
    });
    for (name, value) in [
        ("HTTP_ACCEPT", "text/html"),
        ("HTTP_X_TWICE", "1, 2"),
        ("HTTP_COOKIE", "a=1; b=2"),
        ("HTTP_IF_NONE_MATCH", "\"x\""),
        ("CONTENT_TYPE", "text/plain"),
        ("CONTENT_LENGTH", "12"),
        ("AUTH_TYPE", "Basic"),
        ("REMOTE_USER", "ada"),
    ] {
        assert_eq!(told.get(name).map(String::as_str), Some(value), "{name}");
    }
    for none in [
        "HTTP_PROXY",
        "HTTP_AUTHORIZATION",
        "HTTP_PROXY_AUTHORIZATION",
        "HTTP_CONNECTION",
        "HTTP_X_UNDER",
        "HTTP_CONTENT_TYPE",
    ] {
        assert!(!told.contains_key(none), "{none}");
    }
}

#[test]
fn a_document_that_gets_a_script_is_asked_for_whole() {
    let fields = &[("if-none-match", "\"x\""), ("range", "bytes=0-1")];
    let told = variables(&Asked { fields, document: true, ..PLAIN });
    assert!(!told.contains_key("HTTP_IF_NONE_MATCH") && !told.contains_key("HTTP_RANGE"));
}
