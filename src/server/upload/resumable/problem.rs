//! Refusals of the protocol itself, as problem+json (RFC 9457): the draft's section "Problem Types", and
//! those of digests, draft-ietf-httpapi-digest-fields-problem-types-02.

use http::StatusCode;
use http::header::HeaderValue;
use serde_json::{Map, Value, json};

use super::fields::{self, PARTIAL};
use crate::server::answer::{self, Answer};
use crate::server::store::{Algorithm, StoreError};
use crate::server::upload::digest::{self, Invalid};

/// Where the types are registered.
const REGISTRY: &str = "https://iana.org/assignments/http-problem-types#";

/// A refusal of a type that is registered.
fn typed(status: StatusCode, kind: &str, title: &str, detail: &str, members: Value) -> Answer {
    let mut value = Map::new();
    value.insert("type".to_owned(), format!("{REGISTRY}{kind}").into());
    value.insert("title".to_owned(), title.into());
    value.insert("status".to_owned(), status.as_u16().into());
    value.insert("detail".to_owned(), detail.into());
    if let Value::Object(members) = members {
        value.extend(members);
    }
    answer::with(status, "application/problem+json", Value::Object(value).to_string())
}

/// The content begins elsewhere than the upload ends.
pub(super) fn offset(expected: u64, provided: u64) -> Answer {
    let detail =
        format!("The upload goes on at {expected}, the content begins at {provided}. Send it from {expected}.");
    let members = json!({ "expected-offset": expected, "provided-offset": provided });
    let title = "offset from request does not match offset of resource";
    let mut answer = typed(StatusCode::CONFLICT, "mismatching-upload-offset", title, &detail, members);
    fields::say_state(&mut answer, false, expected);
    answer
}

/// The lengths do not fit together.
pub(super) fn length(detail: &str) -> Answer {
    let title = "inconsistent length values for upload";
    typed(StatusCode::BAD_REQUEST, "inconsistent-upload-length", title, detail, Value::Null)
}

/// The upload is complete, so that nothing can be changed any more.
pub(super) fn completed(status: StatusCode) -> Answer {
    let detail = "Every byte of it has arrived; the file stays as it is.";
    typed(status, "completed-upload", "upload is already completed", detail, Value::Null)
}

/// A digest that is none.
pub(super) fn invalid_digest(invalid: Invalid) -> Answer {
    let (name, size) = (invalid.algorithm.name(), invalid.algorithm.size());
    let reason = format!("a {name} digest is a byte sequence of {size} bytes");
    let members = json!({ "invalid-digests": [{ "algorithm": name, "header": invalid.field, "reason": reason }] });
    let detail = format!("The value in {} is none: {reason}.", invalid.field);
    typed(StatusCode::BAD_REQUEST, "digest-invalid-values", "Invalid digest values", &detail, members)
}

/// What came is not what was sent.
pub(super) fn mismatching_digest(field: &str, algorithm: Algorithm, provided: Option<&[u8]>) -> Answer {
    let detail = StoreError::Digest { algorithm }.detail();
    let mut entry = json!({ "algorithm": algorithm.name(), "header": field });
    if let Some(value) = provided {
        entry["provided-digest"] = digest::bytes(value).into();
    }
    let members = json!({ "mismatching-digests": [entry] });
    typed(StatusCode::BAD_REQUEST, "digest-mismatching-values", "Mismatching digest values", &detail, members)
}

/// A PATCH of another type (RFC 5789, section 2.2).
pub(super) fn media_type() -> Answer {
    let detail = format!("What is appended is of the type {PARTIAL}.");
    let mut answer = answer::problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not a partial upload", &detail);
    answer.headers_mut().insert(fields::ACCEPT_PATCH, HeaderValue::from_static(PARTIAL));
    answer
}

/// A field that has to be there is not, or not of its form.
pub(super) fn missing_field(field: &str, form: &str) -> Answer {
    let detail = format!("{field} is missing, or not {form}.");
    answer::problem(StatusCode::BAD_REQUEST, "missing field", &detail)
}

/// There is no such upload.
pub(super) fn unknown() -> Answer {
    let detail =
        "There is no such upload: it may have ended long ago, or been left alone for too long. Begin a new one.";
    answer::problem(StatusCode::NOT_FOUND, "no such upload", detail)
}

/// There was one.
pub(super) fn gone() -> Answer {
    let detail = "The upload was cancelled, or is void. Begin a new one.";
    answer::problem(StatusCode::GONE, "the upload is gone", detail)
}

/// Another request has taken the upload over (section "Concurrency").
pub(super) fn taken_over() -> Answer {
    let detail = "A newer request goes on with this upload; what this one sent until then is kept.";
    answer::problem(StatusCode::CONFLICT, "taken over", detail)
}
