//! Typed lines, whole or not at all.

use std::fmt;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

/// Bytes of a line.
const LONGEST: usize = 64 << 10;

/// A line was too long; none of it is taken for a command.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong;

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the line is longer than {} KiB; nothing was done", LONGEST >> 10)
    }
}

/// Lines from a source that may end.
pub(super) struct Typed<R> {
    source: Option<R>,
    line: Vec<u8>,
    /// The line has become too long; the rest of it is passed over.
    passing: bool,
}

impl<R: AsyncBufRead + Unpin> Typed<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source: Some(source), line: Vec::new(), passing: false }
    }

    /// The next line without its end; never, once the source has ended. Cancel safe: what was
    /// read of a line is kept.
    pub(super) async fn next(&mut self) -> Result<String, TooLong> {
        loop {
            let Some(source) = &mut self.source else { return std::future::pending().await };
            let room = (LONGEST + 1).saturating_sub(self.line.len()) as u64;
            let read = source.take(room).read_until(b'\n', &mut self.line).await;
            let ended = !matches!(read, Ok(n) if n > 0);
            if ended {
                self.source = None;
            } else if !self.line.ends_with(b"\n") {
                if self.line.len() > LONGEST {
                    self.line.clear();
                    self.passing = true;
                }
                continue;
            }
            let line = std::mem::take(&mut self.line);
            if std::mem::take(&mut self.passing) {
                return Err(TooLong);
            }
            if !(ended && line.is_empty()) {
                return Ok(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lines(text: &str, count: usize) -> Vec<Result<String, TooLong>> {
        let mut typed = Typed::new(text.as_bytes());
        let mut lines = Vec::new();
        while lines.len() < count {
            lines.push(typed.next().await);
        }
        lines
    }

    #[tokio::test]
    async fn lines_end_as_people_end_them() {
        let expected = [Ok("a".to_owned()), Ok("b".to_owned()), Ok(String::new()), Ok("c".to_owned())];
        assert_eq!(lines("a\nb\r\n\nc", 4).await, expected);
    }

    #[tokio::test]
    async fn no_piece_of_a_line_that_is_too_long_is_a_command() {
        let text = format!("{}stop\nurl\n", "x".repeat(3 * LONGEST));
        assert_eq!(lines(&text, 2).await, [Err(TooLong), Ok("url".to_owned())]);
        let text = format!("{}\nurl\n", "x".repeat(LONGEST - 1));
        assert_eq!(lines(&text, 2).await[1], Ok("url".to_owned()));
    }
}
