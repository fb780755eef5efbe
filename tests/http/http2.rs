//! HTTP/2 in clear text, by prior knowledge, on the same port: RFC 9113.

use std::process::Command;
use std::time::Duration;

use bytes::Bytes;
use h2::client::SendRequest;
use http::{HeaderMap, Method, Request, StatusCode};

use crate::common::{PATIENCE, Wire};
use crate::served::{answered, get, served};

/// What the server answered on one stream.
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Runs a client, for as long as anything may take.
pub(crate) fn run<T>(client: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(PATIENCE, client).await.expect("an answer in time") })
}

/// Starts HTTP/2 at once, as a client does that knows.
pub(crate) async fn connect(port: u16) -> SendRequest<Bytes> {
    let stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let (client, connection) = h2::client::handshake(stream).await.expect("HTTP/2 by prior knowledge");
    tokio::spawn(async move {
        // It ends with the client.
        let _ = connection.await;
    });
    client
}

pub(crate) fn request(method: Method, path: &str) -> Request<()> {
    Request::builder().method(method).uri(format!("http://localhost{path}")).body(()).unwrap()
}

/// Sends one request and reads its answer to the end.
pub(crate) async fn ask(client: &SendRequest<Bytes>, request: Request<()>, body: impl Into<Bytes>) -> Answered {
    let body = body.into();
    let mut client = client.clone().ready().await.expect("room for a stream");
    let (answer, mut stream) = client.send_request(request, body.is_empty()).unwrap();
    if !body.is_empty() {
        stream.send_data(body, true).unwrap();
    }
    let (head, mut received) = answer.await.expect("an answer").into_parts();
    let mut body = Vec::new();
    while let Some(data) = received.data().await {
        let data = data.expect("a whole answer");
        received.flow_control().release_capacity(data.len()).unwrap();
        body.extend_from_slice(&data);
    }
    Answered { status: head.status, headers: head.headers, body }
}

#[test]
fn rfc9113_3_3_get() {
    let server = served();
    let answer = run(async { ask(&connect(server.port()).await, request(Method::GET, "/a.txt"), "").await });
    assert_eq!((answer.status, answer.body.as_slice()), (StatusCode::OK, b"0123456789".as_slice()));
    assert!(answer.headers.contains_key("date"), "{:?}", answer.headers);
}

#[test]
fn rfc9113_8_2_2_no_field_of_a_connection() {
    let server = served();
    run(async {
        let client = connect(server.port()).await;
        for path in ["/a.txt", "/echo", "/dir/", "/none", "/dir", "/text"] {
            let answer = ask(&client, request(Method::GET, path), "").await;
            for name in ["connection", "keep-alive", "transfer-encoding", "upgrade", "proxy-connection"] {
                assert!(!answer.headers.contains_key(name), "{name} with {path}");
            }
        }
    });
}

#[test]
fn rfc9110_9_3_2_head_over_http_2() {
    let server = served();
    let answer = run(async { ask(&connect(server.port()).await, request(Method::HEAD, "/a.txt"), "").await });
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers["content-length"], "10");
    assert!(answer.body.is_empty());
}

#[test]
fn rfc9113_8_1_a_form() {
    let server = served();
    let mut post = request(Method::POST, "/echo");
    post.headers_mut().insert("content-type", "application/x-www-form-urlencoded".parse().unwrap());
    let answer = run(async { ask(&connect(server.port()).await, post, "a=hello").await });
    assert_eq!((answer.status, answer.body.as_slice()), (StatusCode::OK, b"hello".as_slice()));
}

#[test]
fn rfc9110_15_5_14_the_limit_of_a_body_holds_over_http_2() {
    let server = served();
    let mut post = request(Method::POST, "/echo");
    post.headers_mut().insert("content-type", "application/x-www-form-urlencoded".parse().unwrap());
    let answer = run(async { ask(&connect(server.port()).await, post, vec![b'a'; 30_000]).await });
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[test]
fn rfc9113_6_5_2_a_hundred_streams_at_once() {
    let server = served();
    run(async {
        let client = connect(server.port()).await;
        // The fewest that a server should allow, and again on the same connection.
        for _ in 0..3 {
            let asked = (0..100).map(|n| {
                let client = client.clone();
                async move { ask(&client, request(Method::GET, &format!("/n/{}.txt", n % 50)), "").await }
            });
            let answers = futures_util::future::join_all(asked).await;
            for (n, answer) in answers.iter().enumerate() {
                assert_eq!(answer.status, StatusCode::OK, "stream {n}");
                assert_eq!(answer.body, format!("file {}", n % 50).into_bytes(), "stream {n}");
            }
        }
    });
}

#[test]
fn rfc9110_15_4_5_not_modified_over_http_2() {
    let server = served();
    run(async {
        let client = connect(server.port()).await;
        let first = ask(&client, request(Method::GET, "/a.txt"), "").await;
        let mut again = request(Method::GET, "/a.txt");
        again.headers_mut().insert("if-none-match", first.headers["etag"].clone());
        let answer = ask(&client, again, "").await;
        assert_eq!((answer.status, answer.body.len()), (StatusCode::NOT_MODIFIED, 0));
        assert_eq!(answer.headers["etag"], first.headers["etag"]);
    });
}

#[test]
fn rfc9110_14_2_a_range_over_http_2() {
    let server = served();
    let mut part = request(Method::GET, "/a.txt");
    part.headers_mut().insert("range", "bytes=2-4".parse().unwrap());
    let answer = run(async { ask(&connect(server.port()).await, part, "").await });
    assert_eq!((answer.status, answer.body.as_slice()), (StatusCode::PARTIAL_CONTENT, b"234".as_slice()));
    assert_eq!(answer.headers["content-range"], "bytes 2-4/10");
}

#[test]
fn rfc9113_8_3_1_another_authority_is_misdirected() {
    let server = served();
    let evil = Request::builder().uri("http://evil.example/a.txt").body(()).unwrap();
    let answer = run(async { ask(&connect(server.port()).await, evil, "").await });
    assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST);
    assert!(!String::from_utf8_lossy(&answer.body).contains("evil"));
}

