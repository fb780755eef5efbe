//! The list of the upload page, as a person sees it.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use crate::chromium::Page;

pub(crate) const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 \
    (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";
pub(crate) const ANDROID: &str = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36";

/// Notes every text that the list ever shows, and when the sum was drawn.
const WATCH: &str = "addEventListener('DOMContentLoaded', () => { \
    window.shown = new Set(); window.drawn = []; \
    new MutationObserver(() => { drawn.push(performance.now()) }) \
        .observe(document.querySelector('#pace'), {childList: true, characterData: true, subtree: true}); \
    new MutationObserver(() => { for (const row of document.querySelectorAll('#list .words, #pace, #sum')) shown.add(row.textContent) }) \
        .observe(document.body, {childList: true, characterData: true, subtree: true}) })";

/// One file of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) state: String,
    pub(crate) words: String,
}

impl Page {
    /// The upload page at `url`, with everything watched that it shows.
    pub(crate) fn list(mut self, url: &str) -> Self {
        self.before(WATCH);
        self.go(url);
        self.until("document.documentElement.classList.contains('script')");
        self
    }

    pub(crate) fn pick(&mut self, files: &[PathBuf]) {
        self.choose("#files", files);
    }

    pub(crate) fn rows(&mut self) -> Vec<Row> {
        let script = "[...document.querySelectorAll('#list li')].map(row => [row.querySelector('.name').textContent, \
            row.dataset.state, row.querySelector('.words').textContent])";
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let rows = self.value(script);
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| Row { name: text(&row[0]), state: text(&row[1]), words: text(&row[2]) }).collect()
    }

    /// The row of that name.
    pub(crate) fn row(&mut self, name: &str) -> Row {
        self.rows().into_iter().find(|row| row.name == name).unwrap_or_else(|| panic!("no row {name}"))
    }

    /// Waits until the row of that name is in that state.
    pub(crate) fn is(&mut self, name: &str, state: &str) -> Row {
        self.until_within(Duration::from_secs(60), &format!("{}.dataset.state === '{state}'", row(name)));
        self.row(name)
    }

    /// Waits until so many rows are in that state.
    pub(crate) fn all_are(&mut self, count: usize, state: &str, patience: Duration) {
        self.until_within(
            patience,
            &format!("document.querySelectorAll('#list [data-state={state}]').length === {count}"),
        );
    }

    /// Taps the button of that row which says `what`.
    pub(crate) fn act(&mut self, name: &str, what: &str) {
        let button = format!("[...{}.querySelectorAll('button')].find(b => b.textContent === '{what}')", row(name));
        self.until(&format!("!!{button}"));
        self.run(&format!("{button}.id = 'to-tap'"));
        self.tap("#to-tap");
        self.run("document.querySelectorAll('#to-tap').forEach(b => b.removeAttribute('id'))");
    }

    /// Tells the page that it is back on the network, until `so`: what hangs is given up before its time.
    pub(crate) fn hurried_until(&mut self, so: &str) {
        self.until_within(Duration::from_secs(60), &format!("(dispatchEvent(new Event('online')), {so})"));
    }

    /// What is shown was never nonsense, nor drawn more often than four times a second.
    pub(crate) fn was_calm(&mut self) {
        let shown = self.value("[...window.shown].join('\\n')");
        let shown = shown.as_str().unwrap();
        for nonsense in ["NaN", "Infinity", "undefined", "null", "-1"] {
            assert!(!shown.contains(nonsense), "{shown}");
        }
        let fours = self.value("drawn.slice(4).map((time, n) => time - drawn[n])");
        // A busy machine sees one late and the next in time.
        for four in fours.as_array().unwrap() {
            assert!(four.as_f64().unwrap() > 750.0, "drawn too often: {fours}");
        }
    }
}

fn row(name: &str) -> String {
    format!(
        "[...document.querySelectorAll('#list li')].find(row => row.querySelector('.name').textContent === '{name}')"
    )
}
