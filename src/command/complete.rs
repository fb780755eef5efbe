//! What Tab offers: the words that may stand where the line ends.

use super::table::{Spec, Takes, find, table};
use super::uploads::DEEDS;

/// Where the words come from that only a running server knows.
pub trait Words {
    /// Keys of stan.conf: `upload.exists`.
    fn settings(&self) -> Vec<String>;
    /// What a key may be set to, where those are few.
    fn values(&self, key: &str) -> Vec<String>;
    /// Paths that answer: `/about`.
    fn paths(&self) -> Vec<String>;
    /// Numbers and names of uploads, newest first: those under way, or the files that have arrived.
    fn uploads(&self, under_way: bool) -> Vec<(u64, String)>;
}

/// No words but the table's.
impl Words for () {
    fn settings(&self) -> Vec<String> {
        Vec::new()
    }

    fn values(&self, _key: &str) -> Vec<String> {
        Vec::new()
    }

    fn paths(&self) -> Vec<String> {
        Vec::new()
    }

    fn uploads(&self, _under_way: bool) -> Vec<(u64, String)> {
        Vec::new()
    }
}

/// What may stand where a line ends.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Completion {
    /// Where in the line the word begins (a byte offset); a candidate replaces all from there.
    pub from: usize,
    /// The words that fit, best first.
    pub candidates: Vec<String>,
    /// What the best candidate adds to what is typed; empty where nothing is typed yet.
    pub ghost: String,
}

/// Ports that people develop on.
const PORTS: [&str; 6] = ["8080", "8000", "3000", "5000", "4000", "9000"];
/// Terms of the filter's language that are not the person's own words.
const TERMS: [&str; 10] = ["2xx", "3xx", "4xx", "5xx", "GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS"];

/// What may stand at the end of `line`.
///
/// ```
/// use stan::command::complete;
/// let found = complete("bind l", &());
/// assert_eq!((found.from, found.ghost.as_str()), (5, "ocal"));
/// assert_eq!(found.candidates, ["local", "lan"]);
/// ```
pub fn complete(line: &str, context: &dyn Words) -> Completion {
    let start = line.len() - line.trim_start().len();
    let start = start + usize::from(line[start..].starts_with([':', '/']));
    let start = line.len() - line[start..].trim_start().len();
    let Some((word, rest)) = line[start..].split_once(char::is_whitespace) else {
        let words = table().iter().map(|spec| spec.word).chain(table().iter().flat_map(|s| s.aliases).copied());
        return among(line, start, words.map(str::to_owned));
    };
    let Some(spec) = find(word) else { return Completion { from: line.len(), ..Completion::default() } };
    let argument = rest.trim_start();
    let from = line.len() - argument.len();
    match spec.takes {
        Takes::Nothing | Takes::Text => Completion { from: line.len(), ..Completion::default() },
        Takes::Upload => match argument.split_once(char::is_whitespace) {
            None => among(line, from, DEEDS.map(str::to_owned)),
            Some((deed, rest)) => upload(line, &deed.to_ascii_lowercase(), rest.trim_start(), context),
        },
        Takes::Port => among(line, from, PORTS.map(str::to_owned)),
        Takes::Bind => among(line, from, ["local", "lan"].map(str::to_owned)),
        Takes::Word => among(line, from, table().iter().map(|spec: &Spec| spec.word.to_owned())),
        Takes::Path => among(line, from, context.paths()),
        Takes::Terms => term(line, from, context),
        Takes::Setting => match argument.split_once(char::is_whitespace) {
            None => among(line, from, context.settings()),
            Some((key, value)) => {
                among(line, line.len() - value.trim_start().len(), context.values(&key.to_ascii_lowercase()))
            }
        },
    }
}

/// The number of an upload of which `deed` can be done; to be renamed, with the name that it has.
fn upload(line: &str, deed: &str, typed: &str, context: &dyn Words) -> Completion {
    let from = line.len() - typed.len();
    if !DEEDS.contains(&deed) {
        return Completion { from: line.len(), ..Completion::default() };
    }
    let uploads = context.uploads(deed == "cancel").into_iter();
    let words = uploads.map(|(id, name)| if deed == "rename" { format!("{id} {name}") } else { id.to_string() });
    among(line, from, words)
}

/// The last term of a filter, behind the `!` that it may have.
fn term(line: &str, from: usize, context: &dyn Words) -> Completion {
    let last = line[from..].rsplit(char::is_whitespace).next().unwrap_or_default();
    let last = last.strip_prefix('!').unwrap_or(last);
    let from = line.len() - last.len();
    if last.starts_with('/') { among(line, from, context.paths()) } else { among(line, from, TERMS.map(str::to_owned)) }
}

/// Those of `words` that what stands from `from` on begins, whatever its case.
fn among(line: &str, from: usize, words: impl IntoIterator<Item = String>) -> Completion {
    let typed = &line[from..];
    let fits = |word: &String| word.get(..typed.len()).is_some_and(|start| start.eq_ignore_ascii_case(typed));
    let candidates: Vec<String> = words.into_iter().filter(fits).collect();
    let ghost = match candidates.first() {
        Some(best) if !typed.is_empty() => best[typed.len()..].to_owned(),
        _ => String::new(),
    };
    Completion { from, candidates, ghost }
}

#[cfg(test)]
mod tests;
