//! Settings at the top level of stan.conf.

use crate::config::LogFormat;
use crate::config::value::{self, show};

use super::Key;

pub(super) const FORMATS: [(&str, LogFormat); 3] =
    [("combined", LogFormat::Combined), ("common", LogFormat::Common), ("json", LogFormat::Json)];

pub(super) const KEYS: &[Key] = &[
    Key {
        name: "port",
        default: "8000",
        meaning: "port to listen on; 0 is any free one",
        read: |c, v| value::port(v).map(|port| c.port = port),
        show: |c| c.port.to_string(),
    },
    Key {
        name: "bind",
        default: r#""lan""#,
        meaning: "who can reach it: \"local\", \"lan\" or one address",
        read: |c, v| value::bind(v).map(|bind| c.bind = bind),
        show: |c| c.bind.to_string(),
    },
    Key {
        name: "static",
        default: r#""static_file""#,
        meaning: "folder served at / and under its own name",
        read: |c, v| {
            c.static_dir = value::existing_folder(&c.root, v)?;
            c.bare = c.static_dir == c.root;
            Ok(())
        },
        show: |c| show::path(&c.root, &c.static_dir),
    },
    Key {
        name: "templates",
        default: r#""templates""#,
        meaning: "folder of templates; about.html answers /about",
        read: |c, v| value::folder(&c.root, v).map(|folder| c.templates = folder),
        show: |c| show::path(&c.root, &c.templates),
    },
    Key {
        name: "data",
        default: r#""data""#,
        meaning: "folder of NAME.json, .toml and .yaml that templates see as data.NAME",
        read: |c, v| value::folder(&c.root, v).map(|folder| c.data = folder),
        show: |c| show::path(&c.root, &c.data),
    },
    Key {
        name: "log",
        default: r#""stan.log""#,
        meaning: "access log; \"\" is none, as in a folder without stan.conf and static_file",
        read: |c, v| {
            const WHAT: &str = "the name of a file, or \"\" for none";
            c.log = if v.get_ref().as_str() == Some("") { None } else { Some(value::beside(&c.root, v, WHAT)?) };
            Ok(())
        },
        show: |c| c.log.as_ref().map_or_else(|| show::NONE.to_owned(), |log| show::path(&c.root, log)),
    },
    Key {
        name: "log_format",
        default: r#""combined""#,
        meaning: "\"combined\", \"common\" or \"json\"",
        read: |c, v| value::word(v, &FORMATS).map(|format| c.log_format = format),
        show: |c| show::word(&c.log_format, &FORMATS),
    },
    Key {
        name: "hosts",
        default: "[]",
        meaning: "more Host names to answer to",
        read: |c, v| value::hosts(v).map(|hosts| c.hosts = hosts),
        show: |c| show::list(c.hosts.iter().cloned()),
    },
    Key {
        name: "error_page",
        default: r#""wrong.html""#,
        meaning: "page for 404, in the static folder; a built-in one where it is missing",
        read: |c, v| {
            value::inside(v, "the name of a file in the static folder").map(|page| page.clone_into(&mut c.error_page))
        },
        show: |c| c.error_page.clone(),
    },
    Key {
        name: "cors",
        default: "false",
        meaning: "let pages of other origins read the answers",
        read: |c, v| value::flag(v).map(|cors| c.cors = cors),
        show: |c| c.cors.to_string(),
    },
    Key {
        name: "headers",
        default: "{}",
        meaning: "headers for every answer but those below /__stan/, such as { x-demo = \"1\" }",
        read: |c, v| value::headers(v).map(|headers| c.headers = headers),
        show: |c| show::headers(&c.headers),
    },
    Key {
        name: "trusted_proxies",
        default: "[]",
        meaning: "proxies before this server, whose Forwarded and X-Forwarded-For are believed",
        read: |c, v| value::networks(v).map(|networks| c.trusted_proxies = networks),
        show: |c| show::list(c.trusted_proxies.iter().map(ToString::to_string)),
    },
    Key {
        name: "allow",
        default: "[]",
        meaning: "who may pass: addresses, networks, \"lan\", \"local\"; without it, all",
        read: |c, v| c.guards.read_top("allow", v),
        show: |c| c.guards.show("allow"),
    },
    Key {
        name: "deny",
        default: "[]",
        meaning: "who may not; of two the more specific counts, and this one where they are equal",
        read: |c, v| c.guards.read_top("deny", v),
        show: |c| c.guards.show("deny"),
    },
    Key {
        name: "rate",
        default: r#""off""#,
        meaning: "requests of one client address: \"20/s\", \"100/m\", \"1000/h\"; beyond, 429",
        read: |c, v| c.guards.read_top("rate", v),
        show: |c| c.guards.show("rate"),
    },
    Key {
        name: "auth",
        default: "[]",
        meaning: "who may pass with HTTP Basic: \"name:hash\", as `stan hash` prints it",
        read: |c, v| c.guards.read_top("auth", v),
        show: |c| c.guards.show("auth"),
    },
    Key {
        name: "delay",
        default: r#""0ms""#,
        meaning: "wait before each answer",
        read: |c, v| c.guards.read_top("delay", v),
        show: |c| c.guards.show("delay"),
    },
    Key {
        name: "throttle",
        default: "0",
        meaning: "bytes of bodies a second, shared by all answers; 0 is no limit",
        read: |c, v| c.guards.read_top("throttle", v),
        show: |c| c.guards.show("throttle"),
    },
];
