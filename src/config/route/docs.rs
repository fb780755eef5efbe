//! The keys of a route and of an app for the reference.

use crate::config::keys::KeyDoc;

/// The keys of a route, then those of an app.
pub(crate) const KEYS: &[KeyDoc] = &[
    KeyDoc { key: "route.path", default: "", meaning: "pattern: /hello/{name}, /files/{*rest}" },
    KeyDoc { key: "route.methods", default: "", meaning: "such as [\"GET\"]; without it, those of the target" },
    KeyDoc { key: "route.template", default: "", meaning: "target: a template; GET, HEAD, POST" },
    KeyDoc { key: "route.static", default: "", meaning: "target: a folder or a file; GET, HEAD" },
    KeyDoc { key: "route.text", default: "", meaning: "target: plain text; any method" },
    KeyDoc { key: "route.json", default: "", meaning: "target: any value, as JSON; any method" },
    KeyDoc { key: "route.redirect", default: "", meaning: "target: a path or URL; any method" },
    KeyDoc { key: "route.upload", default: "", meaning: "target: a folder for what is uploaded there" },
    KeyDoc {
        key: "route.proxy",
        default: "",
        meaning: "target: http://HOST:PORT, https://…, h2c://…, unix:PATH, or a list; any method",
    },
    KeyDoc { key: "route.strip", default: "false", meaning: "with proxy: drop the matched prefix" },
    KeyDoc {
        key: "route.balance",
        default: "\"round-robin\"",
        meaning: "with proxy: or \"least-connections\", \"client\"",
    },
    KeyDoc {
        key: "route.host",
        default: "\"keep\"",
        meaning: "with proxy: the Host that is passed on, or \"upstream\"",
    },
    KeyDoc {
        key: "route.verify",
        default: "true",
        meaning: "with proxy: whether certificates of https:// are checked",
    },
    KeyDoc {
        key: "route.ca",
        default: "",
        meaning: "with proxy: a file of certificates to trust for https://, in place of the system's",
    },
    KeyDoc {
        key: "route.health",
        default: "",
        meaning: "with proxy: a path, such as \"/healthz\"; upstreams that do not answer it well are passed over",
    },
    KeyDoc {
        key: "route.health_interval",
        default: "\"10s\"",
        meaning: "with health: how often it is asked, 1s or more",
    },
    KeyDoc { key: "route.cgi", default: "", meaning: "target: a folder of CGI scripts; any method" },
    KeyDoc {
        key: "route.wsgi",
        default: "",
        meaning: "target: a WSGI app, such as \"blog:app\" or \"blog:create_app()\"",
    },
    KeyDoc { key: "route.python", default: "", meaning: "target: a folder; /x.py is answered by application of x.py" },
    KeyDoc { key: "route.dir", default: "\".\"", meaning: "with wsgi, python: from where it is imported" },
    KeyDoc {
        key: "route.venv",
        default: "",
        meaning: "with wsgi, python: a virtual environment; .venv and venv are found",
    },
    KeyDoc { key: "route.env", default: "{}", meaning: "with wsgi, python, cgi: variables of their environment" },
    KeyDoc {
        key: "route.workers",
        default: "0",
        meaning: "with wsgi, python: processes; 0 is one per core, at most 4",
    },
    KeyDoc { key: "route.threads", default: "4", meaning: "with wsgi, python: threads of each process" },
    KeyDoc {
        key: "route.timeout",
        default: "",
        meaning: "with proxy, wsgi, python (\"60s\"): until it begins to answer; with cgi (\"30s\"): in which nothing moves",
    },
    KeyDoc { key: "route.status", default: "", meaning: "with template, text, json (200) or redirect (302)" },
    KeyDoc { key: "route.headers", default: "{}", meaning: "headers that override what the target set" },
    KeyDoc { key: "route.allow", default: "[]", meaning: "who may pass here; asked after the one at top level" },
    KeyDoc { key: "route.deny", default: "[]", meaning: "who may not" },
    KeyDoc { key: "route.rate", default: "\"off\"", meaning: "requests of one client address here, counted apart" },
    KeyDoc { key: "route.auth", default: "", meaning: "who may pass here, in place of auth at top level; [] opens it" },
    KeyDoc { key: "route.delay", default: "", meaning: "in place of delay at top level" },
    KeyDoc { key: "route.throttle", default: "", meaning: "in place of throttle at top level; its answers share it" },
    KeyDoc { key: "route.body", default: "", meaning: "in place of limits.body; not with upload" },
    KeyDoc { key: "route.cors", default: "", meaning: "in place of cors at top level" },
    KeyDoc { key: "app.command", default: "", meaning: "a program that serves HTTP on the port in PORT" },
    KeyDoc {
        key: "app.path",
        default: "",
        meaning: "its route; headers, body, cors and the guards of a route go with it",
    },
    KeyDoc { key: "app.port", default: "0", meaning: "what it is told in PORT; 0 is any free one" },
    KeyDoc { key: "app.dir", default: "\".\"", meaning: "where it runs" },
    KeyDoc { key: "app.env", default: "{}", meaning: "variables of its environment" },
    KeyDoc {
        key: "app.watch",
        default: "[]",
        meaning: "files, folders and patterns (src/**/*.js) in dir: a change starts it again",
    },
    KeyDoc { key: "app.ready", default: "\"30s\"", meaning: "until it answers; then you are told that it does not" },
    KeyDoc { key: "app.strip", default: "false", meaning: "drop the matched prefix" },
    KeyDoc { key: "app.host", default: "\"keep\"", meaning: "the Host that it is told, or \"upstream\"" },
    KeyDoc { key: "app.timeout", default: "\"60s\"", meaning: "until it begins to answer a request" },
];
