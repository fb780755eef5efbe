//! Templates: pages that are rendered for each request, in Jinja2's syntax.
//!
//! What belongs here is everything between a template's name and an answer: `routes` (which
//! names answer by themselves), `source` (reading them), `context` (what they see), `depends`
//! (what they are made of), `error` (what is shown when one is broken).

mod context;
mod data;
mod depends;
mod error;
mod functions;
mod multi;
mod routes;
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use http::StatusCode;
use http::header::{CACHE_CONTROL, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use minijinja::{AutoEscape, Environment, Value};

pub use self::data::Problem;
pub use self::error::Broken;
use self::source::Sources;
use super::answer::Answer;
use super::files::{generated, of_generated};
use super::form::Form;
use super::request::Request;

/// Steps that a template may take: a second or so, so that an endless one cannot hang the server.
const FUEL: u64 = 10_000_000;

/// The templates of a site, with what they see.
///
/// Sources are read again when they have changed on disk; routes, data and what depends on what
/// are as they were at [`Pages::load`].
#[derive(Debug)]
pub struct Pages {
    environment: Environment<'static>,
    /// The folder's own name, for messages.
    folder: String,
    routes: Vec<(String, String)>,
    depends: BTreeMap<String, Option<BTreeSet<String>>>,
    problems: Vec<Problem>,
}

impl Pages {
    /// Reads the folders; each may be missing. `statics` is where `static_url()` looks.
    ///
    /// Never fails: a broken template or data file is shown when a page needs it.
    pub fn load(templates: &Path, data: &Path, statics: &Path) -> Self {
        let sources = Sources::new(templates);
        let names = routes::names(templates);
        let depends = depends::of_all(&names, &sources);
        let (data, problems) = data::read(data);
        let mut environment = Environment::new();
        environment.set_debug(true);
        environment.set_fuel(Some(FUEL));
        environment.set_auto_escape_callback(escape);
        environment.set_loader(move |name| sources.load(name));
        environment.add_global("data", data);
        functions::add(&mut environment, statics);
        let folder = templates.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self { environment, folder, routes: routes::of(&names), depends, problems }
    }

    /// The paths that answer by themselves, and the templates that answer there.
    ///
    /// Paths are literal: they hold no pattern.
    pub fn routes(&self) -> Vec<(String, String)> {
        self.routes.clone()
    }

    /// Whether there was a template of this name.
    pub fn has(&self, template: &str) -> bool {
        self.depends.contains_key(template)
    }

    /// Whether a template that was there has gone since.
    pub fn is_gone(&self, template: &str) -> bool {
        let missing = |error: minijinja::Error| error.kind() == minijinja::ErrorKind::TemplateNotFound;
        self.environment.get_template(template).err().is_some_and(missing)
    }

    /// Data files that could not be read. A template that uses one is answered with an error.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The template and all that it extends, includes and imports; `None` when it chooses them
    /// as it is rendered, or is not known.
    pub fn depends(&self, template: &str) -> Option<BTreeSet<String>> {
        self.depends.get(template)?.clone()
    }

    /// Renders a template; `status` is what it answers when that succeeds.
    ///
    /// A broken one answers 500, with [`Broken`] in the extensions. Only this device and those that have the key see why.
    pub fn answer(&self, template: &str, request: &Request, form: Form, status: StatusCode) -> Answer {
        let rendered =
            self.environment.get_template(template).and_then(|template| template.render(context::of(request, form)));
        let mut answer = match rendered {
            Ok(text) => {
                let asked = (&request.head.method, &request.head.headers);
                generated(asked, request.document, status, &of_generated(template), text)
            }
            Err(error) => Broken::new(&self.folder, template, &error).answer(request),
        };
        let headers = answer.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        answer
    }
}

/// How values are escaped, by the template's extension.
fn escape(name: &str) -> AutoEscape {
    match name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).as_deref() {
        Some("html" | "htm" | "xhtml" | "xml" | "svg" | "rss" | "atom") => AutoEscape::Html,
        Some("json" | "js" | "mjs" | "webmanifest" | "jsonld") => AutoEscape::Json,
        _ => AutoEscape::None,
    }
}

/// A value of JSON's model as templates see it.
fn value(json: &serde_json::Value) -> Value {
    use serde_json::Value as Json;
    match json {
        Json::Null => Value::from(()),
        Json::Bool(bool) => Value::from(*bool),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => Value::from(number),
            (_, Some(number)) => Value::from(number),
            _ => Value::from(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::from(text),
        Json::Array(items) => items.iter().map(value).collect(),
        Json::Object(map) => Value::from_pairs(map.iter().map(|(name, item)| (name.as_str(), value(item)))),
    }
}

#[cfg(test)]
mod tests;
