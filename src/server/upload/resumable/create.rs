//! Section "Upload Creation".

use super::fields::{self, Said};
use super::intake::Intake;
use super::length::{Lengths, Wrong};
use super::tell::Teller;
use super::{location, name, other_bytes, problem, refused};
use crate::server::answer::Answer;
use crate::server::form::{Chunks, File, FileSink, FormError, Reason};
use crate::server::request::Request;
use crate::server::store::{Algorithm, Declared, Digest, StoreError};
use crate::server::upload::digest::{self, Content};
use crate::server::upload::reply::Reply;
use crate::server::upload::{self, Upload, known};

/// Creates an upload, and takes in what the request brings of it. `named` is the name in its path.
pub(in crate::server::upload) async fn create(
    upload: &Upload,
    request: Request,
    named: &str,
    reply: &Reply<'_>,
) -> Answer {
    let said = Said::of(&request.head.headers);
    let name = if named.is_empty() { name::disposition(&request.head.headers) } else { Some(named.to_owned()) };
    let sink = upload.sink(&request);
    let (mut declared, content) = match declare(upload, &request, &sink, reply) {
        Ok(declared) => declared,
        Err(refusal) => {
            Chunks::new(&request.head, request.body, upload.limits.idle_timeout).drain().await;
            return refusal;
        }
    };
    let teller = Teller::of(&request, &said);
    let wish = digest::wanted(&request.head.headers);
    let mut chunks = Chunks::new(&request.head, request.body, upload.limits.idle_timeout);
    let complete = said.complete.unwrap_or(false);
    let lengths = Lengths { content: chunks.length(), complete, said: said.length, ..Lengths::default() };
    let most = upload.config.max_size;
    let length = match lengths.settle() {
        Ok(_) if most > 0 && chunks.length().is_some_and(|length| length > most) => {
            chunks.drain().await;
            return refused(upload, StoreError::TooLarge { limit: most }, reply);
        }
        Ok(length) => length,
        Err(Wrong::Inconsistent(detail) | Wrong::Excess(detail)) => {
            chunks.drain().await;
            return problem::length(&detail);
        }
    };
    declared.length = length;
    let name = name.unwrap_or_default();
    // Who sends all at once and hears of no place to come back to, cannot come back.
    if complete && !teller.is_heard() {
        declared.digests = digest::both(declared.digests, content);
        return match upload.raw(&mut chunks, &sink, &name, &declared).await {
            Ok(file) => arrived(file, wish, reply).await,
            Err(reason) => {
                chunks.drain().await;
                not_taken(upload, reason, &declared.digests, reply)
            }
        };
    }
    let (held, turn) = match upload.store.create(&upload.dir, &name, &declared, &upload.config).await {
        Ok(created) => created,
        Err(error) => {
            chunks.drain().await;
            return refused(upload, error, reply);
        }
    };
    let location = location(upload, held.token(), wish);
    teller.created(&location, &fields::limits(&upload.config));
    let content = Content::new(content);
    let created = Some(location);
    Intake { upload, reply, sink, held, chunks, teller, content, complete, wish, created }.take_in(turn).await
}

/// The answer to an upload that came at once.
async fn arrived(file: File, wish: Option<Algorithm>, reply: &Reply<'_>) -> Answer {
    let size = file.size;
    let mut answer = upload::created(file, wish, reply).await;
    fields::say_state(&mut answer, true, size);
    answer
}

/// Why it was not taken.
fn not_taken(upload: &Upload, reason: Reason, said: &[Digest], reply: &Reply<'_>) -> Answer {
    match reason {
        Reason::Store(error @ StoreError::Length { .. }) => problem::length(&error.detail()),
        Reason::Store(StoreError::Digest { algorithm }) => other_bytes(said, algorithm),
        Reason::Store(error) => refused(upload, error, reply),
        reason => reply.refused(&FormError { reason, kept: Vec::new() }),
    }
}

/// What the request says of the file but its length, and of its own content.
fn declare(
    upload: &Upload,
    request: &Request,
    sink: &FileSink,
    reply: &Reply<'_>,
) -> Result<(Declared, Vec<Digest>), Answer> {
    if !upload.config.enabled {
        return Err(reply.refused(&upload::off()));
    }
    if let Some((status, title, detail)) = upload::unfit(request) {
        return Err(reply.wrong(status, title, detail));
    }
    let headers = &request.head.headers;
    let digests = digest::read(headers, digest::REPR).map_err(problem::invalid_digest)?;
    let content = digest::read(headers, digest::CONTENT).map_err(problem::invalid_digest)?;
    let declared =
        Declared { modified: upload::modified(request), digests, fingerprint: known::mark(request), ..sink.declared() };
    Ok((declared, content))
}
