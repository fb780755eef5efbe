//! Section "Upload Creation".

use super::fields::{self, Said};
use super::intake::Intake;
use super::length::{Lengths, Wrong};
use super::tell::Teller;
use super::{location, name, problem, refused};
use crate::server::answer::Answer;
use crate::server::form::{Chunks, FileSink};
use crate::server::request::Request;
use crate::server::store::{Declared, Digest, StoreError};
use crate::server::upload::digest::{self, Content};
use crate::server::upload::reply::Reply;
use crate::server::upload::{self, Upload};

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
    let created =
        upload.store.create(&upload.dir, name.as_deref().unwrap_or_default(), &declared, &upload.config).await;
    let turn = match created {
        Ok(held) => held.take().await.map(|turn| (held, turn)),
        Err(error) => Err(error),
    };
    let (held, turn) = match turn {
        Ok(turn) => turn,
        Err(error) => {
            chunks.drain().await;
            return refused(upload, error, reply);
        }
    };
    let location = location(upload, held.token(), wish);
    let told = teller.created(&location, &fields::limits(&upload.config));
    // Who sends all at once and was not told where, cannot come back to it.
    let resumable = told || !complete;
    let content = Content::new(content);
    Intake { upload, reply, sink, held, chunks, teller, content, complete, wish, created: Some(location), resumable }
        .take_in(turn)
        .await
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
    let declared = Declared { modified: upload::modified(request), digests, ..sink.declared() };
    Ok((declared, content))
}
