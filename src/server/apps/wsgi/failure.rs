//! What an app did wrong, for the person: a line for the feed, a page for those who may see it.

use std::path::Path;

use http::StatusCode;
use http::header::{ACCEPT, CACHE_CONTROL, HeaderValue};

use super::wire;
use crate::event::Note;
use crate::server::answer::{Answer, escape_html, html, text};
use crate::server::request::Request;
use crate::server::status;

/// An app, or what should have become one, has failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// One line: file and line where they are known, and what is wrong.
    pub(super) line: String,
    /// The traceback, or what the interpreter said.
    pub(super) detail: String,
    /// The file in which it went wrong.
    pub(super) file: String,
}

impl Failure {
    /// What a worker tells: what, file, line, traceback. Paths are shown relative to `root`.
    pub(super) fn told(bytes: &[u8], root: &Path) -> Self {
        let mut texts = wire::texts(bytes);
        let mut next = || texts.next().unwrap_or_default();
        let (what, file, number, detail) = (next(), next(), next(), next());
        let shown =
            Path::new(&file).strip_prefix(root).map_or_else(|_| file.clone(), |path| path.display().to_string());
        let line = if file.is_empty() { what } else { format!("{shown}:{number}: {what}") };
        Self { line, detail, file }
    }

    /// Something that no worker tells.
    pub(super) fn new(line: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { line: line.into(), detail: detail.into(), file: String::new() }
    }

    /// For the feed.
    pub(super) fn note(&self, name: &str) -> Note {
        Note::error(format!("{name}: {}", self.line)).with_detail(self.detail.clone())
    }
}

/// Who asked for what, as far as a failure's page shows it.
pub(super) struct Asker {
    details: bool,
    page: bool,
    request: String,
}

impl Asker {
    pub(super) fn of(request: &Request) -> Self {
        let page = request.document || request.header(ACCEPT).is_some_and(|accept| accept.contains("text/html"));
        let target = request.head.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        Self { details: request.may_see_details(), page, request: format!("{} {target}", request.head.method) }
    }

    /// 500: the traceback for those who may see it, the bare fact for others.
    pub(super) fn answer(&self, failure: &Failure) -> Answer {
        let code = StatusCode::INTERNAL_SERVER_ERROR;
        let mut answer = if !self.details {
            let advice = "The app of this page failed. The details are on the screen of the computer.";
            status::page(code, self.page, "Server error", advice)
        } else if self.page {
            html(code, self.document(failure))
        } else {
            text(code, format!("{}\n\n{}\n", failure.line, failure.detail))
        };
        answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        answer
    }

    fn document(&self, failure: &Failure) -> String {
        let (title, detail, request) =
            (escape_html(&failure.line), escape_html(&failure.detail), escape_html(&self.request));
        let main = format!(
            "<h1>{title}</h1>\n<pre>{detail}</pre>\n<p>The request was <code>{request}</code>. \
             Mend the file and this page refreshes by itself.</p>"
        );
        status::document("The app failed", "h1{color:var(--bad)}", &main)
    }

    /// Another answer that says what is wrong.
    pub(super) fn status(&self, code: StatusCode, title: &str, text: &str) -> Answer {
        status::page(code, self.page, title, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_shown_below_the_root() {
        let told = Failure::told(b"ValueError: no\0/site/blog.py\x003\0Traceback", Path::new("/site"));
        assert_eq!((told.line.as_str(), told.detail.as_str()), ("blog.py:3: ValueError: no", "Traceback"));
        assert_eq!(Failure::told(b"ValueError", Path::new("/site")).line, "ValueError");
    }
}
