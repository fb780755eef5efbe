//! What a page and the server tell each other: JSON, the kind in `t`.

use std::time::{SystemTime, UNIX_EPOCH};

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// From the server to a page. Each carries `now`, the server's clock in milliseconds since 1970,
/// by which a page that comes back says when it was last here.
#[derive(Debug, Serialize)]
#[serde(tag = "t", rename_all = "lowercase")]
pub(super) enum ToPage<'a> {
    /// Connected.
    Hello {
        run: &'a str,
    },
    /// These paths changed.
    Change {
        urls: &'a [String],
    },
    /// Refresh; because something was missed, or because something changed now.
    Reload {
        missed: bool,
    },
    /// The server answers at another port.
    Move {
        port: u16,
    },
    /// Something is wrong.
    Error {
        title: &'a str,
        text: &'a str,
    },
    /// It is mended.
    Clear,
    Ping,
    /// The server stops.
    Bye,
}

#[derive(Serialize)]
struct Stamped<'a> {
    #[serde(flatten)]
    message: &'a ToPage<'a>,
    now: u64,
}

impl ToPage<'_> {
    /// As text for the socket.
    pub(super) fn text(&self) -> Utf8Bytes {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_millis() as u64);
        // Strings and numbers always serialise.
        serde_json::to_string(&Stamped { message: self, now }).unwrap_or_default().into()
    }
}

/// From a page to the server.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "t", rename_all = "lowercase")]
pub(super) enum FromPage {
    /// It is here, perhaps again: has it missed something?
    Back { page: String, build: String, since: u64, uses: Vec<String> },
    /// It is still here.
    #[serde(other)]
    Pong,
}

/// The page's decoded path from the query of its socket's URL.
pub(super) fn page_of(query: &str) -> Option<String> {
    let page = query.split('&').find_map(|pair| pair.strip_prefix("page="))?;
    Some(percent_decode_str(page).decode_utf8().ok()?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_say_their_kind_and_the_time() {
        let text = ToPage::Change { urls: &["/a b.css".to_owned()] }.text();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&value["t"], &value["urls"][0]), (&"change".into(), &"/a b.css".into()));
        assert!(value["now"].as_u64().unwrap() > 1_700_000_000_000);
        assert!(ToPage::Bye.text().starts_with(r#"{"t":"bye","now":"#));
    }

    #[test]
    fn a_page_comes_back() {
        let text = r#"{"t":"back","page":"/","build":"ab","since":12,"uses":["/a.css"]}"#;
        let back = FromPage::Back { page: "/".into(), build: "ab".into(), since: 12, uses: vec!["/a.css".into()] };
        assert_eq!(serde_json::from_str::<FromPage>(text).unwrap(), back);
        assert_eq!(serde_json::from_str::<FromPage>(r#"{"t":"pong"}"#).unwrap(), FromPage::Pong);
        assert!(serde_json::from_str::<FromPage>("nonsense").is_err());
    }

    #[test]
    fn the_pages_path_is_decoded() {
        assert_eq!(page_of("x=1&page=%2Fa%20b%2F%C3%A9").as_deref(), Some("/a b/é"));
        assert_eq!(page_of("page=%ff"), None);
        assert_eq!(page_of(""), None);
    }
}
