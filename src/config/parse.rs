//! Text of stan.conf → the settings that it gives, its routes, and everything that is wrong with
//! it, each with its place.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{self, TABLES};
use super::value::{Mistake, Value};
use super::{Config, defaults};

/// What a text gives.
#[derive(Debug)]
pub(crate) struct Parsed<'t> {
    /// Settings by name, checked.
    pub(crate) given: BTreeMap<&'static str, Given<'t>>,
    /// The value of `route`. What routes name depends on settings that may come from elsewhere,
    /// so they are read against the whole configuration, later.
    pub(crate) routes: Option<Value<'t>>,
    /// The value of `app`, read with them.
    pub(crate) apps: Option<Value<'t>>,
    /// What is wrong with the rest.
    pub(crate) mistakes: Vec<Mistake>,
}

/// A setting that was given.
#[derive(Debug)]
pub(crate) struct Given<'t> {
    /// As it stands in the text.
    pub(crate) value: Value<'t>,
    /// What it means, in words: two spellings of one value show the same.
    pub(crate) shown: String,
}

/// Reads the text of a stan.conf that belongs to `root`; an error is one of TOML's syntax.
pub(crate) fn parse<'t>(root: &Path, text: &'t str) -> Result<Parsed<'t>, Vec<Mistake>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader {
        scratch: defaults::config(root, None),
        parsed: Parsed { given: BTreeMap::new(), routes: None, apps: None, mistakes: Vec::new() },
    };
    for (key, value) in table.into_inner() {
        reader.top(&key, value);
    }
    if errors.is_empty() { Ok(reader.parsed) } else { Err(syntax(text, &errors, &reader.parsed.mistakes)) }
}

struct Reader<'t> {
    /// Values are read into it to be checked and shown.
    scratch: Config,
    parsed: Parsed<'t>,
}

impl<'t> Reader<'t> {
    fn top(&mut self, key: &Spanned<Cow<'t, str>>, value: Value<'t>) {
        match key.get_ref().as_ref() {
            "route" => self.parsed.routes = Some(value),
            "app" => self.parsed.apps = Some(value),
            name if TABLES.contains(&name) => {
                let at = value.span();
                if let DeValue::Table(fields) = value.into_inner() {
                    for (key, value) in fields {
                        self.setting(name, &key, value);
                    }
                } else {
                    self.parsed.mistakes.push(Mistake::new(at, format!("expected a table: [{name}]")));
                }
            }
            _ => self.setting("", key, value),
        }
    }

    fn setting(&mut self, table: &str, key: &Spanned<Cow<'t, str>>, value: Value<'t>) {
        let name = key.get_ref().as_ref();
        let Some(known) = keys::all().find(|known| known.split() == (table, name)) else {
            self.parsed.mistakes.push(unknown(table, name, key.span()));
            return;
        };
        if let Err(mistake) = (known.read)(&mut self.scratch, &value) {
            self.parsed.mistakes.push(mistake);
            return;
        }
        let shown = (known.show)(&self.scratch);
        self.parsed.given.insert(known.name, Given { value, shown });
    }
}

fn unknown(table: &str, name: &str, at: Range<usize>) -> Mistake {
    let place = if table.is_empty() { String::new() } else { format!(" in [{table}]") };
    let nearest = keys::meant(table, name);
    let mut message = format!("unknown key {name}{place}");
    if nearest.is_none() {
        let known = keys::all().filter(|key| key.split().0 == table).map(|key| key.split().1);
        message.push_str("; expected one of ");
        message.push_str(&known.collect::<Vec<_>>().join(", "));
    }
    Mistake { nearest, ..Mistake::new(at, message) }
}

/// One mistake a line: what follows on the same line follows from the first. Where what was
/// recovered is wrong for its key too, as in `port = abc`, that says more than the missing quotes.
fn syntax(text: &str, errors: &[toml::de::Error], recovered: &[Mistake]) -> Vec<Mistake> {
    /// More of them help nobody.
    const MOST: usize = 10;
    let mut mistakes: Vec<_> = errors
        .iter()
        .map(|error| {
            let at = error.span().unwrap_or(text.len()..text.len());
            let same = |mistake: &&Mistake| !at.is_empty() && mistake.at == at;
            recovered.iter().find(same).cloned().unwrap_or_else(|| Mistake::new(at.clone(), in_words(error, text, at)))
        })
        .collect();
    mistakes.sort_by_key(|mistake| mistake.at.start);
    mistakes.dedup_by_key(|mistake| text.get(..mistake.at.start).map(|before| before.matches('\n').count()));
    mistakes.truncate(MOST);
    mistakes
}

/// The parser's message, where it says what to do.
fn in_words(error: &toml::de::Error, text: &str, at: Range<usize>) -> String {
    let wrong = text.get(at).unwrap_or_default();
    let message = error.message();
    match message.starts_with("string values must be quoted") {
        true if wrong.is_empty() => "expected a value".to_owned(),
        true => format!("expected quotes around text: \"{wrong}\""),
        false => message.trim_end_matches(", expected nothing").replace('`', "'"),
    }
}