#[test]
fn rfc9113_8_3_1_a_host_field_does_not_hide_another_authority() {
    let server = served();
    let mut evil = Request::builder().uri("http://evil.example/a.txt").body(()).unwrap();
    evil.headers_mut().insert("host", "localhost".parse().unwrap());
    let answer = run(async { ask(&connect(server.port()).await, evil, "").await });
    assert!(matches!(answer.status.as_u16(), 400 | 421), "{}", answer.status);
}

#[test]
fn rfc9113_3_4_http_1_goes_on_beside_it() {
    let server = served();
    run(async {
        let client = connect(server.port()).await;
        assert_eq!(ask(&client, request(Method::GET, "/a.txt"), "").await.status, StatusCode::OK);
        assert_eq!(answered(get("/a.txt"), &[200]).text(), "0123456789");
        assert_eq!(ask(&client, request(Method::GET, "/a.txt"), "").await.status, StatusCode::OK);
    });
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// SETTINGS without any: length 0, type 4, no flags, stream 0.
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];

#[test]
fn rfc9113_3_4_the_preface_may_arrive_byte_by_byte() {
    let mut wire = served().wire();
    wire.send_singly(PREFACE).send_singly(SETTINGS).half_close();
    let rest = wire.rest().expect("frames, then the end");
    assert_eq!(rest.get(3..5), Some([4, 0].as_slice()), "the server's SETTINGS come first: {rest:?}");
}

#[test]
fn rfc9113_3_4_what_only_begins_as_a_preface_is_refused() {
    for bytes in [
        b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n".as_slice(),
        b"PRI * HTTP/2.0\r\nHost: localhost\r\n\r\n",
        b"PRI * HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"PRI /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ] {
        let mut wire = served().wire();
        wire.send(bytes).half_close();
        let rest = wire.rest().unwrap_or_default();
        let rest = String::from_utf8_lossy(&rest);
        assert!(!rest.starts_with("HTTP/1.1 2"), "{:?}: {rest}", String::from_utf8_lossy(bytes));
    }
    answered(get("/a.txt"), &[200]);
}

#[test]
fn rfc9110_9_1_a_method_that_begins_as_the_preface_is_a_method() {
    for method in ["P", "PR", "PRI", "PRINT", "PROPFIND"] {
        answered(crate::served::request(&format!("{method} /a.txt HTTP/1.1"), &[]), &[400, 405, 501, 505]);
    }
}

#[test]
fn rfc9113_3_4_frames_that_are_none_end_that_connection_alone() {
    let mut wire: Wire = served().wire();
    wire.send(PREFACE).send(SETTINGS);
    assert_eq!(wire.bytes(9)[3], 4, "the server's SETTINGS");
    let _ = wire.try_send([0xff; 4096]);
    let _ = wire.rest();
    answered(get("/a.txt"), &[200]);
}

#[test]
fn curl_speaks_http_2_to_it() {
    let curl = |arguments: &[&str]| {
        let output = Command::new("curl").args(arguments).output();
        let output = output.unwrap_or_else(|error| panic!("curl ({error}): bash tests/run installs it"));
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    assert!(curl(&["--version"]).1.contains("HTTP2"), "this curl speaks no HTTP/2; Debian's does");
    let patience = Duration::as_secs(&PATIENCE).to_string();
    let url = served().url("/a.txt");
    let form =
        ["-sS", "--noproxy", "*", "--max-time", &patience, "--http2-prior-knowledge", "-w", " %{http_version}", &url];
    assert_eq!(curl(&form), (true, "0123456789 2".to_owned()));
}
