//! What a template sees of its request.

use std::borrow::Cow;
use std::sync::Arc;

use http::HeaderMap;
use http::header::COOKIE;
use minijinja::Value;
use minijinja::value::{Enumerator, Object};
use percent_encoding::percent_decode;

use super::multi::Multi;
use crate::server::form::{File, Form};
use crate::server::request::Request;

/// `request`, `params`, `form` and `files`.
pub(super) fn of(request: &Request, form: Form) -> Value {
    let params = request.params.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let fields = form.fields.into_iter().map(|(name, value)| (name, Value::from(value))).collect();
    let files = form.files.into_iter().map(|file| (file.field.clone(), uploaded(&file))).collect();
    Value::from_pairs([
        ("request", asked(request)),
        ("params", Value::from_pairs(params)),
        ("form", Multi::value(fields)),
        ("files", Multi::value(files)),
    ])
}

fn asked(request: &Request) -> Value {
    let uri = &request.head.uri;
    Value::from_pairs([
        ("method", Value::from(request.head.method.as_str())),
        ("path", Value::from(&request.path)),
        ("raw_path", Value::from(uri.path())),
        ("query", Multi::value(query(uri.query().unwrap_or_default()))),
        ("headers", Value::from_object(Headers(request.head.headers.clone()))),
        ("cookies", Multi::value(cookies(&request.head.headers))),
        ("host", Value::from(request.host().unwrap_or_default())),
        ("remote_addr", Value::from(request.remote().to_string())),
    ])
}

fn uploaded(file: &File) -> Value {
    Value::from_pairs([
        ("filename", Value::from(&file.filename)),
        ("content_type", Value::from(&file.content_type)),
        ("size", Value::from(file.size)),
        ("path", Value::from(file.path.to_string_lossy())),
        ("url", Value::from(&file.url)),
    ])
}

fn query(query: &str) -> Vec<(String, Value)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (plain(name), plain(value).into()))
        .collect()
}

/// Undoes the encoding of forms; what is not UTF-8 becomes replacement characters.
fn plain(text: &str) -> String {
    let text = if text.contains('+') { Cow::Owned(text.replace('+', " ")) } else { Cow::Borrowed(text) };
    percent_decode(text.as_bytes()).decode_utf8_lossy().into_owned()
}

fn cookies(headers: &HeaderMap) -> Vec<(String, Value)> {
    let values = headers.get_all(COOKIE).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    let mut cookies = Vec::new();
    for value in values {
        for pair in value.split(';') {
            let Some((name, value)) = pair.split_once('=') else { continue };
            let value = value.trim();
            let bare = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
            cookies.push((name.trim().to_owned(), Value::from(bare)));
        }
    }
    cookies
}

/// The headers by name in any case; those sent several times are joined by commas.
#[derive(Debug)]
struct Headers(HeaderMap);

impl Object for Headers {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let mut values = self.0.get_all(key.as_str()?).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        let first = values.next()?.into_owned();
        Some(values.fold(first, |all, value| all + ", " + &value).into())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.keys().map(|name| Value::from(name.as_str())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::files::tests::request;
    use std::path::PathBuf;

    fn shown(template: &str, request: &Request, form: Form) -> String {
        minijinja::Environment::new().render_str(template, of(request, form)).unwrap()
    }

    #[test]
    fn everything_about_a_request() {
        let headers = [
            ("host", "site.local:8000"),
            ("X-A", "1"),
            ("x-a", "2"),
            ("cookie", "a=1; b=\"two\"; a=3"),
            ("user-agent", "T"),
        ];
        let request = request("/h%C3%A9/x?q=a+b%26&q=2&flag", &headers);
        let show = |template| shown(template, &request, Form::default());
        assert_eq!(show("{{ request.method }} {{ request.path }} {{ request.raw_path }}"), "GET /hé/x /h%C3%A9/x");
        assert_eq!(
            show("{{ request.query.q }}|{{ request.query.all('q')|last }}|{{ 'flag' in request.query }}"),
            "a b&|2|True"
        );
        assert_eq!(show("{{ request.headers['x-a'] }}|{{ request.headers['User-Agent'] }}"), "1, 2|T");
        assert_eq!(show("{{ request.cookies.a }}{{ request.cookies.b }}"), "1two");
        assert_eq!(show("{{ request.host }} {{ request.remote_addr }}"), "site.local:8000 127.0.0.1");
    }

    #[test]
    fn params_by_name() {
        let mut request = request("/hello/ada", &[]);
        request.params.push(("name".into(), "ada".into()));
        assert_eq!(shown("{{ params.name }}{{ params.other }}", &request, Form::default()), "ada");
    }

    #[test]
    fn a_form_with_files() {
        let file = |field: &str, name: &str| File {
            field: field.into(),
            filename: name.into(),
            name: name.into(),
            digest: String::new(),
            duplicate: false,
            content_type: "image/jpeg".into(),
            size: 12,
            path: PathBuf::from("/up").join(name),
            url: format!("/upload/{name}"),
        };
        let form = || Form {
            fields: vec![("name".into(), "Ada".into()), ("tag".into(), "a".into()), ("tag".into(), "b".into())],
            files: vec![file("photo", "1.jpg"), file("photo", "2.jpg")],
        };
        let request = request("/form", &[]);
        let show = |template| shown(template, &request, form());
        assert_eq!(show("{{ form.name }} {{ form.tag }} {{ form.all('tag')|join('+') }}"), "Ada a a+b");
        assert_eq!(
            show("{{ files.photo.filename }} {{ files.photo.size }} {{ files.photo.url }} {{ files.photo.path }}"),
            "1.jpg 12 /upload/1.jpg /up/1.jpg"
        );
        assert_eq!(
            show("{% for f in files.all('photo') %}{{ f.filename }} {{ f.content_type }};{% endfor %}"),
            "1.jpg image/jpeg;2.jpg image/jpeg;"
        );
        let nothing = shown("{% if form or files %}some{% else %}empty{% endif %}", &request, Form::default());
        assert_eq!(nothing, "empty");
    }
}
