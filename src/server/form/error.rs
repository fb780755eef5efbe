//! Why a form, or a single body, was not taken.

use std::fmt;

use http::StatusCode;

use super::{File, multipart};
use crate::server::store::StoreError;
use crate::text;

/// Why a form was not taken, and what of it was.
#[derive(Debug)]
pub struct FormError {
    /// Why.
    pub reason: Reason,
    /// Files that had arrived whole; they are kept.
    pub kept: Vec<File>,
}

impl FormError {
    /// The status that says so in HTTP.
    pub fn status(&self) -> StatusCode {
        self.reason.status()
    }
}

impl fmt::Display for FormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)?;
        match self.kept.len() {
            0 => Ok(()),
            1 => write!(f, " One file had arrived whole and is kept."),
            n => write!(f, " {n} files had arrived whole and are kept."),
        }
    }
}

impl std::error::Error for FormError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.reason)
    }
}

/// Why a body was not taken. The text is fit for whoever sent it.
#[derive(Debug)]
pub enum Reason {
    /// Files are not taken.
    Refused,
    /// The connection ended before the body did.
    Cut,
    /// Nothing came for too long.
    Stalled,
    /// A multipart body without a usable boundary.
    Boundary,
    /// A multipart body against the rules.
    Malformed(multipart::Malformed),
    /// More bytes in fields than `limits.body`.
    Fields {
        /// The most bytes.
        limit: u64,
    },
    /// More fields than are taken.
    Many {
        /// The most fields.
        limit: usize,
    },
    /// The store did not take a file.
    Store(StoreError),
}

impl Reason {
    /// The status that says so in HTTP.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Refused => StatusCode::FORBIDDEN,
            Self::Stalled => StatusCode::REQUEST_TIMEOUT,
            Self::Cut | Self::Boundary | Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Fields { .. } | Self::Many { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Store(error) => error.status(),
        }
    }

    /// A short name for the kind of failure.
    pub fn title(&self) -> &'static str {
        match self {
            Self::Refused => "uploads are off",
            Self::Cut | Self::Malformed(multipart::Malformed::Cut) => "incomplete",
            Self::Stalled => "stalled",
            Self::Boundary | Self::Malformed(_) => "malformed form",
            Self::Fields { .. } | Self::Many { .. } => "too large",
            Self::Store(error) => error.title(),
        }
    }
}

impl From<StoreError> for Reason {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<multipart::Malformed> for Reason {
    fn from(error: multipart::Malformed) -> Self {
        Self::Malformed(error)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused => write!(f, "This server takes no files (it runs with --no-upload)."),
            Self::Cut => write!(f, "Cut short: the connection ended before the body did. Send it again."),
            Self::Stalled => write!(f, "Nothing arrived for too long. Send it again."),
            Self::Boundary => {
                write!(f, "multipart/form-data needs a boundary of 1 to 200 visible characters in Content-Type.")
            }
            Self::Malformed(error) => error.fmt(f),
            Self::Fields { limit } => {
                write!(f, "The fields of the form are larger than {} in all (limits.body).", text::size(*limit))
            }
            Self::Many { limit } => write!(f, "The form has more than {limit} fields."),
            Self::Store(error) => f.write_str(&error.detail()),
        }
    }
}

impl std::error::Error for Reason {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Malformed(error) => Some(error),
            Self::Store(error) => Some(error),
            _ => None,
        }
    }
}
