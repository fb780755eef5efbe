//! What a form sent: fields, and files that have been received whole.

use std::path::PathBuf;

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
    /// The client's word for its type.
    pub content_type: String,
    /// Bytes.
    pub size: u64,
    /// Where it is.
    pub path: PathBuf,
    /// Where it can be fetched.
    pub url: String,
}
