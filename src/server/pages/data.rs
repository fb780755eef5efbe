//! What templates see as `data`: one value for each data/NAME.json, .toml or .yaml.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object};
use minijinja::{Error, ErrorKind, Value};
use serde_json::Value as Json;

use super::value;

/// A data file larger than this is none.
const MOST: u64 = 32 << 20;

/// A data file that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file's name with the folder's.
    pub file: String,
    /// Why, with line and column where they are known.
    pub why: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.why)
    }
}

impl std::error::Error for Problem {}

/// The values by name; a broken one fails where it is used.
#[derive(Debug)]
struct Data(BTreeMap<String, Result<Value, Problem>>);

impl Object for Data {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match self.0.get(key.as_str()?)? {
            Ok(value) => Some(value.clone()),
            Err(problem) => Some(Value::from(Error::new(ErrorKind::InvalidOperation, problem.to_string()))),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.keys().map(Value::from).collect())
    }
}

/// Reads the folder; a missing one is empty.
pub(super) fn read(folder: &Path) -> (Value, Vec<Problem>) {
    let own = folder.file_name().unwrap_or_default().to_string_lossy();
    let mut files: Vec<String> = fs::read_dir(folder)
        .map(|entries| entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect())
        .unwrap_or_default();
    files.sort();
    let mut values: BTreeMap<String, Result<Value, Problem>> = BTreeMap::new();
    let mut problems = Vec::new();
    for file in files.iter().filter(|file| !file.starts_with('.')) {
        let Some((name, parse)) = file.rsplit_once('.').and_then(|(name, kind)| Some((name, parser(kind)?))) else {
            continue;
        };
        let problem = |why| Problem { file: format!("{own}/{file}"), why };
        if values.contains_key(name) {
            problems.push(problem(format!("another file is data.{name} already: rename one")));
            continue;
        }
        let read = text(&folder.join(file)).and_then(|text| parse(&text)).map(|json| value(&json)).map_err(problem);
        problems.extend(read.as_ref().err().cloned());
        values.insert(name.to_owned(), read);
    }
    (Value::from_object(Data(values)), problems)
}

type Parse = fn(&str) -> Result<Json, String>;

fn parser(extension: &str) -> Option<Parse> {
    match extension {
        "json" => Some(|text| serde_json::from_str(text).map_err(|error| error.to_string())),
        "toml" => Some(|text| text.parse().map(toml).map_err(|error: toml::de::Error| error.to_string())),
        "yaml" | "yml" => Some(|text| serde_saphyr::from_str(text).map_err(|error| error.to_string())),
        _ => None,
    }
}

fn text(path: &Path) -> Result<String, String> {
    let meta = fs::metadata(path).map_err(|error| error.to_string())?;
    // A pipe would wait for ever, a device might never end.
    if !meta.is_file() {
        return Err("it is not a file".to_owned());
    }
    let size = meta.len();
    if size > MOST {
        return Err(format!("it has {}, more than {} is not read", crate::text::size(size), crate::text::size(MOST)));
    }
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// TOML in JSON's model; dates and times become text.
fn toml(table: toml::Table) -> Json {
    fn convert(value: toml::Value) -> Json {
        match value {
            toml::Value::String(text) => text.into(),
            toml::Value::Integer(number) => number.into(),
            toml::Value::Float(number) => number.into(),
            toml::Value::Boolean(bool) => bool.into(),
            toml::Value::Datetime(date) => date.to_string().into(),
            toml::Value::Array(items) => items.into_iter().map(convert).collect(),
            toml::Value::Table(table) => toml(table),
        }
    }
    table.into_iter().map(|(name, value)| (name, convert(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(files: &[(&str, &str)], template: &str) -> (Result<String, Error>, Vec<Problem>) {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("data");
        fs::create_dir(&folder).unwrap();
        for (name, text) in files {
            fs::write(folder.join(name), text).unwrap();
        }
        let (data, problems) = read(&folder);
        (minijinja::Environment::new().render_str(template, Value::from_pairs([("data", data)])), problems)
    }

    #[test]
    fn three_syntaxes_and_nothing_else() {
        let files = [
            ("a.json", "\u{feff}[1, 2.5, true, null, \"x\"]"),
            ("b.toml", "when = 2026-11-20\nlist = [{ n = 1 }]"),
            ("c.yaml", "k:\n  - one\n  - 2\n"),
            ("d.yml", "x"),
            ("e.txt", "no"),
            (".f.json", "1"),
        ];
        let (text, problems) = shown(
            &files,
            "{{ data.a }} {{ data.b.when }} {{ data.b.list[0].n }} {{ data.c.k[1] }} {{ data.d }} {{ data|list }}",
        );
        assert_eq!(text.unwrap(), "[1, 2.5, True, None, 'x'] 2026-11-20 1 2 x ['a', 'b', 'c', 'd']");
        assert!(problems.is_empty());
    }

    #[test]
    fn a_broken_file_fails_only_where_it_is_used() {
        let files = [("a.json", "{\n  oops }"), ("b.toml", "x ="), ("c.yaml", "a: [")];
        let (text, problems) = shown(&files, "{{ data.missing }}ok");
        assert_eq!(text.unwrap(), "ok");
        assert_eq!(problems.len(), 3);
        assert!(
            problems[0].to_string().starts_with("data/a.json: key must be a string at line 2 column 3"),
            "{}",
            problems[0]
        );
        let (text, _) = shown(&files, "{{ data.a.x }}");
        assert!(text.unwrap_err().to_string().contains("data/a.json"));
    }

    #[test]
    fn two_files_of_one_name_are_a_problem() {
        let (text, problems) = shown(&[("a.json", "1"), ("a.yaml", "2")], "{{ data.a }}");
        assert_eq!((text.unwrap().as_str(), problems.len()), ("1", 1));
        assert_eq!(problems[0].file, "data/a.yaml");
    }

    #[test]
    fn a_missing_folder_is_empty() {
        let (data, problems) = read(Path::new("/nonexistent-folder"));
        assert!(!data.is_true() && problems.is_empty());
    }
}
