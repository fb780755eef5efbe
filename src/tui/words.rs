//! The language that people type, as the screen needs it: parsed, completed, explained, matched.

use crate::command::filter::Filter;
use crate::command::{self, Command, Words as Context};
use crate::config;
use crate::known::{Known, Row, Transfer};

/// Uploads that Tab goes through.
const OFFERED: usize = 100;

/// Decides whether the log shows a row.
pub type Matcher = Box<dyn Fn(&Row) -> bool + Send>;

/// The language, as functions, so that the screen's tests can speak a smaller one.
#[derive(Clone, Copy)]
pub struct Words {
    /// A typed line becomes a command, or one line that says what is wrong with it.
    pub parse: fn(&str) -> Result<Command, String>,
    /// Whole lines that the typed one could become, the likeliest first.
    pub complete: fn(&str, &Known) -> Vec<String>,
    /// The lines of help, on all commands or on one.
    pub help: fn(Option<&str>) -> Vec<String>,
    /// What a filter's text lets pass.
    pub filter: fn(&str) -> Matcher,
}

/// stan's own language.
pub const LANGUAGE: Words = Words {
    parse: |line| command::parse(line).map_err(|error| error.to_string()),
    complete: |line, known| {
        let found = command::complete(line, known);
        let start = line.get(..found.from).unwrap_or_default();
        found.candidates.iter().map(|candidate| format!("{start}{candidate}")).collect()
    },
    help: command::help,
    filter: |text| {
        let filter = Filter::parse(text);
        Box::new(move |row| match row {
            Row::Exchange(exchange) => filter.matches(exchange),
            Row::Note { note, .. } => filter.reads(&[&note.text, &note.detail]),
            Row::Changed { path: text, .. } | Row::Detail { text, .. } => filter.reads(&[text]),
        })
    },
};

/// What only a running server knows.
impl Context for Known {
    fn settings(&self) -> Vec<String> {
        let keys = config::reference().iter().map(|doc| doc.key);
        keys.filter(|key| !key.starts_with("route.")).map(str::to_owned).collect()
    }

    fn values(&self, key: &str) -> Vec<String> {
        config::choices(key).iter().map(|choice| (*choice).to_owned()).collect()
    }

    fn paths(&self) -> Vec<String> {
        self.routes.iter().map(|route| &route.path).filter(|path| !path.contains('{')).cloned().collect()
    }

    fn uploads(&self, under_way: bool) -> Vec<(u64, String)> {
        let meant = |transfer: &&Transfer| if under_way { transfer.arriving() } else { transfer.kept() };
        let uploads = self.uploads.iter().filter(meant);
        uploads.take(OFFERED).map(|transfer| (transfer.upload.id, transfer.upload.name.clone())).collect()
    }
}
