//! Taking in the content of one request, whether it creates an upload or appends to one, and what is
//! answered to how that ends.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::StatusCode;
use http::header::{HeaderValue, LOCATION};

use super::length::excess;
use super::tell::Teller;
use super::{fields, problem, refused, state};
use crate::server::answer::{self, Answer};
use crate::server::form::{Chunks, FileSink, FormError, Reason};
use crate::server::store::{Algorithm, Finished, Held, Standing, StoreError, Turn};
use crate::server::upload::digest::{self, Content};
use crate::server::upload::reply::Reply;
use crate::server::upload::{self, Upload};

/// Bytes that are still taken of what has come, once somebody else wants the turn.
const LAST: u64 = 1 << 20;

/// One request's content on its way in.
pub(super) struct Intake<'a> {
    pub(super) upload: &'a Upload,
    pub(super) reply: &'a Reply<'a>,
    pub(super) sink: FileSink,
    pub(super) held: Arc<Held>,
    pub(super) chunks: Chunks,
    pub(super) teller: Teller,
    /// What the request says of its own content.
    pub(super) content: Content,
    /// The content is the last.
    pub(super) complete: bool,
    /// The digest that the client asks for.
    pub(super) wish: Option<Algorithm>,
    /// Where the upload is, if the request created it.
    pub(super) created: Option<String>,
}

/// Why not all of the content came in.
enum Broken {
    /// The client is not heard any more.
    Off(Reason),
    /// Somebody else wants the turn, or it was cancelled on this side.
    Revoked,
    /// The store did not take it.
    Refused(StoreError),
}

impl Intake<'_> {
    /// Takes the content in.
    pub(super) async fn take_in(mut self, mut turn: Turn) -> Answer {
        let start = turn.offset();
        if let Err(why) = self.receive(&mut turn).await {
            return self.broken(turn, why).await;
        }
        let content = std::mem::replace(&mut self.content, Content::new(Vec::new()));
        if let Err(wrong) = content.finish() {
            let answer = problem::mismatching_digest(digest::CONTENT, wrong.algorithm, Some(&wrong.value));
            return match turn.rewind(start).await {
                Ok(()) => self.keep(turn, answer).await,
                Err(error) => self.keep(turn, refused(self.upload, error, self.reply)).await,
            };
        }
        let offset = turn.offset();
        match turn.length() {
            _ if !self.complete => {
                let created = self.created.is_some();
                let status = if created { StatusCode::CREATED } else { StatusCode::NO_CONTENT };
                self.keep(turn, answer::empty(status)).await
            }
            Some(length) if length != offset => {
                let detail = format!("The content was the last, but the upload has {offset} of its {length} bytes.");
                self.keep(turn, problem::length(&detail)).await
            }
            _ => self.finish(turn).await,
        }
    }

    async fn receive(&mut self, turn: &mut Turn) -> Result<(), Broken> {
        loop {
            let next = tokio::select! {
                biased;
                () = turn.revoked() => return self.receive_last(turn).await,
                next = self.chunks.next() => next,
            };
            let Some(chunk) = next.map_err(Broken::Off)? else { return Ok(()) };
            self.append(turn, chunk).await?;
        }
    }

    /// Takes in what has come already, but waits for nothing: somebody else wants the turn.
    async fn receive_last(&mut self, turn: &mut Turn) -> Result<(), Broken> {
        let start = turn.offset();
        while turn.offset() - start < LAST {
            let Some(next) = self.chunks.next().now_or_never() else { break };
            let Some(chunk) = next.map_err(Broken::Off)? else { return Ok(()) };
            self.append(turn, chunk).await?;
        }
        Err(Broken::Revoked)
    }

    async fn append(&mut self, turn: &mut Turn, chunk: Bytes) -> Result<(), Broken> {
        self.content.update(&chunk).await;
        turn.write(chunk).await.map_err(Broken::Refused)?;
        // What may still be taken back is not told.
        if self.teller.is_due()
            && !self.content.is_checked()
            && let Standing::Open { offset, .. } = self.held.standing()
        {
            self.teller.progress(offset);
        }
        Ok(())
    }

    /// Keeps what has come, and says how much that is, with `answer`.
    async fn keep(&mut self, turn: Turn, mut answer: Answer) -> Answer {
        let offset = match turn.pause().await {
            Ok(offset) => offset,
            Err(error) => return refused(self.upload, error, self.reply),
        };
        fields::say_state(&mut answer, false, offset);
        fields::say_limits(&mut answer, &self.upload.config);
        if let Some(location) = self.created.as_deref().and_then(|location| HeaderValue::from_str(location).ok()) {
            answer.headers_mut().insert(LOCATION, location);
        }
        answer
    }

    /// The last byte is there.
    async fn finish(self, turn: Turn) -> Answer {
        let offset = turn.offset();
        let error = match turn.finish().await {
            Ok(finished) => return self.finished(finished).await,
            Err(error) => error,
        };
        let mut answer = match error {
            StoreError::Digest { algorithm } => problem::mismatching_digest(digest::REPR, algorithm, None),
            error => refused(self.upload, error, self.reply),
        };
        // What failed for good is complete: to resume it would not mend it.
        match self.held.standing() {
            Standing::Open { offset, .. } => fields::say_state(&mut answer, false, offset),
            _ => fields::say_state(&mut answer, true, offset),
        }
        answer
    }

    async fn finished(self, finished: Finished) -> Answer {
        let mut said = answer::empty(StatusCode::CREATED);
        state::say_finished(&mut said, self.upload, &finished);
        let file = self.sink.file(String::new(), &finished.name.clone(), String::new(), finished);
        let mut answer = upload::created(file, self.wish, self.reply).await;
        answer.headers_mut().extend(std::mem::take(said.headers_mut()));
        answer
    }

    /// Not all came.
    async fn broken(mut self, turn: Turn, why: Broken) -> Answer {
        match why {
            Broken::Refused(StoreError::Length { declared, .. }) => {
                turn.cancel("more bytes came than were declared").await;
                self.chunks.drain().await;
                problem::length(&excess(declared))
            }
            Broken::Refused(error @ StoreError::TooLarge { .. }) => {
                turn.cancel(&error.to_string()).await;
                self.chunks.drain().await;
                refused(self.upload, error, self.reply)
            }
            Broken::Refused(error) => {
                let answer = refused(self.upload, error, self.reply);
                let answer = self.keep(turn, answer).await;
                self.chunks.drain().await;
                answer
            }
            // Who is not heard is not waited for.
            Broken::Revoked => self.keep(turn, problem::taken_over()).await,
            Broken::Off(reason) => {
                let answer = self.reply.refused(&FormError { reason, kept: Vec::new() });
                self.keep(turn, answer).await
            }
        }
    }
}
