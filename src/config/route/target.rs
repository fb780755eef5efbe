//! The targets of routes.

use std::path::Path;
use std::time::Duration;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Map, Number, Value as Json};
use toml::de::DeValue;

use super::proxy;
use crate::config::value::{self, Mistake, Value, text_that};
use crate::config::wsgi::{Wsgi, WsgiApp, is_callable};
use crate::config::{Cgi, Config, Target};

/// Their keys.
pub(super) const KINDS: [&str; 10] =
    ["template", "static", "text", "json", "redirect", "upload", "proxy", "wsgi", "python", "cgi"];

/// How long a script may do nothing, where its route does not say.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Reads a target; `None` where `kind` is none of [`KINDS`].
pub(super) fn read(config: &Config, kind: &str, value: &Value<'_>) -> Result<Option<Target>, Mistake> {
    Ok(Some(match kind {
        "template" => Target::Template(template(config, value)?),
        "static" => Target::Static(file_or_folder(config, value)?),
        "text" => Target::Text(value::text(value, "text")?.to_owned()),
        "json" => Target::Json(json(value)?),
        "redirect" => Target::Redirect(redirect(value)?),
        "upload" => Target::Upload(value::folder(&config.root, value)?),
        "proxy" => Target::Proxy(proxy::read(&config.root, value)?),
        "cgi" => {
            let dir = value::existing_folder(&config.root, value)?;
            Target::Cgi(Cgi { dir, env: Vec::new(), timeout: TIMEOUT })
        }
        "wsgi" => {
            let target = text_that(value, "module:callable, such as \"blog:app\"", is_callable)?;
            Target::Wsgi(Wsgi::new(WsgiApp::Callable(target.to_owned()), &config.root))
        }
        "python" => {
            let folder = value::existing_folder(&config.root, value)?;
            Target::Wsgi(Wsgi::new(WsgiApp::Folder(folder), &config.root))
        }
        _ => return Ok(None),
    }))
}

fn template(config: &Config, value: &Value<'_>) -> Result<String, Mistake> {
    let name = value::inside(value, "the name of a template, such as \"hello.html\"")?;
    let path = config.templates.join(name);
    if path.is_file() {
        return Ok(name.to_owned());
    }
    let folder = value::show::path(&config.root, &config.templates);
    Err(value::missing(&path, value, &format!("a template that exists in {folder}"), Path::is_file))
}

fn file_or_folder(config: &Config, value: &Value<'_>) -> Result<std::path::PathBuf, Mistake> {
    let path = value::beside(&config.root, value, "the name of a folder or a file")?;
    if path.exists() {
        Ok(path)
    } else {
        Err(value::missing(&path, value, "a folder or a file that exists", Path::exists))
    }
}

/// A path or URL, fit for a header.
fn redirect(value: &Value<'_>) -> Result<String, Mistake> {
    /// What a URL has only in its escaped form.
    const ESCAPED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^').add(b'`');
    let to = text_that(value, "a path that starts with / or a URL", |to| {
        to.starts_with('/') || to.split_once(':').is_some_and(|(scheme, rest)| is_scheme(scheme) && !rest.is_empty())
    })?;
    if to.contains(char::is_control) {
        return Err(Mistake::expected(value, "one line of text without control characters"));
    }
    Ok(utf8_percent_encode(to, ESCAPED).to_string())
}

fn is_scheme(scheme: &str) -> bool {
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

/// Any value as JSON; dates become text.
fn json(value: &Value<'_>) -> Result<Json, Mistake> {
    Ok(match value.get_ref() {
        DeValue::String(text) => Json::String(text.to_string()),
        DeValue::Boolean(flag) => Json::Bool(*flag),
        DeValue::Datetime(at) => Json::String(at.to_string()),
        DeValue::Integer(integer) => {
            let signed = i64::from_str_radix(integer.as_str(), integer.radix()).map(Number::from);
            signed
                .or_else(|_| u64::from_str_radix(integer.as_str(), integer.radix()).map(Number::from))
                .map(Json::Number)
                .map_err(|_| Mistake::expected(value, "a number of at most 64 bits"))?
        }
        DeValue::Float(float) => float
            .as_str()
            .parse()
            .ok()
            .and_then(Number::from_f64)
            .map(Json::Number)
            .ok_or_else(|| Mistake::expected(value, "a number that JSON has, not inf or nan"))?,
        DeValue::Array(elements) => Json::Array(elements.iter().map(json).collect::<Result<_, _>>()?),
        DeValue::Table(table) => Json::Object(
            table
                .iter()
                .map(|(key, value)| Ok((key.get_ref().to_string(), json(value)?)))
                .collect::<Result<Map<_, _>, _>>()?,
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::value::of;
    use super::*;

    #[test]
    fn any_value_as_json() {
        let value =
            of("{ a = [1, 2.5, true], at = 1979-05-27T07:32:00Z, big = 18446744073709551615, t = { s = 'x' } }");
        assert_eq!(
            json(&value).unwrap().to_string(),
            r#"{"a":[1,2.5,true],"at":"1979-05-27T07:32:00Z","big":18446744073709551615,"t":{"s":"x"}}"#
        );
        assert_eq!(json(&of("[1, nan]")).unwrap_err().at, 4..7);
        assert!(json(&of("0xffffffffffffffffff")).is_err());
    }

    #[test]
    fn redirects() {
        for (to, header) in [
            ("/a?b#c", "/a?b#c"),
            ("/grün land", "/gr%C3%BCn%20land"),
            ("/a%20b", "/a%20b"),
            ("https://example.org/", "https://example.org/"),
        ] {
            assert_eq!(redirect(&of(&format!("'{to}'"))).unwrap(), header);
        }
        for bad in ["\"\"", "\"elsewhere\"", "\"../x\"", "\"/a\\r\\nx: y\"", "5"] {
            assert!(redirect(&of(bad)).is_err(), "{bad}");
        }
    }
}
