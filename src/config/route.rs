//! `[[route]]` and `[[app]]`: explicit routes, each with exactly one target.

mod app;
mod docs;
mod draft;
mod extras;
mod pattern;
mod proxy;
mod target;

use std::ops::Range;

use toml::de::DeTable;

use self::draft::Draft;
use super::guards;
use super::value::{Mistake, Value};
use super::{Config, Route};

pub(crate) use docs::KEYS;

/// Every key that a route may have.
fn known() -> impl Iterator<Item = &'static str> + Clone {
    ["path", "methods", "status", "headers"]
        .into_iter()
        .chain(target::KINDS)
        .chain(guards::KEYS)
        .chain(["body", "cors"])
        .chain(extras::EXTRAS.iter().map(|extra| extra.name))
}

/// How a table of a kind is read.
type ReadTable = fn(&Config, Range<usize>, &DeTable<'_>, &mut Vec<Mistake>) -> Draft;

/// Reads all routes, and the apps, which are routes too, against the settings in force; `text` is stan.conf, for
/// line numbers.
pub(crate) fn read(
    config: &Config,
    text: &str,
    routes: Option<&Value<'_>>,
    apps: Option<&Value<'_>>,
) -> Result<Vec<Route>, Vec<Mistake>> {
    let kinds: [(_, _, ReadTable); 2] = [
        (routes, "tables that begin with [[route]]", draft::read),
        (apps, "tables that begin with [[app]]", app::read),
    ];
    let mut mistakes = Vec::new();
    let mut paths = pattern::Patterns::default();
    let mut found: Vec<Route> = Vec::new();
    for (value, what, read) in kinds {
        let Some(value) = value else { continue };
        let Some(tables) = value.get_ref().as_array() else {
            mistakes.push(Mistake::wrong_type(value, what));
            continue;
        };
        for table in tables {
            let Some(fields) = table.get_ref().as_table() else {
                mistakes.push(Mistake::wrong_type(table, what));
                continue;
            };
            let draft = read(config, table.span(), fields, &mut mistakes);
            let line = text.get(..table.span().start).map_or(1, |before| before.matches('\n').count() + 1);
            let path = draft.path.clone();
            let route = draft.finish(line);
            if let Some((path, at)) = path {
                let patterns = route.as_ref().map_or_else(|| vec![path], Route::patterns);
                let methods = route.as_ref().map_or(&[][..], |route| &route.methods);
                let clash = patterns.iter().find_map(|pattern| paths.insert(pattern, methods, at.clone(), line).err());
                mistakes.extend(clash);
            }
            mistakes.extend(route.as_ref().and_then(|route| app::same_port(&found, route, table)));
            found.extend(route);
        }
    }
    if mistakes.is_empty() { Ok(found) } else { Err(mistakes) }
}

#[cfg(test)]
mod tests;
