//! What a script writes: its head, then the body of the answer as it comes.

use std::future::poll_fn;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use tokio::time::{Instant, Sleep, sleep, timeout};
use tokio_util::io::poll_read_buf;

use super::head::{self, Head};
use super::run::{LastWords, Running};
use super::trouble::Trouble;
use super::turns::Turn;
use crate::event::{Event, Note};
use crate::server::gone::Gone;

/// Room for what is read at once: as much as a pipe holds.
const ROOM: usize = 64 << 10;

/// A script's output. Dropped before its end, the script ends.
pub(super) struct Output {
    /// Gone at its end.
    running: Option<(Running, Turn)>,
    /// How long the script may do nothing that shows.
    patience: Duration,
    timer: Pin<Box<Sleep>>,
    /// The timer runs.
    waiting: bool,
    /// Pieces of the body that it had taken when the timer was set.
    moved: u64,
    gone: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    buffer: BytesMut,
    /// Bytes that it has promised.
    left: Option<u64>,
    /// It has said something behind its head.
    spoke: bool,
}

impl Output {
    pub(super) fn new(running: Running, turn: Turn, patience: Duration, gone: Option<Gone>) -> Self {
        Self {
            running: Some((running, turn)),
            patience,
            timer: Box::pin(sleep(patience)),
            waiting: false,
            moved: 0,
            gone: gone.map(|gone| -> Pin<Box<dyn Future<Output = ()> + Send>> { Box::pin(gone.for_good()) }),
            buffer: BytesMut::new(),
            left: None,
            spoke: false,
        }
    }

    /// What it says before the first empty line.
    pub(super) async fn head(&mut self) -> Result<Head, Trouble> {
        loop {
            if let Some(end) = head::end(&self.buffer) {
                let head = self.buffer.split_to(end);
                match head::parse(&head) {
                    Ok(head) => return Ok(head),
                    Err(why) => return Err(self.no_head(&why, &head).await),
                }
            }
            if self.buffer.len() > head::MOST {
                let came = self.buffer.split();
                return Err(self.no_head("its header does not end", &came).await);
            }
            match poll_fn(|cx| self.poll_read(cx)).await {
                Ok(0) => {
                    let came = self.buffer.split();
                    let why =
                        if came.is_empty() { "it wrote nothing" } else { "there is no empty line after its header" };
                    return Err(self.no_head(why, &came).await);
                }
                Ok(_) => {}
                Err(mut trouble) => {
                    if let Some((running, _)) = self.running.take() {
                        trouble.detail = running.end().await.text();
                    }
                    return Err(trouble);
                }
            }
        }
    }

    async fn no_head(&mut self, why: &str, came: &[u8]) -> Trouble {
        match self.running.take() {
            Some((running, _)) => {
                let path = running.path.clone();
                Trouble::no_head(why, came, &running.last_words().await, &path)
            }
            None => Trouble::no_head(why, came, &LastWords::default(), Path::new("")),
        }
    }

    /// The rest of it, of which so much is promised.
    pub(super) fn of_length(mut self, length: Option<u64>) -> Self {
        self.left = length;
        self
    }

    /// Lets it run to its end for nobody, the client's going included, but not for longer than it may be silent.
    pub(super) fn discard(mut self) {
        self.gone = None;
        let patience = self.patience;
        tokio::spawn(async move {
            let rest = async { while let Some(Ok(_)) = self.frame().await {} };
            if timeout(patience, rest).await.is_err()
                && let Some((running, _)) = self.running.take()
            {
                running.tell("was ended: it went on for too long after its answer");
            }
        });
    }

    /// Reads more into the buffer; 0 at the end.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<usize, Trouble>> {
        let Some((running, _)) = &mut self.running else { return Poll::Ready(Ok(0)) };
        if let Some(feeding) = &mut running.feeding
            && let Poll::Ready(trouble) = feeding.poll_failed(cx)
        {
            return Poll::Ready(Err(trouble));
        }
        self.buffer.reserve(ROOM);
        match poll_read_buf(Pin::new(&mut running.stdout), cx, &mut self.buffer) {
            Poll::Ready(read) => {
                self.waiting = false;
                return Poll::Ready(read.map_err(|error| Trouble::unreadable(&error)));
            }
            Poll::Pending => {}
        }
        if let Some(gone) = &mut self.gone
            && gone.as_mut().poll(cx).is_ready()
        {
            self.gone = None;
            return Poll::Ready(Err(Trouble::gone()));
        }
        let goes_on = |moved: &mut u64| running.feeding.as_ref().is_some_and(|feeding| feeding.goes_on(moved));
        if !std::mem::replace(&mut self.waiting, true) {
            goes_on(&mut self.moved);
            self.timer.as_mut().reset(Instant::now() + self.patience);
        }
        loop {
            ready!(self.timer.as_mut().poll(cx));
            if !goes_on(&mut self.moved) {
                return Poll::Ready(Err(Trouble::timeout(self.patience)));
            }
            self.timer.as_mut().reset(Instant::now() + self.patience);
        }
    }

    /// The script has said all.
    fn finish(&mut self) {
        let Some((running, turn)) = self.running.take() else { return };
        if let Some(left) = self.left.take().filter(|left| *left > 0) {
            let text = format!("{}: {left} bytes less than its Content-Length: the answer is cut", running.name);
            running.feed.event(Event::Note(Note::error(text)));
        }
        tokio::spawn(running.finish(turn, self.patience, self.spoke));
    }
}

impl Body for Output {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        loop {
            if !this.buffer.is_empty() {
                let mut data = this.buffer.split().freeze();
                this.spoke = true;
                if let Some(left) = &mut this.left {
                    data.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
                    *left -= data.len() as u64;
                }
                // What goes beyond its promise is read, so that the script can end, and is for nobody.
                if !data.is_empty() {
                    return Poll::Ready(Some(Ok(Frame::data(data))));
                }
            }
            match ready!(this.poll_read(cx)) {
                Ok(0) => {
                    let short = this.left.is_some_and(|left| left > 0);
                    this.finish();
                    return Poll::Ready(short.then(|| Err(io::ErrorKind::UnexpectedEof.into())));
                }
                Ok(_) => {}
                Err(trouble) => {
                    if let Some((running, _)) = this.running.take()
                        && !trouble.is_told_elsewhere()
                    {
                        let text = format!("{}: {}; the answer is cut", running.name, trouble.brief());
                        running.feed.event(Event::Note(Note::error(text)));
                    }
                    return Poll::Ready(Some(Err(io::Error::other(trouble.brief()))));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.running.is_none() && self.buffer.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
