//! What a program prints, as lines for the front end: the program's name first, so many a second.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::event::{Event, Feed, Level, Note};
use crate::text::printed;

/// Lines that may come at once.
const BURST: u32 = 100;
/// Bytes of a line; the rest begins another.
const LINE: usize = 4096;
/// Last lines kept, for whoever asks why it failed.
const LAST: usize = 20;
/// How long what has been printed may take to arrive, once the program has ended.
const REST: Duration = Duration::from_millis(500);

/// Somebody listens to a program's output, until that ends or this is dropped.
pub(crate) struct Said {
    name: Arc<str>,
    feed: Feed,
    a_second: u32,
    last: Last,
    held: Held,
    sources: JoinSet<()>,
}

/// Whether what is said is only kept for now.
type Held = Arc<AtomicBool>;

/// The last lines that a program has said, now and later.
#[derive(Debug, Clone, Default)]
pub(crate) struct Last(Arc<Mutex<VecDeque<String>>>);

impl Last {
    /// The lines.
    pub(crate) fn text(&self) -> String {
        self.0.lock().iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }

    fn push(&self, line: String) {
        let mut lines = self.0.lock();
        if lines.len() == LAST {
            lines.pop_front();
        }
        lines.push_back(line);
    }
}

impl Said {
    /// What the program `name` says goes to `feed`: so many lines a second, after a first burst.
    pub(crate) fn new(name: &str, feed: Feed, a_second: u32) -> Self {
        Self {
            name: name.into(),
            feed,
            a_second,
            last: Last::default(),
            held: Held::default(),
            sources: JoinSet::new(),
        }
    }

    /// From now on lines are only kept; see [`Said::release`].
    pub(crate) fn hold(&self) {
        self.held.store(true, Relaxed);
    }

    /// Tells those of the lines that were held which are still kept, and all that come.
    pub(crate) fn release(&self) {
        if self.held.swap(false, Relaxed) {
            for line in self.last.text().lines().filter(|line| !line.is_empty()) {
                self.feed.event(Event::Note(Note::info(format!("{}: {line}", self.name))));
            }
        }
    }

    /// What it has said last.
    pub(crate) fn last(&self) -> Last {
        self.last.clone()
    }

    /// Listens to `source` too.
    pub(crate) fn listen(&mut self, source: impl AsyncRead + Send + Unpin + 'static) {
        let (name, feed, last) = (self.name.clone(), self.feed.clone(), self.last.clone());
        let (held, allowance) = (self.held.clone(), Allowance::new(self.a_second));
        let mut teller = Teller { name, feed, allowance, last, held };
        self.sources.spawn(async move {
            let mut source = BufReader::new(source);
            while let Some(line) = next_line(&mut source).await {
                teller.tell(line);
            }
            teller.catch_up();
        });
    }

    /// The program has ended: the last of what it said.
    pub(crate) async fn end(mut self) -> String {
        self.heard().await;
        self.last.text()
    }

    /// The program has ended: all that it said has arrived.
    pub(crate) async fn heard(&mut self) {
        // A process that it has let go of may hold the pipe open.
        let all = async { while self.sources.join_next().await.is_some() {} };
        let _ = timeout(REST, all).await;
    }
}

/// The next line without its end, or as much of it as is told at once.
async fn next_line(source: &mut (impl AsyncBufRead + Unpin)) -> Option<String> {
    let mut line = Vec::new();
    loop {
        let some = source.fill_buf().await.ok()?;
        let end = some.iter().position(|byte| *byte == b'\n');
        let take = end.unwrap_or(some.len()).min(LINE - line.len());
        let (piece, ended) = (some.get(..take)?, some.is_empty());
        line.extend_from_slice(piece);
        let whole = end == Some(take);
        source.consume(take + usize::from(whole));
        if whole || line.len() >= LINE || (ended && !line.is_empty()) {
            return Some(printed(&String::from_utf8_lossy(line.trim_ascii_end())).into_owned());
        }
        if ended {
            return None;
        }
    }
}

struct Teller {
    name: Arc<str>,
    feed: Feed,
    allowance: Allowance,
    last: Last,
    held: Held,
}

impl Teller {
    fn tell(&mut self, line: String) {
        // An empty line says nothing among those of others.
        if !line.is_empty() && !self.held.load(Relaxed) && self.allowance.take(Instant::now()) {
            self.catch_up();
            // To the letter, unlike what stan says itself.
            let text = format!("{}: {line}", self.name);
            self.feed.event(Event::Note(Note { level: Level::Note, text, detail: String::new() }));
        }
        self.last.push(line);
    }

