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
    KeyDoc { key: "route.env", default: "{}", meaning: "with wsgi, python: variables of its environment" },
    KeyDoc {
        key: "route.workers",
        default: "0",
        meaning: "with wsgi, python: processes; 0 is one per core, at most 4",
    },
    KeyDoc { key: "route.threads", default: "4", meaning: "with wsgi, python: threads of each process" },
    KeyDoc { key: "route.timeout", default: "\"60s\"", meaning: "with wsgi, python: until it begins to answer" },
    KeyDoc { key: "route.status", default: "", meaning: "with template, text, json (200) or redirect (302)" },
    KeyDoc { key: "route.headers", default: "{}", meaning: "headers that override what the target set" },
];
