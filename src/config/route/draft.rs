//! One `[[route]]` table, key by key.

use std::ops::Range;

use http::{HeaderName, HeaderValue, Method, StatusCode};
use toml::de::DeTable;

use super::{extras, known, proxy, target};
use crate::config::value::{self, Mistake, Value, any_of};
use crate::config::{Config, Guards, Route, Target};

/// What a table has said so far.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) path: Option<(String, Range<usize>)>,
    methods: Vec<Method>,
    pub(super) target: Option<Target>,
    status: Option<StatusCode>,
    headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) proxy: proxy::Options,
    guards: Guards,
    pub(super) body: Option<u64>,
    cors: Option<bool>,
    app: extras::AppKeys,
}

impl Draft {
    /// The route, where nothing was missing.
    pub(super) fn finish(self, line: usize) -> Option<Route> {
        let Self { path, methods, mut target, status, headers, proxy, guards, body, cors, app } = self;
        match &mut target {
            Some(Target::Proxy(target)) => proxy.apply(target),
            Some(Target::Cgi(cgi)) => app.apply_to_scripts(cgi),
            Some(Target::Wsgi(wsgi)) => app.apply(wsgi),
            Some(Target::App(target)) => {
                if let Some((path, _)) = &path {
                    target.program.path.clone_from(path);
                }
                proxy.apply(&mut target.proxy);
            }
            _ => {}
        }
        Some(Route { path: path?.0, methods, target: target?, status, headers, guards, body, cors, line })
    }
}

/// Reads the table that begins at `head`.
pub(super) fn read(config: &Config, head: Range<usize>, fields: &DeTable<'_>, mistakes: &mut Vec<Mistake>) -> Draft {
    let mut draft = Draft::default();
    let mut fields: Vec<_> = fields.iter().map(|(key, value)| (key.get_ref().as_ref(), key.span(), value)).collect();
    fields.sort_by_key(|(_, at, _)| at.start);
    let targets: Vec<_> = fields.iter().filter(|(key, ..)| target::KINDS.contains(key)).cloned().collect();
    let kind = targets.first().map(|(key, ..)| *key);

    if !fields.iter().any(|(key, ..)| *key == "path") {
        mistakes.push(Mistake::new(head.clone(), "expected path = \"/…\" in this route"));
    }
    match targets.as_slice() {
        [] => mistakes.push(Mistake::new(head, format!("expected a target: {}", any_of(target::KINDS)))),
        [_] => {}
        [(first, ..), more @ ..] => mistakes.extend(more.iter().map(|(key, at, _)| {
            Mistake::new(at.clone(), format!("expected one target, but this route has {first} and {key}"))
        })),
    }
    for (key, at, value) in fields {
        mistakes.extend(draft.read(config, kind, key, at, value).err());
    }
    mistakes.extend(draft.proxy.misplaced(draft.target.as_ref()));
    draft
}

impl Draft {
    /// Takes over what routes and apps have in common; false where it is another key.
    pub(super) fn common(&mut self, key: &str, value: &Value<'_>) -> Result<bool, Mistake> {
        match key {
            "path" => self.path = Some((value::url_path(value)?.to_owned(), value.span())),
            "headers" => self.headers = value::headers(value)?,
            "cors" => self.cors = Some(value::flag(value)?),
            key => return self.guards.read(key, value),
        }
        Ok(true)
    }

    fn read(
        &mut self,
        config: &Config,
        kind: Option<&str>,
        key: &str,
        at: Range<usize>,
        value: &Value<'_>,
    ) -> Result<(), Mistake> {
        match key {
            "methods" => self.methods = value::methods(value)?,
            "body" => self.body = Some(body(kind, at, value)?),
            "status" => self.status = Some(status(kind, at, value)?),
            key if target::KINDS.contains(&key) => self.target = target::read(config, key, value)?,
            key => {
                if self.common(key, value)? {
                    return Ok(());
                }
                let extra = extras::EXTRAS
                    .iter()
                    .find(|extra| extra.name == key)
                    .ok_or_else(|| unknown(key, "a route", at.clone(), known()))?;
                extra.goes_with(kind, at)?;
                self.proxy.read(&config.root, key, value)?;
                self.app.read(&config.root, key, value)?;
            }
        }
        Ok(())
    }
}

/// A limit of what is no upload: those have limits of their own.
fn body(kind: Option<&str>, at: Range<usize>, value: &Value<'_>) -> Result<u64, Mistake> {
    if kind == Some("upload") {
        return Err(Mistake::new(at, "body does not go with upload: upload.max_size is the limit of one file"));
    }
    value::size(value)
}

/// A status that goes with the target.
fn status(kind: Option<&str>, at: Range<usize>, value: &Value<'_>) -> Result<StatusCode, Mistake> {
    const REDIRECTS: [u32; 5] = [301, 302, 303, 307, 308];
    let status = match kind {
        Some("redirect") => value::whole(value, 300..=399)
            .ok()
            .filter(|status| REDIRECTS.contains(status))
            .ok_or_else(|| Mistake::expected(value, "301, 302, 303, 307 or 308"))?,
        None | Some("template" | "text" | "json") => value::whole(value, 200..=599)?,
        Some(_) => return Err(Mistake::new(at, "status goes with template, text, json or redirect")),
    };
    StatusCode::from_u16(status as u16).map_err(|_| Mistake::expected(value, "an HTTP status"))
}

/// A key that `place` has not: the nearest that it has, or all of them.
pub(super) fn unknown(
    key: &str,
    place: &str,
    at: Range<usize>,
    known: impl Iterator<Item = &'static str> + Clone,
) -> Mistake {
    let mut mistake = Mistake::new(at, format!("unknown key {key} in {place}")).near(key, known.clone());
    if mistake.nearest.is_none() {
        mistake.message = format!("{}; expected one of {}", mistake.message, known.collect::<Vec<_>>().join(", "));
    }
    mistake
}
