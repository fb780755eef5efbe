//! In which form a listing is wanted.

use http::HeaderMap;
use http::header::ACCEPT;

/// Whether a switch is in the query and not `0`.
pub(in crate::server::files) fn is_on(query: &str, switch: &str) -> bool {
    let values = query.split('&').filter_map(|pair| pair.strip_prefix(switch));
    values.into_iter().any(|rest| rest.is_empty() || (rest.starts_with('=') && rest != "=0"))
}

/// The forms of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Page,
    Json,
    Text,
}

impl Format {
    /// `?json` goes before `Accept`; a page is for whoever has no preference.
    pub(super) fn of(query: &str, headers: &HeaderMap) -> Self {
        if is_on(query, "json") {
            return Self::Json;
        }
        let mut best = (Self::Page, 0.0);
        let values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        for item in values.flat_map(|value| value.split(',')) {
            let mut pieces = item.split(';').map(str::trim);
            let format = match pieces.next().map(str::to_ascii_lowercase).as_deref() {
                Some("text/html" | "application/xhtml+xml") => Self::Page,
                Some("application/json") => Self::Json,
                Some("text/plain") => Self::Text,
                _ => continue,
            };
            let quality = pieces.find_map(|piece| piece.strip_prefix("q=").or_else(|| piece.strip_prefix("Q=")));
            let quality = quality.map_or(1.0, |quality| quality.parse().unwrap_or(0.0));
            // Of equals the page wins, then the first.
            if quality > best.1 || (quality > 0.0 && quality >= best.1 && format == Self::Page) {
                best = (format, quality);
            }
        }
        best.0
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Page => "text/html; charset=utf-8",
            Self::Json => "application/json",
            Self::Text => "text/plain; charset=utf-8",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn forms_by_query_and_accept() {
        for (query, accept, format) in [
            ("", "", Format::Page),
            ("", "*/*", Format::Page),
            ("", "text/html,application/xhtml+xml,*/*;q=0.8", Format::Page),
            ("json", "text/html", Format::Json),
            ("sort=size&json", "", Format::Json),
            ("json=", "", Format::Json),
            ("json=0", "", Format::Page),
            ("jsonp", "", Format::Page),
            ("", "application/json", Format::Json),
            ("", "application/json, text/plain, */*", Format::Json),
            ("", "text/plain", Format::Text),
            ("", "text/plain;q=0.5, application/json;q=0.4", Format::Text),
            ("", "text/plain, text/html", Format::Page),
            ("", "application/json;q=0", Format::Page),
            ("", "Text/Plain", Format::Text),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]);
            assert_eq!(Format::of(query, &headers), format, "{query} {accept}");
        }
    }
}
