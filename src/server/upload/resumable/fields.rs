//! The draft's fields: what a request says of an upload, and what is said of one (section "State").

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::config;
use crate::server::answer::Answer;
use crate::server::upload::structured;

/// The version of the draft that is spoken (section "Draft Version Identification").
pub(super) const VERSION: u64 = 8;
/// The type of the content that is appended (section "Media Type application/partial-upload").
pub(super) const PARTIAL: &str = "application/partial-upload";

pub(super) const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");
pub(super) const COMPLETE: HeaderName = HeaderName::from_static("upload-complete");
pub(super) const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
pub(super) const LENGTH: HeaderName = HeaderName::from_static("upload-length");
pub(super) const LIMIT: HeaderName = HeaderName::from_static("upload-limit");
pub(super) const INTEROP: HeaderName = HeaderName::from_static("upload-draft-interop-version");

/// What a request says of the upload that it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Said {
    /// Whether its content is the last.
    pub(super) complete: Option<bool>,
    /// Where its content begins.
    pub(super) offset: Option<u64>,
    /// Bytes of the whole.
    pub(super) length: Option<u64>,
    /// It is of the draft's version that is spoken here.
    pub(super) same_version: bool,
}

impl Said {
    /// What is not of the form that its field has is taken as not said.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        Self {
            complete: structured::boolean(headers, COMPLETE.as_str()),
            offset: structured::number(headers, OFFSET.as_str()),
            length: structured::number(headers, LENGTH.as_str()),
            same_version: structured::number(headers, INTEROP.as_str()) == Some(VERSION),
        }
    }
}

/// The limits of an upload; `max-age` counts from now, since whoever asks keeps it alive.
pub(super) fn limits(config: &config::Upload) -> String {
    let most = if config.max_size > 0 { format!("max-size={}, ", config.max_size) } else { String::new() };
    format!("{most}min-size=0, max-age={}", config.keep.as_secs())
}

/// Says the limits.
pub(super) fn say_limits(answer: &mut Answer, config: &config::Upload) {
    if let Ok(value) = HeaderValue::try_from(limits(config)) {
        answer.headers_mut().insert(LIMIT, value);
    }
}

/// Says how far an upload is.
pub(super) fn say_state(answer: &mut Answer, complete: bool, offset: u64) {
    answer.headers_mut().insert(COMPLETE, HeaderValue::from_static(if complete { "?1" } else { "?0" }));
    answer.headers_mut().insert(OFFSET, offset.into());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(lines: &[(&str, &str)]) -> Said {
        Said::of(&lines.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect())
    }

    #[test]
    fn what_is_said() {
        let all = said(&[
            ("Upload-Complete", "?1"),
            ("Upload-Offset", "5"),
            ("Upload-Length", "10"),
            ("Upload-Draft-Interop-Version", "8"),
        ]);
        assert_eq!(all, Said { complete: Some(true), offset: Some(5), length: Some(10), same_version: true });
    }

    #[test]
    fn what_is_malformed_is_not_said() {
        let none = Said { complete: None, offset: None, length: None, same_version: false };
        assert_eq!(said(&[]), none);
        assert_eq!(
            said(&[
                ("Upload-Complete", "true"),
                ("Upload-Offset", "-5"),
                ("Upload-Length", "ten"),
                ("Upload-Draft-Interop-Version", "7"),
            ]),
            none
        );
        assert_eq!(said(&[("Upload-Complete", "?1"), ("Upload-Complete", "?0")]), none);
    }
}
