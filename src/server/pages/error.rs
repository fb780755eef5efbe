//! What is shown of a broken template: where, the lines around it, and why.

use std::error::Error as _;
use std::fmt::Write as _;

use http::StatusCode;

use crate::server::answer::{Answer, escape_html, html, text};
use crate::server::request::Request;
use crate::server::status;

/// Lines shown before and after the one that failed.
const AROUND: usize = 3;

/// In an answer's extensions: why a template could not be rendered. For the log view, whoever
/// the client is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// One line: file, line, what is wrong.
    pub text: String,
    /// The lines around it with a marker, then the chain of causes.
    pub detail: String,
}

impl Broken {
    /// Describes an error of a template in the folder named `folder`.
    pub(super) fn new(folder: &str, template: &str, error: &minijinja::Error) -> Self {
        // An error in what is included is wrapped; the innermost is where it happened.
        let mut chain = vec![error];
        let mut foreign = Vec::new();
        let mut next = error.source();
        while let Some(source) = next {
            match source.downcast_ref::<minijinja::Error>() {
                Some(inner) if foreign.is_empty() => chain.push(inner),
                _ => foreign.push(source.to_string()),
            }
            next = source.source();
        }
        let inner = chain.last().copied().unwrap_or(error);
        let text = format!("{}: {}", place(folder, template, inner), what(inner));
        let mut detail = excerpt(inner).unwrap_or_default();
        for outer in chain.iter().rev().skip(1) {
            let _ = writeln!(detail, "from {}: {}", place(folder, template, outer), what(outer));
        }
        for cause in foreign {
            let _ = writeln!(detail, "because {cause}");
        }
        Self { text, detail }
    }

    /// The answer: all of it for this device and those that have the key, the bare fact for others. Its extensions hold `self`.
    pub(super) fn answer(self, request: &Request) -> Answer {
        let code = StatusCode::INTERNAL_SERVER_ERROR;
        let page = request.header(http::header::ACCEPT).is_some_and(|accept| accept.contains("text/html"));
        let mut answer = if !request.may_see_details() {
            let advice = "A template of this site is broken. The details are on the screen of the computer.";
            status::page(code, page || request.document, "Server error", advice)
        } else if page || request.document {
            html(code, self.page())
        } else {
            text(code, format!("{}\n\n{}", self.text, self.detail))
        };
        answer.extensions_mut().insert(self);
        answer
    }

    fn page(&self) -> String {
        let style = "h1{color:var(--bad)}mark{background:none;color:var(--bad);font-weight:700}";
        let lines: String = self
            .detail
            .lines()
            .map(|line| {
                let line_html = escape_html(line);
                let marked = line.starts_with('>') || line.trim_start().starts_with("| ^");
                if marked { format!("<mark>{line_html}</mark>\n") } else { line_html + "\n" }
            })
            .collect();
        let title = escape_html(&self.text);
        let main =
            format!("<h1>{title}</h1>\n<pre>{lines}</pre>\n<p>Mend the file and this page refreshes by itself.</p>");
        status::document("A broken template", style, &main)
    }
}

/// `templates/hello.html:3`; the template asked for where the error names none.
fn place(folder: &str, template: &str, error: &minijinja::Error) -> String {
    let name = error.name().unwrap_or(template);
    match error.line() {
        Some(line) => format!("{folder}/{name}:{line}"),
        None => format!("{folder}/{name}"),
    }
}

fn what(error: &minijinja::Error) -> String {
    match (error.kind(), error.detail()) {
        (minijinja::ErrorKind::OutOfFuel, _) => "it took too many steps: a loop that does not end?".to_owned(),
        (minijinja::ErrorKind::InvalidOperation, Some(detail)) => detail.to_owned(),
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    }
}

/// The line that failed among its neighbours, and a line under it that marks the expression.
fn excerpt(error: &minijinja::Error) -> Option<String> {
    let source = error.template_source()?;
    let line = error.line()?;
    let first = line.saturating_sub(AROUND).max(1);
    let last = line.saturating_add(AROUND);
    let width = last.to_string().len();
    let mut out = String::new();
    let mut start = 0;
    for (number, text) in (1..).zip(source.split_inclusive('\n')) {
        if number > last {
            break;
        }
        if number >= first {
            let marker = if number == line { '>' } else { ' ' };
            let _ = writeln!(out, "{marker} {number:>width$} | {}", text.trim_end_matches(['\n', '\r']));
        }
        if number == line
            && let Some((indent, length)) = error.range().and_then(|range| under(text, start, &range))
        {
            let _ = writeln!(out, "  {:>width$} | {indent}{}", "", "^".repeat(length));
        }
        start += text.len();
    }
    out.push('\n');
    Some(out)
}

/// What goes below a line that begins at `start`: an indent as wide, and how many marks.
fn under(line: &str, start: usize, range: &std::ops::Range<usize>) -> Option<(String, usize)> {
    let from = range.start.checked_sub(start)?;
    let line = line.trim_end();
    let to = range.end.saturating_sub(start).min(line.len());
    let indent = line.get(..from)?.chars().map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    Some((indent, line.get(from..to)?.chars().count().max(1)))
}
