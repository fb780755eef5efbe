//! What a form sent: fields, and files that have been received whole.
//!
//! Reading is streamed and bounded: fields are held in memory up to `limits.body`, files go
//! to the store as they come.

mod chunks;
mod error;
pub mod multipart;
pub(crate) mod parameters;
mod pour;
mod receive;
mod sink;
#[cfg(test)]
mod tests;
pub mod urlencoded;

use std::path::PathBuf;

use http::header::CONTENT_TYPE;
use http::request::Parts;

use super::body::Received;
use crate::config::Limits;

pub use chunks::Chunks;
pub use error::{FormError, Reason};
pub use pour::pour;
pub use sink::FileSink;

/// What a form sent.
#[derive(Debug, Default)]
pub struct Form {
    /// Names and values in order.
    pub fields: Vec<(String, String)>,
    /// Files in order.
    pub files: Vec<File>,
}

/// A file that a form sent, received whole and under its final name.
#[derive(Debug, Clone)]
pub struct File {
    /// The form field.
    pub field: String,
    /// The client's name for it, made safe.
    pub filename: String,
    /// The name under which it is kept.
    pub name: String,
    /// The client's word for its type.
    pub content_type: String,
    /// Bytes.
    pub size: u64,
    /// Where it is.
    pub path: PathBuf,
    /// Where it can be fetched.
    pub url: String,
    /// Digest of its bytes, `ALGORITHM:HEX`.
    pub digest: String,
    /// The same bytes were there already, nothing was stored twice.
    pub duplicate: bool,
}

/// The ways to send a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encoding {
    /// `application/x-www-form-urlencoded`.
    Urlencoded,
    /// `multipart/form-data` with its boundary, where it has a usable one.
    Multipart(Option<String>),
    /// Not a form.
    None,
}

/// How a request's body is encoded, by its `Content-Type`.
pub fn encoding(head: &Parts) -> Encoding {
    let Some(value) = head.headers.get(CONTENT_TYPE) else { return Encoding::None };
    let value = String::from_utf8_lossy(value.as_bytes());
    let (essence, rest) = value.split_once(';').unwrap_or((&value, ""));
    let essence = essence.trim();
    if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        Encoding::Urlencoded
    } else if essence.eq_ignore_ascii_case("multipart/form-data") {
        let parameters = parameters::parse(rest).unwrap_or_default();
        let boundary = parameters.into_iter().find(|(name, _)| name == "boundary").map(|(_, value)| value);
        Encoding::Multipart(boundary.filter(|boundary| multipart::is_boundary(boundary)))
    } else {
        Encoding::None
    }
}

/// Reads the form in a request. What is not a form, is empty and its body is not read.
///
/// Without `files` a form that sends any is refused with 403. After an error a bounded rest of
/// the body has been read, so that the client hears the answer; the connection must close.
pub async fn read(head: &Parts, body: Received, limits: &Limits, files: Option<&FileSink>) -> Result<Form, FormError> {
    let mut chunks = Chunks::new(head, body, limits.idle_timeout);
    let mut form = Form::default();
    let result = match encoding(head) {
        Encoding::None => Ok(()),
        Encoding::Urlencoded => receive::urlencoded(&mut chunks, limits.body, &mut form).await,
        Encoding::Multipart(None) => Err(Reason::Boundary),
        Encoding::Multipart(Some(boundary)) => {
            receive::multipart(&boundary, &mut chunks, limits.body, files, &mut form).await
        }
    };
    match result {
        Ok(()) => Ok(form),
        Err(reason) => {
            chunks.drain().await;
            Err(FormError { reason, kept: form.files })
        }
    }
}
