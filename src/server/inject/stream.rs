//! The script in a page that streams: only the beginning of a tag is ever held back.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes, BytesMut};
use http_body::{Body as HttpBody, Frame};
use http_body_util::BodyExt;

use super::finder::{Finder, Place};
use super::{Refused, meta};
use crate::server::body::{Body, Stream};

/// A body with the script on its way into it.
struct Injecting {
    source: Stream,
    /// Ready to be sent.
    ready: VecDeque<Frame<Bytes>>,
    /// `None` when the script has found its place.
    search: Option<Search>,
    ended: bool,
}

struct Search {
    finder: Finder,
    tag: Bytes,
    /// Bytes read but not safe to send, and where they begin.
    held: BytesMut,
    from: u64,
}

impl Search {
    fn new(tag: Bytes) -> Self {
        Self { finder: Finder::default(), tag, held: BytesMut::new(), from: 0 }
    }

    /// Reads on. What can be sent now, and whether that is the end of the search.
    fn read(&mut self, chunk: Bytes) -> ([Bytes; 3], bool) {
        let place = self.finder.feed(&chunk);
        let mut all = if self.held.is_empty() {
            chunk
        } else {
            self.held.extend_from_slice(&chunk);
            self.held.split().freeze()
        };
        let length = |to: u64| usize::try_from(to.saturating_sub(self.from)).unwrap_or(usize::MAX).min(all.len());
        match place {
            Some(Place::At(at)) => {
                let before = all.split_to(length(at));
                ([before, self.tag.clone(), all], true)
            }
            Some(Place::Nowhere) => ([all, Bytes::new(), Bytes::new()], true),
            None => {
                let safe = all.split_to(length(self.finder.safe()));
                self.from += safe.len() as u64;
                self.held.extend_from_slice(&all);
                ([safe, Bytes::new(), Bytes::new()], false)
            }
        }
    }

    /// The page ended without a place: the script goes to the end.
    fn end(self) -> [Bytes; 2] {
        [self.held.freeze(), self.tag]
    }
}

/// Begins to inject. The first bytes are waited for, because they may say that the script is not
/// wanted; then the body comes back as it was.
pub(super) async fn open(
    mut source: Stream,
    tag: Bytes,
    refuses: &(dyn Fn(&str) -> Option<Refused> + Sync),
) -> Result<Body, (Body, Refused)> {
    let mut body = match source.frame().await {
        Some(Ok(frame)) => Injecting { source, ready: [frame].into(), search: None, ended: false },
        Some(Err(error)) => {
            return Ok(Body::stream(http_body_util::StreamBody::new(futures_util::stream::iter([Err(error)]))));
        }
        None => Injecting { source, ready: VecDeque::new(), search: None, ended: true },
    };
    let first = body.ready.front().and_then(Frame::data_ref).cloned().unwrap_or_default();
    if Finder::default().feed(&first) == Some(Place::Nowhere) {
        return Err((Body::stream(body), Refused::Utf16));
    }
    if let Some(refused) = meta::policies(&first).iter().find_map(|policy| refuses(policy)) {
        return Err((Body::stream(body), refused));
    }
    body.search = Some(Search::new(tag));
    for frame in std::mem::take(&mut body.ready) {
        body.push(frame);
    }
    if body.ended {
        body.finish();
    }
    Ok(Body::stream(body))
}

impl Injecting {
    fn push(&mut self, frame: Frame<Bytes>) {
        let Some(search) = &mut self.search else {
            self.ready.push_back(frame);
            return;
        };
        match frame.into_data() {
            Ok(chunk) => {
                let (parts, done) = search.read(chunk);
                if done {
                    self.search = None;
                }
                self.ready.extend(parts.into_iter().filter(Buf::has_remaining).map(Frame::data));
            }
            Err(trailers) => {
                self.finish();
                self.ready.push_back(trailers);
            }
        }
    }

    fn finish(&mut self) {
        if let Some(search) = self.search.take() {
            self.ready.extend(search.end().into_iter().filter(Buf::has_remaining).map(Frame::data));
        }
    }
}

impl HttpBody for Injecting {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        loop {
            if let Some(frame) = this.ready.pop_front() {
                return Poll::Ready(Some(Ok(frame)));
            }
            if this.ended {
                return Poll::Ready(None);
            }
            match this.source.as_mut().poll_frame(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Ok(frame))) => this.push(frame),
                // Cut short: no script makes that whole.
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(None) => {
                    this.ended = true;
                    this.finish();
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ready.is_empty() && (self.ended || self.search.is_none() && self.source.is_end_stream())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::StreamBody;

    fn source(chunks: &[&[u8]]) -> Stream {
        let frames: Vec<io::Result<Frame<Bytes>>> =
            chunks.iter().map(|chunk| Ok(Frame::data(Bytes::copy_from_slice(chunk)))).collect();
        Box::pin(StreamBody::new(futures_util::stream::iter(frames)))
    }

    async fn injected(chunks: &[&[u8]]) -> Vec<u8> {
        let Ok(body) = open(source(chunks), "|".into(), &|_| None).await else { panic!("refused") };
        body.collect().await.unwrap().to_bytes().to_vec()
    }

    #[tokio::test]
    async fn however_the_page_is_cut() {
        let page = b"<!doctype html><!-- <head> --><html lang=x><head>\xe9<title>x</title>";
        let wanted = b"<!doctype html><!-- <head> --><html lang=x><head>|\xe9<title>x</title>";
        for cut in 0..page.len() {
            let (a, b) = page.split_at(cut);
            assert_eq!(injected(&[a, b]).await, wanted, "cut at {cut}");
        }
        let bytes: Vec<&[u8]> = page.chunks(1).collect();
        assert_eq!(injected(&bytes).await, wanted);
    }

    #[tokio::test]
    async fn at_the_end_of_a_page_without_a_place() {
        assert_eq!(injected(&[b"<!doctype html>", b"<he"]).await, b"<!doctype html><he|");
        assert_eq!(injected(&[]).await, b"|");
    }

    #[tokio::test]
    async fn what_is_known_is_sent_before_the_rest_comes() {
        let (sender, receiver) = tokio::sync::mpsc::channel::<io::Result<Frame<Bytes>>>(1);
        let stream =
            futures_util::stream::unfold(receiver, |mut receiver| async { Some((receiver.recv().await?, receiver)) });
        sender.send(Ok(Frame::data("<html>  <h".into()))).await.unwrap();
        let Ok(mut body) = open(Box::pin(StreamBody::new(stream)), "|".into(), &|_| None).await else {
            panic!("refused")
        };
        let mut next = async || body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(next().await, "<html>  ");
        sender.send(Ok(Frame::data("1>a".into()))).await.unwrap();
        assert_eq!((next().await, next().await), ("|".into(), "<h1>a".into()));
    }

    #[tokio::test]
    async fn a_policy_in_the_first_bytes_counts() {
        let page: &[u8] = b"<head><meta http-equiv=Content-Security-Policy content=\"script-src 'none'\">";
        let refuses = |policy: &str| policy.contains("none").then_some(Refused::Utf16);
        let Err((body, _)) = open(source(&[page, b"rest"]), "|".into(), &refuses).await else { panic!("allowed") };
        assert_eq!(body.collect().await.unwrap().to_bytes(), [page, b"rest"].concat());
    }
}
