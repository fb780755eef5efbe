//! "Resumable Uploads for HTTP", draft-ietf-httpbis-resumable-upload-12, interop version 8.
//!
//! What belongs here is the protocol: which fields a request has, what they allow, what is answered.
//! Bytes and their safety are the [`store`](super::super::store)'s. Names of sections are the draft's.
//!
//! | what | where | how |
//! |---|---|---|
//! | Upload Creation | the upload page, or a file's path below it | POST or PUT with `Upload-Complete` |
//! | Offset Retrieval, Append, Cancellation | `.part/TOKEN` below the page, the upload resource | HEAD, PATCH, DELETE |
//!
//! No received file has a name that begins with a dot, so an upload resource is never taken for one. A
//! client learns of its upload resource by an interim answer, 104, or by the final one. Where it cannot
//! learn of it, because it sends all at once and reads no 104, its upload is an ordinary one: what
//! cannot be resumed is not kept.

mod append;
mod create;
mod fields;
mod intake;
mod length;
mod name;
mod problem;
mod state;
mod tell;

use http::header::HeaderValue;
use http::{Method, StatusCode};

use super::Upload;
use super::digest::{self, Invalid};
use super::reply::Reply;
use crate::server::answer::{self, Answer};
use crate::server::files::url_path;
use crate::server::form::{self, Encoding, FormError, Reason};
use crate::server::request::Request;
use crate::server::store::{Algorithm, Digest, StoreError};

use fields::{PARTIAL, Said};

pub(super) use create::create;

/// Below the upload page: where upload resources are.
const BELOW: &str = ".part/";
/// In the query of an upload resource: the digest that was asked for when it was created.
const WISH: &str = "repr-digest=";

const METHODS: [Method; 4] = [Method::HEAD, Method::PATCH, Method::DELETE, Method::OPTIONS];

/// The token of the upload resource at `rest`, a path below the upload page.
pub(super) fn token(rest: &str) -> Option<&str> {
    rest.strip_prefix(BELOW).filter(|token| !token.is_empty() && !token.contains('/'))
}

/// Whether a request that sends something wants it to be resumable. A form is processed as a whole, so
/// one that comes at once is received as ever.
pub(super) fn is_asked_for(request: &Request, named: bool) -> bool {
    let Some(complete) = Said::of(&request.head.headers).complete else { return false };
    let named = named || name::disposition(&request.head.headers).is_some();
    match form::encoding(&request.head) {
        Encoding::Multipart(_) => !complete,
        Encoding::Urlencoded => named || !complete,
        Encoding::None => true,
    }
}

/// Answers what is asked of an upload resource.
pub(super) async fn answer(upload: &Upload, request: Request, token: &str, reply: &Reply<'_>) -> Answer {
    if !upload.config.enabled {
        return reply.refused(&super::off());
    }
    if request.head.method == Method::OPTIONS {
        return offered(upload, answer::allow(StatusCode::NO_CONTENT, &METHODS));
    }
    let Some(held) = upload.store.held(token) else { return problem::unknown() };
    match request.head.method {
        Method::PATCH => append::append(upload, request, held, reply).await,
        Method::DELETE => state::cancel(upload, &held, reply).await,
        Method::HEAD => state::offset(upload, &held, reply).await,
        _ => answer::allow(StatusCode::METHOD_NOT_ALLOWED, &METHODS),
    }
}

/// The answer to OPTIONS, with what it says of resumable uploads (section "Limits").
pub(super) fn offered(upload: &Upload, mut answer: Answer) -> Answer {
    answer.headers_mut().insert(fields::ACCEPT_PATCH, HeaderValue::from_static(PARTIAL));
    fields::say_limits(&mut answer, &upload.config);
    answer
}

/// What arrived is not what `said` names.
pub(super) fn other_bytes(said: &[Digest], algorithm: Algorithm) -> Answer {
    let value = said.iter().find(|digest| digest.algorithm == algorithm).map(|digest| digest.value.as_slice());
    problem::mismatching_digest(digest::REPR, algorithm, value)
}

/// A digest that is none.
pub(super) fn invalid_digest(invalid: Invalid) -> Answer {
    problem::invalid_digest(invalid)
}

/// Where the upload of `token` is.
fn location(upload: &Upload, token: &str, wish: Option<Algorithm>) -> String {
    let wish = wish.map(|algorithm| format!("?{WISH}{}", algorithm.name())).unwrap_or_default();
    format!("{}/{BELOW}{token}{wish}", url_path(&upload.path))
}

/// A refusal by the store; beyond a limit, the limits are said (section "Limits").
fn refused(upload: &Upload, error: StoreError, reply: &Reply<'_>) -> Answer {
    let too_large = matches!(error, StoreError::TooLarge { .. });
    let mut answer = reply.refused(&FormError { reason: Reason::Store(error), kept: Vec::new() });
    if too_large {
        fields::say_limits(&mut answer, &upload.config);
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upload_resources_have_a_place_of_their_own() {
        assert_eq!(token(".part/0a1b"), Some("0a1b"));
        for other in ["", ".part", ".part/", ".part/a/b", "part/a", "a.jpg", "x/.part/a"] {
            assert_eq!(token(other), None, "{other}");
        }
    }
}
