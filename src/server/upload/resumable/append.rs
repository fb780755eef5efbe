//! Section "Upload Append".

use std::sync::Arc;

use http::StatusCode;
use http::header::CONTENT_TYPE;

use super::fields::{self, PARTIAL, Said};
use super::intake::Intake;
use super::length::{Lengths, Wrong};
use super::tell::Teller;
use super::{WISH, problem, refused, state};
use crate::server::answer::Answer;
use crate::server::form::Chunks;
use crate::server::request::Request;
use crate::server::store::{Digest, Held, Standing, StoreError, Turn};
use crate::server::upload::digest::{self, Content};
use crate::server::upload::reply::Reply;
use crate::server::upload::{self, Upload};

/// What a request appends, and where.
struct Append {
    offset: u64,
    complete: bool,
    /// The length of the whole, where it says so.
    length: Option<u64>,
    digests: Vec<Digest>,
}

/// Appends what the request brings.
pub(super) async fn append(upload: &Upload, request: Request, held: Arc<Held>, reply: &Reply<'_>) -> Answer {
    let said = Said::of(&request.head.headers);
    let read = read(&request, &said, reply);
    let (teller, sink, wish) = (Teller::of(&request, &said), upload.sink(&request), wish(&request));
    let mut chunks = Chunks::new(&request.head, request.body, upload.limits.idle_timeout);
    let append = match read {
        Ok(append) => append,
        Err(refusal) => {
            chunks.drain().await;
            return refusal;
        }
    };
    let turn = match begin(upload, &held, &append, chunks.length(), reply).await {
        Ok(turn) => turn,
        Err(refusal) => {
            chunks.drain().await;
            return refusal;
        }
    };
    let (complete, content) = (append.complete, Content::new(append.digests));
    Intake { upload, reply, sink, held, chunks, teller, content, complete, wish, created: None }.take_in(turn).await
}

/// What the request says, if it says all that it has to.
fn read(request: &Request, said: &Said, reply: &Reply<'_>) -> Result<Append, Answer> {
    let kind = request.header(CONTENT_TYPE).and_then(|kind| kind.split(';').next());
    if !kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case(PARTIAL)) {
        return Err(problem::media_type());
    }
    if let Some((status, title, detail)) = upload::unfit(request) {
        return Err(reply.wrong(status, title, detail));
    }
    let offset = said.offset.ok_or_else(|| problem::missing_field("Upload-Offset", "a number of bytes"))?;
    let complete = said.complete.ok_or_else(|| problem::missing_field("Upload-Complete", "?0 or ?1"))?;
    let digests = digest::read(&request.head.headers, digest::CONTENT).map_err(problem::invalid_digest)?;
    Ok(Append { offset, complete, length: said.length, digests })
}

/// The digest that is asked for, now or when the upload was created.
fn wish(request: &Request) -> Option<crate::server::store::Algorithm> {
    let before = || digest::named(request.head.uri.query()?.strip_prefix(WISH)?);
    digest::wanted(&request.head.headers).or_else(before)
}

/// Takes the turn, where the content, of `size` bytes if that is known, fits what is there.
async fn begin(
    upload: &Upload,
    held: &Arc<Held>,
    append: &Append,
    size: Option<u64>,
    reply: &Reply<'_>,
) -> Result<Turn, Answer> {
    let Append { offset, complete, length: said, .. } = *append;
    let mut turn = match held.take().await {
        Ok(turn) => turn,
        Err(error) => return Err(ended(upload, held, error, size, reply)),
    };
    if turn.offset() != offset {
        let expected = turn.pause().await.map_err(|error| refused(upload, error, reply))?;
        return Err(problem::offset(expected, offset));
    }
    let lengths = Lengths { offset, recorded: turn.length(), content: size, complete, said };
    let length = match lengths.settle() {
        Ok(length) => length,
        Err(Wrong::Inconsistent(detail)) => return Err(back(upload, turn, problem::length(&detail), reply).await),
        Err(Wrong::Excess(detail)) => {
            turn.cancel("more bytes came than were declared").await;
            return Err(problem::length(&detail));
        }
    };
    let limit = upload.config.max_size;
    let end = length.or_else(|| Some(offset.saturating_add(size?)));
    if limit > 0 && end.is_some_and(|end| end > limit) {
        let error = StoreError::TooLarge { limit };
        turn.cancel(&error.to_string()).await;
        return Err(refused(upload, error, reply));
    }
    match length.map_or(Ok(()), |length| turn.set_length(length)) {
        Ok(()) => Ok(turn),
        Err(error) => {
            let refusal = refused(upload, error, reply);
            Err(back(upload, turn, refusal, reply).await)
        }
    }
}

/// Gives the turn back, and says how far the upload is.
async fn back(upload: &Upload, turn: Turn, mut refusal: Answer, reply: &Reply<'_>) -> Answer {
    match turn.pause().await {
        Ok(offset) => {
            fields::say_state(&mut refusal, false, offset);
            refusal
        }
        Err(error) => refused(upload, error, reply),
    }
}

/// What is said to who appends to an upload that cannot be gone on with.
fn ended(upload: &Upload, held: &Held, error: StoreError, size: Option<u64>, reply: &Reply<'_>) -> Answer {
    let finished = match held.standing() {
        Standing::Finished(finished) => finished,
        Standing::Gone => return problem::gone(),
        Standing::Open { .. } => return refused(upload, error, reply),
    };
    let mut answer = if size == Some(0) {
        problem::completed(StatusCode::BAD_REQUEST)
    } else {
        problem::length("The upload is complete, so that nothing can be appended. The file stays as it is.")
    };
    state::say_finished(&mut answer, upload, &finished);
    answer
}
