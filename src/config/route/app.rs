//! `[[app]]`: programs that serve HTTP. The grammar is checked; this release does not run them.

use crate::config::guards::Check;
use crate::config::value::{self, Mistake, Value};

const KEYS: [(&str, Check); 3] = [
    ("command", |v| value::text_that(v, "a command line, such as \"npm run dev\"", |c| !c.trim().is_empty()).map(drop)),
    ("path", |v| value::url_path(v).map(drop)),
    ("watch", |v| value::list(v, "a list of files", |file| value::text(file, "the name of a file")).map(drop)),
];

/// What is wrong with the apps.
pub(crate) fn check(value: &Value<'_>) -> Vec<Mistake> {
    const WHAT: &str = "tables that begin with [[app]]";
    let Some(tables) = value.get_ref().as_array() else { return vec![Mistake::wrong_type(value, WHAT)] };
    let mut mistakes = Vec::new();
    for table in tables {
        let Some(fields) = table.get_ref().as_table() else {
            mistakes.push(Mistake::wrong_type(table, WHAT));
            continue;
        };
        for needed in ["command", "path"].into_iter().filter(|needed| !fields.contains_key(*needed)) {
            mistakes.push(Mistake::new(table.span(), format!("expected {needed} = \"…\" in this app")));
        }
        for (key, value) in fields {
            let name = key.get_ref().as_ref();
            mistakes.extend(match KEYS.iter().find(|(known, _)| *known == name) {
                Some((_, check)) => check(value).err(),
                None => Some(
                    Mistake::new(key.span(), format!("unknown key {name} in an app"))
                        .near(name, KEYS.iter().map(|(known, _)| *known)),
                ),
            });
        }
    }
    mistakes
}
