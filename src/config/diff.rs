//! What changed from one configuration to the next, for people.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Config, Route, keys};
use crate::text::harmless;

/// A setting or a route that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// `upload.exists`, or `routes`.
    pub key: &'static str,
    /// What it was; empty for a route that is new.
    pub from: String,
    /// What it is; empty for a route that is gone.
    pub to: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (harmless(&self.from), harmless(&self.to));
        match (from.is_empty(), to.is_empty()) {
            (true, _) => write!(f, "{} + {to}", self.key),
            (_, true) => write!(f, "{} - {from}", self.key),
            _ => write!(f, "{} {from} → {to}", self.key),
        }
    }
}

/// What changed: settings in the order of stan.conf, then routes by path.
pub fn diff(from: &Config, to: &Config) -> Vec<Change> {
    let settings = keys::all().filter_map(|key| {
        let (from, to) = ((key.show)(from), (key.show)(to));
        (from != to).then_some(Change { key: key.name, from, to })
    });
    settings.chain(routes(from, to)).collect()
}

fn routes(from: &Config, to: &Config) -> Vec<Change> {
    let (old, new) = (by_path(from), by_path(to));
    let paths: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    let change = |from, to| Some(Change { key: "routes", from, to });
    paths
        .into_iter()
        .filter_map(|path| match (old.get(path), new.get(path)) {
            (Some(before), Some(after)) if same(before, after) => None,
            (Some(before), Some(after)) => {
                let (was, is) = (before.summary(&from.root), after.summary(&to.root));
                // What one line does not show may still differ: headers, a status, a text.
                if was == is { change(was, "changed".to_owned()) } else { change(was, is) }
            }
            (Some(before), None) => change(before.label(), String::new()),
            (None, Some(after)) => change(String::new(), after.label()),
            (None, None) => None,
        })
        .collect()
}

fn by_path(config: &Config) -> BTreeMap<&str, &Route> {
    config.routes.iter().map(|route| (route.path.as_str(), route)).collect()
}

/// Whether two routes are one, wherever they stand in the file.
fn same(one: &Route, other: &Route) -> bool {
    Route { line: other.line, ..one.clone() } == *other
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Target, defaults};

    fn config() -> Config {
        defaults::config(std::path::Path::new("/site"), None)
    }

    fn route(path: &str, methods: &[http::Method], text: &str) -> Route {
        Route {
            path: path.into(),
            methods: methods.to_vec(),
            target: Target::Text(text.into()),
            status: None,
            headers: Vec::new(),
            guards: crate::config::Guards::default(),
            body: None,
            cors: None,
            line: 1,
        }
    }

    fn lines(from: &Config, to: &Config) -> Vec<String> {
        diff(from, to).iter().map(Change::to_string).collect()
    }

    #[test]
    fn nothing_changed() {
        assert!(diff(&config(), &config()).is_empty());
    }

    #[test]
    fn settings_in_the_order_of_the_file() {
        let mut to = config();
        to.reload.browser = false;
        to.port = 8080;
        to.hosts = vec!["box.example".into()];
        to.log = Some("/site/x.log".into());
        assert_eq!(
            lines(&config(), &to),
            ["port 8000 → 8080", "log none → x.log", "hosts none → box.example", "reload.browser true → false"]
        );
    }

    #[test]
    fn routes_come_go_and_change() {
        let (mut from, mut to) = (config(), config());
        from.routes =
            vec![route("/y", &[], "y"), route("/z", &[], "z"), route("/same", &[], "s"), route("/t", &[], "1")];
        to.routes = vec![
            route("/x", &[http::Method::GET], "x"),
            Route { line: 9, ..route("/same", &[], "s") },
            route("/z", &[http::Method::POST], "z"),
            route("/t", &[], "2"),
        ];
        assert_eq!(
            lines(&from, &to),
            ["routes any /t text → changed", "routes + GET /x", "routes - any /y", "routes any /z text → POST /z text",]
        );
    }

    #[test]
    fn what_is_shown_is_harmless() {
        let mut to = config();
        to.error_page = "a\u{1b}b.html".into();
        assert_eq!(lines(&config(), &to), ["error_page wrong.html → a\\x1bb.html"]);
    }
}
