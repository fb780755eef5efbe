//! What an app prints, as notes with its name in front: so many lines a second, none endless.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncRead, BufReader};

use crate::event::{Event, Feed, Note};

/// Lines that are shown of each second.
const A_SECOND: u32 = 100;
/// Bytes of a line; the rest begins another.
const LINE: usize = 4096;
/// Last lines kept, for whoever asks why it ended.
const LAST: usize = 20;

/// The last lines that were printed.
pub(super) type Last = Arc<Mutex<VecDeque<String>>>;

/// Tells `feed` what `source` says until that ends.
pub(super) async fn listen(name: Arc<str>, source: impl AsyncRead + Unpin, feed: Feed, last: Last) {
    let mut source = BufReader::new(source);
    let (mut second, mut lines) = (Instant::now(), 0_u32);
    let note = |text: String| feed.event(Event::Note(Note::info(text)));
    let left_out = |lines: u32| {
        if let Some(more @ 1..) = lines.checked_sub(A_SECOND) {
            note(format!("{name}: … {more} more lines, too many at once to show"));
        }
    };
    while let Some(line) = next_line(&mut source).await {
        if second.elapsed() >= Duration::from_secs(1) {
            left_out(lines);
            (second, lines) = (Instant::now(), 0);
        }
        lines = lines.saturating_add(1);
        if lines <= A_SECOND {
            note(format!("{name}: {line}"));
        }
        let mut last = last.lock();
        if last.len() >= LAST {
            last.pop_front();
        }
        last.push_back(line);
    }
    left_out(lines);
}

/// The next line without its end, or as much of it as is told at once.
async fn next_line(source: &mut (impl AsyncBufRead + Unpin)) -> Option<String> {
    let mut line = Vec::new();
    loop {
        let some = source.fill_buf().await.ok()?;
        let ended = some.is_empty();
        let end = some.iter().position(|byte| *byte == b'\n');
        let take = end.unwrap_or(some.len()).min(LINE.saturating_sub(line.len()));
        line.extend_from_slice(some.get(..take)?);
        let whole = end == Some(take);
        source.consume(take + usize::from(whole));
        if whole || line.len() >= LINE || (ended && !line.is_empty()) {
            return Some(String::from_utf8_lossy(line.trim_ascii_end()).into_owned());
        }
        if ended {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::feed;

    async fn told(source: String) -> Vec<String> {
        let (feed, mut reader) = feed();
        listen("blog".into(), std::io::Cursor::new(source), feed, Last::default()).await;
        let text = |event| if let Event::Note(note) = event { note.text } else { String::new() };
        reader.take().events.into_iter().map(text).collect()
    }

    #[tokio::test]
    async fn lines_have_the_name_in_front() {
        assert_eq!(told("one\r\n\nhalf".into()).await, ["blog: one", "blog: ", "blog: half"]);
    }

    #[tokio::test]
    async fn a_flood_is_counted_and_a_line_without_end_cut() {
        let told_of = told("x\n".repeat(1000)).await;
        assert_eq!(told_of.last().unwrap(), "blog: … 900 more lines, too many at once to show");
        assert_eq!(told("x".repeat(LINE * 2 + 1)).await.len(), 3);
    }
}
