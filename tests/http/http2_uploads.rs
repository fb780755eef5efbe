//! Uploads over HTTP/2: whole or not at all there too.

use std::fs;
use std::time::Duration;

use bytes::Bytes;
use h2::Reason;
use http::{Method, StatusCode};

use crate::common::{Site, noise};
use crate::http2::{ask, connect, request, run};
use crate::served::Served;

fn alone() -> Served {
    Served::alone(Site::small().file("static_file/a.txt", "0123456789"))
}

/// How many parts of uploads wait.
fn parts(server: &Served) -> usize {
    fs::read_dir(server.site.path("uploads/.part")).map_or(0, Iterator::count)
}

/// Waits without holding up the connection, which shares the thread.
async fn until(server: &Served, wanted: usize) {
    while parts(server) != wanted {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[test]
fn rfc9113_8_1_an_upload_of_a_mebibyte() {
    let server = alone();
    let content = noise(2, 1 << 20);
    let put = request(Method::PUT, "/upload/large.bin");
    let answer = run(async { ask(&connect(server.port()).await, put, content.clone()).await });
    assert_eq!(answer.status, StatusCode::CREATED, "{}", String::from_utf8_lossy(&answer.body));
    assert!(server.site.read("uploads/large.bin") == content);
}

#[test]
fn rfc9113_5_2_uploads_and_pages_share_a_connection() {
    let server = alone();
    let content = noise(3, 300_000);
    run(async {
        let client = connect(server.port()).await;
        let (client, content) = (&client, &content);
        let uploads = (0..5).map(|n| ask(client, request(Method::PUT, &format!("/upload/{n}.bin")), content.clone()));
        let pages = (0..20).map(|_| ask(client, request(Method::GET, "/a.txt"), ""));
        let (uploads, pages) =
            futures_util::future::join(futures_util::future::join_all(uploads), futures_util::future::join_all(pages))
                .await;
        assert!(uploads.iter().all(|answer| answer.status == StatusCode::CREATED));
        assert!(pages.iter().all(|answer| answer.body == b"0123456789"));
    });
}

#[test]
fn rfc9113_6_4_an_upload_that_is_reset_leaves_nothing() {
    let server = alone();
    run(async {
        let mut client = connect(server.port()).await.ready().await.unwrap();
        let (_answer, mut stream) = client.send_request(request(Method::PUT, "/upload/cut.bin"), false).unwrap();
        stream.send_data(Bytes::from_static(b"the first bytes"), false).unwrap();
        until(&server, 1).await;
        stream.send_reset(Reason::CANCEL);
        until(&server, 0).await;
        // The connection itself goes on.
        assert_eq!(ask(&client, request(Method::GET, "/a.txt"), "").await.status, StatusCode::OK);
    });
    assert!(server.site.names("uploads").is_empty());
}

#[test]
fn rfc9113_6_4_an_upload_that_cannot_be_resumed_leaves_nothing_either() {
    let server = alone();
    run(async {
        let mut client = connect(server.port()).await.ready().await.unwrap();
        let mut post = request(Method::POST, "/upload/cut.bin");
        post.headers_mut().insert("upload-complete", "?1".parse().unwrap());
        let (_answer, mut stream) = client.send_request(post, false).unwrap();
        stream.send_data(Bytes::from_static(b"the first bytes"), false).unwrap();
        until(&server, 1).await;
        stream.send_reset(Reason::CANCEL);
        until(&server, 0).await;
    });
    assert!(server.site.names("uploads").is_empty());
}

#[test]
fn rfc9113_5_4_1_an_upload_whose_connection_is_lost_leaves_nothing() {
    let server = alone();
    run(async {
        let mut client = connect(server.port()).await.ready().await.unwrap();
        let (_answer, mut stream) = client.send_request(request(Method::PUT, "/upload/cut.bin"), false).unwrap();
        stream.send_data(Bytes::from_static(b"the first bytes"), false).unwrap();
        until(&server, 1).await;
    });
    // The runtime is gone, and the socket with it.
    crate::common::eventually("the part is gone", || (parts(&server) == 0).then_some(()));
    assert!(server.site.names("uploads").is_empty());
}

#[test]
fn rfc9113_8_1_1_an_upload_shorter_than_it_says_is_refused() {
    let server = alone();
    run(async {
        let client = connect(server.port()).await;
        assert_eq!(ask(&client, request(Method::GET, "/a.txt"), "").await.status, StatusCode::OK);
        let mut client = client.ready().await.unwrap();
        let mut put = request(Method::PUT, "/upload/short.bin");
        put.headers_mut().insert("content-length", "100".parse().unwrap());
        let (answer, mut stream) = client.send_request(put, false).unwrap();
        stream.send_data(Bytes::from_static(b"not a hundred"), true).unwrap();
        // A refusal or a reset of the stream.
        if let Ok(answer) = answer.await {
            assert!(answer.status().is_client_error(), "{}", answer.status());
        }
        until(&server, 0).await;
    });
    assert!(server.site.names("uploads").is_empty());
}

#[test]
fn rfc9113_5_2_who_reads_nothing_is_let_go() {
    let site = Site::small().conf("[limits]\nidle_timeout = \"1s\"\n").file("static_file/big.bin", vec![1; 1 << 20]);
    let served = Served::alone(site);
    let ended = run(async {
        let stream = tokio::net::TcpStream::connect(("127.0.0.1", served.port())).await.unwrap();
        let (client, connection) =
            h2::client::Builder::new().initial_window_size(0).handshake::<_, Bytes>(stream).await.unwrap();
        let ending = tokio::spawn(connection);
        let mut client = client.ready().await.unwrap();
        let (answer, _) = client.send_request(request(Method::GET, "/big.bin"), true).unwrap();
        let _unread = answer.await.unwrap();
        ending.await
    });
    assert!(ended.is_ok(), "the connection's task failed");
}
