//! `[[route]]`: explicit routes, each with exactly one target.

mod app;
mod docs;
mod draft;
mod extras;
mod pattern;
mod proxy;
mod target;

use super::guards;
use super::value::{Mistake, Value};
use super::{Config, Route};

pub(crate) use app::check as check_apps;
pub(crate) use docs::KEYS;

/// Every key that a route may have.
fn known() -> impl Iterator<Item = &'static str> {
    ["path", "methods", "status", "headers"]
        .into_iter()
        .chain(target::KINDS)
        .chain(guards::KEYS)
        .chain(["body", "cors"])
        .chain(extras::EXTRAS.iter().map(|extra| extra.name))
}

/// Reads all routes against the settings in force; `text` is stan.conf, for line numbers.
pub(crate) fn read(config: &Config, text: &str, value: &Value<'_>) -> Result<Vec<Route>, Vec<Mistake>> {
    const WHAT: &str = "tables that begin with [[route]]";
    let Some(tables) = value.get_ref().as_array() else { return Err(vec![Mistake::wrong_type(value, WHAT)]) };
    let mut mistakes = Vec::new();
    let mut paths = pattern::Patterns::default();
    let mut routes = Vec::new();
    for table in tables {
        match table.get_ref().as_table() {
            None => mistakes.push(Mistake::wrong_type(table, WHAT)),
            Some(fields) => {
                let draft = draft::read(config, table.span(), fields, &mut mistakes);
                let line = text.get(..table.span().start).map_or(1, |before| before.matches('\n').count() + 1);
                let Some((path, at)) = draft.path.clone() else {
                    routes.extend(draft.finish(line));
                    continue;
                };
                let route = draft.finish(line);
                let patterns = route.as_ref().map_or_else(|| vec![path], Route::patterns);
                let methods = route.as_ref().map_or(&[][..], |route| &route.methods);
                let clash = patterns.iter().find_map(|pattern| paths.insert(pattern, methods, at.clone(), line).err());
                mistakes.extend(clash);
                routes.extend(route);
            }
        }
    }
    if mistakes.is_empty() { Ok(routes) } else { Err(mistakes) }
}

#[cfg(test)]
mod tests;
