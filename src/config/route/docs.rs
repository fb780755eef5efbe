//! The keys of a route for the reference.

use crate::config::keys::KeyDoc;

/// The keys of a route that this release has.
pub(crate) const KEYS: &[KeyDoc] = &[
    KeyDoc { key: "route.path", default: "", meaning: "pattern: /hello/{name}, /files/{*rest}" },
    KeyDoc { key: "route.methods", default: "", meaning: "such as [\"GET\"]; without it, those of the target" },
    KeyDoc { key: "route.template", default: "", meaning: "target: a template; GET, HEAD, POST" },
    KeyDoc { key: "route.static", default: "", meaning: "target: a folder or a file; GET, HEAD" },
    KeyDoc { key: "route.text", default: "", meaning: "target: plain text; any method" },
    KeyDoc { key: "route.json", default: "", meaning: "target: any value, as JSON; any method" },
    KeyDoc { key: "route.redirect", default: "", meaning: "target: a path or URL; any method" },
    KeyDoc { key: "route.upload", default: "", meaning: "target: a folder for what is uploaded there" },
    KeyDoc { key: "route.cgi", default: "", meaning: "target: a folder of CGI scripts; any method" },
    KeyDoc { key: "route.env", default: "{}", meaning: "with cgi: variables for the scripts" },
    KeyDoc { key: "route.timeout", default: "30s", meaning: "with cgi: how long a script may do nothing that shows" },
    KeyDoc { key: "route.status", default: "", meaning: "with template, text, json (200) or redirect (302)" },
    KeyDoc { key: "route.headers", default: "{}", meaning: "headers that override what the target set" },
];
