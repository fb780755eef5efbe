use super::*;
use crate::server::files::tests::{Got, wanted};
use http_body_util::BodyExt;
use std::fs;

fn site() -> (tempfile::TempDir, Arc<Root>) {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("写真/sub")).unwrap();
    fs::write(dir.path().join("写真/sub/a.txt"), "hello").unwrap();
    fs::write(dir.path().join("写真/big.bin"), vec![7; 700_000]).unwrap();
    fs::write(dir.path().join("写真/.env"), "secret").unwrap();
    let root = Arc::new(Root::new(dir.path(), &[]));
    (dir, root)
}

fn zip(root: &Arc<Root>, target: &str, room: &Arc<Semaphore>) -> Result<Answer, Failure> {
    answer(root, &wanted(target, &[]), room, &CancellationToken::new())
}

#[test]
fn asked_for_by_the_query() {
    for (query, wanted) in [
        ("zip", true),
        ("zip=", true),
        ("zip=1", true),
        ("a&zip", true),
        ("zip=0", false),
        ("zipper", false),
        ("", false),
        ("x=zip", false),
    ] {
        assert_eq!(is_wanted(query), wanted, "{query}");
    }
}

#[tokio::test]
async fn an_archive_has_its_name_its_type_and_its_length() {
    let (_dir, root) = site();
    let room = Arc::new(Semaphore::new(1000));
    let answer = zip(&root, "/%E5%86%99%E7%9C%9F/?zip", &room).unwrap();
    let length = http_body::Body::size_hint(answer.body()).exact().unwrap();
    let got = Got::of(answer).await;
    assert_eq!((got.status, got.header("content-type"), got.body.len() as u64), (200, "application/zip", length));
    assert_eq!(got.header("accept-ranges"), "none");
    assert_eq!(
        got.header("content-disposition"),
        "attachment; filename=\"__.zip\"; filename*=UTF-8''%E5%86%99%E7%9C%9F.zip"
    );
    assert!(memchr::memmem::find(&got.body, b"sub/a.txt").is_some());
    assert!(memchr::memmem::find(&got.body, b"hello").is_some());
    assert!(memchr::memmem::find(&got.body, b"secret").is_none());
    assert_eq!(room.available_permits(), 1000, "its memory is given back");
}

#[tokio::test]
async fn a_file_that_changes_meanwhile_ends_it_with_an_error_that_names_it() {
    let (dir, root) = site();
    let room = Arc::new(Semaphore::new(1000));
    let answer = zip(&root, "/%E5%86%99%E7%9C%9F/?zip", &room).unwrap();
    fs::write(dir.path().join("写真/big.bin"), "short").unwrap();
    let error = answer.into_body().collect().await.unwrap_err();
    assert!(error.to_string().contains("big.bin"), "{error}");
}

#[tokio::test]
async fn no_memory_left_is_a_refusal() {
    let (dir, root) = site();
    for n in 0..100 {
        fs::write(dir.path().join(format!("a file with a long name, number {n}")), "").unwrap();
    }
    assert!(matches!(zip(&root, "/?zip", &Arc::new(Semaphore::new(1))), Err(Failure::NoRoom)));
}

#[test]
fn one_that_is_not_asked_for_any_more_is_not_made() {
    let (_dir, root) = site();
    let gone = CancellationToken::new();
    gone.cancel();
    assert!(answer(&root, &wanted("/?zip", &[]), &Arc::new(Semaphore::new(1000)), &gone).is_err());
}
