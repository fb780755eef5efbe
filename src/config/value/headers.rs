//! Methods and header fields.

use http::header::{CONNECTION, CONTENT_LENGTH, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderName, HeaderValue, Method};

use super::{Mistake, Value, list, text};

/// Methods that can be routed: RFC 9110 and its neighbours, without CONNECT, which names no path.
const METHODS: [&str; 21] = [
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "DELETE",
    "OPTIONS",
    "PATCH",
    "TRACE",
    "QUERY",
    "COPY",
    "LINK",
    "LOCK",
    "MKCOL",
    "MOVE",
    "PROPFIND",
    "PROPPATCH",
    "PURGE",
    "REPORT",
    "SEARCH",
    "UNLINK",
    "UNLOCK",
];

/// Fields that frame a message: the server alone may set them.
const FRAMING: [HeaderName; 6] = [CONNECTION, CONTENT_LENGTH, TE, TRAILER, TRANSFER_ENCODING, UPGRADE];

/// A list of methods, at least one.
pub(crate) fn methods(value: &Value<'_>) -> Result<Vec<Method>, Mistake> {
    const WHAT: &str = "a list of methods, such as [\"GET\", \"POST\"]";
    let methods = list(value, WHAT, |element| {
        const WHAT: &str = "a method such as \"GET\"";
        let name = text(element, WHAT)?;
        let known = METHODS.contains(&name).then(|| Method::from_bytes(name.as_bytes()).ok()).flatten();
        known.ok_or_else(|| Mistake::expected(element, WHAT).near(name, METHODS))
    })?;
    if methods.is_empty() { Err(Mistake::expected(value, WHAT)) } else { Ok(methods) }
}

/// A table of header fields.
pub(crate) fn headers(value: &Value<'_>) -> Result<Vec<(HeaderName, HeaderValue)>, Mistake> {
    let table = value
        .get_ref()
        .as_table()
        .ok_or_else(|| Mistake::wrong_type(value, "a table of headers, such as { x-demo = \"1\" }"))?;
    let mut fields: Vec<_> = table.iter().collect();
    fields.sort_by_key(|(name, _)| name.span().start);
    fields.into_iter().map(|(name, value)| field(name, value)).collect()
}

fn field(
    name: &toml::Spanned<std::borrow::Cow<'_, str>>,
    value: &Value<'_>,
) -> Result<(HeaderName, HeaderValue), Mistake> {
    let header = HeaderName::from_bytes(name.get_ref().as_bytes())
        .map_err(|_| Mistake::new(name.span(), "expected the name of a header"))?;
    if FRAMING.contains(&header) {
        return Err(Mistake::new(name.span(), format!("expected another header: {header} is stan's own to set")));
    }
    let text = text(value, "the text of a header")?;
    let content = HeaderValue::from_bytes(text.as_bytes())
        .map_err(|_| Mistake::expected(value, "one line of text without control characters"))?;
    Ok((header, content))
}

#[cfg(test)]
mod tests {
    use super::super::of;
    use super::*;

    #[test]
    fn every_method_of_the_list_is_one() {
        for name in METHODS {
            assert_eq!(methods(&of(&format!("[\"{name}\"]"))).unwrap()[0].as_str(), name);
        }
    }

    #[test]
    fn methods_are_case_sensitive() {
        let mistake = methods(&of("[\"GET\", \"post\"]")).unwrap_err();
        assert_eq!((mistake.at, mistake.nearest.as_deref()), (8..14, Some("POST")));
        for bad in ["[]", "\"GET\"", "[\"\"]", "[\"G T\"]", "[1]"] {
            assert!(methods(&of(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn headers_keep_their_order() {
        let fields = headers(&of("{ X-Demo = \"1\", a = \"ü\" }")).unwrap();
        assert_eq!(fields[0].0, "x-demo");
        assert_eq!(fields[1].1.as_bytes(), "ü".as_bytes());
    }

    #[test]
    fn nothing_splits_an_answer() {
        for bad in [r#"{ a = "x\r\nset-cookie: y" }"#, r#"{ a = "x\n" }"#, r#"{ a = "\u0000" }"#] {
            assert!(headers(&of(bad)).unwrap_err().message.contains("one line"), "{bad}");
        }
        assert!(headers(&of(r#"{ "a b" = "x" }"#)).unwrap_err().message.contains("name of a header"));
        assert!(headers(&of(r#"{ Content-Length = "5" }"#)).unwrap_err().message.contains("stan's own"));
        assert!(headers(&of("{ a = 1 }")).unwrap_err().message.contains("text of a header"));
        assert!(headers(&of("\"a: b\"")).unwrap_err().wrong_type);
    }
}
