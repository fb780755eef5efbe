//! What can be wrong with a multipart body.

use std::fmt;

/// What is wrong with a multipart body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Malformed {
    /// It ended before its closing boundary.
    Cut,
    /// A part's headers are longer than is taken.
    Headers {
        /// The most bytes.
        limit: usize,
    },
    /// A line among a part's headers is none.
    Header,
    /// A part without `Content-Disposition: form-data` and a name.
    Unnamed,
    /// A part in a transfer encoding, which RFC 7578 forbids.
    Encoded(String),
    /// More parts than are taken.
    Parts {
        /// The most parts.
        limit: usize,
    },
    /// The first boundary does not come.
    Preamble,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut => write!(f, "Cut short: the form ended before its closing boundary. Send it again."),
            Self::Headers { limit } => write!(f, "The headers of a part of the form are longer than {limit} bytes."),
            Self::Header => write!(f, "A part of the form has a header line that is none."),
            Self::Unnamed => {
                write!(f, "A part of the form has no Content-Disposition: form-data with a name.")
            }
            Self::Encoded(how) => {
                write!(f, "A part of the form is encoded as {how}; send it as it is (RFC 7578, section 4.7).")
            }
            Self::Parts { limit } => write!(f, "The form has more than {limit} parts; send it in several forms."),
            Self::Preamble => write!(f, "The boundary that Content-Type names does not come in the body."),
        }
    }
}

impl std::error::Error for Malformed {}