    /// Says how much was left out.
    fn catch_up(&mut self) {
        let left_out = std::mem::take(&mut self.allowance.left_out);
        if left_out > 0 {
            let text = format!("{}: … {left_out} more lines, too many at once to show", self.name);
            self.feed.event(Event::Note(Note::info(text)));
        }
    }
}

/// How many lines may be told just now.
struct Allowance {
    lines: u32,
    a_second: u32,
    since: Instant,
    left_out: u64,
}

impl Allowance {
    fn new(a_second: u32) -> Self {
        Self { lines: BURST, a_second, since: Instant::now(), left_out: 0 }
    }

    fn take(&mut self, now: Instant) -> bool {
        let seconds = now.saturating_duration_since(self.since).as_secs();
        if seconds > 0 {
            let earned = u32::try_from(seconds).unwrap_or(u32::MAX).saturating_mul(self.a_second);
            self.lines = self.lines.saturating_add(earned).min(BURST);
            self.since += Duration::from_secs(seconds);
        }
        let may = self.lines > 0;
        self.lines = self.lines.saturating_sub(1);
        self.left_out += u64::from(!may);
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::feed;

    const A_SECOND: u32 = 20;

    async fn told(source: impl AsyncRead + Send + Unpin + 'static) -> (Vec<String>, String) {
        let (feed, mut reader) = feed();
        let mut said = Said::new("a.cgi", feed, A_SECOND);
        said.listen(source);
        let last = said.end().await;
        let events = reader.take().events;
        let text = |event| if let Event::Note(note) = event { note.text } else { String::new() };
        (events.into_iter().map(text).collect(), last)
    }

    #[tokio::test]
    async fn lines_have_the_name_in_front() {
        let (told, last) = told(&b"one\r\ntwo\n\nhalf"[..]).await;
        assert_eq!(told, ["a.cgi: one", "a.cgi: two", "a.cgi: half"]);
        assert_eq!(last, "one\ntwo\n\nhalf");
    }

    #[tokio::test]
    async fn colours_are_for_terminals() {
        let (told, last) = told(&b"\x1b[1;31mfailed\x1b[0m\n\x1b[32m\n"[..]).await;
        assert_eq!(told, ["a.cgi: failed"]);
        assert_eq!(last.trim_end(), "failed");
    }

    #[tokio::test]
    async fn what_two_sources_say_last_is_kept_together() {
        let (feed, _reader) = feed();
        let mut said = Said::new("blog", feed, A_SECOND);
        said.listen(&b"out"[..]);
        said.listen(&b"err"[..]);
        let last = said.end().await;
        assert!(last == "out\nerr" || last == "err\nout", "{last}");
    }

    #[tokio::test]
    async fn what_is_held_is_told_later_or_never() {
        for released in [true, false] {
            let (feed, mut reader) = feed();
            let mut said = Said::new("blog", feed, A_SECOND);
            said.hold();
            said.listen(&b"one\ntwo"[..]);
            said.heard().await;
            assert!(reader.take().events.is_empty());
            if released {
                said.release();
                said.release();
            }
            assert_eq!(
                (said.last().text().as_str(), reader.take().events.len()),
                ("one\ntwo", if released { 2 } else { 0 })
            );
        }
    }

    #[tokio::test]
    async fn a_flood_is_counted() {
        let (told, last) = told(std::io::Cursor::new("x\n".repeat(1000))).await;
        assert_eq!(told.len(), BURST as usize + 1);
        assert_eq!(told.last().unwrap(), "a.cgi: … 900 more lines, too many at once to show");
        assert_eq!(last.lines().count(), LAST);
    }

    #[tokio::test]
    async fn a_line_without_end_is_cut() {
        let (told, _) = told(std::io::Cursor::new("x".repeat(LINE * 2 + 1))).await;
        assert_eq!(told.len(), 3);
    }

    #[test]
    fn what_was_earned_is_no_more_than_a_burst() {
        let mut allowance = Allowance::new(A_SECOND);
        let start = allowance.since;
        assert_eq!((0..200).filter(|_| allowance.take(start)).count(), BURST as usize);
        let later = start + Duration::from_secs(1);
        assert_eq!((0..200).filter(|_| allowance.take(later)).count(), A_SECOND as usize);
        let much_later = start + Duration::from_secs(10_000);
        assert_eq!((0..200).filter(|_| allowance.take(much_later)).count(), BURST as usize);
    }
}
