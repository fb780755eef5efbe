use super::super::tests::{Way, cut, pieces, value, way, way_with};
use super::*;
use crate::event::{Event, Reader, UploadState, feed};
use crate::server::body::Received;
use crate::server::store::Store;

const PLAIN: (&str, &str) = ("content-type", "text/plain; charset=utf-8");

async fn post(way: &Way, body: Received) -> Answer {
    way.ask("POST", "/.text", &[PLAIN, ("user-agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4)")], body).await
}

/// A way, and what is told of what comes by it.
fn heard() -> (Way, Reader) {
    let (feed, reader) = feed();
    let mut way = way();
    way.upload.store = Store::new(feed);
    (way, reader)
}

/// The notes that were told, each with its further lines.
fn notes(reader: &mut Reader) -> Vec<String> {
    let note = |event| match event {
        Event::Note(note) => Some(format!("{}|{}", note.text, note.detail)),
        _ => None,
    };
    reader.take().events.into_iter().filter_map(note).collect()
}

#[tokio::test]
async fn a_text_becomes_a_file_and_a_note() {
    let (way, mut reader) = heard();
    let answer = post(&way, Received::full("https://example.org/a?b=c")).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    let names = way.names();
    assert!(matches!(names.as_slice(), [name] if name.starts_with("text 20")), "{names:?}");
    assert_eq!(std::fs::read(way.path(&names[0])).unwrap(), b"https://example.org/a?b=c");
    assert_eq!(notes(&mut reader), ["text from iPhone: https://example.org/a?b=c|"]);
}

#[tokio::test]
async fn of_a_long_one_the_start_is_shown_and_all_is_kept() {
    let (way, mut reader) = heard();
    let text = format!("\nfirst \u{1b}[2J\nsecond\n{}", "x".repeat(1 << 20));
    post(&way, Received::full(text.clone())).await;
    assert_eq!(std::fs::read(way.path(&way.names()[0])).unwrap(), text.as_bytes());
    let note = notes(&mut reader).remove(0);
    assert!(note.starts_with("text from iPhone: first \u{1b}[2J … (1.0 MB in text 20"), "{note:.100}");
    assert!(note.contains("|second\nxxx") && note.len() < 2 * GLIMPSE, "{}", note.len());
}

#[tokio::test]
async fn texts_of_one_minute_are_all_kept_whatever_holds_for_files() {
    for exists in [Exists::Refuse, Exists::Replace, Exists::Rename] {
        let way = way_with(|config| config.exists = exists);
        for text in ["one", "two", "three"] {
            assert_eq!(post(&way, Received::full(text)).await.status(), StatusCode::CREATED);
        }
        assert_eq!(way.names().len(), 3, "{exists:?}");
    }
}

#[tokio::test]
async fn what_is_no_text_is_refused_and_leaves_nothing() {
    let (way, mut reader) = heard();
    let large = "x".repeat(Shared::MOST + 1);
    let halves: &'static str = &"x".repeat(Shared::MOST / 2 + 1).leak()[..];
    for (body, status) in [
        (Received::full(""), StatusCode::BAD_REQUEST),
        (pieces(vec![]), StatusCode::BAD_REQUEST),
        (Received::full(&b"a\xff"[..]), StatusCode::BAD_REQUEST),
        (Received::full(&b"a\xe5\x86"[..]), StatusCode::BAD_REQUEST),
        (Received::full(large), StatusCode::PAYLOAD_TOO_LARGE),
        (pieces(vec![Ok(halves), Ok(halves)]), StatusCode::PAYLOAD_TOO_LARGE),
        (pieces(vec![Ok("a"), cut()]), StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(post(&way, body).await.status(), status);
    }
    for kind in ["text/html", "text/plain; charset=utf-16", "application/json", ""] {
        let answer = way.ask("POST", "/.text", &[("content-type", kind)], Received::full("a")).await;
        assert_eq!(answer.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
    }
    assert_eq!((way.names(), notes(&mut reader)), (vec![], vec![]));
    let off = way_with(|config| config.enabled = false);
    assert_eq!(post(&off, Received::full("a")).await.status(), StatusCode::FORBIDDEN);
}

#[test]
fn a_character_may_come_in_pieces() {
    let text = "a写𝄞é".as_bytes();
    for (one, two) in (0..text.len()).flat_map(|one| (one..text.len()).map(move |two| (one, two))) {
        let mut check = Utf8::default();
        assert!([&text[..one], &text[one..two], &text[two..]].iter().all(|piece| check.goes_on(piece)));
        assert!(check.is_whole());
    }
    for wrong in [&b"\xff"[..], b"\xe5a", b"\xed\xa0\x80", b"\xf0\x9d\x84a", b"\xc0\x80"] {
        let mut check = Utf8::default();
        assert!(!wrong.iter().all(|byte| check.goes_on(&[*byte])), "{wrong:?}");
    }
}

#[tokio::test]
async fn what_is_shared_is_fetched_once() {
    let way = way();
    assert_eq!(way.ask("GET", "/.text", &[], Received::full("")).await.status(), StatusCode::NO_CONTENT);
    way.upload.store.shared().give("words 写");
    let answer = way.ask("GET", "/.text", &[], Received::full("")).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let tag = answer.headers()["etag"].to_str().unwrap().to_owned();
    let json = value(answer).await;
    assert_eq!(json["text"], "words 写");
    let again = way.ask("GET", "/.text", &[("if-none-match", &tag)], Received::full("")).await;
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    way.upload.store.shared().give("words 写");
    let newer = way.ask("GET", "/.text", &[("if-none-match", &tag)], Received::full("")).await;
    assert!(value(newer).await["id"].as_u64() > json["id"].as_u64());
}

#[tokio::test]
async fn only_pages_of_this_server_read_it() {
    let way = way();
    way.upload.store.shared().give("secret");
    let ask = async |origin| {
        way.ask("GET", "/.text", &[("host", "127.0.0.1:8000"), ("origin", origin)], Received::full("")).await
    };
    assert_eq!(ask("http://evil.example").await.status(), StatusCode::FORBIDDEN);
    assert_eq!(ask("http://127.0.0.1:8000").await.status(), StatusCode::OK);
    for method in ["PUT", "DELETE", "PATCH"] {
        let answer = way.ask(method, "/.text", &[], Received::full("a")).await;
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(answer.headers()["allow"], "GET, HEAD, POST, OPTIONS");
    }
}

#[tokio::test]
async fn it_counts_as_an_upload() {
    let (way, mut reader) = heard();
    post(&way, Received::full("a")).await;
    let done =
        |event: &Event| matches!(event, Event::Upload(upload) if matches!(upload.state, UploadState::Done { .. }));
    assert!(reader.take().events.iter().any(done));
    assert!(way.upload.store.received().last().is_some());
}
