use std::time::Duration;

use super::*;
use crate::config::Limits;

async fn send(kind: &str, body: impl Into<bytes::Bytes>, limit: u64) -> Result<Form, FormError> {
    let (head, ()) = http::Request::builder().header(CONTENT_TYPE, kind).body(()).unwrap().into_parts();
    let second = Duration::from_secs(1);
    let limits = Limits { body: limit, headers_timeout: second, idle_timeout: second, connections: 1 };
    read(&head, Received::full(body), &limits, None).await
}

fn pairs(form: &Form) -> Vec<(&str, &str)> {
    form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

const MULTIPART: &str = "Multipart/Form-Data; charset=utf-8; boundary=\"B\"";

fn field(name: &str, value: &str) -> String {
    format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}

#[tokio::test]
async fn both_encodings_give_the_same_fields() {
    let form = send("application/x-www-form-urlencoded; charset=UTF-8", "a=1&a=2&b=%C3%BC", 100).await.unwrap();
    let expected = [("a", "1"), ("a", "2"), ("b", "ü")];
    assert_eq!(pairs(&form), expected);
    let body = format!("{}{}{}--B--\r\n", field("a", "1"), field("a", "2"), field("b", "ü"));
    assert_eq!(pairs(&send(MULTIPART, body, 1000).await.unwrap()), expected);
}

#[tokio::test]
async fn what_is_no_form_is_empty() {
    for kind in ["", "text/plain", "application/json", "multipart/mixed; boundary=B"] {
        assert!(send(kind, "a=1", 100).await.unwrap().fields.is_empty());
    }
}

#[tokio::test]
async fn fields_are_bounded_in_all() {
    let kind = "application/x-www-form-urlencoded";
    assert_eq!(send(kind, vec![b'a'; 101], 100).await.unwrap_err().status(), 413);
    assert!(send(kind, vec![b'a'; 100], 100).await.is_ok());
    assert_eq!(send(kind, "a&".repeat(10_001), 1 << 20).await.unwrap_err().status(), 413);
    let body = format!("{}--B--", field("a", &"x".repeat(1000)));
    assert_eq!(send(MULTIPART, body, 900).await.unwrap_err().status(), 413);
}

#[tokio::test]
async fn other_charsets_are_read_where_they_are_named() {
    let mut body = field("a", "before").into_bytes();
    body.extend_from_slice(b"--B\r\nContent-Disposition: form-data; name=b\r\nContent-Type: text/plain; charset=ISO-8859-1\r\n\r\n\xfc\r\n");
    body.extend_from_slice(field("_charset_", "iso-8859-1").as_bytes());
    body.extend_from_slice(b"--B\r\nContent-Disposition: form-data; name=c\r\n\r\n\xe9\r\n--B--");
    let form = send(MULTIPART, body, 2000).await.unwrap();
    assert_eq!(pairs(&form), [("a", "before"), ("b", "ü"), ("_charset_", "iso-8859-1"), ("c", "é")]);
}

#[tokio::test]
async fn refusals() {
    for (kind, body, status, words) in [
        ("multipart/form-data", "", 400, "boundary"),
        ("multipart/form-data; boundary=\"\"", "", 400, "boundary"),
        (MULTIPART, "", 400, "Cut short"),
        (MULTIPART, "--B\r\nbroken\r\n\r\n", 400, "header"),
        (MULTIPART, "--B\r\nContent-Disposition: form-data; name=f; filename=x\r\n\r\n1\r\n--B--", 403, "--no-upload"),
    ] {
        let error = send(kind, body, 1000).await.unwrap_err();
        assert_eq!(error.status(), status, "{kind}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[tokio::test]
async fn a_file_input_with_nothing_chosen_is_no_file() {
    let body = "--B\r\nContent-Disposition: form-data; name=f; filename=\"\"\r\n\r\n\r\n--B--";
    assert!(send(MULTIPART, body, 1000).await.unwrap().files.is_empty());
}
