//! An error with its place: file, line, column, the line itself and a caret under what is wrong.
//!
//! Knows text and offsets, nothing of settings.

mod snippet;

use std::fmt;
use std::ops::Range;

use crate::text::harmless;

/// Something wrong in stan.conf, and where.
///
/// `Display` is several lines: place and message, the line of the file, carets under the span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The file as the person knows it: `stan.conf`.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Character of the line, from 1.
    pub column: usize,
    /// What was expected, or what is wrong.
    pub message: String,
    /// The known word that was probably meant.
    pub nearest: Option<String>,
    /// The line of the file without its end.
    source: String,
    /// How many characters are wrong.
    span: usize,
}

impl ConfigError {
    /// An error at the bytes `at` of `text`, the content of `file`.
    pub(crate) fn at(file: &str, text: &str, at: &Range<usize>, message: String, nearest: Option<String>) -> Self {
        let start = offset(text, at.start);
        let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |newline| start + newline);
        let source = text[line_start..line_end].trim_end_matches('\r');
        let end = boundary(text, at.end).min(line_start + source.len());
        Self {
            file: file.to_owned(),
            line: text[..line_start].matches('\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            message,
            nearest,
            source: source.to_owned(),
            span: text.get(start..end).map_or(1, |wrong| wrong.chars().count().max(1)),
        }
    }

    /// One line: `stan.conf:3:8 expected a number from 0 to 65535`.
    pub fn brief(&self) -> String {
        let mut line = format!("{}:{}:{} {}", harmless(&self.file), self.line, self.column, harmless(&self.message));
        if let Some(nearest) = &self.nearest {
            line.push_str("; did you mean ");
            line.push_str(&harmless(nearest));
            line.push('?');
        }
        line
    }

    /// The line of the file with carets under what is wrong: two lines.
    pub fn snippet(&self) -> String {
        let (shown, carets) = snippet::cut(&self.source, self.column - 1, self.span);
        let number = self.line.to_string();
        format!(" {number} | {shown}\n {:width$} | {carets}", "", width = number.len())
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.brief(), self.snippet())
    }
}

impl std::error::Error for ConfigError {}

/// Everything that is wrong in stan.conf, in file order; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl ConfigErrors {
    /// One line: the first error, and how many more there are.
    pub fn brief(&self) -> String {
        match self.0.as_slice() {
            [] => String::new(),
            [only] => only.brief(),
            [first, more @ ..] => format!("{} (and {} more)", first.brief(), more.len()),
        }
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, error) in self.0.iter().enumerate() {
            if n > 0 {
                f.write_str("\n")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

/// The nearest character boundary at or before `at`.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// Where an error that starts at `at` is shown: one at the very end of the text belongs to the
/// last line that has something, not to the empty one after it.
fn offset(text: &str, at: usize) -> usize {
    let at = boundary(text, at);
    if at == text.len() { text.trim_end_matches(['\n', '\r']).len() } else { at }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str, wrong: &str) -> ConfigError {
        let start = text.find(wrong).unwrap_or(text.len());
        ConfigError::at("stan.conf", text, &(start..start + wrong.len()), "expected better".into(), None)
    }

    #[test]
    fn place_line_and_carets() {
        insta::assert_snapshot!(error("# a\n\nport = 99999\n", "99999"), @r"
        stan.conf:3:8 expected better
         3 | port = 99999
           |        ^^^^^
        ");
    }

    #[test]
    fn columns_count_characters_and_carets_count_cells() {
        insta::assert_snapshot!(error("名前 = \"写真\" # né\n", "\"写真\""), @r#"
        stan.conf:1:6 expected better
         1 | 名前 = "写真" # né
           |        ^^^^^^
        "#);
    }

    #[test]
    fn tabs_stay_aligned_and_escapes_are_harmless() {
        insta::assert_snapshot!(error("\tbind =\t\"\x1b[2J\"\r\n", "\"\x1b[2J\""), @r#"
        stan.conf:1:9 expected better
         1 |     bind =  "\x1b[2J"
           |             ^^^^^^^^^
        "#);
    }

    #[test]
    fn a_long_line_is_cut_around_the_caret() {
        let text = format!("hosts = [{}, 5, {}]", "\"a\", ".repeat(60), "\"b\", ".repeat(60));
        insta::assert_snapshot!(error(&text, "5,"), @r#"
        stan.conf:1:312 expected better
         1 | ...a", "a", "a", "a", "a", "a", "a", , 5, "b", "b", "b", "b", "b", "b", "b"...
           |                                        ^^
        "#);
    }

    #[test]
    fn the_end_of_the_text_belongs_to_the_last_line() {
        insta::assert_snapshot!(error("port =\n\n", "nowhere"), @r"
        stan.conf:1:7 expected better
         1 | port =
           |       ^
        ");
        assert_eq!(error("", "x").column, 1);
    }

    #[test]
    fn several_lines_of_span_are_marked_on_the_first() {
        let error = error("hosts = [1,\n 2]\n", "[1,\n 2]");
        assert!(error.to_string().ends_with("        ^^^"), "{error}");
    }

    #[test]
    fn brief_says_how_many_more() {
        let one = error("port = x", "x");
        assert_eq!(ConfigErrors(vec![one.clone()]).brief(), "stan.conf:1:8 expected better");
        assert_eq!(ConfigErrors(vec![one.clone(), one]).brief(), "stan.conf:1:8 expected better (and 1 more)");
    }

    #[test]
    fn the_nearest_word_is_on_the_first_line() {
        let mut error = error("prot = 1", "prot");
        error.nearest = Some("port".into());
        assert_eq!(error.brief(), "stan.conf:1:1 expected better; did you mean port?");
    }

    #[test]
    fn any_span_is_survived() {
        let text = "é = 1\nö\n";
        for start in 0..12 {
            for end in 0..12 {
                let _ = ConfigError::at("f", text, &(start..end), String::new(), None).to_string();
            }
        }
    }
}
