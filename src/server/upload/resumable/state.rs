//! Sections "Offset Retrieval" and "Upload Cancellation".

use std::sync::Arc;

use http::StatusCode;
use http::header::{CACHE_CONTROL, HeaderValue, LOCATION};

use super::{fields, problem, refused};
use crate::server::answer::{self, Answer};
use crate::server::files::url_path;
use crate::server::store::{Finished, Held, Standing, StoreError};
use crate::server::upload::Upload;
use crate::server::upload::reply::Reply;

/// Says how far an upload is. Whoever sends at that moment is let go of, so that the answer holds.
pub(super) async fn offset(upload: &Upload, held: &Arc<Held>, reply: &Reply<'_>) -> Answer {
    let taken = held.visit().await;
    let state = match taken {
        Ok(turn) => {
            let length = turn.length();
            turn.pause().await.map(|offset| (offset, length))
        }
        Err(error) => Err(error),
    };
    let mut answer = answer::empty(StatusCode::NO_CONTENT);
    match state {
        Ok((offset, length)) => {
            fields::say_state(&mut answer, false, offset);
            if let Some(length) = length {
                answer.headers_mut().insert(fields::LENGTH, length.into());
            }
        }
        Err(error) => match held.standing() {
            Standing::Finished(finished) => say_finished(&mut answer, upload, &finished),
            _ => return ended(upload, held, error, reply),
        },
    }
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    fields::say_limits(&mut answer, &upload.config);
    answer
}

/// Cancels an upload. What has become a file stays one.
pub(super) async fn cancel(upload: &Upload, held: &Arc<Held>, reply: &Reply<'_>) -> Answer {
    match held.visit().await {
        Ok(turn) => {
            turn.cancel("cancelled by the sender").await;
            answer::empty(StatusCode::NO_CONTENT)
        }
        Err(error) => match held.standing() {
            Standing::Finished(finished) => {
                let mut answer = problem::completed(StatusCode::CONFLICT);
                say_finished(&mut answer, upload, &finished);
                answer
            }
            _ => ended(upload, held, error, reply),
        },
    }
}

/// Says that an upload is complete, and which file it has become.
pub(super) fn say_finished(answer: &mut Answer, upload: &Upload, finished: &Finished) {
    fields::say_state(answer, true, finished.size);
    answer.headers_mut().insert(fields::LENGTH, finished.size.into());
    let url = url_path(&format!("{}/{}", upload.path, finished.name));
    if let Ok(url) = HeaderValue::try_from(url) {
        answer.headers_mut().insert(LOCATION, url);
    }
}

fn ended(upload: &Upload, held: &Held, error: StoreError, reply: &Reply<'_>) -> Answer {
    if held.standing() == Standing::Gone { problem::gone() } else { refused(upload, error, reply) }
}
